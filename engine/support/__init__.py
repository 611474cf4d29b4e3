"""Helpers that know nothing of graphs: errors, texts, numbers, cancelling, files, norms."""
