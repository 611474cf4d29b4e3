"""Texts of the canvas: node lettering, tooltips, captions and the search index."""
