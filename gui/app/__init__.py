"""The start of the window: command line, application object, crash reports, translation source."""
