"""Pooling layers: the maximum or the mean of each window of a picture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from engine.layers.base import Layer, one, renamed
from engine.model.builder import Flow
from engine.settings.declaration import setting
from engine.support.text import tr

if TYPE_CHECKING:
    from engine.model.builder import Builder


@dataclass(frozen=True, kw_only=True)
class _Pooling(Layer):
    takes = "picture"
    op_name: ClassVar[str]

    size: int = setting(2, minimum=1, help=tr("Height and width of a window."))
    stride: int | None = setting(
        None, minimum=1, help=tr("How far the window moves at a time; by default its size.")
    )

    @staticmethod
    def spelt(values: Mapping[str, Any]) -> dict[str, Any]:
        """Take other common names of the settings."""
        return renamed(values, kernel_size="size", pool_size="size")

    def build(self, builder: Builder, name: str, x: Flow) -> Flow:
        """Append the pooled picture."""
        x = one(x, 4, tr("pooling takes pictures (channels, height, width, batch)"))
        pooled = x.apply(self.op_name, size=self.size, stride=self.stride or self.size)
        return builder.variable(pooled, f"{name}.h", "p")


@dataclass(frozen=True, kw_only=True)
class MaxPool2d(_Pooling):
    """The maximum of each window."""

    type_name = "max_pool2d"
    op_name = "max_pool2d"


@dataclass(frozen=True, kw_only=True)
class AvgPool2d(_Pooling):
    """The mean of each window."""

    type_name = "avg_pool2d"
    op_name = "avg_pool2d"
