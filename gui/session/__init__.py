"""What is open: the thread's owner, the draft of its settings, who hears its frames."""
