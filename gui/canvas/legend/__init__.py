"""What the colours mean."""
