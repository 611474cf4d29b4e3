"""The gradient norms."""
