"""Copying: what has the focus goes to the clipboard, or else the graph.

Ctrl+C is one action of the window. A widget that can be copied has a method ``copy_contents()``,
which puts its contents on the clipboard and returns what to say of it, and has no shortcut of its
own: with two of them for one key Qt would call neither.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QLineEdit, QPlainTextEdit, QTextEdit, QWidget

from engine.support.text import tr


def copier_of(focus: QWidget | None) -> Callable[[], str] | None:
    """Return what copies this widget, or the nearest one around it that can be copied.

    Text fields answer Ctrl+C themselves; they are here for who chooses Copy in the menu.
    """
    widget = focus
    while widget is not None:
        if isinstance(widget, QLineEdit | QPlainTextEdit | QTextEdit):
            return _text_copier(widget)
        found: Callable[[], str] | None = getattr(widget, "copy_contents", None)
        if found is not None:
            return found
        widget = widget.parentWidget()
    return None


def _text_copier(field: QLineEdit | QPlainTextEdit | QTextEdit) -> Callable[[], str]:
    def copy() -> str:
        field.copy()
        return tr("Text copied")

    return copy
