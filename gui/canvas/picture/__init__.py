"""Exports of the canvas: pages as PNG, SVG and PDF, and their recipes."""
