"""Which part of the graph is drawn, and how each node of it looks."""
