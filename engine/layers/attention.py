"""Self-attention over the tokens of a sequence, and embeddings of tokens."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.layers.base import INITIALIZER, Layer, one, renamed, stacked
from engine.model.builder import Flow
from engine.model.initializer import Initializer, Normal, XavierUniform
from engine.settings.declaration import setting
from engine.support.text import tr

if TYPE_CHECKING:
    from engine.graph.graph import Value
    from engine.model.builder import Builder


def _tokens(x: Flow) -> Value:
    """Return a sequence as one value (features, steps, batch), stacking its time steps."""
    return one(
        stacked(x),
        3,
        tr(
            "takes a sequence (features, steps, batch); make it the first layer, or set"
            " sequence = true in the layer before it"
        ),
    )


@dataclass(frozen=True, kw_only=True)
class SelfAttention(Layer):
    """out = V softmax(Kᵀ Q / √d) for each sample; Vaswani et al. 2017, one head.

    Q = W_q x, K = W_k x, V = W_v x with W (units, in); the output is averaged over the tokens
    unless ``sequence`` is set.
    """

    type_name = "self_attention"
    takes = "tokens"

    units: int = setting(32, minimum=1, help=tr("d: the size of query, key and value."))
    scaled: bool = setting(True, help=tr("Whether scores are divided by √d."))
    sequence: bool = setting(
        False, help=tr("Whether every token's output goes on, or their mean only.")
    )
    initializer: Initializer = setting(XavierUniform, **INITIALIZER)

    @staticmethod
    def spelt(values: Mapping[str, Any]) -> dict[str, Any]:
        """Take other common names of the settings."""
        return renamed(values, dimensions="units", return_sequences="sequence")

    def build(self, builder: Builder, name: str, x: Flow) -> Flow:
        """Append Q, K, V, the scores, their softmax and the weighted sum."""
        x = _tokens(x)
        start = self.initializer

        def projected(letter: str) -> Value:
            shape = (self.units, x.shape[0])
            weight = builder.parameter(name, f"weight_{letter}", shape, start, symbol=f"W_{letter}")
            product = weight.apply("einsum", x, spec="od,dtb->otb")
            return builder.variable(product, f"{name}.{letter}", letter.upper(), plain=True)

        query, key, value = projected("q"), projected("k"), projected("v")
        scores = query.apply("einsum", key, spec="dtb,dub->tub")
        if self.scaled:
            scores = scores * (1.0 / math.sqrt(self.units))
        scores = builder.variable(scores, f"{name}.scores", "S", plain=True)
        weights = scores.apply("softmax", axis=1)
        weights = builder.variable(weights, f"{name}.weights", "A", plain=True)
        out = weights.apply("einsum", value, spec="tub,dub->dtb")
        out = builder.variable(out, f"{name}.out", "H", plain=True)
        if self.sequence:
            return out
        return builder.variable(out.apply("mean", axis=1), f"{name}.h", "h")


@dataclass(frozen=True, kw_only=True)
class Embedding(Layer):
    """E x for one-hot tokens x (tokens, steps, batch): a column of E (units, tokens) each.

    The weight is stored as PyTorch's, (tokens, units).
    """

    type_name = "embedding"
    takes = "tokens"

    units: int = setting(32, minimum=1, help=tr("How many numbers stand for a token."))
    initializer: Initializer = setting(Normal(1.0), **INITIALIZER)

    @staticmethod
    def spelt(values: Mapping[str, Any]) -> dict[str, Any]:
        """Take other common names of the settings."""
        return renamed(values, dimensions="units", embedding_dim="units")

    def build(self, builder: Builder, name: str, x: Flow) -> Flow:
        """Append the weight and the embedded tokens."""
        x = _tokens(x)
        start = self.initializer.of_embedding()
        weight = builder.parameter(name, "weight", (x.shape[0], self.units), start, symbol="E")
        product = weight.apply("einsum", x, spec="vd,vtb->dtb")
        return builder.variable(product, f"{name}.h", "h")
