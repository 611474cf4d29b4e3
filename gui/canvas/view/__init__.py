"""The view of the scene: zoom and pan, overview, notices, breadcrumb, animation."""
