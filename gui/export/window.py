"""What the window exports: the material of the moment, taken at once and kept."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject
from PySide6.QtGui import QGuiApplication

from engine.exporting import Kind, Material
from engine.recipe import of_frame
from engine.text import tr

if TYPE_CHECKING:
    from gui.export.process import Answer, Renderer
    from gui.export_dialog import ExportDialog
    from gui.plots import Plot
    from gui.window import MainWindow

COPY_DPI = 192.0


class Exports(QObject):
    """The window's exports: the dialog, and the picture for the clipboard."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._dialog: ExportDialog | None = None
        self._renderer: Renderer | None = None

    def ask(self, kind: Kind = "picture") -> None:
        """Open the dialog for a kind of export."""
        from gui.export_dialog import ExportDialog

        if self._dialog is not None or not self._ready():
            return
        self._dialog = ExportDialog(self._window, kind)
        self._dialog.finished.connect(self._forget)
        self._dialog.open()

    def copy(self) -> None:
        """Put the graph as seen on the clipboard, in a moment."""
        from gui.export.process import Job, Renderer

        if self._renderer is not None or not self._ready():
            return
        self._renderer = Renderer(self)
        self._renderer.answered.connect(self._copied)
        self._renderer.ask(Job("", material_of(self._window), {"dpi": COPY_DPI}))

    def close(self) -> None:
        """End what goes on; nothing is left half written."""
        if self._dialog is not None:
            self._dialog.leave()
        if self._renderer is not None:
            self._renderer.close(wait=True)
            self._renderer = None

    def _ready(self) -> bool:
        ready = self._window.canvas.placement is not None and self._window.session.frame is not None
        if not ready:
            self._window.note(tr("The graph is not laid out yet: try again in a moment."))
        return ready

    def _forget(self) -> None:
        self._dialog = None

    def _copied(self, answer: Answer) -> None:
        if answer.image is not None:
            QGuiApplication.clipboard().setImage(answer.image)
        self._window.note(answer.problem or tr("Picture copied"))
        if self._renderer is not None:
            self._renderer.close()
            self._renderer.deleteLater()
            self._renderer = None


def material_of(window: MainWindow) -> Material:
    """Return what is on the canvas; there must be a frame."""
    from gui.canvas.export import Options
    from gui.canvas.metadata import values_of

    drawing = window.canvas.export_state()
    frame = drawing.frame
    assert frame is not None
    recipe = of_frame(drawing.topology, frame).drawn(**values_of(drawing, Options(whole=False)))
    given = window.session.given
    if given is not None and parameters_of(window) is not None:
        recipe = dataclasses.replace(recipe, parameters=given[2])
    return Material(drawing.topology, frame, recipe, extra=drawing.placement)


def parameters_of(window: MainWindow) -> Mapping[str, Any] | None:
    """The starting values that this system was given on the command line, None for its own."""
    given = window.session.given
    frame = window.session.frame
    if given is None or frame is None or not frame.systems:
        return None
    system, parameters, _ = given
    return parameters if frame.systems[0][1] == system else None


def plot_of(window: MainWindow, name: str) -> Plot:
    """Return a plot by its name, brought to the front: what is exported is what is seen."""
    from gui.export.plots import entries

    entry = next(one for one in entries() if one.name == name)
    found: Any = next(
        panel
        for panel in window.panels.values()
        if entry.panel.endswith(f":{type(panel).__name__}")
    )
    entry.show(found)
    dock = window.docks[found.name]
    dock.show()
    dock.raise_()
    found.pacer.draw_now()
    return entry.find(found)
