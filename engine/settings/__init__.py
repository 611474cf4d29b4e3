"""A setting declared once: parsed, checked, written, and its line in the file."""
