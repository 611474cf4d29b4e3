"""The same training steps written by hand: what the engine is measured against."""
