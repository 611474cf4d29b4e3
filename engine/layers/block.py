"""Layers that contain layers: their base, and the plain block, which is repeated as a whole."""

from __future__ import annotations

from abc import ABC
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.layers.base import Layer, Takes, first_form, types
from engine.model.builder import Flow
from engine.settings.declaration import setting
from engine.support.errors import InputError
from engine.support.text import tr

if TYPE_CHECKING:
    from engine.model.builder import Builder


@dataclass(frozen=True, kw_only=True)
class Container(Layer, ABC):
    """A layer with ``[[layers.layers]]`` of its own, to any depth."""

    layers: tuple[Layer, ...] = setting((), variants=types)

    def __post_init__(self) -> None:
        if not self.layers:
            raise InputError(tr("[[layers.layers]] inside the block"), tr("none"), field="layers")

    def first_takes(self) -> Takes | None:
        """The form that the first layer inside with a preference takes."""
        return first_form(self.layers)


def last_layer(layers: Sequence[Layer]) -> Layer:
    """Return the layer whose output is the network's: the last, or the last inside a block."""
    last = layers[-1]
    return last_layer(last.layers) if isinstance(last, Container) else last


@dataclass(frozen=True, kw_only=True)
class Block(Container):
    """The layers inside, one after the other: y = F(x). ``repeat`` repeats all of them."""

    type_name = "block"

    def build(self, builder: Builder, name: str, x: Flow) -> Flow:
        """Append the layers inside; their names follow the block's and a dot."""
        return builder.inner(name, self.layers, x)
