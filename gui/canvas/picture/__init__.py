"""The canvas as a picture in a file."""
