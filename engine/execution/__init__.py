"""A model compiled to numpy calls: plans, buffers, joined products, recorded norms."""
