"""Questions that take many passes: gradients checked, training swept."""
