"""The panel of gradient norms: curves over steps, bars over layers, curves over time steps."""
