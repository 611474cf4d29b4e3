"""What a training step does, and which step comes when."""
