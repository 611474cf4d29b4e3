"""Fields of a form, made from the declarations of settings: one row a setting.

A row shows the value, hands on what the person typed, and is marked where that was refused.
Nothing here knows which settings there are.
"""

import re
from typing import Any

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QFontMetrics, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QGridLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QSizePolicy,
    QWidget,
)

from engine.settings.declaration import NEXT_LINE, Formula
from engine.support.text import tr
from gui.panels.settings.entries import FormEntry, parse_text, show_value, stepped
from gui.widgets.inputs import ComboBox

LABEL_WIDTH = 120
LINE_MAY_END = "\u200b"  # a space of no width
CHOICE_WIDTH = 88  # of the text of a choice beside its label, with the dock as wide as at first


class TextField(QLineEdit):
    """A line for a number or a text; ↑ and ↓ step a number (Shift: by ten)."""

    entered = Signal(object)
    typed = True  # what is entered takes more than a choice

    def __init__(self, entry: FormEntry, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._entry = entry
        self._shown = self._last = ""  # what the system has; what was handed on last
        words = list(entry.rule.words)
        if type(None) in entry.kinds:
            words.insert(0, tr("none"))
        self.setPlaceholderText(", ".join(words))
        self.editingFinished.connect(self._commit)

    def show_value(self, value: Any) -> None:
        self._shown = self._last = show_value(value)
        if self.text() != self._shown:
            self.setText(self._shown)
            self.setCursorPosition(0)

    @property
    def takes_escape(self) -> bool:
        """Whether Esc is for this field: it takes back what was typed."""
        return self.text() != self._shown

    def _commit(self) -> None:
        # Leaving a field that was not changed must not send anything.
        if self.text() != self._last:
            self._last = self.text()
            self.entered.emit(parse_text(self._entry, self._last))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if self._entry.numeric and key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            value = parse_text(self._entry, self.text())
            if isinstance(value, int | float):
                large = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
                whole = float not in self._entry.kinds
                up = key == Qt.Key.Key_Up
                self.setText(show_value(stepped(value, up, whole=whole, large=large)))
                self._commit()
                return
        if key == Qt.Key.Key_Escape and self.takes_escape:
            self.setText(self._shown)
            self._last = self._shown
            self.entered.emit(parse_text(self._entry, self._shown))
            return
        super().keyPressEvent(event)


class ChoiceField(ComboBox):
    """A list of names; editable where the setting takes more than the names."""

    entered = Signal(object)

    def __init__(
        self,
        entry: FormEntry,
        names: tuple[str, ...],
        editable: bool,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._entry = entry
        self._shown = self._last = ""  # what the system has; what was handed on last
        self.setEditable(editable)
        self.setInsertPolicy(ComboBox.InsertPolicy.NoInsert)
        self.setSizeAdjustPolicy(ComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(8)
        self.addItems(names)
        formulas = entry.rule.formulas() if entry.rule.formulas else {}
        for index, name in enumerate(names):
            if name in formulas:
                told = formulas[name]
                tip = "\n".join(filter(None, (*told.lines(), told.source)))
                self.setItemData(index, tip, Qt.ItemDataRole.ToolTipRole)
        self.setMaxVisibleItems(20)
        self.activated.connect(lambda _: self._commit())
        line = self.lineEdit()
        if line is not None:
            line.editingFinished.connect(self._commit)

    @property
    def typed(self) -> bool:
        return self.findText(self._shown) < 0

    def show_value(self, value: Any) -> None:
        self._shown = self._last = show_value(value)
        index = self.findText(self._shown)
        if index >= 0 or not self.isEditable():
            self.setCurrentIndex(index)
        else:
            self.setEditText(self._shown)

    def _commit(self) -> None:
        if self.currentText() != self._last:
            self._last = self.currentText()
            self.entered.emit(parse_text(self._entry, self._last))

    def take_back(self) -> None:
        """Show again what the system has; a typed text stays, to be mended."""
        if not self.isEditable():
            self.show_value(self._shown)


class FlagField(QCheckBox):
    """Yes or no."""

    entered = Signal(object)
    typed = False

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown = False
        self.clicked.connect(self._commit)

    def show_value(self, value: Any) -> None:
        self._shown = bool(value)
        self.setChecked(self._shown)

    def take_back(self) -> None:
        """Show again what the system has."""
        self.setChecked(self._shown)

    def _commit(self) -> None:
        self.entered.emit(self.isChecked())


class FormulaField(QPlainTextEdit):
    """Several lines; taken over with Ctrl+Enter or when the focus leaves."""

    entered = Signal(object)
    typed = True  # what is entered takes more than a choice

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._last = ""  # what was shown or handed on last
        self.setTabChangesFocus(True)
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.setToolTip(tr("Ctrl+Enter takes the text over."))

    def show_value(self, value: Any) -> None:
        self._last = str(value).strip()
        if self.toPlainText() != self._last:
            self.setPlainText(self._last)
        lines = min(12, max(2, self._last.count("\n") + 2))
        self.setFixedHeight(lines * QFontMetrics(self.font()).lineSpacing() + 14)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        ctrl = event.modifiers() & Qt.KeyboardModifier.ControlModifier
        if ctrl and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._commit()
            return
        super().keyPressEvent(event)

    def focusOutEvent(self, event) -> None:
        super().focusOutEvent(event)
        self._commit()

    def _commit(self) -> None:
        if self.toPlainText().strip() != self._last:
            self._last = self.toPlainText().strip()
            self.entered.emit(self._last)


Field = TextField | ChoiceField | FlagField | FormulaField


def make_field(entry: FormEntry) -> Field:
    """Return the field that suits the declaration."""
    if entry.rule.choices:
        return ChoiceField(entry, entry.rule.choices, editable=dict in entry.kinds)
    if bool in entry.kinds:
        return FlagField()
    return TextField(entry)


class _FieldLabel(QLabel):
    """The name of a field; a click on it goes to the field, and ticks or clears a box."""

    def __init__(self, text: str, parent: QWidget, field: Field) -> None:
        super().__init__(text, parent)
        self.setBuddy(field)
        self._field = field

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._field.setFocus(Qt.FocusReason.MouseFocusReason)
            if isinstance(self._field, FlagField):
                self._field.click()


class _Roomy(QLabel):
    """A text in a place that is high enough for a longer one."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._longest = QLabel(self)
        self._longest.setWordWrap(True)
        self._longest.hide()

    def leave_room(self, text: str) -> None:
        """Be as high as this text would be."""
        if self._longest.text() != text:
            self._longest.setText(text)
            self.updateGeometry()

    def heightForWidth(self, width: int) -> int:
        return max(super().heightForWidth(width), self._longest.heightForWidth(width))


class FormRow(QObject):
    """A label, a field, what is computed by what was chosen. ``entered(key, value)``."""

    entered = Signal(str, object)

    def __init__(
        self, entry: FormEntry, parent: QWidget, field: Field | None = None, wide: bool = False
    ) -> None:
        super().__init__(parent)
        self.entry = entry
        self.field = field or make_field(entry)
        self.wide = wide or _is_wide(self.field)
        self.field.setParent(parent)
        self.field.setObjectName(entry.key)
        self.field.setAccessibleName(entry.label)
        if not isinstance(self.field, FlagField):  # long contents must not widen the dock
            policy = self.field.sizePolicy()
            policy.setHorizontalPolicy(QSizePolicy.Policy.Ignored)
            self.field.setSizePolicy(policy)
        self.label = _FieldLabel(entry.label, parent, self.field)
        self.label.setProperty("role", "muted")
        self.formula, self.source = _Roomy(parent), QLabel(parent)
        self.source.setProperty("role", "muted")
        for told in (self.formula, self.source):
            told.setWordWrap(True)
            told.setTextFormat(Qt.TextFormat.PlainText)
            told.setAlignment(Qt.AlignmentFlag.AlignTop)
            told.setVisible(entry.rule.formulas is not None)
        # The source is not to be copied: there are places in it at which a line may end.
        self.formula.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.error = ""  # why the last entry was refused
        self._option = ""  # what it puts into a formula
        self._pending = False
        self._describe()
        self.field.entered.connect(lambda value: self.entered.emit(entry.key, value))

    def add_to(self, grid: QGridLayout) -> None:
        """Take the next rows of a grid with two columns."""
        at = grid.rowCount()
        if self.wide:
            grid.addWidget(self.label, at, 0, 1, 2)
            grid.addWidget(self.field, at + 1, 0, 1, 2)
        else:
            grid.addWidget(self.label, at, 0)
            only_box = isinstance(self.field, FlagField)  # beside it there is nothing to click
            side = Qt.AlignmentFlag.AlignLeft if only_box else Qt.AlignmentFlag(0)
            grid.addWidget(self.field, at, 1, side)
        for place, told in enumerate((self.formula, self.source), start=at + 2):
            grid.addWidget(told, place, 0, 1, 2)

    def show_value(self, value: Any, pending: bool) -> None:
        """Show the wanted value, unless the person is just typing another one here."""
        if not (self.field.hasFocus() and self.error):
            self.field.show_value(value)
            self.show_error("")
        if pending != self._pending:
            self._pending = pending
            self._describe()

    def show_formula(self, formula: Formula | None, settings: Any) -> None:
        """Show what the chosen one computes with these settings, and where that is from."""
        lines = "\n".join(formula.lines(settings)) if formula else ""
        source = _breakable(formula.source) if formula else ""
        self.formula.leave_room("\n".join(formula.longest.split(NEXT_LINE)) if formula else "")
        for label, text in ((self.formula, lines), (self.source, source)):
            label.setText(text)
            label.setVisible(bool(text))

    def show_option(self, lines: str) -> None:
        """Say with the help what this setting puts into a formula where it is on."""
        if lines != self._option:
            self._option = lines
            self._describe()

    def show_error(self, error: str) -> None:
        """Mark the field whose entry was refused; what cannot be mended there is taken back."""
        if error and isinstance(self.field, FlagField | ChoiceField):
            self.field.take_back()
        if error == self.error:
            return
        self.error = error
        self.field.setProperty("refused", bool(error))
        self.field.style().polish(self.field)
        self._describe()

    @property
    def help(self) -> str:
        """What the setting is, and when a change acts."""
        live, waits = tr("Acts at the next step."), tr("Waits for the rebuild.")
        rebuilds = tr("A change needs a new graph.")
        when = live if self.entry.rule.live else waits if self._pending else rebuilds
        return "\n".join(filter(None, (tr(self.entry.rule.help), self._option, when)))

    def _describe(self) -> None:
        tip = self.error or self.help
        self.label.setToolTip(tip)
        self.field.setToolTip(tip)
        self.label.setText(f"{self.entry.label} •" if self._pending else self.entry.label)
        self.label.setProperty("role", "warning" if self._pending else "muted")
        self.label.style().polish(self.label)


def _breakable(names: str) -> str:
    """The text with places within dotted names at which a line may end, or they widen the form."""
    return re.sub(r"\.(?=\w)", f".{LINE_MAY_END}", names)


def _is_wide(field: Field) -> bool:
    """Whether the field needs a line of its own, so that no choice is cut."""
    if not isinstance(field, ChoiceField):
        return False
    names = (field.itemText(index) for index in range(field.count()))
    return any(field.fontMetrics().horizontalAdvance(name) > CHOICE_WIDTH for name in names)


def new_grid(parent: QWidget) -> QGridLayout:
    """Return the two-column layout that all sections share, so that fields line up."""
    grid = QGridLayout(parent)
    grid.setContentsMargins(4, 2, 2, 8)
    grid.setHorizontalSpacing(8)
    grid.setVerticalSpacing(4)
    grid.setColumnMinimumWidth(0, LABEL_WIDTH)
    grid.setColumnStretch(1, 1)
    return grid
