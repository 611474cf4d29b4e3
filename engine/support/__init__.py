"""What knows nothing of graphs: errors, text, figures, cancelling, files, array types, norms."""
