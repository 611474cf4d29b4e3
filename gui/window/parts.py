"""The interface of the main window for its files, exports, dialogs, menus and choices.

``MainWindow`` derives from it and makes the parts; the parts know of the window only what is
declared here. Parts that import this file are declared as protocols.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

from PySide6.QtCore import QSettings
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QLabel, QMainWindow, QMenu, QWidget

from gui.appearance.style import Choice, Style
from gui.canvas.canvas import Canvas
from gui.panels.panel import Panel
from gui.session.session import Session
from gui.window.choices.colours import ColourChoice
from gui.window.find_bar import FindBar
from gui.workspace.stack import Dock
from gui.workspace.workspace import Workspace


class OpenedFiles(Protocol):
    """Opens systems, and keeps the list of recent files."""

    def folder(self) -> str: ...
    def open_entry(self, name: str) -> Any: ...
    def may_leave(self) -> bool: ...
    def note_recent(self, path: Path) -> Any: ...
    def fill_recent(self, menu: QMenu) -> Any: ...


class KeyFocus(Protocol):
    """Sets the keyboard focus."""

    def to_canvas(self) -> Any: ...


class FilledMenu(Protocol):
    """Fills a menu with choices."""

    def fill(self, menu: QMenu) -> Any: ...


class ThreadsShown(Protocol):
    """Has a label with the number of threads."""

    threads: QLabel


class WindowParts(QMainWindow):
    """The parts of the main window, and the methods that they call."""

    session: Session
    style_choice: Style
    settings: QSettings
    panels: dict[str, Panel]
    docks: dict[str, Dock]
    workspace: Workspace
    canvas: Canvas
    find_bar: FindBar
    colours: ColourChoice
    actions_by_id: dict[str, QAction]
    menus: dict[str, QMenu]
    files: OpenedFiles
    focus: KeyFocus
    threads: FilledMenu
    status: ThreadsShown

    def note(self, text: str) -> None:
        """Show a message in the status bar."""
        raise NotImplementedError

    def put_above(self, bar: QWidget) -> None:
        """Put a bar above the canvas."""
        raise NotImplementedError

    def choose_theme(self, choice: Choice) -> None:
        """Use a theme, and save the choice."""
        raise NotImplementedError
