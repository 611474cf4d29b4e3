"""The arrangement of panels around the canvas: stacks, floating windows, dragging."""
