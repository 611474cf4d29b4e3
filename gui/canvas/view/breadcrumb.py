"""The breadcrumb: the path of the current group, network ▸ block1 ▸ linear2, as buttons."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QWidget

from engine.support.text import tr
from gui.canvas.graph.visible import GroupPath

LONGEST = 28


class Breadcrumb(QWidget):
    """A line of buttons, one for the network and one for each group down to the innermost.

    Signals
    -------
    chosen(tuple): go to this group; () is the whole network
    """

    chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.path: GroupPath = ()
        self._line = QHBoxLayout(self)
        self._line.setContentsMargins(8, 2, 8, 2)
        self._line.setSpacing(1)
        self.setAccessibleName(tr("Where the graph is looked at"))
        self._crumbs: list[QToolButton] = []
        self._arrows: list[QLabel] = []
        self._line.addStretch(1)
        self._show()

    @property
    def texts(self) -> list[str]:
        """The texts of the visible buttons."""
        return [button.text() for button in self._crumbs[: len(self.path) + 1]]

    def button(self, depth: int) -> QToolButton:
        """Return the button of a depth, 0 for the network."""
        return self._crumbs[depth]

    def show_path(self, path: GroupPath) -> None:
        """Show the path of this group."""
        if path != self.path:
            self.path = path
            self._show()

    def _show(self) -> None:
        count = len(self.path) + 1
        while len(self._crumbs) < count:
            self._add()
        for depth, button in enumerate(self._crumbs):
            shown = depth < count
            button.setVisible(shown)
            if depth:
                self._arrows[depth - 1].setVisible(shown)
            if shown:
                name = self.path[depth - 1] if depth else tr("network")
                words = name if len(name) <= LONGEST else name[: LONGEST - 1] + "…"
                button.setText(words.replace("&", "&&"))
                last = depth == count - 1
                tip = tr("Show the whole network") if not depth else tr("Show {name}")
                button.setToolTip(tip.format(name=" / ".join(self.path[:depth])))
                font = button.font()
                font.setBold(last)
                button.setFont(font)

    def _add(self) -> None:
        depth = len(self._crumbs)
        if depth:
            arrow = QLabel("▸", self)
            arrow.setProperty("role", "muted")
            self._arrows.append(arrow)
            self._line.insertWidget(self._line.count() - 1, arrow)
        button = QToolButton(self)
        button.setAutoRaise(True)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.clicked.connect(lambda _=False, d=depth: self.chosen.emit(self.path[:d]))
        self._crumbs.append(button)
        self._line.insertWidget(self._line.count() - 1, button)
