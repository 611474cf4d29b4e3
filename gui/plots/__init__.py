"""Curves over steps, and what all plots share."""
