"""Recipes: what a picture was made from, embedded in its file, and how it is made again."""
