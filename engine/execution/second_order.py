"""The gradient graph differentiated again: S = ½ ‖∂J/∂θ‖², whose gradient is H ∂J/∂θ.

H is the Hessian of the objective J in the parameters θ, so ∂S/∂θ is a Hessian-vector product
with the gradient as the vector (Pearlmutter, Fast Exact Multiplication by the Hessian, 1994).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.execution.plan import Plan
from engine.graph.differentiate import Gradients, differentiate

if TYPE_CHECKING:
    from engine.execution.passes import Pass


@dataclass(frozen=True)
class SecondOrder:
    """Where the gradients of S are, and the plan that computes them from the pass's own leaves.

    ``gradients.objective`` is S; where nothing depends on a parameter there are no gradients.
    """

    plan: Plan
    gradients: Gradients


def differentiate_again(compiled: Pass) -> SecondOrder:
    """Extend a pass's graph by S and its gradients; once for each pass (``Pass.second_order``)."""
    graph, first = compiled.model.graph, compiled.gradients
    squares = [
        graph.value(first.by_node[parameter.node]).apply("sum_squares")
        for parameter in compiled.model.parameters
        if parameter.node in first.by_node
    ]
    if not squares:
        return SecondOrder(compiled.plan, Gradients(first.objective, {}, {}, 2))
    total = squares[0] if len(squares) == 1 else squares[0].apply("sum_all", *squares[1:])
    second = differentiate(graph, total * 0.5)
    reached = {*second.by_node.values(), *second.by_edge.values()}
    targets = {second.objective, *compiled.plan.order, *reached}
    plan = Plan(graph, targets, compiled.plan.dtype, compiled.plan.leaves)
    return SecondOrder(plan, second)
