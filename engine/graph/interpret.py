"""The naive executor: a new array for each node, nothing shared.

The gradient check (``engine.analysis.check``) runs it, and tests compare the compiled plan with it.
"""

from collections.abc import Container, Mapping

import numpy as np
from numpy.typing import DTypeLike

from engine.graph.graph import Graph, Node
from engine.support.arrays import Array, DType


def interpret(
    graph: Graph,
    leaves: Mapping[int, Array],
    dtype: DTypeLike = np.float64,
    *,
    last: int | None = None,
    overrides: Mapping[int, Array] | None = None,
    base: Mapping[int, Array] | None = None,
    only: Container[int] | None = None,
) -> dict[int, Array]:
    """Return the value of every node up to ``last``, computed one by one.

    Parameters
    ----------
    leaves:
        An array for each input and parameter.
    overrides:
        Values put in place of what nodes compute (to differentiate with respect to them).
    base:
        Values of an earlier run; operations with kinks stay on the smooth piece they were on.
    only:
        The nodes to compute anew; all others keep their value in ``base``.
    """
    values: dict[int, Array] = {}
    end = len(graph) if last is None else last + 1
    with np.errstate(all="ignore"):
        for node in graph.nodes[:end]:
            if overrides is not None and node.id in overrides:
                values[node.id] = overrides[node.id]
            elif only is not None and base is not None and node.id not in only:
                values[node.id] = base[node.id]
            else:
                values[node.id] = _evaluate(node, values, leaves, np.dtype(dtype), base)
    return values


def _evaluate(
    node: Node,
    values: Mapping[int, Array],
    leaves: Mapping[int, Array],
    dtype: DType,
    base: Mapping[int, Array] | None,
) -> Array:
    if node.op is None:
        given = leaves[node.id] if node.id in leaves else node.params["value"]
        return np.array(np.broadcast_to(given, node.shape), dtype)
    inputs = [values[source] for source in node.inputs]
    if base is not None and node.op.branch is not None:
        before = [base[source] for source in node.inputs]
        return np.asarray(node.op.branch(before, inputs, **node.params), dtype)
    if node.op.view is not None:
        return node.op.view(inputs[0], **node.params)
    out = np.full(node.shape, np.nan, dtype)
    function, arguments = node.op.bound_call(out, inputs, node.params)
    function(*arguments)
    return out
