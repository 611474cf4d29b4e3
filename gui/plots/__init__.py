"""Plots over steps and layers: the widget, its parts, and their export."""
