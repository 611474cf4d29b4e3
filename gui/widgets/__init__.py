"""Small widgets and manners that know nothing of training."""
