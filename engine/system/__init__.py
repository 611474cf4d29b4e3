"""All that a TOML file says; the catalogue; a system built into a model."""
