"""The diagnosis: rules that find why a gradient does not flow, with place, evidence and remedy.

``engine.observe.trouble`` defines vanishing, exploding and dead, for the window as well.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from engine.graph.graph import Graph, Node
from engine.graph.symbols import reference
from engine.messages.frame import Finding, Place
from engine.observe import trouble
from engine.observe.seen import Seen
from engine.support.arrays import Array
from engine.support.figures import figure
from engine.support.text import tr

SATURATED_SHARE = 0.5
SATURATED_SLOPE = 0.01
KINK_ROUNDINGS = 4
MOST_OF_A_RULE = 3
LEISURE = 0.5


@dataclass(frozen=True)
class Rule:
    """A rule: ``watched`` is what it looks for, as the window says while nothing is found.

    ``find`` gets a whole pass whose numbers are all finite.
    """

    watched: str
    find: Callable[[Seen], Iterator[Finding]]


def rules() -> tuple[Rule, ...]:
    """Return the rules, in the order in which their findings are told."""
    return (
        Rule(tr("vanishing and exploding gradients"), _lost_on_the_way),
        Rule(tr("dead ReLUs"), _dead),
        Rule(tr("neurons on a kink"), _kinks),
        Rule(tr("saturated activations"), _saturated),
    )


class Diagnosis:
    """Runs the rules, and caches their findings while training runs."""

    def __init__(self) -> None:
        self._findings: tuple[Finding, ...] = ()
        self._at = -math.inf

    def of(self, seen: Seen, *, at_leisure: bool) -> tuple[Finding, ...]:
        """Return the findings; with ``at_leisure`` cached ones up to half a second old."""
        now = time.monotonic()
        if not at_leisure or now - self._at > LEISURE:
            self._at = now
            self._findings = diagnose(seen)
        return self._findings


def diagnose(seen: Seen) -> tuple[Finding, ...]:
    """Return the findings of all rules in the pass just completed."""
    found = [*non_finite(seen)]
    if found and seen.first_nonfinite is not None:
        found = [seen.first_nonfinite]
    if not found:
        for rule in rules():
            found.extend(rule.find(seen))
    return tuple(_few_of_each(found))


def _few_of_each(findings: list[Finding]) -> Iterator[Finding]:
    """Keep the first findings of each rule; the last one kept says how many more there are."""
    by_rule: dict[str, list[Finding]] = {}
    for finding in findings:
        by_rule.setdefault(finding.rule, []).append(finding)
    for same in by_rule.values():
        yield from same[: MOST_OF_A_RULE - 1]
        if len(same) >= MOST_OF_A_RULE:
            last, more = same[MOST_OF_A_RULE - 1], len(same) - MOST_OF_A_RULE
            note = tr(" (and {more} more places)").format(more=more) if more else ""
            places = tuple(
                place for finding in same[MOST_OF_A_RULE - 1 :] for place in finding.places
            )
            yield replace(last, evidence=last.evidence + note, places=places)


def non_finite(seen: Seen) -> Iterator[Finding]:
    """The first node of the current pass that holds NaN or Inf: by value, else by gradient."""
    compiled = seen.current
    norms = compiled.norms()
    graph = compiled.model.graph
    for node in range(compiled.forward_nodes):
        if not np.isfinite(norms.values[node]):
            evidence = tr("at step {step} {name} is the first node whose value holds NaN or Inf")
            remedy = tr("Lower the learning rate, clip the gradient, or scale the inputs down.")
            yield _first(tr("non-finite value"), seen.step, graph, node, evidence, remedy)
            return
    for node in range(compiled.forward_nodes - 1, -1, -1):
        if node in compiled.gradients.by_node and not np.isfinite(norms.gradients[node]):
            evidence = tr("at step {step} the gradient of {name} is the first with NaN or Inf")
            remedy = tr("Clip the gradient or use a wider dtype.")
            yield _first(tr("non-finite gradient"), seen.step, graph, node, evidence, remedy)
            return


def _first(rule: str, step: int, graph: Graph, node: int, evidence: str, remedy: str) -> Finding:
    name = reference(graph, graph.nodes[node])
    text = evidence.format(step=step, name=name)
    return _about(node, rule, graph.nodes[node].name, text, remedy, kind="non-finite")


def _about(
    node: int, rule: str, where: str, evidence: str, remedy: str, *, kind: str = ""
) -> Finding:
    """Return the finding of a rule at one node."""
    return Finding(rule, where, evidence, remedy, kind, (Place(node, evidence),))


def _lost_on_the_way(seen: Seen) -> Iterator[Finding]:
    """Gradients that fade or grow from layer to layer, which an expression does not have."""
    if not seen.system.is_expression:
        yield from _vanishing(seen)
        yield from _exploding(seen)


def _vanishing(seen: Seen) -> Iterator[Finding]:
    norms = seen.training.gradient_norms()
    if trouble.vanishing(norms).any():
        remedy = tr("Use ReLU with He initialisation, normalisation, or residual connections.")
        evidence = _first_against_last(seen, norms)
        yield _in_layer(seen, 0, "vanishing", tr("vanishing gradient"), evidence, remedy)


def _exploding(seen: Seen) -> Iterator[Finding]:
    """Gradients that grow towards the input, or are much larger than the weights they update."""
    norms = seen.training.gradient_norms()
    weights = seen.training.weight_norms()
    if not trouble.exploding(norms, weights).any():
        return
    layer, evidence = 0, _first_against_last(seen, norms)
    if not trouble.growing(norms).any():
        relative = trouble.against_weights(norms, weights)
        layer = int(np.argmax(relative))
        evidence = tr("gradient norm {g} in {a}, {r} times the norm of its weights").format(
            g=figure(norms[layer], 3),
            a=seen.topology.layers[layer].name,
            r=figure(relative[layer], 3),
        )
    remedy = tr("Start with smaller weights (He, Xavier), or clip the gradient by its norm.")
    yield _in_layer(seen, layer, "exploding", tr("exploding gradient"), evidence, remedy)


def _first_against_last(seen: Seen, norms: Array) -> str:
    layers = seen.topology.layers
    return tr("gradient norm {first} in {a} against {last} in {b}").format(
        first=figure(norms[0], 3),
        a=layers[0].name,
        last=figure(norms[-1], 3),
        b=layers[-1].name,
    )


def _in_layer(seen: Seen, layer: int, kind: str, rule: str, evidence: str, remedy: str) -> Finding:
    """Return the finding of a rule in a layer; its place is the layer's first parameter."""
    info = seen.topology.layers[layer]
    places = tuple(Place(node, evidence) for node in info.parameters[:1])
    return Finding(rule, info.name, evidence, remedy, kind, places)


def _nodes_of(seen: Seen, *ops: str) -> Iterator[Node]:
    for node in seen.current.model.graph.nodes[: seen.current.forward_nodes]:
        if node.op_name in ops:
            yield node


def _dead(seen: Seen) -> Iterator[Finding]:
    for node in _nodes_of(seen, "relu"):
        dead = trouble.silent(seen.current.value(node.id))
        if trouble.is_dead(dead):
            yield _about(
                node.id,
                tr("dead ReLU"),
                node.name,
                tr("{dead} of {all} units of {name} are 0 for every sample of the batch").format(
                    dead=int(dead.sum()),
                    all=dead.size,
                    name=reference(seen.current.model.graph, node),
                ),
                tr("Lower the learning rate, normalise the layer, or use leaky ReLU."),
                kind="dead",
            )


def _kinks(seen: Seen) -> Iterator[Finding]:
    """Inputs of a kink that are 0 within the rounding of the sum that made them."""
    nodes = seen.current.model.graph.nodes
    for node in _nodes_of(seen, "relu", "leaky_relu", "abs"):
        source = nodes[node.inputs[0]]
        if source.op_name not in ("add", "add_bias", "subtract"):
            continue
        z = seen.current.value(source.id)
        terms = [seen.current.value(k) for k in source.inputs]
        if source.op_name == "add_bias":
            terms[1] = terms[1].reshape(terms[1].shape + (1,) * (z.ndim - 1))
        scale = np.maximum(np.abs(terms[0]), np.abs(terms[1]))
        close = (np.abs(z) <= KINK_ROUNDINGS * np.finfo(z.dtype).eps * scale) & (scale > 0)
        if np.any(close):
            index = np.unravel_index(int(np.argmax(close)), close.shape)
            yield _about(
                node.id,
                tr("on the kink"),
                node.name,
                tr(
                    "{name} = {z} at {count} of {all} entries is 0 within rounding; the "
                    "gradient there is that of the side which {dtype} happens to compute"
                ).format(
                    name=reference(seen.current.model.graph, source),
                    z=figure(float(z[index]), 3),
                    count=int(close.sum()),
                    all=close.size,
                    dtype=z.dtype,
                ),
                tr("Both one-sided derivatives are right; move the parameters a little to decide."),
            )


def _saturated(seen: Seen) -> Iterator[Finding]:
    slopes = {"sigmoid": lambda y: y * (1 - y) * 4, "tanh": lambda y: 1 - y * y}
    for node in _nodes_of(seen, *slopes):
        share = float(np.mean(slopes[node.op_name](seen.current.value(node.id)) < SATURATED_SLOPE))
        if share >= SATURATED_SHARE:
            yield _about(
                node.id,
                tr("saturation"),
                node.name,
                tr("{share:.0%} of the entries of {name} have a slope below {slope}").format(
                    share=share,
                    name=reference(seen.current.model.graph, node),
                    slope=figure(SATURATED_SLOPE),
                ),
                tr("Standardise the inputs, start with smaller weights, or use ReLU."),
            )
