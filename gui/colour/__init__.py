"""From a number to a colour: scales and colour maps."""
