"""Our own rich text in labels: colours, swatches, flowing parts; and what gives way to others."""

from __future__ import annotations

import re
from collections.abc import Iterable

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QLabel, QSizePolicy, QToolButton

from gui.appearance.theme import Theme

_SPACE = re.compile(r" (?![^<]*>)")  # a space that is not inside a tag
_GLUED = "|\u2060·\u2060|"  # Qt would break the line at the dot


def shrinkable(label: QLabel) -> QLabel:
    """Let the panel be narrower than the longest piece of a label that changes with each frame."""
    policy = label.sizePolicy()
    policy.setHorizontalPolicy(QSizePolicy.Policy.Ignored)
    label.setSizePolicy(policy)
    return label


def tool_button(action: QAction) -> QToolButton:
    """A flat button for an action, reachable by the Tab key."""
    button = QToolButton()
    button.setDefaultAction(action)
    button.setAutoRaise(True)
    button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    return button


def swatch(colour: str) -> str:
    """A short line in a curve's colour, for rich text."""
    return f'<span style="color:{colour}"><b>━</b></span>'


def coloured(text: str, colour: str) -> str:
    return f'<span style="color:{colour}">{text}</span>'


def muted(text: str, theme: Theme) -> str:
    return coloured(text, theme.muted)


def flowing(parts: Iterable[str]) -> str:
    """Pieces of rich text in a line that is broken between them only, never within one."""
    return "&nbsp; ".join(_SPACE.sub("&nbsp;", part).replace("|·|", _GLUED) for part in parts)
