"""The main window: actions, files, dialogs."""
