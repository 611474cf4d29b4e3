"""A node's value and gradient as pictures: kernels, feature maps, samples, poolings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from engine.support.arrays import Array

Kind = Literal["kernels", "maps", "samples"]
Picture = tuple[int, int, int]


@dataclass(frozen=True)
class Pooling:
    """How a pooling node routes its gradient back to the pictures that it pools.

    Attributes
    ----------
    op, size, stride:
        "max_pool2d" or "avg_pool2d", and its windows.
    source:
        Index of the pooled node.
    pooled:
        Its value (channels, height, width, samples), None where it is not computed yet.
    routed:
        The contribution of this node to its gradient, of the same shape.
    places:
        (channels, height', width', samples): for each window the place row · width + column of
        its (first) maximum in the pooled picture; None for the mean.
    """

    op: str
    size: int
    stride: int
    source: int
    pooled: Array | None
    routed: Array | None
    places: Array | None


@dataclass(frozen=True)
class Pictures:
    """Value and gradient of a node as pictures; None where they are not computed yet.

    Attributes
    ----------
    kind:
        "kernels" are (out, in, height, width); "maps" of a layer and "samples", which are inputs,
        are (channels, height, width, samples).
    targets:
        What each sample is: its class, or its number; () where that is not known.
    row:
        Which row of the picture this node is, where each time step takes one row.
    """

    kind: Kind
    shape: tuple[int, int, int, int]
    value: Array | None
    gradient: Array | None
    targets: tuple[str, ...] = ()
    row: int | None = None
    pooling: Pooling | None = None
