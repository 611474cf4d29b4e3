"""Systems: what a TOML file describes, the catalogue, and building one into a model."""
