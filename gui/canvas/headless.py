"""Qt without a display, for pictures from the command line."""

import os
import sys

from PySide6.QtWidgets import QApplication

from gui.fonts import register_fonts

_application: QApplication | None = None


def ensure_application() -> None:
    """Make an application on Qt's offscreen platform where there is none yet."""
    global _application
    if QApplication.instance() is None:
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
        _application = QApplication(sys.argv[:1] or ["gradient-flow-explorer"])
    register_fonts()
