"""The window's menus of choices."""
