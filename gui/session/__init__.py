"""The session: the running system, the draft of its settings, and the frames' listeners."""
