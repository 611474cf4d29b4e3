"""The raster: a crowded graph painted as pixels from lookup tables, tile by tile."""
