"""Exports from the window: the dialog, the clipboard picture, a run's scalars as CSV."""
