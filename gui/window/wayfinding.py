"""Actions for large graphs: the menus Go and Select, and the overview map."""

from __future__ import annotations

from collections.abc import Iterator

from engine.support.text import tr
from gui.window.action_spec import Spec


def go_specs() -> Iterator[Spec]:
    """Return the actions that go to the next problem, or with Shift to the previous one."""
    kinds = (
        ("vanishing", "V", tr("Next &vanishing"), tr("Previous v&anishing"),
         tr("Go to the next layer whose gradient vanishes, as the diagnosis has it"),
         tr("Go to the layer before whose gradient vanishes")),
        ("exploding", "E", tr("Next &exploding"), tr("Previous ex&ploding"),
         tr("Go to the next layer whose gradient explodes, as the diagnosis has it"),
         tr("Go to the layer before whose gradient explodes")),
        ("dead", "D", tr("Next &dead ReLU"), tr("Previous dead Re&LU"),
         tr("Go to the next ReLU half of whose units or more are 0 for every sample"),
         tr("Go to the dead ReLU before")),
        ("non-finite", "N", tr("Next &non-finite"), tr("Previous n&on-finite"),
         tr("Go to the next node whose value or gradient holds NaN or infinity"),
         tr("Go to the node before that holds NaN or infinity")),
    )  # fmt: skip
    for place, (kind, key, text, _, tip, _) in enumerate(kinds):
        yield Spec(f"next-{kind}", "go", text, tip,
                   lambda w, k=kind: w.canvas.jumping.jump(k),  # type: ignore[misc]
                   (key,), rule=place == 0, needs_system=True)  # fmt: skip
    for place, (kind, key, _, text, _, tip) in enumerate(kinds):
        yield Spec(f"previous-{kind}", "go", text, tip,
                   lambda w, k=kind: w.canvas.jumping.jump(k, back=True),  # type: ignore[misc]
                   (f"Shift+{key}",), rule=place == 0, needs_system=True)  # fmt: skip


def select_specs() -> Iterator[Spec]:
    """Return the actions that emphasise a part of the graph."""
    yield Spec("upstream", "select", tr("Select &upstream"),
               tr("Dim all but what the selected node is computed from"),
               lambda w: w.canvas.selecting.side("upstream"), ("Ctrl+U",),
               needs_system=True)  # fmt: skip
    yield Spec("downstream", "select", tr("Select &downstream"),
               tr("Dim all but what is computed from the selected node"),
               lambda w: w.canvas.selecting.side("downstream"), ("Ctrl+D",),
               needs_system=True)  # fmt: skip
    yield Spec("path-end", "select", tr("Path &from here"),
               tr("Keep the selected node as one end of a path, and go on to the other"),
               lambda w: w.canvas.selecting.path_from_here(), ("Ctrl+Shift+P",),
               needs_system=True)  # fmt: skip
    yield Spec("path", "select", tr("Select the &paths between two nodes"),
               tr("Dim all but the ways between the selected node and a second one (Ctrl+click)"),
               lambda w: w.canvas.selecting.path(), ("Ctrl+P",), needs_system=True)  # fmt: skip
    steps = (
        ("next-node", tr("&Next node"), tr("Select the next node in the order of computation"),
         "next", "J"),
        ("previous-node", tr("P&revious node"), tr("Select the node before"), "previous", "K"),
        ("next-edge", tr("Next &edge of the node"),
         tr("Walk the edges that come into the selected node and leave it"), "next-edge", "L"),
        ("previous-edge", tr("Previous ed&ge of the node"), tr("Walk these edges backwards"),
         "previous-edge", "Shift+L"),
        ("along", tr("A&long the edge"), tr("Go on to the node where the edge ends"), "right",
         "Alt+Right"),
        ("back-along", tr("&Back along it"), tr("Go back to the node where it begins"),
         "left", "Alt+Left"),
    )  # fmt: skip
    for place, (name, text, tip, how, key) in enumerate(steps):
        yield Spec(name, "select", text, tip,
                   lambda w, how=how: w.canvas.view.stepped.emit(how),  # type: ignore[misc]
                   (key,), rule=place == 0, needs_system=True)  # fmt: skip
    yield Spec("whole", "select", tr("Show everything &alike"),
               tr("Nothing is dimmed any more (Esc does it as well)"),
               lambda w: w.canvas.selecting.leave(), ("Ctrl+Shift+A",), rule=True,
               needs_system=True)  # fmt: skip


def map_specs() -> Iterator[Spec]:
    """Return the actions that show or hide the overview map."""
    yield Spec("overview", "view", tr("O&verview map"),
               tr("Show a small map in the corner wherever a graph does not fit"),
               lambda w: w.show_overview(), checkable=True)  # fmt: skip
    yield Spec("to-overview", "view", tr("Overview map by &keys"),
               tr("Move by keys in the overview map: arrows, + and −, Esc to leave"),
               lambda w: w.canvas.overview.take_keyboard(), ("M",), needs_system=True)  # fmt: skip
