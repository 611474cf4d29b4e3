"""The program's start."""
