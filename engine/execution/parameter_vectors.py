"""All parameters side by side in one flat vector, their gradients in another, with views by name.

An optimiser's update is then a few vectorised calls, and a checkpoint is one copy.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from engine.model.model import Model, Parameter
from engine.support.arrays import Array, DType


class Vectors:
    """The parameters of a model.

    Parameters
    ----------
    start:
        Name of a parameter → its initial value.
    runs:
        Nodes of parameters that are stored as the rows of one matrix: a weight (out, in) as its
        transpose, one row for each input, and a bias (out,) as one row.

    Attributes
    ----------
    theta, gradient, update:
        (n,) in the system's dtype, layer after layer; ``update`` is what an optimiser adds to θ.
    parameters, gradients, updates:
        Name of a parameter → its view of the vector above, in the parameter's shape.
    parts:
        The slice of each layer, in the order of the model's layers.
    """

    def __init__(
        self,
        model: Model,
        start: Mapping[str, Array],
        dtype: DType,
        runs: Iterable[Sequence[int]] = (),
    ) -> None:
        total = sum(start[p.name].size for p in model.parameters)
        memory = np.zeros((3, total), dtype)  # one array, so that norms of all three take one call
        self.gradient: Array = memory[0]
        self.theta: Array = memory[1]
        self.update: Array = memory[2]
        self._slices: dict[int, slice] = {}
        self._width = {p.node: p.shape[0] for p in model.parameters if p.shape}
        self._rows = {node for run in runs for node in run}
        ends: dict[str, list[int]] = {}
        place = 0
        for parameter in _in_runs(model.parameters, runs):
            end = place + start[parameter.name].size
            self._slices[parameter.node] = slice(place, end)
            ends.setdefault(parameter.layer, [place, end])[1] = end
            place = end
        self.parts = [slice(*ends[layer.name]) for layer in model.layers]
        self.parameters = self._by_name(model, self.theta)
        self.gradients = self._by_name(model, self.gradient)
        self.updates = self._by_name(model, self.update)
        with np.errstate(all="ignore"):
            for name, array in self.parameters.items():
                array[...] = start[name]

    def joined(self, vector: Array, run: Sequence[int]) -> Array:
        """Return the part of a vector with a run's adjacent parameters, as (rows, out)."""
        part = vector[self._slices[run[0]].start : self._slices[run[-1]].stop]
        return part.reshape(-1, self._width[run[0]])

    def _by_name(self, model: Model, vector: Array) -> dict[str, Array]:
        found: dict[str, Array] = {}
        for parameter in model.parameters:
            part = vector[self._slices[parameter.node]]
            if parameter.node in self._rows:
                found[parameter.name] = part.reshape(parameter.shape[::-1]).T
            else:
                found[parameter.name] = part.reshape(parameter.shape)
        return found


def _in_runs(parameters: Sequence[Parameter], runs: Iterable[Sequence[int]]) -> list[Parameter]:
    """The parameters in their order, except that those of a run follow its first one."""
    by_node = {parameter.node: parameter for parameter in parameters}
    run_of = {node: run for run in runs for node in run}
    nodes = [node for p in parameters for node in run_of.get(p.node, (p.node,))]
    return [by_node[node] for node in dict.fromkeys(nodes)]
