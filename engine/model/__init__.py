"""A graph with roles, and the builder that layers write into; initialisers and losses."""
