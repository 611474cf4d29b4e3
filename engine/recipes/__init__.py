"""A picture's recipe: how it travels in files and is made again."""
