"""A trainer seen: topology, frames, quantities, details, diagnosis, words."""
