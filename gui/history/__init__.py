"""The rows of all training steps, kept thin enough to be drawn."""
