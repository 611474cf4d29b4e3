"""Small parts that several panels share: the menu button, step texts, captions and summaries."""

from __future__ import annotations

import html
from collections.abc import Callable

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QToolButton

from engine.messages.topology import Topology
from engine.support.figures import figure, whole
from engine.support.text import tr
from gui.appearance.theme import Theme
from gui.history.history import HistoryRow
from gui.plots.plot import Plot
from gui.session.session import Session
from gui.widgets.rich_text import coloured


def more_button(plot: Callable[[], Plot]) -> QToolButton:
    """Return a button for a plot's context menu, which is then found without a right click."""
    button = QToolButton()
    button.setText("⋯")
    button.setAutoRaise(True)
    button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    button.setToolTip(tr("This plot: axis, smoothing, copy, export"))
    button.setAccessibleName(tr("Options of this plot"))

    def open_menu() -> None:
        plot().menu().popup(button.mapToGlobal(button.rect().bottomLeft()))

    button.clicked.connect(open_menu)
    return button


def step_words(row: HistoryRow) -> str:
    """Return a history row's step as text: "about …" where the row stands for several steps."""
    words = tr("about step {step}") if row.span > 1 else tr("step {step}")
    return words.format(step=whole(row.step))


def caption(session: Session) -> dict[str, str]:
    """Return the caption under an exported plot: which system, seed and step it shows."""
    topology, frame = session.topology, session.frame
    if topology is None:
        return {}
    called = topology.system if session.system is None else session.system.called
    facts = {"system": called, "seed": str(topology.seed)}
    if frame is not None:
        facts["step"] = str(frame.step)
    return facts


def objective_symbol(topology: Topology) -> str:
    """Return the symbol of the objective: the last node that no other node uses."""
    forward = topology.forward
    used = {edge.source for edge in topology.edges if edge.target < len(forward)}
    ends = [node for node in forward if node.index not in used and node.differentiable]
    return ends[-1].title if ends else "J"


def extremes(norms: np.ndarray, names: list[str], computed: bool, theme: Theme) -> list[str]:
    """Return the smallest and largest norm with their layers, and how many have no logarithm."""
    good = np.flatnonzero(np.isfinite(norms) & (norms > 0))
    parts = []
    if len(good):
        low, high = good[np.argmin(norms[good])], good[np.argmax(norms[good])]
        parts.append(
            tr("{low} in {first} … {high} in {last}").format(
                low=figure(norms[low], 3),
                first=html.escape(names[low]),
                high=figure(norms[high], 3),
                last=html.escape(names[high]),
            )
        )
    zeros, bad = int(np.sum(norms == 0)), int(np.sum(~np.isfinite(norms)))
    if zeros:
        text = tr("○ exactly 0 in {count}").format(count=zeros)
        parts.append(coloured(text, theme.warning))
    if bad and computed:
        text = tr("× not finite in {count}").format(count=bad)
        parts.append(coloured(text, theme.error))
    return parts
