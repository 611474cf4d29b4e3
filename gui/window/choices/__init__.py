"""Choices in the window's menus: colours, threads, history memory, order of gradients."""
