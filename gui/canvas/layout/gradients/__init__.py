"""The layout of gradient graphs: beneath the forward graph, in bands under its rows."""
