"""The main window: actions, menus, files, exports, dialogs."""
