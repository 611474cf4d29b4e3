"""The objective J = L + s: a loss of the last layer's output, and the L2 regulariser."""

from dataclasses import dataclass

import engine.ops  # noqa: F401  its operations are found by name
from engine.graph.op import find
from engine.settings.declaration import Formula, setting
from engine.support.text import tr

# The losses in the order of the menu, and where they are from.
SOURCES = {
    "softmax_cross_entropy": "Dive into Deep Learning 4.1; torch.nn.CrossEntropyLoss",
    "mean_squared_error": "torch.nn.MSELoss",
    "squared_error": "Dive into Deep Learning 3.1",
    "binary_cross_entropy": "torch.nn.BCEWithLogitsLoss",
    "hinge": "CS231n, multiclass SVM loss; Weston & Watkins 1999",
}
LOSSES = tuple(SOURCES)
CLASS_LOSSES = ("softmax_cross_entropy", "hinge")


def _formulas() -> dict[str, Formula]:
    return {
        name: Formula(find(name).equation(y="L", a="o", b="y"), source)
        for name, source in SOURCES.items()
    }


@dataclass(frozen=True)
class LossSettings:
    """The ``[loss]`` table; ``type`` names the operation that computes L."""

    type: str = setting(
        "softmax_cross_entropy",
        choices=LOSSES,
        formulas=_formulas,
        help=tr("How far the output is from the target."),
    )
    l2: float = setting(
        0.0,
        minimum=0.0,
        help=tr("λ: the regulariser s = λ/2 Σ‖W‖² over the weights, not the biases."),
    )
