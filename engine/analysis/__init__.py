"""Analyses of many passes: the gradient check, and the sweep over input scales."""
