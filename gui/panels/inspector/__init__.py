"""The inspector: all numbers of the selected node or edge."""
