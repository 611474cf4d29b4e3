"""``Blank``: takes a trainer's place while the system is empty."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from engine.messages.frame import Frame, Scalars
from engine.messages.topology import Topology
from engine.support.arrays import Array
from engine.support.text import tr
from engine.system.system import System, override, retold


class Blank:
    """A graph without nodes at step 0. It accepts every command of a trainer and does nothing."""

    def __init__(self, system: System, generation: int = 0) -> None:
        self.system = system
        self.step = 0
        self.nonfinite_since: int | None = None
        self.parameters: Mapping[str, Array] = {}
        self.topology = Topology(
            generation=generation,
            system=system.name,
            title=system.title,
            seed=system.seed,
            dtype=system.dtype,
            nodes=(),
            edges=(),
            layers=(),
            operations=(),
        )
        self._serial = 0

    def nothing(self, *_: Any, **__: Any) -> None:
        """Ignore a command."""

    operate = undo = train_step = reset = rewind = retake = inspect = look_at = nothing
    finish_pass = watch = show_order = nothing

    def retell(self, words: System) -> None:
        """Take over name, title and description."""
        self.system = retold(self.system, words)

    def change(self, key: str, value: Any) -> None:
        """Change a setting, live or not, of the system that layers will be added to."""
        self.system = override(self.system, key, value)

    def take_frame(self, **_: Any) -> Frame:
        """Return a frame without nodes, edges and layers."""
        self._serial += 1
        nothing, row = np.empty(0), np.empty((0, 0))
        flags = np.empty(0, bool)
        return Frame(
            generation=self.topology.generation,
            serial=self._serial,
            step=0,
            epoch=0,
            cursor=0,
            running=False,
            busy="",
            message=tr("Nothing to train yet: choose data and add layers."),
            lit=None,
            objective=float("nan"),
            loss=float("nan"),
            value_norm=nothing,
            value_ready=flags,
            gradient_norm=nothing,
            gradient_ready=flags,
            contribution_norm=nothing,
            contribution_ready=flags,
            layer_gradient_norm=nothing,
            scalars=Scalars(
                step=np.empty(0, np.int64),
                epoch=np.empty(0, np.int64),
                objective=nothing,
                loss=nothing,
                learning_rate=nothing,
                gradient_norm_before_clipping=nothing,
                gradient_norm_after_clipping=nothing,
                layer_gradient_norm=row,
                layer_weight_norm=row,
                layer_update_ratio=row,
                validation_loss=nothing,
                validation_accuracy=nothing,
            ),
            systems=((0, self.system),),
        )
