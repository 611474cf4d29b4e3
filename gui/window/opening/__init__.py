"""Opening and saving: system files, the catalogue, data files, and exported pictures."""
