"""Small widgets and helpers that know nothing of training; used by panels, window and canvas."""
