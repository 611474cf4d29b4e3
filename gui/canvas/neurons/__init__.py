"""Small dense layers drawn neuron by neuron."""
