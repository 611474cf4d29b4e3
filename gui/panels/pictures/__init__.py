"""Weights, feature maps and samples as pictures."""
