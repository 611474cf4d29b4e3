"""SVG files: what Qt writes, made smaller and independent of the reader."""
