"""Frozen messages between the training thread and the window: commands, topology, frames."""
