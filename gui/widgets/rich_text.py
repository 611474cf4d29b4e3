"""Helpers for rich text in labels: colours, swatches, line breaks; and for their widths."""

from __future__ import annotations

import re
from collections.abc import Iterable

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QLabel, QSizePolicy, QToolButton

from gui.appearance.theme import Theme

_SPACE = re.compile(r" (?![^<]*>)")  # a space that is not inside a tag
_GLUED = "|\u2060·\u2060|"  # a word joiner keeps Qt from breaking the line at the dot


def show_rich(label: QLabel) -> QLabel:
    """Let a label show rich text, made by templates whose parts are escaped; return the label.

    All others show plain text (see ``gui.appearance.style``), whatever their text looks like.
    """
    label.setProperty("rich", True)
    label.setTextFormat(Qt.TextFormat.RichText)
    return label


def shrinkable(label: QLabel) -> QLabel:
    """Let a label be narrower than its text, which changes with each frame; return the label."""
    policy = label.sizePolicy()
    policy.setHorizontalPolicy(QSizePolicy.Policy.Ignored)
    label.setSizePolicy(policy)
    return label


def tool_button(action: QAction) -> QToolButton:
    """Return a flat button for an action, which can be reached by Tab."""
    button = QToolButton()
    button.setDefaultAction(action)
    button.setAutoRaise(True)
    button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    return button


def swatch(colour: str) -> str:
    """Return a short line in a curve's colour."""
    return f'<span style="color:{colour}"><b>━</b></span>'


def coloured(text: str, colour: str) -> str:
    return f'<span style="color:{colour}">{text}</span>'


def muted(text: str, theme: Theme) -> str:
    return coloured(text, theme.muted)


def flowing(parts: Iterable[str]) -> str:
    """Join pieces of rich text to a line that may be broken between them, never within one."""
    return "&nbsp; ".join(_SPACE.sub("&nbsp;", part).replace("|·|", _GLUED) for part in parts)
