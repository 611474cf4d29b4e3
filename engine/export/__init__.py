"""Files that people take away: their formats, graph files, metrics, the report."""
