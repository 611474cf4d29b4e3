"""The ledger of a node: the contribution of each outgoing edge, their sum, and the residual.

For an edge: upstream gradient × local derivative = contribution (the chain rule; CS231n's notes
on backpropagation). Products are summed over the entries of the edge's target, in the graph's own
shapes.
"""

from __future__ import annotations

import html
from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from engine.messages.frame import LedgerRow
from engine.support.figures import figure, shape_text
from engine.support.norms import norm
from engine.support.text import tr
from gui.appearance.theme import LIGHT, Theme
from gui.panels.inspector.array_view import ArrayView
from gui.widgets.rich_text import coloured, flowing, muted, show_rich

INLINE = 3
MOST_CARDS = 24


def amount(array: np.ndarray | None) -> str:
    """Return up to three numbers, or the norm of a larger array."""
    if array is None:
        return tr("not computed yet")
    if array.size == 1:
        return figure(float(array.reshape(-1)[0]), 6)
    if array.size <= INLINE:
        return ", ".join(figure(float(v)) for v in array.reshape(-1))
    return f"‖·‖ {figure(norm(np.asarray(array)))}"


def strong_amount(array: np.ndarray | None, theme: Theme, colour: str = "") -> str:
    """The same in rich text: numbers emphasised, missing ones muted."""
    if array is None:
        return muted(amount(array), theme)
    return f"<b>{coloured(amount(array), colour) if colour else amount(array)}</b>"


def size_note(array: np.ndarray | None) -> str:
    return shape_text(array.shape) if array is not None and array.size > INLINE else ""


def largest_entry(row: LedgerRow) -> str:
    """One entry of a large elementwise edge: upstream × local = contribution."""
    upstream, local, flow = row.upstream, row.local_value, row.contribution
    if upstream is None or local is None or flow is None or flow.size <= INLINE:
        return ""
    if not upstream.shape == local.shape == flow.shape:
        return ""
    at = np.unravel_index(int(np.argmax(np.nan_to_num(np.abs(flow)))), flow.shape)
    return tr("element by element; at [{index}]: {u} × {l} = {c}").format(
        index=", ".join(map(str, at)),
        u=figure(float(upstream[at])),
        l=figure(float(local[at])),
        c=figure(float(flow[at])),
    )


class LedgerCard(QFrame):
    """The card of one edge; a click or Enter selects it.

    ``problem(str)`` is emitted where one of its pictures could not be saved.
    """

    chosen = Signal(int)
    problem = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("card")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setToolTip(tr("Click to select this edge"))
        self.setAccessibleName(tr("edge"))
        self.theme = LIGHT
        self.row: LedgerRow | None = None
        self.heading = QLabel()
        self.heading.setWordWrap(True)
        self.chain = QLabel()
        self.chain.setWordWrap(True)
        show_rich(self.chain)
        self.cells = [QLabel() for _ in range(3)]
        self.more = QToolButton()
        self.more.setText(tr("Arrays ▾"))
        self.more.setToolTip(tr("Show the arrays behind these norms"))
        self.more.setCheckable(True)
        self.more.toggled.connect(lambda _: self._show_arrays())
        self.arrays: list[tuple[QLabel, ArrayView]] = []
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(8, 5, 8, 6)
        self._grid.setVerticalSpacing(2)
        self._grid.addWidget(self.heading, 0, 0, 1, 2)
        top_right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop
        self._grid.addWidget(self.more, 0, 2, top_right)
        self._grid.addWidget(self.chain, 1, 0, 1, 3)
        for column, cell in enumerate(self.cells):
            show_rich(cell)
            cell.setWordWrap(True)
            cell.setAlignment(Qt.AlignmentFlag.AlignTop)
            self._grid.addWidget(cell, 2, column)
            self._grid.setColumnStretch(column, 1)

    def show_row(self, row: LedgerRow, objective: str, theme: Theme, *, expand: bool) -> None:
        """Show an edge's numbers; ``expand`` opens its arrays."""
        fresh = self.row is None or self.row.edge != row.edge
        self.row, self.theme = row, theme
        derivative, _, rule = html.escape(row.local).partition(" = ")
        # The engine writes ∂z/∂x; the part before "/" holds the target's name in formulas.
        target = derivative.partition("/∂")[0].removeprefix("∂") or html.escape(row.target)
        argument = muted(tr("argument {k}").format(k=row.position + 1), theme)
        self.heading.setText(f"<b>→ {target}</b> {argument}")
        self.setAccessibleName(tr("edge to {target}").format(target=row.target))
        chain = f"∂{objective}/∂{target} × {derivative}"
        example = largest_entry(row)
        self.chain.setText(f"{chain}<br>{example}" if example else chain)
        local = f"<b>{amount(row.local_value) if row.local_value is not None else rule or '—'}</b>"
        # Norms do not multiply, so no × stands between norms that represent arrays.
        times, equals = ("", "") if example else ("× ", "= ")
        captions = (
            (tr("upstream"), strong_amount(row.upstream, theme)),
            (times + tr("local"), local),
            (equals + tr("contribution"), strong_amount(row.contribution, theme)),
        )
        arrays = (row.upstream, row.local_value, row.contribution)
        for cell, (caption, figures), array in zip(self.cells, captions, arrays, strict=True):
            note = size_note(array)
            small = f"<br>{muted(note, theme)}" if note else ""
            cell.setText(f"{muted(caption, theme)}<br>{figures}{small}")
        self.cells[1].setToolTip(row.local)
        self.more.setVisible(any(size_note(array) for array in arrays))
        if fresh:
            self.more.setChecked(expand and self.more.isVisibleTo(self))
        self._show_arrays()

    def _show_arrays(self) -> None:
        """Show large arrays as tables or heat maps below the card while it is expanded."""
        if self.row is None:
            return
        row, is_open = self.row, self.more.isChecked()
        wanted = [
            (tr("upstream gradient"), row.upstream),
            (tr("local derivative, element by element"), row.local_value),
            (tr("contribution"), row.contribution),
        ]
        shown = [(words, a) for words, a in wanted if a is not None and size_note(a)]
        shown = shown if is_open else []
        while len(self.arrays) < len(shown):
            words, view = show_rich(QLabel()), ArrayView()
            view.setFixedHeight(150)
            view.heat_map.problem.connect(self.problem)
            at = self._grid.rowCount()
            self._grid.addWidget(words, at, 0, 1, 3)
            self._grid.addWidget(view, at + 1, 0, 1, 3)
            self.arrays.append((words, view))
        for k, (words, view) in enumerate(self.arrays):
            words.setVisible(k < len(shown))
            view.setVisible(k < len(shown))
            if k < len(shown):
                words.setText(muted(html.escape(shown[k][0]), self.theme))
                view.apply_theme(self.theme)
                view.show_array(shown[k][1])

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self.row is not None:
            self.chosen.emit(self.row.edge)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.row is not None:
            self.chosen.emit(self.row.edge)
        else:
            super().keyPressEvent(event)


class LedgerView(QScrollArea):
    """The cards of a node's outgoing edges and the sum below them.

    Signals: ``chosen(edge)``; ``problem(str)``: a picture of a card could not be saved.
    """

    chosen = Signal(int)
    problem = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(tr("Ledger of contributions"))
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.theme = LIGHT
        self.cards: list[LedgerCard] = []
        self.words = QLabel()
        self.sum = QLabel()
        self.residual = QLabel()
        self._limit = MOST_CARDS
        self.rest = QPushButton()
        self.rest.setAccessibleName(tr("Show the rest"))
        self.rest.clicked.connect(self._show_rest)
        self._shown: tuple[Sequence[LedgerRow], str, bool] = ((), "J", False)
        inside = QWidget()
        layout = QVBoxLayout(inside)
        layout.setContentsMargins(0, 4, 0, 4)
        layout.setSpacing(6)
        self._cards = QVBoxLayout()
        self._cards.setSpacing(6)
        layout.addWidget(self.words)
        layout.addLayout(self._cards)
        layout.addWidget(self.rest)
        for label in (self.words, self.sum, self.residual):
            label.setWordWrap(True)
            show_rich(label)
        for label in (self.sum, self.residual):
            layout.addWidget(label)
        layout.addStretch(1)
        self.setWidget(inside)

    def show_words(self, words: str) -> None:
        """Show a sentence instead of a ledger."""
        self._show_cards((), "J", expand=False)
        self.words.setText(muted(words, self.theme))
        self.words.setVisible(True)
        self.sum.setVisible(False)
        self.residual.setVisible(False)

    def show_rows(
        self,
        rows: Sequence[LedgerRow],
        objective: str,
        *,
        node: str = "",
        gradient: np.ndarray | None = None,
        residual: float | None = None,
    ) -> None:
        """Show a node's ledger, or a single edge when ``node`` is empty."""
        self.words.setVisible(False)
        self._show_cards(rows, objective, expand=not node)
        self.sum.setVisible(bool(node))
        self.residual.setVisible(bool(node))
        if not node:
            return
        total = sum_of(rows)
        symbol = f"∂{objective}/∂{html.escape(node)}"
        many = tr("Σ of {count} contributions:").format(count=len(rows))
        if len(rows) == 1:
            many = tr("The only contribution:")
        parts = [
            f"{many} {strong_amount(total, self.theme)}",
            f"{symbol}: {strong_amount(gradient, self.theme)}",
        ]
        self.sum.setText(flowing(parts))
        self.residual.setText(muted(residual_text(total, residual), self.theme))

    def _show_cards(self, rows: Sequence[LedgerRow], objective: str, *, expand: bool) -> None:
        if {row.edge for row in rows} != {row.edge for row in self._shown[0]}:
            self._limit = MOST_CARDS
        self._shown = (rows, objective, expand)
        visible = rows[: self._limit]
        while len(self.cards) < len(visible):
            card = LedgerCard()
            card.chosen.connect(self.chosen)
            card.problem.connect(self.problem)
            self.cards.append(card)
            self._cards.addWidget(card)
        for k, card in enumerate(self.cards):
            card.setVisible(k < len(visible))
            if k < len(visible):
                card.show_row(visible[k], objective, self.theme, expand=expand)
        left = len(rows) - len(visible)
        self.rest.setVisible(left > 0)
        self.rest.setText(tr("Show the other {count} edges").format(count=left))

    def _show_rest(self) -> None:
        rows, objective, expand = self._shown
        self._limit = len(rows)
        self._show_cards(rows, objective, expand=expand)


def sum_of(rows: Sequence[LedgerRow]) -> np.ndarray | None:
    """Return Σ contributions, None while one of them is not computed."""
    parts = [row.contribution for row in rows if row.contribution is not None]
    if not parts or len(parts) < len(rows):
        return None
    total: np.ndarray = np.zeros(())
    with np.errstate(all="ignore"):
        for part in parts:
            total = total + part
    return total


def residual_text(total: np.ndarray | None, residual: float | None) -> str:
    """Return the text of the check of the sum against the node's gradient."""
    if total is None or residual is None:
        return tr("Not all contributions are computed yet in this pass.")
    if residual == 0:
        return tr("Σ contributions − gradient = 0, exactly")
    if not np.isfinite(residual):
        return tr("Σ contributions − gradient is not finite: a NaN or an infinity is among them")
    return tr("max |Σ contributions − gradient| = {value}").format(value=figure(residual))
