"""The panels around the canvas: where each has its place."""
