"""All parameters side by side in one flat vector, their gradients in another, with views by name.

An optimiser's update is then a few vectorised calls, and a checkpoint is one copy.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from engine.model import Model
from engine.op import Array, DType


class Vectors:
    """The parameters of a model.

    Attributes
    ----------
    theta, gradient, update:
        (n,) in the system's dtype, layer after layer; ``update`` is what an optimiser adds to θ.
    parameters, gradients:
        Views of them in each parameter's shape, by its name.
    parts:
        The slice of each layer, in the order of the model's layers.
    """

    def __init__(self, model: Model, start: Mapping[str, Array], dtype: DType) -> None:
        total = sum(start[p.name].size for p in model.parameters)
        memory = np.zeros((3, total), dtype)  # in one piece, so that they are measured together
        self.gradient: Array = memory[0]
        self.theta: Array = memory[1]
        self.update: Array = memory[2]
        self.parameters: dict[str, Array] = {}
        self.gradients: dict[str, Array] = {}
        place = 0
        ends: dict[str, list[int]] = {}
        with np.errstate(all="ignore"):
            for parameter in model.parameters:
                end = place + start[parameter.name].size
                name, shape = parameter.name, parameter.shape
                self.parameters[name] = self.theta[place:end].reshape(shape)
                self.gradients[name] = self.gradient[place:end].reshape(shape)
                self.parameters[name][...] = start[name]
                ends.setdefault(parameter.layer, [place, end])[1] = end
                place = end
        self.parts = [slice(*ends[layer.name]) for layer in model.layers]
