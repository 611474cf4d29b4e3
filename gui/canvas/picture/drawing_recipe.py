"""Drawings in recipes: a picture's options as plain values, and back to a drawing.

The names are those of the command line's options where there is one: theme, background, dpi,
expand, legend, caption, tiles, colour, range, map, neurons, shares.
"""

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np
from PySide6.QtCore import QRectF

from engine.export.formats import Material
from engine.messages.topology import Topology
from engine.observe.quantities import GRADIENT_NORM
from engine.recipes.colour_ranges import parse_range, range_text
from engine.recipes.emphasis import part_of, spans
from engine.recipes.picture_values import check_against
from engine.support.errors import InputError, nearest
from engine.support.text import tr
from gui.appearance.theme import THEMES
from gui.canvas.colours.colouring import Colouring
from gui.canvas.colours.values import quantity_in
from gui.canvas.graph.node_look import layout_input, look_of, shows_numbers
from gui.canvas.graph.visible import GroupPath, VisibleGraph, group_paths, opened_for, summarise
from gui.canvas.layout import layouts
from gui.canvas.layout.model import Placement
from gui.canvas.picture.neuron_recipe import board_values, boards_of, opened_beside
from gui.canvas.picture.page import DEFAULT_DPI, SCREEN_DPI
from gui.canvas.picture.paper import OnScreen, Paper
from gui.canvas.scene.drawing import Drawing
from gui.canvas.scene.sparkline import KEPT, Trends
from gui.colour.linear import LinearScale, Scale
from gui.colour.magnitude import MagnitudeScale

_placements = layouts.Cache()  # a cache, since several files of one run show the same graph


def values_of(drawing: Drawing, paper: Paper) -> dict[str, Any]:
    """Return a recipe's values for a drawing; ``drawing_of`` makes the same drawing of them."""
    assert drawing.visible is not None
    assert drawing.placement is not None
    seen = drawing.seen
    part = None if paper.whole else [seen.x(), seen.y(), seen.width(), seen.height()]
    return {
        "theme": drawing.theme.name,
        "background": paper.background,
        "dpi": paper.scale * SCREEN_DPI,
        "legend": paper.legend,
        "caption": paper.caption,
        "tiles": paper.tiles,
        "opened": sorted(list(path) for path in drawing.visible.opened),
        "seen": part,
        "layout": drawing.placement.engine,
        **_colour_values(drawing),
        "selected_node": drawing.selected_node,
        "selected_edge": drawing.selected_edge,
        "other_node": drawing.other_node,
        "part": None if drawing.part is None else spans(drawing.part.nodes),
        "part_words": None if drawing.part is None else drawing.part_words,
        "shares": drawing.shares,
        "trend": _span(drawing.trends),
        **board_values(drawing.boards),
    }


def film_values(drawing: Drawing) -> dict[str, Any]:
    """Return a recipe's values for colours fitted to all pictures of an animation."""
    values = {**_colour_values(drawing), **board_values(drawing.boards)}
    names = ("colours", "node_colours", "neurons_full")
    return {name: values[name] for name in names if name in values}


def drawing_of(material: Material, *, moving: bool = False) -> tuple[Drawing, Paper]:
    """Return the drawing and the paper of a material's recipe.

    ``material.extra`` may be an ``OnScreen``, to save laying the graph out again. The colours of
    a ``moving`` picture are fitted to all of its frames, which also give its trends.

    Raises
    ------
    InputError
        For a theme, a node or a group that does not exist.
    """
    topology, wanted = material.topology, material.recipe.picture
    check_against(wanted, topology)
    theme = str(wanted.get("theme", "light"))
    if theme not in THEMES:
        raise InputError(tr("a theme"), repr(theme), field="--theme", hint=nearest(theme, THEMES))
    boards = boards_of(topology, wanted)
    opened = opened_in(topology, wanted)
    seen = wanted.get("seen")
    layers = {layer.group: layer for layer in topology.dense if layer.group in boards}
    visible = summarise(topology, opened, layers)
    screen = material.extra if isinstance(material.extra, OnScreen) else None
    if screen is None:
        placement = _placement(visible, str(wanted.get("layout", "")))
    else:
        placement = screen.placement
    if moving:
        trends = Trends()
    else:
        trends = _trends(material) if screen is None else screen.trends
    colouring = _colouring(material, moving=moving)
    drawing = Drawing(
        visible,
        placement,
        material.frame,
        scale=colouring.scale,
        node_scale=colouring.other_node_scale,
        selected_node=wanted.get("selected_node"),
        selected_edge=wanted.get("selected_edge"),
        other_node=wanted.get("other_node"),
        part=part_of(topology, wanted),
        part_words=str(wanted.get("part_words", "")),
        shares=bool(wanted.get("shares", True)),
        trends=trends,
        boards=boards,
        theme=THEMES[theme],
        maps=colouring.maps,
        seen=QRectF(*seen) if seen else QRectF(),
    )
    paper = Paper(
        whole=not seen,
        scale=float(wanted.get("dpi", SCREEN_DPI if moving else DEFAULT_DPI)) / SCREEN_DPI,
        background=str(wanted.get("background", "theme")),
        legend=bool(wanted.get("legend", True)),
        caption=bool(wanted.get("caption", True)),
        tiles=bool(wanted.get("tiles", False)),
    )
    return drawing, paper


def opened_in(topology: Topology, wanted: Mapping[str, Any]) -> frozenset[GroupPath]:
    """Return the open groups of a recipe's picture.

    Raises
    ------
    InputError
        For a group that does not exist.
    """
    return opened_beside(_opened(topology, wanted), boards_of(topology, wanted))


def _opened(topology: Topology, wanted: Mapping[str, Any]) -> frozenset[GroupPath]:
    if "opened" in wanted:
        return frozenset(tuple(path) for path in wanted["opened"])
    expand = str(wanted.get("expand", "default"))
    try:
        return opened_for(topology, expand)
    except KeyError:
        names = ["all", "none", *dict.fromkeys(p[-1] for p in group_paths(topology))]
        raise InputError(
            tr("a group of the graph"), repr(expand), field="--expand", hint=nearest(expand, names)
        ) from None


def _placement(visible: VisibleGraph, engine: str) -> Placement:
    topology, numbers = visible.topology, shows_numbers(visible.topology)
    picture = layout_input(visible, [look_of(topology, s, numbers=numbers) for s in visible.nodes])
    placement = _placements.get(picture)
    if placement is None or engine not in ("", placement.engine):
        placement = layouts.quick(picture) if engine == "quick" else layouts.best_now(picture)
        _placements.put(picture, placement)
    return placement


def _span(trends: Trends) -> list[int]:
    """Return the first and the last step of the sparklines."""
    return [int(trends.steps[0]), int(trends.steps[-1])] if len(trends.steps) else []


def _trends(material: Material) -> Trends:
    """Return the norms of the last steps, from the material's history rows."""
    trends = Trends()
    trends.generation = material.topology.generation
    rows = [*material.scalars, material.frame.scalars]
    steps = np.concatenate([some.step for some in rows])
    norms = np.concatenate([some.layer_gradient_norm for some in rows])
    first, last = material.recipe.picture.get("trend", (0, material.frame.step)) or (0, -1)
    known = (steps >= first) & (steps <= min(last, material.frame.step))
    trends.steps, trends.norms = steps[known][-KEPT:], norms[known][-KEPT:]
    return trends


def _colour_values(drawing: Drawing) -> dict[str, Any]:
    """Return a recipe's values for the colours: ``colour``, ``map``, ``range``, fitted scales."""
    maps = [drawing.maps.sequential, drawing.maps.diverging]
    values: dict[str, Any] = {"map": maps, "colours": dataclasses.asdict(drawing.scale)}
    scale: Scale = drawing.scale
    if drawing.node_scale is not None and drawing.frame is not None:
        scale = drawing.node_scale
        values["colour"] = quantity_in(drawing.frame).name
        values["node_colours"] = dataclasses.asdict(scale)
    if scale.pinned:
        values["range"] = range_text(*scale.ends)
    return values


def _colouring(material: Material, *, moving: bool) -> Colouring:
    """Return the colouring of a recipe; scales that it does not have are fitted to all frames.

    A recipe's fitted scales are for a still picture; a moving one is always fitted anew.
    """
    wanted = material.recipe.picture
    frames = material.frames if moving else [material.frame]
    found = Colouring()
    for name in wanted.get("map", []):
        found.maps = found.maps.chosen(str(name))
    found.begin_run(material.topology.smallest_normal)
    found.fit(frames or [material.frame])
    if not moving and "colours" in wanted:
        found.use(GRADIENT_NORM, MagnitudeScale(**wanted["colours"]))
    if not moving and "node_colours" in wanted and found.shown != GRADIENT_NORM:
        kind = MagnitudeScale if found.quantity.kind == "magnitude" else LinearScale
        found.use(found.shown, kind(**wanted["node_colours"]))
    if "range" in wanted:
        found.pins[found.shown] = parse_range(str(wanted["range"]), found.quantity.kind)
    return found
