"""The inspector: everything about the node or the edge that is selected, in numbers."""

from __future__ import annotations

import html

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QStackedWidget, QTabWidget, QVBoxLayout, QWidget

from engine.frame import Detail, EdgeInfo, Frame, NodeInfo, Topology
from engine.text import tr
from gui.figures import shape_text, whole
from gui.pacer import Pacer
from gui.panel import Panel
from gui.panels.inspector_node import ArrayPage, ViewSwitch
from gui.panels.ledger import LedgerView, amount
from gui.panels.parts import coloured, muted, objective_symbol
from gui.session import Session
from gui.theme import LIGHT, Theme

LONGEST_LABEL = 24


class InspectorPanel(Panel):
    """Heading, value, gradient and ledger of the selection."""

    name = "inspector"
    area = Qt.DockWidgetArea.RightDockWidgetArea

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.theme = LIGHT
        self.topology: Topology | None = None
        self.frame: Frame | None = None
        self.heading = QLabel()
        self.heading.setWordWrap(True)
        self.heading.setTextFormat(Qt.TextFormat.RichText)
        self.heading.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.LinksAccessibleByMouse
            | Qt.TextInteractionFlag.LinksAccessibleByKeyboard
        )
        self.heading.linkActivated.connect(lambda link: session.select(node=int(link)))
        self.empty = QLabel(tr("Click a node or an edge of the graph."))
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.empty.setWordWrap(True)
        self.empty.setProperty("role", "muted")
        self.switch = ViewSwitch()
        self.switch.changed.connect(self.redraw)
        self.value_page, self.gradient_page = ArrayPage(self.switch), ArrayPage(self.switch)
        self.ledger = LedgerView()
        self.edge_ledger = LedgerView()
        for view in (self.ledger, self.edge_ledger):
            view.chosen.connect(lambda edge: session.select(edge=edge))
        self._lay_out()
        self.pacer = Pacer(self, self.redraw, interval_ms=66)
        session.selection_changed.connect(self._select)
        self.redraw()

    @staticmethod
    def title() -> str:
        return tr("Inspector")

    def _lay_out(self) -> None:
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.tabs.addTab(self.ledger, tr("Ledger"))
        self.tabs.addTab(self.value_page, tr("Value"))
        self.tabs.addTab(self.gradient_page, tr("Gradient"))
        self.tabs.setTabToolTip(
            0, tr("What each outgoing edge carries back: upstream × local = contribution")
        )
        self.tabs.setCornerWidget(self.switch)
        self.tabs.currentChanged.connect(lambda _: self.redraw())
        self.body = QStackedWidget()
        for widget in (self.tabs, self.edge_ledger):
            self.body.addWidget(widget)
        self.body.setMinimumHeight(80)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 6, 6, 4)
        layout.setSpacing(4)
        layout.addWidget(self.heading)
        layout.addWidget(self.body, 1)
        layout.addWidget(self.empty, 1)

    # -- what comes in -------------------------------------------------------------------------

    def show_topology(self, topology: Topology) -> None:
        self.topology, self.frame = topology, None
        self.redraw()

    def show_frame(self, frame: Frame) -> None:
        self.frame = frame
        self.pacer.request()

    def apply_theme(self, theme: Theme) -> None:
        self.theme = theme
        for part in (self.value_page, self.gradient_page):
            part.apply_theme(theme)
        self.ledger.theme = self.edge_ledger.theme = theme
        self.redraw()

    def _select(self) -> None:
        self.redraw()

    # -- what is selected ----------------------------------------------------------------------

    @property
    def node(self) -> NodeInfo | None:
        """The selected node; for an edge its source."""
        if self.topology is None:
            return None
        edge = self.edge
        index = edge.source if edge is not None else self.session.selected_node
        known = index is not None and 0 <= index < len(self.topology.nodes)
        return self.topology.nodes[index] if known and index is not None else None

    @property
    def edge(self) -> EdgeInfo | None:
        index = self.session.selected_edge
        if self.topology is None or index is None or index >= len(self.topology.edges):
            return None
        return self.topology.edges[index]

    @property
    def detail(self) -> Detail | None:
        """The numbers of the selection, None until the training thread has sent them."""
        detail = self.frame.detail if self.frame else None
        if detail is None or detail.edge != self.session.selected_edge:
            return None
        node = self.node
        return detail if node is not None and detail.node == node.index else None

    # -- drawing -------------------------------------------------------------------------------

    def redraw(self) -> None:
        """Bring the visible page up to date."""
        node, edge = self.node, self.edge
        self.empty.setVisible(node is None)
        self.heading.setVisible(node is not None)
        self.body.setVisible(node is not None)
        if node is None:
            return
        self.body.setCurrentWidget(self.tabs if edge is None else self.edge_ledger)
        self.heading.setText(self._node_heading(node) if edge is None else self._edge_heading(edge))
        if edge is not None:
            self._show_edge()
        elif self.tabs.currentWidget() is self.ledger:
            self.switch.hide()
            self._show_ledger(node)
        elif self.tabs.currentWidget() is self.value_page:
            self._show_array(self.value_page, node, "value")
        else:
            self._show_array(self.gradient_page, node, "gradient")

    def _show_array(self, page: ArrayPage, node: NodeInfo, which: str) -> None:
        detail = self.detail
        array = getattr(detail, which) if detail is not None else None
        if array is not None and self.topology is not None:
            page.show_array(array, self.topology.smallest_normal)
        elif which == "gradient" and not node.differentiable:
            page.say(tr("No gradient reaches {name}.").format(name=_label(node)))
        else:
            page.say(self._missing())

    def _missing(self) -> str:
        return tr("Waiting for the numbers…") if self.detail is None else _not_yet()

    def _show_ledger(self, node: NodeInfo) -> None:
        detail = self.detail
        if detail is None:
            self.ledger.say(self._missing())
        elif not node.differentiable:
            self.ledger.say(tr("No gradient reaches {name}.").format(name=_label(node)))
        elif not detail.ledger:
            self.ledger.say(self._start_of_gradient(node))
        else:
            self.ledger.show_rows(
                detail.ledger,
                self._objective(),
                node=_label(node),
                gradient=detail.gradient,
                residual=detail.residual,
            )

    def _start_of_gradient(self, node: NodeInfo) -> str:
        objective = self._objective()
        if _label(node) == objective:
            words = tr("The backward pass starts here: ∂{name}/∂{name} = 1.")
            return words.format(name=objective)
        return tr("{name} has no outgoing edge that carries a gradient.").format(name=_label(node))

    def _show_edge(self) -> None:
        detail, edge = self.detail, self.edge
        if detail is None or edge is None:
            self.edge_ledger.say(self._missing())
        elif not edge.differentiable:
            self.edge_ledger.say(tr("No gradient flows along this edge."))
        else:
            rows = [row for row in detail.ledger if row.edge == edge.index]
            if rows:
                self.edge_ledger.show_rows(rows, self._objective())
            else:
                self.edge_ledger.say(_not_yet())

    # -- words ---------------------------------------------------------------------------------

    def _objective(self) -> str:
        return objective_symbol(self.topology) if self.topology is not None else "J"

    def _node_heading(self, node: NodeInfo) -> str:
        kinds = {
            "input": tr("input"),
            "parameter": tr("parameter"),
            "constant": tr("constant"),
            "operation": node.op,
        }
        facts = [kinds[node.kind], shape_text(node.shape)]
        facts += [self.topology.dtype] if self.topology else []
        facts += [tr("in {group}").format(group=" / ".join(node.group))] if node.group else []
        name = f" {muted(html.escape(node.name), self.theme)}" if node.symbol != node.name else ""
        formula = ""
        if node.kind == "operation" and node.formula and _label(node).strip("()") != node.formula:
            formula = f" &nbsp; {html.escape(node.formula)}"
        symbol = f'<span style="font-size:large"><b>{html.escape(_label(node))}</b></span>'
        lines = [
            f"{symbol}{name if _label(node) != node.name else ''}{formula}",
            muted(" · ".join(facts), self.theme),
            self._amounts(node),
        ]
        return "<br>".join(line for line in lines if line)

    def _amounts(self, node: NodeInfo) -> str:
        """Value and gradient in a line, with the step that they belong to."""
        detail = self.detail
        if detail is None:
            return muted(self._missing(), self.theme)
        value = amount(detail.value)
        parts = [
            muted(tr("step {step}").format(step=whole(detail.step)), self.theme),
            f"{tr('value')} {coloured(f'<b>{value}</b>', self.theme.value)}",
        ]
        if node.differentiable:
            gradient = amount(detail.gradient)
            parts.append(f"{tr('gradient')} {coloured(f'<b>{gradient}</b>', self.theme.gradient)}")
        return " &nbsp; ".join(parts)

    def _edge_heading(self, edge: EdgeInfo) -> str:
        if self.topology is None:
            return ""
        ends = [self.topology.nodes[edge.source], self.topology.nodes[edge.target]]
        links = [
            f'<a href="{node.index}" style="color:{self.theme.accent}">'
            f"{html.escape(_label(node))}</a>"
            for node in ends
        ]
        argument = tr("argument {k} of {op}").format(k=edge.position + 1, op=ends[1].op)
        detail = self.detail
        step = tr("step {step}").format(step=whole(detail.step)) if detail else ""
        return (
            f'<span style="font-size:large"><b>{links[0]} → {links[1]}</b></span>'
            f" &nbsp; {muted(argument, self.theme)}<br>{html.escape(edge.local)}"
            f" &nbsp; {muted(step, self.theme)}"
        )


def _label(node: NodeInfo) -> str:
    """What formulas call a node: its symbol, or its own short formula, or its name."""
    if not node.symbol and node.kind == "operation" and 0 < len(node.formula) <= LONGEST_LABEL:
        return f"({node.formula})" if " " in node.formula else node.formula
    return node.symbol or node.name


def _not_yet() -> str:
    return tr("Not computed yet in this pass.")
