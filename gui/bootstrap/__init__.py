"""Makes the Python environment and checks system libraries before other packages are imported."""
