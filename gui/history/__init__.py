"""The scalars of all training steps in bounded memory, thinned for drawing."""
