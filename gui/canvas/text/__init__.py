"""What is written on the canvas and said of it."""
