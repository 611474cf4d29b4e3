"""A graph made ready to be shown: what is visible, how it looks, where it stands."""

from collections.abc import Iterator
from dataclasses import dataclass

from engine.support.cancellation import checkpoint
from gui.canvas.graph.geometry import Geometry, geometry_of
from gui.canvas.graph.node_look import Look, look_of, picture_of, shows_numbers
from gui.canvas.graph.visible import VisibleGraph
from gui.canvas.layout import layouts as layout
from gui.canvas.layout.model import Picture, Placement


@dataclass(frozen=True)
class Prepared:
    """A graph ready to be shown. ``last``: no better placement comes from the thread.

    ``request`` is what the layout process is asked with where a better one can be expected.
    """

    visible: VisibleGraph
    looks: list[Look]
    picture: Picture
    placement: Placement
    geometry: Geometry
    last: bool = True
    request: bytes | None = None


def prepare(
    visible: VisibleGraph, cache: layout.Cache, *, at_once: bool = False
) -> Iterator[Prepared]:
    """Measure and place a graph: ``at_once`` roughly, and then well; with checkpoints between."""
    checkpoint()
    numbers = shows_numbers(visible.topology)
    looks = [look_of(visible.topology, seen, numbers=numbers) for seen in visible.nodes]
    picture = picture_of(visible, looks)
    visible.warm()
    checkpoint()
    known = cache.get(picture)
    if at_once and known is None:
        first = layout.rough(picture)
        checkpoint()
        yield Prepared(visible, looks, picture, first, geometry_of(looks, first), last=False)
        checkpoint()
    placement = known or layout.quick(picture)
    checkpoint()
    geometry = geometry_of(looks, placement)
    ask = known is None and layout.worth_asking(picture)
    request = layout.encode(picture) if ask else None
    yield Prepared(visible, looks, picture, placement, geometry, request=request)
