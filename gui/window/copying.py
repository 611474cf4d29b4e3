"""Copying the focused widget, or else the graph, to the clipboard.

Ctrl+C is one action of the window. A widget that can be copied has a method ``copy_contents()``,
which fills the clipboard and returns a message. It must have no shortcut of its own: of two
actions with the same key Qt would trigger neither.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QLineEdit, QPlainTextEdit, QTextEdit, QWidget

from engine.support.text import tr


def copier_of(focus: QWidget | None) -> Callable[[], str] | None:
    """Return the function that copies this widget, or the nearest parent that can be copied.

    Text fields handle Ctrl+C themselves; they are included for Copy in the menu.
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
