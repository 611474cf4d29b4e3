"""The objective J = L + s: a loss of the last layer's output, and the L2 regulariser."""

from dataclasses import dataclass

from engine.settings import setting
from engine.text import tr

LOSSES = (
    "softmax_cross_entropy",
    "mean_squared_error",
    "squared_error",
    "binary_cross_entropy",
    "hinge",
)
CLASS_LOSSES = ("softmax_cross_entropy", "hinge")


@dataclass(frozen=True)
class LossSettings:
    """The ``[loss]`` table; ``type`` names the operation that computes L."""

    type: str = setting(
        "softmax_cross_entropy", choices=LOSSES, help=tr("How far the output is from the target.")
    )
    l2: float = setting(
        0.0,
        minimum=0.0,
        help=tr("λ: the regulariser s = λ/2 Σ‖W‖² over the weights, not the biases."),
    )
