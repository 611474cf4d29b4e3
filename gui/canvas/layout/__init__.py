"""Graph layouts: from boxes and links to a placement of boxes, curves and frames."""
