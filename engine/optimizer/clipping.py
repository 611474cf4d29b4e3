"""Gradient clipping, in place on the flat vector of all gradients.

By value: each entry is brought into [−threshold, threshold]. By norm: the whole vector is scaled
to the threshold if it is longer, g ← min(1, threshold/‖g‖) g, which keeps its direction
(Pascanu, Mikolov, Bengio, "On the difficulty of training recurrent neural networks", 2013;
"Dive into Deep Learning" 9.5). PyTorch's ``clip_grad_norm_`` divides by ‖g‖ + 1e-6 instead.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.settings.declaration import Formula, setting
from engine.support.norms import norm
from engine.support.text import tr

SOURCES = {
    "value": "Dive into Deep Learning 9.5; torch.nn.utils.clip_grad_value_",
    "norm": "Pascanu, Mikolov, Bengio 2013; Dive into Deep Learning 9.5",
}
FORMULAS = {
    "none": "g ← g",
    "value": "gᵢ ← min(max(gᵢ, −c), c)",
    "norm": "g ← min(1, c/‖g‖) g",
}


@dataclass(frozen=True)
class Clipping:
    """How gradients are clipped before each update (the ``[clipping]`` table)."""

    type: str = setting(
        "none",
        choices=tuple(FORMULAS),
        formulas=lambda: {n: Formula(text, SOURCES.get(n, "")) for n, text in FORMULAS.items()},
        live=True,
        help=tr("Whether gradients are clipped: each entry by value, or the whole by its norm."),
    )
    threshold: float = setting(
        1.0,
        above=0.0,
        live=True,
        help=tr("c: the largest entry, or the largest global norm, that a gradient may have."),
    )

    def apply(self, gradient: NDArray[Any]) -> tuple[float, float]:
        """Clip the flat gradient in place; return its L2 norm before and after.

        NaN stays NaN. A gradient with an infinite entry has no direction to keep: by norm it is
        left alone, and the norms returned say so; by value the entry becomes the threshold.

        >>> gradient = np.array([3.0, 0.1])
        >>> before, after = Clipping("norm", 1.0).apply(gradient)
        >>> round(before, 5), round(after, 5)
        (3.00167, 1.0)
        >>> gradient.round(5).tolist()
        [0.99944, 0.03331]
        """
        before = norm(gradient)
        if self.type == "value":
            np.clip(gradient, -self.threshold, self.threshold, out=gradient)
            return before, norm(gradient)
        if self.type == "norm" and before > self.threshold:
            _scale(gradient, self.threshold, before)
            return before, norm(gradient)
        return before, before


def _scale(gradient: NDArray[Any], threshold: float, length: float) -> None:
    """Multiply by threshold/length in place, exact also where that factor would underflow."""
    if math.isinf(length):
        peak = float(np.max(np.abs(gradient)))
        if math.isinf(peak):
            return
        gradient /= peak  # finite entries whose norm exceeds float64
        length = norm(gradient)
    factor = threshold / length
    if gradient.dtype == np.float64 and factor < np.finfo(np.float64).tiny:
        gradient /= length
        gradient *= threshold
    elif factor < 1e-30 or gradient.dtype == np.float16:
        np.multiply(gradient, factor, out=gradient, dtype=np.float64, casting="same_kind")
    else:
        gradient *= factor
