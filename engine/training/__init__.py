"""Training: what a step does (``setup``), and which step comes when (``trainer``)."""
