"""Form rows made from the declarations of settings, one row per setting.

A row shows a value, emits what the user entered, and is marked where the entry was refused. It
knows no particular setting; ``sections`` builds the rows.
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
LINE_MAY_END = "\u200b"  # zero-width space: a line may break here
CHOICE_WIDTH = 88  # pixels of a choice's text beside its label, at the dock's first width


class TextField(QLineEdit):
    """A line for a number or a text; ↑ and ↓ step a number, with Shift by ten."""

    entered = Signal(object)
    typed = True  # an entry here counts as work worth saving, unlike a choice

    def __init__(self, entry: FormEntry, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._entry = entry
        self._shown = self._last = ""  # the system's value; the text emitted last
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
        """Whether the field uses Esc itself, to undo what was typed."""
        return self.text() != self._shown

    @property
    def unfinished(self) -> str:
        """The text that was typed and is not the setting's, "" where there is none."""
        return self.text() if self.text() != self._shown else ""

    def type_again(self, text: str) -> None:
        """Put back what was being typed; it is emitted when it is finished."""
        self.setText(text)

    def _commit(self) -> None:
        # leaving an unchanged field must not emit anything
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
    """A list of names, editable if the setting takes other values as well."""

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
        self._shown = self._last = ""  # the system's value; the text emitted last
        self.setEditable(editable)
        self.setInsertPolicy(ComboBox.InsertPolicy.NoInsert)
        self.setSizeAdjustPolicy(ComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(8)
        self.addItems(names)
        formulas = entry.rule.formulas() if entry.rule.formulas else {}
        for index, name in enumerate(names):
            if name in formulas:
                formula = formulas[name]
                tip = "\n".join(filter(None, (*formula.lines(), formula.source)))
                self.setItemData(index, tip, Qt.ItemDataRole.ToolTipRole)
        self.setMaxVisibleItems(20)
        self.activated.connect(lambda _: self._commit())
        line = self.lineEdit()
        if line is not None:
            line.editingFinished.connect(self._commit)

    @property
    def typed(self) -> bool:
        return self.findText(self._shown) < 0

    @property
    def unfinished(self) -> str:
        """The text that was typed and is not the setting's, "" where there is none."""
        typed = self.isEditable() and self.currentText() != self._shown
        return self.currentText() if typed else ""

    def type_again(self, text: str) -> None:
        """Put back what was being typed; it is emitted when it is finished."""
        if self.isEditable():
            self.setEditText(text)

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
        """Show the system's value again; a typed text stays, so that it can be corrected."""
        if not self.isEditable():
            self.show_value(self._shown)


class FlagField(QCheckBox):
    """A check box for yes or no."""

    entered = Signal(object)
    typed = False
    unfinished = ""  # a tick is emitted at once

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown = False
        self.clicked.connect(self._commit)

    def show_value(self, value: Any) -> None:
        self._shown = bool(value)
        self.setChecked(self._shown)

    def take_back(self) -> None:
        """Show the system's value again."""
        self.setChecked(self._shown)

    def type_again(self, text: str) -> None:
        """Nothing is typed here."""

    def _commit(self) -> None:
        self.entered.emit(self.isChecked())


class FormulaField(QPlainTextEdit):
    """Several lines of text, emitted with Ctrl+Enter or when the focus leaves."""

    entered = Signal(object)
    typed = True  # an entry here counts as work worth saving, unlike a choice

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown = self._last = ""  # the system's value; the text shown or emitted last
        self.setTabChangesFocus(True)
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.setToolTip(tr("Ctrl+Enter takes the text over."))

    def show_value(self, value: Any) -> None:
        self._shown = self._last = str(value).strip()
        if self.toPlainText() != self._last:
            self.setPlainText(self._last)
        lines = min(12, max(2, self._last.count("\n") + 2))
        self.setFixedHeight(lines * QFontMetrics(self.font()).lineSpacing() + 14)

    @property
    def unfinished(self) -> str:
        """The text that was typed and is not the setting's, "" where there is none."""
        text = self.toPlainText()
        return text if text.strip() != self._shown else ""

    def type_again(self, text: str) -> None:
        """Put back what was being typed; it is emitted when it is finished."""
        self.setPlainText(text)

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
    """Return the field widget for a declaration."""
    if entry.rule.choices:
        return ChoiceField(entry, entry.rule.choices, editable=dict in entry.kinds)
    if bool in entry.kinds:
        return FlagField()
    return TextField(entry)


class _FieldLabel(QLabel):
    """The label of a field; a click on it focuses the field, or toggles a check box."""

    def __init__(self, text: str, parent: QWidget, field: Field) -> None:
        super().__init__(text, parent)
        self.setBuddy(field)
        self._field = field

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._field.setFocus(Qt.FocusReason.MouseFocusReason)
            if isinstance(self._field, FlagField):
                self._field.click()


class _ReservedHeightLabel(QLabel):
    """A label with the height of a longer text, so that rows below do not move."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._longest = QLabel(self)
        self._longest.setWordWrap(True)
        self._longest.hide()

    def reserve_height(self, text: str) -> None:
        """Take the height that this text would need."""
        if self._longest.text() != text:
            self._longest.setText(text)
            self.updateGeometry()

    def heightForWidth(self, width: int) -> int:
        return max(super().heightForWidth(width), self._longest.heightForWidth(width))


class FormRow(QObject):
    """A label, a field and the formula of the choice made in it. Emits ``entered(key, value)``."""

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
        self.formula, self.source = _ReservedHeightLabel(parent), QLabel(parent)
        self.source.setProperty("role", "muted")
        for text in (self.formula, self.source):
            text.setWordWrap(True)
            text.setTextFormat(Qt.TextFormat.PlainText)
            text.setAlignment(Qt.AlignmentFlag.AlignTop)
            text.setVisible(entry.rule.formulas is not None)
        # The source cannot be selected: a copy would contain zero-width spaces.
        self.formula.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.error = ""  # why the last entry was refused; "" where it was not
        self._option = ""  # the term that the setting adds to a formula
        self._pending = False
        self._describe()
        self.field.entered.connect(lambda value: self.entered.emit(entry.key, value))

    def add_to(self, grid: QGridLayout) -> None:
        """Add this row to a grid with two columns."""
        at = grid.rowCount()
        if self.wide:
            grid.addWidget(self.label, at, 0, 1, 2)
            grid.addWidget(self.field, at + 1, 0, 1, 2)
        else:
            grid.addWidget(self.label, at, 0)
            # the space beside a check box must not be clickable
            only_box = isinstance(self.field, FlagField)
            side = Qt.AlignmentFlag.AlignLeft if only_box else Qt.AlignmentFlag(0)
            grid.addWidget(self.field, at, 1, side)
        for place, text in enumerate((self.formula, self.source), start=at + 2):
            grid.addWidget(text, place, 0, 1, 2)

    def show_value(self, value: Any, pending: bool) -> None:
        """Show the wanted value, unless the user is correcting a refused entry."""
        if not (self.field.hasFocus() and self.error):
            self.field.show_value(value)
            self.show_error("")
        if pending != self._pending:
            self._pending = pending
            self._describe()

    def show_formula(self, formula: Formula | None, settings: Any) -> None:
        """Show the formula of the chosen variant with its settings, and the formula's source."""
        lines = "\n".join(formula.lines(settings)) if formula else ""
        source = _breakable(formula.source) if formula else ""
        self.formula.reserve_height("\n".join(formula.longest.split(NEXT_LINE)) if formula else "")
        for label, text in ((self.formula, lines), (self.source, source)):
            label.setText(text)
            label.setVisible(bool(text))

    def show_option(self, lines: str) -> None:
        """Add to the help the term that this setting adds to a formula."""
        if lines != self._option:
            self._option = lines
            self._describe()

    def show_error(self, error: str) -> None:
        """Mark the field as refused; a choice or check box goes back to its old value."""
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
        """The setting's help, and when a change of it takes effect."""
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
    """Return the text with possible line breaks inside dotted names, which would widen the form."""
    return re.sub(r"\.(?=\w)", f".{LINE_MAY_END}", names)


def _is_wide(field: Field) -> bool:
    """Whether the field gets a line of its own, so that its longest choice fits."""
    if not isinstance(field, ChoiceField):
        return False
    names = (field.itemText(index) for index in range(field.count()))
    return any(field.fontMetrics().horizontalAdvance(name) > CHOICE_WIDTH for name in names)


def new_grid(parent: QWidget) -> QGridLayout:
    """Return the two-column layout that all sections use, so that their fields are aligned."""
    grid = QGridLayout(parent)
    grid.setContentsMargins(4, 2, 2, 8)
    grid.setHorizontalSpacing(8)
    grid.setVerticalSpacing(4)
    grid.setColumnMinimumWidth(0, LABEL_WIDTH)
    grid.setColumnStretch(1, 1)
    return grid
