"""The QGraphicsScene of the graph and its items: nodes, edges, frames, labels."""
