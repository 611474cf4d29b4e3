"""A recursive network over a binary tree: one shared pair of weights at every inner node."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.layers.base import INITIALIZER, Layer, features_of, shared_weights, steps
from engine.model.builder import Flow
from engine.model.initializer import Initializer, XavierUniform
from engine.settings.declaration import setting
from engine.support.errors import InputError, ShapeError
from engine.support.text import tr

if TYPE_CHECKING:
    from engine.graph.graph import Value
    from engine.model.builder import Builder


@dataclass(frozen=True, kw_only=True)
class TreeLayer(Layer):
    """h = tanh(W_l h_left + W_r h_right + b), from the leaves to the root (Goller & Küchler 1996).

    Leaves enter by h = tanh(W_in x). ``tree`` is written with brackets over the leaves' numbers
    from 1: "((1 2) (3 4))". The gradient of a shared weight is a sum over all inner nodes:
    backpropagation through structure.
    """

    type_name = "tree"
    takes = "steps"

    units: int = setting(32, minimum=1, help=tr("The size of every node's state."))
    tree: str = setting("((1 2) (3 4))", help=tr("The tree, with brackets over leaf numbers."))
    initializer: Initializer = setting(XavierUniform, **INITIALIZER)

    def __post_init__(self) -> None:
        _parsed(self.tree)

    def build(self, builder: Builder, name: str, x: Flow) -> Flow:
        """Append the weights and a group for each inner node; return the root's state."""
        leaves = steps(x)
        tree = _parsed(self.tree)
        wanted = max(_leaves(tree))
        if wanted > len(leaves):
            raise ShapeError(
                tr("the tree has leaf {n}, the data {m} steps").format(n=wanted, m=len(leaves))
            )
        start = self.initializer
        size, units = features_of(leaves), self.units
        with shared_weights(builder, leaves):
            into = builder.parameter(name, "weight_in", (units, size), start, symbol="Wᵢ")
            left = builder.parameter(name, "weight_left", (units, units), start, symbol="Wₗ")
            right = builder.parameter(name, "weight_right", (units, units), start, symbol="Wᵣ")
            bias = builder.parameter(
                name, "bias", (units,), start.of_bias((units, units)), symbol="b"
            )

        def state(node: Any) -> tuple[Value, str]:
            if isinstance(node, int):
                key = str(node)
                with builder.graph.group(f"leaf{key}"):
                    h = (into @ leaves[node - 1]).apply("tanh")
                    return builder.variable(h, f"{name}.leaf{key}.h", f"h[{key}]", plain=True), key
            (a, low), (b, high) = state(node[0]), state(node[1])
            key = f"{low.partition('-')[0]}-{high.rpartition('-')[2]}"
            with builder.graph.group(f"node{key}"):
                z = (left @ a + right @ b).apply("add_bias", bias)
                h = z.apply("tanh")
                return builder.variable(h, f"{name}.node{key}.h", f"h[{key}]", plain=True), key

        return state(tree)[0]


def _parsed(text: str) -> Any:
    """Nested pairs of leaf numbers."""
    tokens = text.replace("(", " ( ").replace(")", " ) ").split()
    try:
        tree = _node(iter(tokens))
    except (StopIteration, ValueError):
        tree = None
    found = list(_leaves(tree)) if tree is not None else []
    complete = tree is not None and len(found) == sum(t.isdecimal() for t in tokens)
    if not complete or len(set(found)) != len(found) or min(found) < 1 or isinstance(tree, int):
        raise InputError(
            tr("a binary tree such as ((1 2) (3 4)), each leaf once"), repr(text), field="tree"
        )
    return tree


def _node(tokens: Iterator[str]) -> Any:
    token = next(tokens)
    if token != "(":
        return int(token)
    pair = (_node(tokens), _node(tokens))
    if next(tokens) != ")":
        raise ValueError
    return pair


def _leaves(tree: Any) -> Iterator[int]:
    if isinstance(tree, int):
        yield tree
    else:
        for branch in tree:
            yield from _leaves(branch)
