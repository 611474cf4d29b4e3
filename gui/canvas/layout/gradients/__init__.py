"""Where the gradient graph stands: beneath the forward graph, in rows of its own."""
