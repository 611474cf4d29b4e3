"""What runs before there is any package: environment and system libraries."""
