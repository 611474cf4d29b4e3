"""The panel of input scaling: a sweep over input scales, and the scale of the running system."""
