"""Exports asked for in the window: the dialog, the clipboard, a run's numbers."""
