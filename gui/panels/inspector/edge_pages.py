"""The inspector's page of an edge: its row of the ledger, and a pooling's routing."""

from __future__ import annotations

from PySide6.QtWidgets import QTabWidget, QWidget

from engine.support.text import tr
from gui.panels.inspector.ledger import LedgerView
from gui.panels.pictures.page import PicturePage

LEDGER, ROUTING = range(2)


class EdgePage(QTabWidget):
    """Two tabs; without pictures the first one alone, and no tabs."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setDocumentMode(True)
        self.ledger, self.pictures = LedgerView(), PicturePage()
        self.addTab(self.ledger, tr("Ledger"))
        self.addTab(self.pictures, tr("Routing"))
        self.setTabToolTip(LEDGER, tr("Upstream × local = contribution"))
        self.setTabToolTip(ROUTING, tr("Which entries of the pooled pictures get the gradient"))
        self.offer_pictures(False)

    def offer_pictures(self, offered: bool) -> None:
        """Show or hide the pictures."""
        self.setTabVisible(ROUTING, offered)
        self.tabBar().setVisible(offered)
