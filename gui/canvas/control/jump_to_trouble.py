"""Jumps to the next vanishing, exploding, dead or non-finite node, by the diagnosis's rules."""

from __future__ import annotations

import math

from PySide6.QtCore import QObject

from engine.messages.frame import Frame
from engine.messages.topology import Topology
from engine.observe import trouble
from engine.observe.trouble import Trouble
from engine.support.figures import figure, whole
from engine.support.text import tr
from gui.canvas.control.context import CanvasContext
from gui.canvas.control.go_to import GoTo
from gui.canvas.graph.node_look import node_title


class JumpToTrouble(QObject):
    """Goes from one node in trouble to the next, in the order of computation, cyclically."""

    def __init__(self, canvas: CanvasContext, going: GoTo) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self._going = going

    def jump(self, kind: Trouble, *, back: bool = False) -> None:
        """Select and show the next (or previous) node in this trouble, and announce it."""
        topology, frame = self._canvas.topology, self._canvas.frame
        if topology is None or frame is None:
            return
        nodes = trouble.troubled(topology, frame, kind)
        if not nodes:
            self._canvas.announced.emit(nothing_words(topology, frame, kind))
            return
        node = following(nodes, self._canvas.session.selected_node, back=back)
        self._going.to_node(node)
        words = trouble_words(topology, frame, kind, node)
        place = tr("{place} of {count}").format(place=nodes.index(node) + 1, count=len(nodes))
        self._canvas.announced.emit(f"{words}  ({place})")


def following(nodes: list[int], here: int | None, *, back: bool = False) -> int:
    """Return the next of these sorted nodes after ``here``, or the previous one; cyclic."""
    if back:
        before = [node for node in nodes if here is not None and node < here]
        return before[-1] if before else nodes[-1]
    return next((node for node in nodes if here is None or node > here), nodes[0])


def trouble_words(topology: Topology, frame: Frame, kind: Trouble, node: int) -> str:
    """Return the text on a node's trouble: "vanishing: ‖∂J/∂W⁽³⁾‖ = 2·10⁻¹⁹, 10⁻¹⁵ of the …"."""
    info = topology.nodes[node]
    if kind == "dead":
        places = (place for found in frame.findings for place in found.places)
        return tr("dead: {evidence}").format(
            evidence=next(place.evidence for place in places if place.node == node)
        )
    name = node_title(info)
    slope = f"∂{topology.objective}/∂{name}"
    if kind == "non-finite":
        value, gradient = float(frame.value_norm[node]), float(frame.gradient_norm[node])
        is_value = bool(frame.value_ready[node]) and not math.isfinite(value)
        what, number = (name, value) if is_value else (slope, gradient)
        return tr("non-finite: {what} holds {number}").format(
            what=what, number="NaN" if math.isnan(number) else "∞"
        )
    norm = float(frame.gradient_norm[node])
    amount = f"‖{slope}‖ = {figure(norm, 2)}"
    last = float(frame.layer_gradient_norm[-1])
    if kind == "vanishing":
        return tr("vanishing: {amount}, {share} of the last layer's").format(
            amount=amount, share=_times(norm, last)
        )
    weights = trouble.layer_norms(topology, frame.value_norm)
    layer = next(k for k, found in enumerate(topology.layers) if node in found.parameters)
    if trouble.growing(frame.layer_gradient_norm)[layer]:
        return tr("exploding: {amount}, {share} times the last layer's").format(
            amount=amount, share=_times(norm, last)
        )
    return tr("exploding: {amount}, {share} times the norm of its layer's weights").format(
        amount=amount, share=_times(norm, float(weights[layer]))
    )


def nothing_words(topology: Topology, frame: Frame, kind: Trouble) -> str:
    """Return the text for no trouble of this kind, or for why it is not known yet."""
    if kind != "non-finite" and frame.cursor < len(topology.operations) - 1:
        return tr("This pass is not finished: its gradients are not known yet.")
    nothing = {
        "vanishing": tr("No gradient vanishes at step {step}."),
        "exploding": tr("No gradient explodes at step {step}."),
        "dead": tr("No ReLU is dead at step {step}."),
        "non-finite": tr("Everything computed at step {step} is finite."),
    }
    return nothing[kind].format(step=whole(frame.step))


def _times(norm: float, other: float) -> str:
    """Return a ratio to one digit: "10⁻¹⁵", "3·10⁻⁶", "0"."""
    if norm == 0 or other == 0:
        return "0" if norm == 0 else "∞"
    return figure(norm / other, 1)
