"""Columns of libraries that are not installed are not looked at for doctests."""

from importlib.util import find_spec

collect_ignore = [
    f"references/{name}_models.py" for name in ("torch", "jax") if find_spec(name) is None
]
