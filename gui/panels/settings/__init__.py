"""The panel of the system's settings: a form made from their declarations."""
