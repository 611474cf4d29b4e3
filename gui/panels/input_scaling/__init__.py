"""The input scaling."""
