"""Keeps the session on the disk while it runs, and offers what a program left that ended badly."""
