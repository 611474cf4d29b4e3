"""The training thread: commands in, frames out."""
