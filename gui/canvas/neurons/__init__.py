"""Neuron views: small dense layers drawn neuron by neuron."""
