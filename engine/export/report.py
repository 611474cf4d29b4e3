"""The results of a run: the JSON report (``--report``) and the arrays (``--dump``)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from engine.execution.gradient_graph import second_order
from engine.execution.plan import Plan
from engine.graph.differentiate import Gradients
from engine.graph.shapes import size
from engine.messages.frame import Scalars
from engine.observe.observer import Observer
from engine.support.arrays import Array
from engine.support.norms import norm

MOST_LISTED = 64


def make_report(trainer: Observer, scalars: list[Scalars], order: int = 0) -> dict[str, Any]:
    """Return the report of a trainer whose pass is complete, as plain values for JSON."""
    objective, loss = trainer.objective_and_loss()
    nodes, edges = _graph(trainer, order)
    report = {
        "format": 1,
        "system": trainer.system.name,
        "seed": trainer.system.seed,
        "dtype": trainer.system.dtype,
        "step": trainer.step,
        "objective": objective,
        "loss": loss,
        "nodes": nodes,
        "edges": edges,
        "layers": _layers(trainer, scalars),
        "history": _history(trainer, scalars),
        "diagnosis": [
            {"rule": f.rule, "where": f.where, "evidence": f.evidence, "remedy": f.remedy}
            for f in trainer.diagnose()
        ],
    }
    evaluation = trainer.evaluate()
    if evaluation is not None:
        report["validation"] = dict(vars(evaluation))
    return report


def _layers(trainer: Observer, scalars: list[Scalars]) -> list[dict[str, Any]]:
    gradient = trainer.training.gradient_norms()
    weight = trainer.training.weight_norms()
    ratio = next((s.layer_update_ratio[-1] for s in reversed(scalars) if len(s.step)), weight * 0)
    return [
        {
            "name": layer.name,
            "parameters": list(layer.parameters),
            "gradient_norm": float(gradient[k]),
            "weight_norm": float(weight[k]),
            "update_ratio": float(ratio[k]),
        }
        for k, layer in enumerate(trainer.current.model.layers)
    ]


def _history(trainer: Observer, scalars: list[Scalars]) -> dict[str, Any]:
    def column(name: str) -> list[Any]:
        return [value for part in scalars for value in getattr(part, name).tolist()]

    layers = [layer.name for layer in trainer.current.model.layers]
    shape = (sum(map(len, scalars)), len(layers))
    norms = np.array(column("layer_gradient_norm")).reshape(shape)
    ratios = np.array(column("layer_update_ratio")).reshape(shape)
    return {
        "step": column("step"),
        "epoch": column("epoch"),
        "objective": column("objective"),
        "loss": column("loss"),
        "learning_rate": column("learning_rate"),
        "gradient_norm_before_clipping": column("gradient_norm_before_clipping"),
        "gradient_norm_after_clipping": column("gradient_norm_after_clipping"),
        "layer_gradient_norm": {name: norms[:, k].tolist() for k, name in enumerate(layers)},
        "layer_update_ratio": {name: ratios[:, k].tolist() for k, name in enumerate(layers)},
    }


def _graph(trainer: Observer, order: int) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Nodes and edges of the forward graph, of the gradient graph too from order 1."""
    compiled = trainer.current
    graph, plan, gradients = compiled.model.graph, compiled.plan, compiled.gradients
    ids: Iterable[int] = range(compiled.forward_nodes)
    if order == 1:
        ids = [node.id for node in graph.nodes if node.id in plan]
    elif order == 2:
        again = second_order(compiled)
        plan, second = again.plan, again.gradients
        plan.run()
        ids = [node.id for node in graph.nodes if node.id in plan]
        gradients = Gradients(
            gradients.objective,
            {**second.by_node, **gradients.by_node},
            {**second.by_edge, **gradients.by_edge},
            2,
        )
    nodes, edges = [], []
    parameters = {p.node: p.name for p in compiled.model.parameters}
    for identity in ids:
        node = graph.nodes[identity]
        gradient = gradients.by_node.get(identity)
        entry = {
            "id": identity,
            "name": node.name,
            "symbol": node.symbol,
            "op": node.op_name,
            "group": "/".join(node.group),
            "shape": list(node.shape),
            # S, which second order differentiates, is computed from gradients: not a forward node.
            "order": node.order if identity < compiled.forward_nodes else max(1, node.order),
            "value_norm": norm(plan.value(identity)),
            "gradient_norm": None if gradient is None else norm(plan.value(gradient)),
        }
        if identity in parameters:
            entry["parameter"] = parameters[identity]
        if size(node.shape) <= MOST_LISTED:
            entry["value"] = plan.value(identity).tolist()
            if gradient is not None:
                entry["gradient"] = plan.value(gradient).tolist()
        nodes.append(entry)
        for position, source in enumerate(node.inputs):
            contribution = gradients.by_edge.get((source, identity, position))
            edges.append(_edge(plan, source, identity, position, contribution))
    return nodes, edges


def _edge(
    plan: Plan, source: int, target: int, position: int, contribution: int | None
) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "source": source,
        "target": target,
        "position": position,
        "contribution_norm": None,
    }
    if contribution is not None:
        array = plan.value(contribution)
        entry["contribution_norm"] = norm(array)
        if array.size <= MOST_LISTED:
            entry["contribution"] = array.tolist()
    return entry


def make_dump(trainer: Observer) -> dict[str, Array]:
    """Return every array under "value/NAME", "gradient/NAME", "contribution/…", "parameter/NAME".

    A parameter whose node has another name (W⁽¹⁾) is there under both names.
    """
    compiled = trainer.current
    nodes = compiled.model.graph.nodes
    also = {p.node: p.name for p in compiled.model.parameters}
    arrays: dict[str, Array] = {}
    for node in range(compiled.forward_nodes):
        gradient = compiled.gradient(node)
        for name in dict.fromkeys((nodes[node].name, also.get(node, nodes[node].name))):
            arrays[f"value/{name}"] = compiled.value(node)
            if gradient is not None:
                arrays[f"gradient/{name}"] = gradient
    for source, target, position in compiled.edges:
        contribution = compiled.contribution((source, target, position))
        if contribution is not None:
            for name in dict.fromkeys((nodes[source].name, also.get(source, nodes[source].name))):
                key = f"contribution/{name}/{nodes[target].name}/{position}"
                arrays[key] = contribution
    for name, array in trainer.parameters.items():
        arrays[f"parameter/{name}"] = array
    return arrays
