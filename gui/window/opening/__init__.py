"""Opening and saving: files, the catalogue, data, pictures that are made again."""
