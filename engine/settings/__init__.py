"""Declared settings: parsing, checking and writing them, and their lines in a TOML file."""
