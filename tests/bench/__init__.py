"""Measurements against hand-written numpy, PyTorch and JAX: ``python3 -m tests.bench``."""
