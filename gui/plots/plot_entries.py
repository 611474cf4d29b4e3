"""The exportable plots by name: which panel has each, and the recipe of a plot on screen."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.recipes.recipe import Recipe, of_frame
from engine.support.text import tr

if TYPE_CHECKING:
    from gui.plots.plot import Plot
    from gui.session.session import Session


@dataclass(frozen=True)
class PlotEntry:
    """A plot that can be exported: the widget, its panel, and how to show it there.

    ``there`` says whether the panel has this plot for the system that it shows.
    """

    name: str
    title: str
    panel: str
    find: Callable[[Any], Plot]
    show: Callable[[Any], object] = lambda panel: None
    there: Callable[[Any], bool] = lambda panel: True


def entries() -> tuple[PlotEntry, ...]:
    """Return all exportable plots by the names that the command line uses for them."""

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


def recipe_of(plot: Plot) -> tuple[Recipe, Session] | None:
    """Return the recipe that reproduces a plot on screen, None where there is none.

    There is none before the first frame with its settings, and for the inspector's histogram.
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
