"""From a frame to the colour and marks of each item."""
