"""Plots drawn without a window, for the command line and the export process.

A panel is made but not shown, given the rows of the run, and drawn to a file.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.export.formats import Material
from engine.support.errors import InputError
from engine.support.text import quote, tr
from engine.support.whole_files import write_bytes
from gui.appearance.theme import THEMES
from gui.plots.plot_entries import PlotEntry, entries

if TYPE_CHECKING:
    from gui.panels.panel import Panel
    from gui.session.session import Session

SIZE = (640, 380)


def write_plot(material: Material, path: Path) -> list[str]:
    """Write a plot as PNG, SVG or CSV, by the file's suffix."""
    from gui.plots import export

    with _panel(material) as (panel, entry):
        kind = path.suffix.lower().removeprefix(".")
        make = export.maker(entry.find(panel), kind, material.texts(path.name))
        write_bytes(path, make())
    return []


@contextmanager
def _panel(material: Material) -> Iterator[tuple[Panel, PlotEntry]]:
    """Return a panel with a session of its own that shows the rows of the material."""
    from PySide6.QtWidgets import QApplication

    from gui.appearance.offscreen import ensure_application
    from gui.appearance.style import palette
    from gui.session.session import Session

    ensure_application()
    wanted = material.recipe.picture
    entry = {one.name: one for one in entries()}.get(wanted.get("plot", ""))
    if entry is None:
        raise InputError(tr("a plot of the program"), quote(wanted.get("plot")), field="--plot")
    theme = THEMES[str(wanted.get("theme", "light"))]
    session = Session()
    session.close()  # no training is needed
    module, _, name = entry.panel.partition(":")
    panel = getattr(importlib.import_module(f"gui.panels.{module}"), name)(session)
    try:
        panel.setPalette(palette(theme))
        panel.apply_theme(theme)
        _feed(panel, session, material)
        topology = material.topology
        if not entry.there(panel):
            raise InputError(tr("a system that has this plot"), topology.system, field="--plot")
        entry.show(panel)
        panel.resize(*wanted.get("size", SIZE))
        entry.find(panel).options.use_values(wanted)
        panel.show()
        for _ in range(3):  # the axes' widths depend on labels made in the pass before
            QApplication.processEvents()
            panel.redraw_limit.draw_now()
        while entry.find(panel).unfinished:
            panel.redraw_limit.draw_now()
        yield panel, entry
    finally:
        panel.close()
        panel.deleteLater()


def _feed(panel: Any, session: Session, material: Material) -> None:
    topology, frame = material.topology, material.frame
    session.topology, session.system = topology, material.recipe.system
    session.history.begin_run(topology)
    panel.show_topology(topology)
    for rows in material.scalars:
        session.history.append(rows)
    session.frame = frame
    panel.show_frame(frame)
    if material.extra is not None:
        panel.points.extend(material.extra)
        panel.runner.ended.emit(False)
