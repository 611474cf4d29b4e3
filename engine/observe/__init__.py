"""What is shown of a trainer: topology, frames, quantities, details, diagnosis, status texts."""
