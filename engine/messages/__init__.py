"""The frozen words between trainer and window."""
