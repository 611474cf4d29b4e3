"""A tile's fragments in layers, in the order in which they are blended.

Made once per zoom and layout; ``Layers.recolour`` then paints the tile in a frame's colours with a
few lookups, however many items there are.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from gui.canvas.graph.geometry import Geometry, Indices, meets
from gui.canvas.raster.colour_table import ON_CANVAS, ON_FRAME, RAW, Dashes
from gui.canvas.raster.fragments import (
    Fragments,
    Steps,
    Tile,
    Whole,
    box_fragments,
    head_fragments,
    joined,
    line_fragments,
    solid,
)
from gui.canvas.raster.pixels import Pixels, blend, mixed

# Most items blended on one pixel: with more of them no single one can be made out.
DEEPEST = 16


@dataclass(frozen=True)
class Slots:
    """Numbers the parts of all items: first all lines, then all heads, all boxes, all caps."""

    edges: int
    nodes: int

    @property
    def heads(self) -> int:
        return self.edges

    @property
    def bodies(self) -> int:
        return 2 * self.edges

    @property
    def caps(self) -> int:
        return 2 * self.edges + self.nodes

    @property
    def count(self) -> int:
        return 2 * (self.edges + self.nodes)


@dataclass(frozen=True)
class Grounds:
    """The pixels below and above the coloured items of a tile, one number per pixel.

    ``below``: opaque, the canvas and the frames; ``above``: premultiplied, texts and titles that
    keep their colour; ``ink``: how much of a pixel is covered by texts on coloured boxes.
    """

    below: Pixels
    above: Pixels
    ink: NDArray[np.uint8]
    canvas: int
    frame: int

    def ready(self) -> Pixels:
        """Return the tile's pixels without coloured items."""
        shown = self.below.copy()
        over = np.flatnonzero(self.above >> 24)
        blend(shown, over, self.above[over])
        return shown


@dataclass(frozen=True, eq=False)
class Layers:
    """Fragments from the lowest to the highest; ``counts[k]`` of them are in layer k.

    The lowest layer has opaque colours (an item on a plain ground); the others are blended.
    ``restored`` are pixels whose ground is neither canvas nor frame, with their colours;
    ``fixed`` are blended last.
    """

    pixel: Indices
    slot: Indices
    place: Indices
    along: NDArray[np.float32]
    counts: tuple[int, ...]
    restored: tuple[Indices, Pixels]
    fixed: tuple[Indices, Pixels]

    def moved(self, by: Callable[[Indices], Indices]) -> "Layers":
        """Return these layers with their pixel indices moved by ``by``."""
        return replace(
            self,
            pixel=by(self.pixel),
            restored=(by(self.restored[0]), self.restored[1]),
            fixed=(by(self.fixed[0]), self.fixed[1]),
        )

    def recolour(self, image: Pixels, base: Indices, table: Pixels, gaps: "Gaps | None") -> None:
        """Paint ``image`` (flat, opaque) in the colours of ``table``.

        ``base``: for each slot the index at which the row of its bucket begins in ``table``.
        """
        index = base.take(self.slot, mode="clip")
        index += self.place
        colours = table.take(index, mode="clip")
        if gaps is not None:
            gaps.cut(self, colours, index, table)
        image[self.restored[0]] = self.restored[1]
        start = self.counts[0]
        image[self.pixel[:start]] = colours[:start]
        for count in self.counts[1:]:
            end = start + count
            blend(image, self.pixel[start:end], colours[start:end])
            start = end
        blend(image, *self.fixed)


class Gaps:
    """The gaps of dashed lines.

    ``of_slot`` has for each slot the index of its line's ``dashes``, or −1. The fragments
    concerned are cached per ``Layers``, since it rarely changes which lines are dashed.
    """

    def __init__(self, dashes: tuple[Dashes, ...], of_slot: NDArray[np.int8], pixel: float) -> None:
        self.dashes, self.of_slot, self.pixel = dashes, of_slot, pixel
        self.shift: Indices = np.zeros(len(of_slot), np.intp)
        self._shares: WeakKeyDictionary[Layers, tuple[Indices, Pixels]] = WeakKeyDictionary()

    def cut(self, layers: Layers, colours: Pixels, index: Indices, table: Pixels) -> None:
        """Mix the colours of dashed lines from those of dash and gap.

        ``shift`` is the distance in the table from a slot's row to the row of its gaps.
        """
        if layers not in self._shares:
            self._shares[layers] = self._shares_of(layers)
        dashed, share = self._shares[layers]
        gap = table.take(index[dashed] + self.shift.take(layers.slot[dashed]), mode="clip")
        colours[dashed] = mixed(gap, colours[dashed], share)

    def _shares_of(self, layers: Layers) -> tuple[Indices, Pixels]:
        kind = self.of_slot.take(layers.slot, mode="clip")
        dashed = np.flatnonzero(kind >= 0)
        share = np.zeros(len(dashed))
        for number, dashes in enumerate(self.dashes):
            some = kind[dashed] == number
            share[some] = dashes.share(layers.along[dashed[some]], self.pixel)
        # Pixels that a dash covers entirely are not changed.
        cut = share < 0.998
        return dashed[cut], np.rint(share[cut] * 256).astype(np.uint32)


def layers_of(
    geometry: Geometry, tile: Tile, steps: Steps, grounds: Grounds, variant: int
) -> Layers:
    """Return the layers of a tile: which items are on which pixels, and in which order.

    ``variant`` is the length of one ground's part of the colour table; the three parts follow each
    other.
    """
    slots = Slots(len(geometry.tip), len(geometry.node_box))
    lines, heads = _edge_fragments(geometry, tile, steps)
    boxes = _box_fragments(geometry, tile, steps, slots, grounds.ink)
    everything = joined([lines, heads, *boxes])
    # An edge's head is above its own line and below the next edge; boxes are above all edges.
    height = everything.item.copy()
    headed = slice(len(lines), len(lines) + len(heads))
    height[: headed.stop] *= 2
    height[headed] += 1
    everything.item[headed] += slots.heads
    # A bent line may cover a pixel twice: the fragment nearest to its middle comes last.
    near = np.zeros(len(everything), np.int32)
    near[: len(lines)] = steps.line - lines.place % steps.line
    order = _stable(near)
    for key in (height, everything.pixel):
        order = order[_stable(key[order])]
    order = _once(everything, order, height[order], slots.bodies)
    return _layered(everything, order, grounds, variant)


def _once(fragments: Fragments, order: Indices, height: Whole, boxes: int) -> Indices:
    """Return the order without fragments that another one of the same item hides.

    Of a line the last fragment stays; a stack is hidden by its own box where that is opaque.
    Boxes have heights of at least ``boxes``.
    """
    pixel = fragments.pixel[order]
    twice = np.flatnonzero((pixel[1:] == pixel[:-1]) & (height[1:] == height[:-1]))
    stack = height[twice] >= boxes
    hidden = ~stack
    hidden[stack] = solid(fragments.place[order[twice[stack] + 1]])
    keep = np.ones(len(order), bool)
    keep[twice[hidden]] = False
    return order[keep]


def _edge_fragments(geometry: Geometry, tile: Tile, steps: Steps) -> tuple[Fragments, Fragments]:
    reach = (steps.line_reach + 1.0) / tile.scale
    near = meets(geometry.cubic_box, tile.scene, reach)
    tips = np.hstack([geometry.tip, geometry.tip])
    headed = meets(tips, tile.scene, (steps.back_reach + steps.side_reach) / tile.scale)
    return (
        line_fragments(geometry, near, tile, steps),
        head_fragments(geometry, np.flatnonzero(headed), tile, steps),
    )


def _box_fragments(
    geometry: Geometry, tile: Tile, steps: Steps, slots: Slots, ink: NDArray[np.uint8]
) -> list[Fragments]:
    """Return the fragments of stacks, boxes and caps, each above those before."""
    parts = []
    reach = 2.0 / tile.scale + 2.0
    for boxes, first, inked in (
        (geometry.stacks, slots.bodies, None),
        (geometry.bodies, slots.bodies, ink),
        (geometry.caps, slots.caps, ink),
    ):
        found = box_fragments(boxes[meets(boxes.box, tile.scene, reach)], tile, steps, inked)
        found.item[:] += first
        parts.append(found)
    return parts


def _layered(fragments: Fragments, order: Indices, grounds: Grounds, variant: int) -> Layers:
    """Sort fragments, ordered by pixel and from below, into layers by how many are below them."""
    pixel = fragments.pixel[order]
    lowest = np.ones(len(order), bool)
    lowest[1:] = pixel[1:] != pixel[:-1]
    first = np.flatnonzero(lowest)
    owner = np.cumsum(lowest, dtype=np.int32) - 1
    alone = pixel[first]
    below = grounds.below[alone]
    ground = np.full(len(first), RAW, np.intp)
    ground[below == grounds.canvas] = ON_CANVAS
    ground[below == grounds.frame] = ON_FRAME
    bare = ground == RAW
    # On a pixel whose ground is not plain the first fragment is in the first blended layer.
    lowest[first[bare]] = False
    upper = np.flatnonzero(~lowest)
    owner = owner[upper]
    rank = upper - first[owner] + bare[owner]
    layers = [first[~bare]]
    layers += [upper[rank == k] for k in range(1, min(rank.max(initial=0) + 1, DEEPEST))]
    chosen = np.concatenate(layers)
    order = order[chosen]
    place = fragments.place[order].astype(np.intp)
    place[: len(layers[0])] += ground[~bare] * variant
    over = np.flatnonzero(grounds.above)
    over = over[np.append(alone, -1)[np.searchsorted(alone, over)] == over]
    return Layers(
        pixel[chosen],
        fragments.item[order].astype(np.intp),
        place,
        fragments.along[order],
        tuple(len(layer) for layer in layers),
        (alone[bare], below[bare]),
        (over, grounds.above[over]),
    )


def _stable(key: NDArray[np.int32]) -> Indices:
    """Return a stable order: numpy sorts 16-bit numbers by radix, ten times as fast as others."""
    order = np.argsort(key.astype(np.uint16), kind="stable")
    if len(key) and key.max() > 0xFFFF:
        order = order[np.argsort((key >> 16).astype(np.uint16)[order], kind="stable")]
    return order
