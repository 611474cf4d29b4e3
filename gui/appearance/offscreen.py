"""Qt without a display, for pictures from the command line and from a process of their own."""

import os
import sys

from PySide6.QtCore import QMessageLogContext, QtMsgType, qInstallMessageHandler
from PySide6.QtWidgets import QApplication

from gui.appearance.fonts import register_fonts, ui_font

# What the offscreen platform says whenever a widget is drawn, and nobody can do anything about.
NOISE = "This plugin does not support propagateSizeHints()"
_application: QApplication | None = None


def ensure_application() -> None:
    """Make an application on Qt's offscreen platform where there is none yet."""
    global _application
    if QApplication.instance() is None:
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
        qInstallMessageHandler(_say)
        _application = QApplication(sys.argv[:1] or ["gradient-flow-explorer"])
        QApplication.setFont(ui_font())
    register_fonts()


def _say(kind: QtMsgType, context: QMessageLogContext, text: str) -> None:
    if text != NOISE:
        print(text, file=sys.stderr)
