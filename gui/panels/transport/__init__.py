"""Stepping, running, rewinding."""
