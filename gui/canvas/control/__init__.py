"""What a person does with the canvas: open groups, go, jump, select, point."""
