"""The plots without a window: a panel is made, shown nowhere, fed with the rows, and drawn."""

from __future__ import annotations

import dataclasses
import importlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.export.formats import Material
from engine.recipes.recipe import Recipe, of_frame
from engine.support.errors import InputError
from engine.support.text import tr
from engine.support.whole_files import write_bytes
from gui.appearance.theme import THEMES

if TYPE_CHECKING:
    from gui.panels.panel import Panel
    from gui.plots.plot import Plot
    from gui.session.session import Session

SIZE = (640, 380)


@dataclass(frozen=True)
class PlotEntry:
    """A plot that can be exported: which widget of which panel, and how to bring it there.

    ``there`` says whether the panel has it for the system that it shows.
    """

    name: str
    title: str
    panel: str
    find: Callable[[Any], Plot]
    show: Callable[[Any], object] = lambda panel: None
    there: Callable[[Any], bool] = lambda panel: True


def entries() -> tuple[PlotEntry, ...]:
    """Return all plots, under the names that the command line has for them."""

    def quantity(k: int) -> Callable[[Any], object]:
        return lambda panel: panel.what.setCurrentIndex(k)

    def tab(k: int) -> Callable[[Any], object]:
        return lambda panel: panel.tabs.setCurrentIndex(k)

    norms = "gradient_norms.gradient_norms:GradientNormsPanel"
    scaling = "input_scaling.input_scaling:InputScalingPanel"
    return (
        PlotEntry("loss", tr("Loss"), "loss:LossPanel", lambda p: p.plot),
        PlotEntry("gradient-norms", tr("Gradient norms over steps"), norms,
                  lambda p: p.plot, tab(0)),
        PlotEntry("layer-profile", tr("Gradient norms over layers"), norms,
                  lambda p: p.profile_plot, tab(1)),
        PlotEntry("time-steps", tr("Gradient norms over time steps"), norms,
                  lambda p: p.time.plot, tab(2), lambda p: p.time.offered),
        PlotEntry("input-scaling", tr("Input scaling: objective"), scaling,
                  lambda p: p.plot, quantity(0)),
        PlotEntry("input-scaling-norms", tr("Input scaling: norms, first pass"), scaling,
                  lambda p: p.plot, quantity(1)),
        PlotEntry("input-scaling-norms-after", tr("Input scaling: norms after updates"), scaling,
                  lambda p: p.plot, quantity(2)),
    )  # fmt: skip


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
    """A panel of its own session, with the rows of the material."""
    from PySide6.QtWidgets import QApplication

    from gui.appearance.offscreen import ensure_application
    from gui.appearance.style import palette
    from gui.session.session import Session

    ensure_application()
    wanted = material.recipe.picture
    entry = next(one for one in entries() if one.name == wanted["plot"])
    theme = THEMES[str(wanted.get("theme", "light"))]
    session = Session()
    session.close()  # its thread is not needed
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
        entry.find(panel).options.take(wanted)
        panel.show()
        for _ in range(3):  # axes take their width from their labels, one pass later
            QApplication.processEvents()
            panel.pacer.draw_now()
        while entry.find(panel).unfinished:
            panel.pacer.draw_now()
        yield panel, entry
    finally:
        panel.close()
        panel.deleteLater()


def _feed(panel: Any, session: Session, material: Material) -> None:
    topology, frame = material.topology, material.frame
    session.topology, session.system = topology, material.recipe.system
    session.history.start(topology)
    panel.show_topology(topology)
    for rows in material.scalars:
        session.history.append(rows)
    session.frame = frame
    panel.show_frame(frame)
    if material.extra is not None:
        panel.points.extend(material.extra)
        panel.runner.ended.emit(False)


# -- in the window -------------------------------------------------------------------------------


def recipe_of(plot: Plot) -> tuple[Recipe, Session] | None:
    """Return the recipe of a plot on screen; None where it cannot be made again from one.

    That is before there is a frame with its settings, and for the inspector's histogram.
    """
    panel: Any = plot.parentWidget()
    while panel is not None and not hasattr(panel, "session"):
        panel = panel.parentWidget()
    session = None if panel is None else panel.session
    if session is None or session.frame is None or not session.frame.systems:
        return None
    entry = _shown(panel, plot)
    if entry is None:
        return None
    recipe = of_frame(session.topology, session.frame)
    if entry.name.startswith("input-scaling"):
        scales = sorted({point.scale for point in panel.points}) or [1.0]
        wanted = f"{scales[0]:g}:{scales[-1]:g}:{len(scales)}"
        recipe = dataclasses.replace(
            recipe, step=panel.form.steps.value(), operation=None, changes=()
        ).drawn(input_scale=wanted)
    size = [panel.width(), panel.height()]
    look = {"plot": entry.name, "theme": plot.theme.name, "size": size, **plot.options.values()}
    return recipe.drawn(**look), session


def _shown(panel: Any, plot: Plot) -> PlotEntry | None:
    own = [one for one in entries() if one.panel.endswith(f":{type(panel).__name__}")]
    if hasattr(panel, "what"):
        return own[panel.what.currentIndex()]
    return next((one for one in own if one.find(panel) is plot), None)
