"""The view: zoom, overview, notices, animation."""
