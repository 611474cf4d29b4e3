"""Shows an array: as one number, a table of numbers, or a heat map."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor, QGuiApplication
from PySide6.QtWidgets import QAbstractItemView, QLabel, QStackedWidget, QTableView, QWidget

from engine.support.figures import figure
from engine.support.text import tr
from gui.appearance.theme import LIGHT, Theme
from gui.panels.inspector.array_text import MOST_NUMBERS, as_matrix, as_text, is_small
from gui.panels.inspector.heat_map import HeatMap

Index = QModelIndex | QPersistentModelIndex


class NumbersModel(QAbstractTableModel):
    """A table model: the entries of a matrix with four significant digits."""

    def __init__(self) -> None:
        super().__init__()
        self.matrix = np.empty((0, 0))
        self.theme = LIGHT

    def set_matrix(self, matrix: np.ndarray) -> None:
        """Show another matrix; the selection is kept if the shape is the same."""
        if matrix.shape == self.matrix.shape:
            self.matrix = matrix
            last = self.index(matrix.shape[0] - 1, matrix.shape[1] - 1)
            self.dataChanged.emit(self.index(0, 0), last)
            return
        self.beginResetModel()
        self.matrix = matrix
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else self.matrix.shape[0]

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else self.matrix.shape[1]

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        value = float(self.matrix[index.row(), index.column()])
        if role == Qt.ItemDataRole.DisplayRole:
            return figure(value)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        if role == Qt.ItemDataRole.ForegroundRole:
            return QColor(sign_colour(value, self.theme))
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"[{index.row()}, {index.column()}] = {value!r}"
        return None

    def headerData(
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> object:
        return str(section) if role == Qt.ItemDataRole.DisplayRole else None


def sign_colour(value: float, theme: Theme) -> str:
    """Blue for positive, orange for negative, another colour for zero and non-finite."""
    if not np.isfinite(value):
        return theme.error
    return theme.muted if value == 0 else theme.positive if value > 0 else theme.negative


class NumberTable(QTableView):
    """A table of numbers; its selection, or all of it, is copied as tab-separated text."""

    takes_arrows = True

    def __init__(self) -> None:
        super().__init__()
        self.numbers = NumbersModel()
        self.setModel(self.numbers)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ContiguousSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setFrameShape(QTableView.Shape.NoFrame)
        self.setAccessibleName(tr("Numbers"))

    def show_matrix(self, matrix: np.ndarray) -> None:
        resized = matrix.shape != self.numbers.matrix.shape
        self.numbers.set_matrix(matrix)
        if resized:
            metrics = self.fontMetrics()
            wide = metrics.horizontalAdvance("−8.888·10⁻¹⁸") + 10
            self.horizontalHeader().setDefaultSectionSize(wide)
            self.verticalHeader().setDefaultSectionSize(metrics.height() + 6)
            header = self.horizontalHeader()
            header.setFixedHeight(metrics.height() + 4)
            header.setVisible(matrix.shape[1] > 1)

    def copy_contents(self) -> str:
        """Copy the selected rectangle, or everything if at most one cell is selected."""
        chosen = self.selectionModel().selection()
        matrix = self.numbers.matrix
        if chosen.count() == 1 and len(chosen.indexes()) > 1:
            area = chosen.first()
            matrix = matrix[area.top() : area.bottom() + 1, area.left() : area.right() + 1]
        QGuiApplication.clipboard().setText(as_text(matrix))
        return tr("Numbers copied")


class OneNumber(QLabel):
    """A scalar in large type."""

    def __init__(self) -> None:
        super().__init__()
        self.value = np.zeros(())
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(tr("The number"))
        font = self.font()
        font.setPointSizeF(font.pointSizeF() * 2)
        self.setFont(font)

    def copy_contents(self) -> str:
        """Copy the number with all its digits."""
        QGuiApplication.clipboard().setText(as_text(self.value))
        return tr("Number copied")


class ArrayView(QStackedWidget):
    """Shows an array of any shape, or a sentence instead."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = LIGHT
        self.words = QLabel()
        self.words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.words.setWordWrap(True)
        self.words.setProperty("role", "muted")
        self.number = OneNumber()
        self.table = NumberTable()
        self.heat_map = HeatMap()
        for widget in (self.words, self.number, self.table, self.heat_map):
            self.addWidget(widget)

    def apply_theme(self, theme: Theme) -> None:
        self.theme = theme
        self.table.numbers.theme = theme
        self.table.viewport().update()
        self.heat_map.apply_theme(theme)
        self._paint_number()

    def show_words(self, words: str) -> None:
        """Show a sentence instead of numbers."""
        self.words.setText(words)
        self.setCurrentWidget(self.words)

    def show_array(self, array: np.ndarray, as_table: bool | None = None) -> None:
        """Show a number, a table or a heat map; by default a table if the array is small."""
        matrix = as_matrix(array)
        as_table = is_small(array) if as_table is None else as_table
        if array.size == 0:
            self.show_words(tr("an empty array"))
        elif array.size == 1:
            self.number.value = array
            self._paint_number()
            self.setCurrentWidget(self.number)
        elif as_table and array.size <= MOST_NUMBERS:
            self.table.show_matrix(matrix)
            self.setCurrentWidget(self.table)
        else:
            self.heat_map.show_array(array, matrix)
            self.setCurrentWidget(self.heat_map)

    def _paint_number(self) -> None:
        if self.number.value.size != 1:
            return
        value = float(self.number.value.reshape(-1)[0])
        self.number.setText(figure(value, 6))
        self.number.setToolTip(repr(value))
        self.number.setStyleSheet(f"color: {sign_colour(value, self.theme)}")
