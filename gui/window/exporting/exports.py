"""The window's exports: collects the material when asked, then opens dialog or copying."""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from engine.export.formats import Kind
from engine.support.text import tr
from gui.window.exporting.copy_picture import Copying
from gui.window.exporting.material import material_of
from gui.window.parts import WindowParts

if TYPE_CHECKING:
    from gui.window.exporting.dialog import ExportDialog

# Modules of the dialog, each of which takes some milliseconds to import.
_MODULES = (
    *(
        "gui.canvas.picture.page",
        "gui.canvas.picture.drawing_recipe",
        "gui.export.animation",
    ),
    *("gui.window.exporting.fields", "gui.export.renderer", "gui.window.exporting.dialog"),
)


class Exports(QObject):
    """Opens the export dialog, and copies the picture of the graph."""

    def __init__(self, window: WindowParts) -> None:
        super().__init__(window)
        self._window = window
        self._dialog: ExportDialog | None = None
        self._opening = False
        self._copying = Copying(window.note, self)

    def ask(self, kind: Kind = "picture") -> None:
        """Open the dialog for a kind of export; the first time after its modules were imported.

        They are imported one per event-loop turn: all together would block the window.
        """
        if self._dialog is not None or self._opening or not self._ready():
            return
        missing = next((name for name in _MODULES if name not in sys.modules), None)
        self._opening = missing is not None
        if missing is not None:
            importlib.import_module(missing)
            QTimer.singleShot(0, self, lambda: self._ask_again(kind))
            return
        from gui.window.exporting.dialog import ExportDialog

        self._dialog = ExportDialog(self._window, kind)
        self._dialog.finished.connect(self._forget)
        QTimer.singleShot(0, self._dialog, self._dialog.open)

    def _ask_again(self, kind: Kind) -> None:
        self._opening = False
        self.ask(kind)

    def copy(self) -> None:
        """Copy the visible part of the graph (see ``Copying``)."""
        if not self._ready():
            return
        window, visible = self._window, self._window.canvas.scene.visible
        items = len(visible.nodes) + len(visible.edges) if visible is not None else 0
        window.session.hold_training()
        self._copying.copy(window.canvas.drawing, items, lambda: material_of(window))

    def close(self) -> None:
        """Cancel what is unfinished; called when the window closes."""
        if self._dialog is not None:
            self._dialog.leave()
        self._copying.close(wait=True)

    def _ready(self) -> bool:
        drawing = self._window.canvas.scene.drawing
        ready = drawing.placement is not None and drawing.frame is not None
        if not ready:
            self._window.note(tr("The graph is not laid out yet: try again in a moment."))
        return ready

    def _forget(self) -> None:
        self._dialog = None
