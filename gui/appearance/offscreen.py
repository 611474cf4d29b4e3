"""A Qt application without a display, for pictures drawn by the command line or a child process."""

import os
import sys

from PySide6.QtCore import QMessageLogContext, QtMsgType, qInstallMessageHandler
from PySide6.QtWidgets import QApplication

from gui.appearance.fonts import register_fonts, ui_font

# A warning that the offscreen platform prints for every widget, without any consequence.
NOISE = "This plugin does not support propagateSizeHints()"
_application: QApplication | None = None


def ensure_application() -> None:
    """Make an application on Qt's offscreen platform unless there is one already."""
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
