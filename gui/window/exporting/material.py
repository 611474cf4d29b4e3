"""The material of exports: the graph as it is on the canvas, and the plots of the panels."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from engine.export.formats import Material
from engine.recipes.recipe import of_frame
from gui.window.parts import WindowParts

if TYPE_CHECKING:
    from gui.plots.plot import Plot
    from gui.plots.plot_entries import PlotEntry


def material_of(window: WindowParts) -> Material:
    """Return the material of the canvas; there must be a frame."""
    from gui.canvas.picture.drawing_recipe import values_of
    from gui.canvas.picture.paper import OnScreen, Paper

    drawing = window.canvas.drawing
    frame = drawing.frame
    assert frame is not None
    assert drawing.placement is not None
    recipe = of_frame(drawing.topology, frame).drawn(**values_of(drawing, Paper(whole=False)))
    start = window.session.start
    if start is not None:
        recipe = dataclasses.replace(recipe, parameters=start.parameters, batch=start.batch)
    screen = OnScreen(drawing.placement, drawing.trends)
    return Material(drawing.topology, frame, recipe, extra=screen)


def plot_of(window: WindowParts, name: str) -> Plot:
    """Return a plot by its name, after bringing it to the front: it is exported as shown."""
    from gui.plots.plot_entries import entries

    entry = next(one for one in entries() if one.name == name)
    found = _panel_of(window, entry)
    entry.show(found)
    dock = window.docks[found.name]
    dock.show()
    dock.raise_()
    found.redraw_limit.draw_now()
    return entry.find(found)


def plots_there(window: WindowParts) -> list[str]:
    """Return the names of the plots that the present system has."""
    from gui.plots.plot_entries import entries

    return [entry.name for entry in entries() if entry.there(_panel_of(window, entry))]


def _panel_of(window: WindowParts, entry: PlotEntry) -> Any:
    return next(
        panel
        for panel in window.panels.values()
        if entry.panel.endswith(f":{type(panel).__name__}")
    )
