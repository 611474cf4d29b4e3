"""Qt's SVG made small and whole."""
