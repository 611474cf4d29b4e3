"""The inspector: everything about the node or the edge that is selected, in numbers."""

from __future__ import annotations

from PySide6.QtCore import QSettings, Qt
from PySide6.QtWidgets import QLabel, QStackedWidget, QTabWidget, QVBoxLayout, QWidget

from engine.messages.frame import Detail, Frame
from engine.messages.topology import EdgeInfo, NodeInfo, Topology
from engine.support.text import tr
from gui.appearance.theme import LIGHT, Theme
from gui.panels.inspector.headings import (
    edge_heading,
    edge_words,
    label_of,
    missing,
    no_ledger_words,
    node_heading,
    not_yet,
)
from gui.panels.inspector.heat_map import HeatMap
from gui.panels.inspector.ledger import LedgerView
from gui.panels.inspector.pages import ArrayPage, EdgePage
from gui.panels.inspector.past_curve import PastCurve
from gui.panels.inspector.view_choice import ViewChoice
from gui.panels.panel import Panel
from gui.panels.pictures.boards import Words
from gui.panels.pictures.page import PicturePage
from gui.plots.panel_parts import caption, objective_symbol
from gui.session.session import Session
from gui.widgets.drawing_rates import INSPECTOR_REDRAW_MS
from gui.widgets.redraw_limit import RedrawLimit
from gui.widgets.rich_text import show_rich, shrinkable

LEDGER, VALUE, GRADIENT, PICTURES = range(4)  # indices of the tabs


class InspectorPanel(Panel):
    """Heading, value, gradient and ledger of the selected node or edge."""

    name = "inspector"

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.theme = LIGHT
        self.topology: Topology | None = None
        self.frame: Frame | None = None
        self.heading = QLabel()
        self.heading.setWordWrap(True)
        shrinkable(self.heading)
        show_rich(self.heading)
        self.heading.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.LinksAccessibleByMouse
            | Qt.TextInteractionFlag.LinksAccessibleByKeyboard
        )
        self.heading.linkActivated.connect(lambda link: session.select(node=int(link)))
        self.past = PastCurve()
        self.empty = QLabel(tr("Click a node or an edge of the graph."))
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.empty.setWordWrap(True)
        self.empty.setProperty("role", "muted")
        self.choice = ViewChoice(self)
        self.choice.changed.connect(self.redraw)
        self.value_page, self.gradient_page = ArrayPage(self.choice), ArrayPage(self.choice)
        self._offering = False
        self.picture_page = PicturePage()
        self.edge_page = EdgePage()
        self.edge_ledger = self.edge_page.ledger
        pages = self.value_page, self.gradient_page
        pictured: list[PicturePage | HeatMap] = [page.view.heat_map for page in pages]
        for part in (self.picture_page, self.edge_page.pictures, *pictured):
            part.facts = self._facts
            part.problem.connect(session.problem)
        names = tr("Histogram of the value"), tr("Histogram of the gradient")
        for page, name in zip(pages, names, strict=True):
            page.histogram.name(name, "histogram")
            page.histogram.caption = lambda: caption(self.session)
            page.histogram.problem.connect(session.problem)
        self.ledger = LedgerView()
        for view in (self.ledger, self.edge_ledger):
            view.chosen.connect(lambda edge: session.select(edge=edge))
            view.problem.connect(session.problem)
        self._lay_out()
        self.redraw_limit = RedrawLimit(self, self.redraw, interval_ms=INSPECTOR_REDRAW_MS)
        session.selection_changed.connect(self._select)
        self.redraw()

    @staticmethod
    def title() -> str:
        return tr("Inspector")

    def _lay_out(self) -> None:
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.tabs.setUsesScrollButtons(False)
        self.tabs.addTab(self.ledger, tr("Ledger"))
        self.tabs.addTab(self.value_page, tr("Value"))
        self.tabs.addTab(self.gradient_page, tr("Gradient"))
        self.tabs.addTab(self.picture_page, tr("Pictures"))
        self.tabs.setTabToolTip(
            0, tr("What each outgoing edge carries back: upstream × local = contribution")
        )
        self.tabs.setTabToolTip(PICTURES, tr("Value beside gradient, as pictures"))
        self.tabs.setTabVisible(PICTURES, False)
        self.tabs.currentChanged.connect(self._turn_to)
        self.body = QStackedWidget()
        for widget in (self.tabs, self.edge_page):
            self.body.addWidget(widget)
        self.body.setMinimumHeight(80)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 6, 6, 4)
        layout.setSpacing(4)
        layout.addWidget(self.heading)
        layout.addWidget(self.past)
        layout.addWidget(self.body, 1)
        layout.addWidget(self.empty, 1)

    # -- topology, frames and theme ------------------------------------------------------------

    def take_settings(self, settings: QSettings) -> None:
        """Restore the chosen views from the settings, and save later choices there."""
        self.choice.remember_in(settings)
        if self.choice.tab < PICTURES:
            self.tabs.setCurrentIndex(self.choice.tab)

    def show_topology(self, topology: Topology) -> None:
        self.topology, self.frame = topology, None
        self.redraw()

    def show_frame(self, frame: Frame) -> None:
        self.frame = frame
        self.redraw_limit.draw_frame()

    def apply_theme(self, theme: Theme) -> None:
        self.theme = theme
        pages = self.value_page, self.gradient_page, self.picture_page, self.edge_page.pictures
        for part in (*pages, self.past):
            part.apply_theme(theme)
        self.ledger.theme = self.edge_ledger.theme = theme
        self.redraw()

    def _select(self) -> None:
        self.redraw()

    def _turn_to(self, tab: int) -> None:
        """Remember the chosen tab, so that it is shown again after a node that hides it."""
        if not self._offering:
            self.choice.choose_tab(tab)
            self.redraw()

    def _offer_pictures(self, offered: bool) -> None:
        """Show or hide the tab of pictures; return to it if it was the chosen one."""
        self._offering = True
        self.tabs.setTabVisible(PICTURES, offered)
        if self.choice.tab == PICTURES:
            self.tabs.setCurrentIndex(PICTURES if offered else VALUE)
        self._offering = False

    def _offer_ledger(self, offered: bool) -> None:
        """Hide gradient and ledger of a gradient node unless second-order gradients are shown."""
        if self.tabs.isTabVisible(LEDGER) == offered:
            return
        self._offering = True
        for tab in (LEDGER, GRADIENT):
            self.tabs.setTabVisible(tab, offered)
        chosen = self.choice.tab if self.tabs.isTabVisible(self.choice.tab) else VALUE
        self.tabs.setCurrentIndex(chosen)
        self._offering = False

    # -- what is selected ----------------------------------------------------------------------

    @property
    def node(self) -> NodeInfo | None:
        """The selected node, for an edge its source; None where nothing is selected."""
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
        """The arrays of the selection, None until the training thread has sent them."""
        detail = self.frame.detail if self.frame else None
        if detail is None or detail.edge != self.session.selected_edge:
            return None
        node = self.node
        return detail if node is not None and detail.node == node.index else None

    # -- drawing -------------------------------------------------------------------------------

    def redraw(self) -> None:
        """Redraw the visible tab."""
        node, edge, topology = self.node, self.edge, self.topology
        self.empty.setVisible(node is None)
        self.heading.setVisible(node is not None)
        self.body.setVisible(node is not None)
        past = self.detail.past if self.detail is not None else None
        self.past.show_past(past if node is not None else None)
        if node is None or topology is None:
            return
        self.body.setCurrentWidget(self.tabs if edge is None else self.edge_page)
        if edge is None:
            self.heading.setText(node_heading(topology, node, self.detail, self.theme))
        else:
            self.heading.setText(edge_heading(topology, edge, self.detail, self.theme))
        self._offer_ledger(node.order == 0 or node.order < topology.order)
        if edge is None and self.detail is not None:
            self._offer_pictures(self.detail.pictures is not None)
        if edge is not None:
            self._show_edge()
        elif self.tabs.currentWidget() is self.ledger:
            self._show_ledger(node)
        elif self.tabs.currentWidget() is self.picture_page:
            self._show_pictures(self.picture_page, node)
        elif self.tabs.currentWidget() is self.value_page:
            self._show_array(self.value_page, node, "value")
        else:
            self._show_array(self.gradient_page, node, "gradient")

    def _show_array(self, page: ArrayPage, node: NodeInfo, which: str) -> None:
        detail = self.detail
        array = getattr(detail, which) if detail is not None else None
        if array is not None and self.topology is not None:
            page.show_array(array, self.topology.smallest_normal)
        elif which == "gradient" and node.order:
            page.show_words(no_ledger_words(node))
        elif which == "gradient" and not node.differentiable:
            page.show_words(tr("No gradient reaches {name}.").format(name=label_of(node)))
        else:
            page.show_words(missing(self.detail))

    def _show_pictures(self, page: PicturePage, node: NodeInfo) -> None:
        pictures = self.detail.pictures if self.detail is not None else None
        if pictures is None or self.topology is None:
            page.show_words(missing(self.detail))
            return
        none = tr("No gradient reaches {name}.").format(name=label_of(node))
        pooling = pictures.pooling
        words = Words(
            label_of(node),
            self._objective(),
            label_of(self.topology.nodes[pooling.source]) if pooling is not None else "",
            not_yet(),
            not_yet() if node.differentiable else none,
        )
        page.show_pictures(pictures, words)

    def _facts(self) -> dict[str, str]:
        """Return the caption of an exported picture: system, node and step."""
        facts = caption(self.session)
        if self.node is not None:
            facts["node"] = self.node.name
        if self.detail is not None:
            facts["step"] = str(self.detail.step)
        return facts

    def _show_ledger(self, node: NodeInfo) -> None:
        detail = self.detail
        if detail is None:
            self.ledger.show_words(missing(self.detail))
        elif node.order and not detail.ledger:
            self.ledger.show_words(no_ledger_words(node))
        elif not node.differentiable and not node.order:
            self.ledger.show_words(tr("No gradient reaches {name}.").format(name=label_of(node)))
        elif not detail.ledger:
            self.ledger.show_words(self._start_of_gradient(node))
        else:
            self.ledger.show_rows(
                detail.ledger,
                "S" if node.order else self._objective(),
                node=label_of(node),
                gradient=detail.gradient,
                residual=detail.residual,
            )

    def _start_of_gradient(self, node: NodeInfo) -> str:
        objective = self._objective()
        if label_of(node) == objective:
            words = tr("The backward pass starts here: ∂{name}/∂{name} = 1.")
            return words.format(name=objective)
        return tr("{name} has no outgoing edge that carries a gradient.").format(
            name=label_of(node)
        )

    def _show_edge(self) -> None:
        detail, edge = self.detail, self.edge
        if detail is not None and edge is not None and self.topology is not None:
            self.edge_page.offer_pictures(detail.pictures is not None)
            if detail.pictures is not None:
                self._show_pictures(self.edge_page.pictures, self.topology.nodes[edge.target])
        if detail is None or edge is None:
            self.edge_ledger.show_words(missing(self.detail))
        elif self.topology is not None and self.topology.nodes[edge.target].order:
            self.edge_ledger.show_words(edge_words(self.topology, edge, detail))
        elif not edge.differentiable:
            self.edge_ledger.show_words(tr("No gradient flows along this edge."))
        else:
            rows = [row for row in detail.ledger if row.edge == edge.index]
            if rows:
                self.edge_ledger.show_rows(rows, self._objective())
            else:
                self.edge_ledger.show_words(not_yet())

    def _objective(self) -> str:
        return objective_symbol(self.topology) if self.topology is not None else "J"
