"""Files that the program writes: export formats, graph files, metrics, the report."""
