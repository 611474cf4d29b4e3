"""The legend of the canvas: scale, marks, shapes and lines."""
