"""A model compiled: plans, buffers, joined products, norms on the way."""
