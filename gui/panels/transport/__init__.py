"""The panel for stepping, running and going back."""
