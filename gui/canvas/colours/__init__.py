"""Colours of the canvas: from a frame's numbers to the bucket and pen of each item."""
