"""The look: themes, style, icons, fonts, language."""
