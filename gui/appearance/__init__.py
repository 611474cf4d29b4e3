"""The look of the window: themes, style sheet, icons, fonts, translation."""
