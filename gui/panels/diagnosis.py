"""The findings of the diagnosis rules: where the gradient goes wrong, the evidence and a remedy."""

from __future__ import annotations

import html

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QFrame, QLabel, QScrollArea, QVBoxLayout, QWidget

from engine.messages.frame import Finding, Frame
from engine.messages.topology import Topology
from engine.observe.diagnose import rules
from engine.support.figures import whole
from engine.support.text import tr
from gui.appearance.theme import LIGHT, Theme
from gui.panels.panel import Panel
from gui.session.session import Session
from gui.widgets.rich_text import muted, show_rich


def watched() -> str:
    """Return what the rules look for, as text of the empty state."""
    text = tr("Watched at every step: {rules}, NaN and infinity.")
    return text.format(rules=", ".join(rule.watched for rule in rules()))


class DiagnosisPanel(Panel):
    """The findings for the current frame as cards; a click on one selects its node."""

    name = "diagnosis"
    stack = "inspector"

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.theme = LIGHT
        self.topology: Topology | None = None
        self.step: int | None = None
        self.findings: tuple[Finding, ...] = ()
        self.heading = show_rich(QLabel())
        self.heading.setWordWrap(True)
        self.cards: list[Card] = []
        self._list = QVBoxLayout()
        self._list.setSpacing(6)
        inside = QWidget()
        box = QVBoxLayout(inside)
        box.setContentsMargins(8, 6, 8, 6)
        box.addWidget(self.heading)
        box.addLayout(self._list)
        box.addStretch(1)
        scroll = QScrollArea()
        scroll.setAccessibleName(tr("Findings"))
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(inside)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(scroll)
        self._show_heading()

    @staticmethod
    def title() -> str:
        return tr("Diagnosis")

    def show_topology(self, topology: Topology) -> None:
        self.topology = topology
        self.step = None
        self._show_findings(())
        self._show_heading()

    def show_frame(self, frame: Frame) -> None:
        if frame.findings != self.findings:
            self._show_findings(frame.findings)
        if frame.step != self.step or not self.cards:
            self.step = frame.step
            self._show_heading()

    def apply_theme(self, theme: Theme) -> None:
        self.theme = theme
        self._show_findings(self.findings)
        self._show_heading()

    def _show_heading(self) -> None:
        if self.step is None:
            text = muted(tr("Findings appear with the first step."), self.theme)
        elif not self.findings:
            nothing = tr("Nothing to report at step {step}.").format(step=whole(self.step))
            text = f"<p><b>{nothing}</b></p><p>{muted(watched(), self.theme)}</p>"
        else:
            count = len(self.findings)
            words = (
                tr("1 finding at step {step}")
                if count == 1
                else tr("{count} findings at step {step}")
            )
            text = muted(words.format(count=count, step=whole(self.step)), self.theme)
        if self.heading.text() != text:
            self.heading.setText(text)

    def _show_findings(self, findings: tuple[Finding, ...]) -> None:
        """Show the findings in the existing cards: during training their number seldom changes."""
        self.findings = findings
        while len(self.cards) > len(findings):
            card = self.cards.pop()
            self._list.removeWidget(card)
            card.deleteLater()
        while len(self.cards) < len(findings):
            self.cards.append(self._make_card())
            self._list.addWidget(self.cards[-1])
        for card, finding in zip(self.cards, findings, strict=True):
            text = self._card_text(finding)
            if card.text() != text:
                card.setText(text)
            card.setStyleSheet(
                f"QLabel {{ background: {self.theme.surface}; padding: 6px;"
                f" border: 1px solid {self.theme.border};"
                f" border-left: 3px solid {self.theme.warning}; border-radius: 3px; }}"
            )
        self._show_heading()

    def _make_card(self) -> Card:
        card = Card()
        card.linkActivated.connect(self.jump)
        card.clicked.connect(lambda: self._go_to(self.findings[self.cards.index(card)]))
        return card

    def _card_text(self, finding: Finding) -> str:
        return (
            f"<b>{html.escape(finding.rule)}</b> &nbsp; {self._places(finding.where)}"
            f"<br>{html.escape(finding.evidence)}"
            f"<br><b>{tr('Remedy:')}</b> {html.escape(finding.remedy)}"
        )

    def _places(self, where: str) -> str:
        """Return the places of a finding as text, with links to those that are in the graph."""
        shown = []
        for name in (part.strip() for part in where.split(",")):
            text = html.escape(name)
            if self._node_of(name) is not None:
                style = f"color:{self.theme.accent}"
                text = f'<a href="{text}" style="{style}">{text}</a>'
            shown.append(text)
        return ", ".join(shown)

    def _node_of(self, name: str) -> int | None:
        """Return the node with this name or symbol, or the first parameter of the layer."""
        if self.topology is None:
            return None
        for layer in self.topology.layers:
            if layer.name == name and layer.parameters:
                return layer.parameters[0]
        for node in self.topology.nodes:
            if name in (node.name, node.symbol):
                return node.index
        return None

    def jump(self, name: str) -> None:
        """Select the layer or node of this name."""
        node = self._node_of(html.unescape(name))
        if node is not None:
            self._seek(node)

    def _go_to(self, finding: Finding) -> None:
        """Select the node that a finding is about."""
        if finding.places:
            self._seek(finding.places[0].node)
        else:
            self.jump(finding.where.split(",")[0].strip())

    def _seek(self, node: int) -> None:
        self.session.select(node=node)
        self.session.sought.emit(node)


class Card(QLabel):
    """One finding; a click selects its node, dragging selects text.

    Signals
    -------
    clicked()
    """

    clicked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setWordWrap(True)
        show_rich(self)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.LinksAccessibleByMouse
            | Qt.TextInteractionFlag.LinksAccessibleByKeyboard
            | Qt.TextInteractionFlag.TextSelectableByMouse
        )
        self._on_link = False
        self.linkHovered.connect(lambda link: setattr(self, "_on_link", bool(link)))
        self.setToolTip(tr("Click to go there"))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        left = event.button() == Qt.MouseButton.LeftButton
        if left and not self._on_link and not self.hasSelectedText():
            self.clicked.emit()
