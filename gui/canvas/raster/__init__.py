"""A crowded graph drawn as pixels."""
