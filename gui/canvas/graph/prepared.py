"""A graph prepared for the canvas: visible nodes, their looks and a placement."""

from collections.abc import Iterator
from dataclasses import dataclass

from engine.support.cancellation import checkpoint
from gui.canvas.graph.geometry import Geometry, geometry_of
from gui.canvas.graph.node_look import Look, layout_input, look_of, shows_numbers
from gui.canvas.graph.visible import VisibleGraph
from gui.canvas.layout import layouts as layout
from gui.canvas.layout.model import LayoutInput, Placement


@dataclass(frozen=True)
class Prepared:
    """A graph ready to be shown. ``last``: the thread delivers no better placement after it.

    ``request`` is the encoded layout request, where dot can be expected to do better.
    """

    visible: VisibleGraph
    looks: list[Look]
    to_lay_out: LayoutInput
    placement: Placement
    geometry: Geometry
    last: bool = True
    request: bytes | None = None


def prepare(
    visible: VisibleGraph, cache: layout.Cache, *, at_once: bool = False
) -> Iterator[Prepared]:
    """Yield the prepared graph with a placement: ``at_once`` first with a rough one.

    Called by ``Preparing`` in its thread, which can be cancelled at the checkpoints in between.
    """
    checkpoint()
    numbers = shows_numbers(visible.topology)
    looks = [look_of(visible.topology, seen, numbers=numbers) for seen in visible.nodes]
    to_lay_out = layout_input(visible, looks)
    visible.warm()
    checkpoint()
    known = cache.get(to_lay_out)
    if at_once and known is None:
        first = layout.rough(to_lay_out)
        checkpoint()
        yield Prepared(visible, looks, to_lay_out, first, geometry_of(looks, first), last=False)
        checkpoint()
    placement = known or layout.quick(to_lay_out)
    checkpoint()
    geometry = geometry_of(looks, placement)
    ask = known is None and layout.worth_asking(to_lay_out)
    request = layout.encode(to_lay_out) if ask else None
    yield Prepared(visible, looks, to_lay_out, placement, geometry, request=request)
