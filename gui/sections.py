"""The parts of the settings form: one for each table of a system, and one for its list of layers.

Each is built from the declarations of the settings class it shows, and is built anew only when
which rows it has changed; otherwise the rows take the new values.
"""

import dataclasses
import typing
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from engine.errors import InputError
from engine.settings import Rule, rule_of, settings_of, to_table, type_name
from engine.text import tr
from gui.entries import Entry
from gui.forms import Field, FormulaField, Row, new_grid
from gui.icons import icon
from gui.inputs import ComboBox
from gui.theme import Theme

# Fields that need more than the declaration's own editor, by dotted key.
SpecialFields = Mapping[str, Callable[[Entry], Field]]
TABLES = (list, tuple, dict)


def entries_of(settings: Any, where: str) -> list[tuple[Entry, Any]]:
    """Return the settings of an instance that a form shows in one line each, with their values.

    Sections within are left out, and so are lists and tables that are empty: they come from
    files. A table of numbers or texts gives an entry for each of its keys, a variant its choice
    and its own settings.
    """
    found: list[tuple[Entry, Any]] = []
    hints = typing.get_type_hints(type(settings))
    for name, field in settings_of(type(settings)).items():
        value, rule = getattr(settings, name), rule_of(field)
        key = f"{where}.{name}" if where else name
        entry = Entry(key, hints[name], rule)
        if rule.variants is not None and rule.help:
            found += [kind_of(value, key, rule, name), *entries_of(value, key)]
            continue
        if rule.variants is not None or dataclasses.is_dataclass(value) or not rule.help:
            continue
        if isinstance(value, dict) and str not in entry.kinds:
            inner = [(Entry(f"{key}.{k}", _hint_of(v), rule), v) for k, v in value.items()]
            found += inner
        elif value or not any(kind in entry.kinds for kind in TABLES) or str in entry.kinds:
            found.append((entry, value))
    return found


def kind_of(settings: Any, where: str, rule: Rule, name: str = "") -> tuple[Entry, str]:
    """Return the choice among the variants of these settings, and what is chosen."""
    assert rule.variants is not None
    variants = rule.variants()
    choice = Rule(
        help=rule.help or tr("Which one; each has settings of its own."),
        choices=tuple(variants),
        formulas=rule.formulas,
    )
    return Entry(f"{where}.type", str, choice, name), type_name(variants, settings)


def _hint_of(value: Any) -> Any:
    return list[Any] if isinstance(value, list | tuple) else float


ARROW_ROOM = 34  # pixels of a heading beside its text


class Section(QWidget):
    """A heading that opens and closes, and under it the rows of one settings class.

    ``edited(key, value)`` hands on what was entered.
    """

    edited = Signal(str, object)

    def __init__(self, title: str, where: str, special: SpecialFields, parent: QWidget) -> None:
        super().__init__(parent)
        self.where = where
        self.rows: dict[str, Row] = {}
        self._special = special
        self._signature: Any = None
        self.heading = QToolButton(self)
        self.heading.setObjectName("heading")
        self.heading.setText(title)
        self.heading.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.heading.setCheckable(True)
        self.heading.setChecked(True)
        self.heading.setArrowType(Qt.ArrowType.DownArrow)
        self.heading.toggled.connect(self._open)
        self.body = QWidget(self)
        self._box = QVBoxLayout(self)
        self._box.setContentsMargins(0, 0, 0, 0)
        self._box.setSpacing(0)
        self._head = QHBoxLayout()
        self._head.setSpacing(0)
        self._head.addWidget(self.heading)
        # Ignored: a long heading must not force the dock wider than it is.
        self.heading.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._head.setStretch(0, 1)
        self._box.addLayout(self._head)
        self._box.addWidget(self.body)

    def show_settings(
        self, settings: Any, rule: Rule, pending: set[str], only: set[str] | None = None
    ) -> None:
        """Show the wanted settings; ``pending`` are the keys that wait for a rebuild."""
        entries = entries_of(settings, self.where)
        if only is not None:
            entries = [(e, v) for e, v in entries if e.key in only]
        if rule.variants is not None:
            entries.insert(0, kind_of(settings, self.where, rule))
        signature = tuple((entry.key, entry.kinds) for entry, _ in entries)
        if signature != self._signature:
            self._signature = signature
            self._build([entry for entry, _ in entries])
            self._signature = signature
        for entry, value in entries:
            waits = entry.key in pending or entry.key.removesuffix(".type") in pending
            row = self.rows[entry.key]
            row.show_value(value, waits)
            if entry.rule.formulas is not None:
                row.show_formula(entry.rule.formulas().get(value), settings)

    def _build(self, entries: list[Entry]) -> None:
        old, self.body = self.body, QWidget(self)
        self._box.replaceWidget(old, self.body)
        old.hide()
        old.deleteLater()
        self.body.setVisible(self.heading.isChecked())
        grid = new_grid(self.body)
        self.rows = {}
        for entry in entries:
            make = self._special.get(entry.key)
            field = make(entry) if make else None
            row = Row(entry, self.body, field, wide=isinstance(field, FormulaField))
            row.add_to(grid)
            row.entered.connect(self.edited)
            self.rows[entry.key] = row

    def _open(self, opened: bool) -> None:
        arrow = Qt.ArrowType.DownArrow if opened else Qt.ArrowType.RightArrow
        self.heading.setArrowType(arrow)
        self.body.setVisible(opened)


class LayerCard(Section):
    """One layer: a heading that says the layer in a line, buttons to move and remove it."""

    act = Signal(int, str)

    def __init__(self, index: int, special: SpecialFields, theme: Theme, parent: QWidget) -> None:
        super().__init__("", f"layers.{index}", special, parent)
        self.buttons: dict[str, QToolButton] = {}
        self._told: list[str] = []
        tips = {
            "up": tr("Move this layer towards the input"),
            "down": tr("Move this layer towards the output"),
            "remove": tr("Remove this layer"),
        }
        for name, tip in tips.items():
            button = QToolButton(self)
            button.setIcon(icon(name, theme, theme.muted))
            button.setToolTip(tip)
            button.setAccessibleName(tip)
            button.clicked.connect(lambda _=False, n=name: self.act.emit(index, n))
            self._head.addWidget(button)
            self.buttons[name] = button
        self.heading.setChecked(False)
        self.heading.setObjectName("layer")

    def show_layer(self, layer: Any, rule: Rule, pending: set[str]) -> None:
        """Show the layer, with what distinguishes it in the heading."""
        assert rule.variants is not None
        kind = type_name(rule.variants(), layer)
        told = [text for text in _distinctions(layer) if text]
        name = getattr(layer, "name", "") or kind
        times = f" ×{layer.repeat}" if getattr(layer, "repeat", 1) > 1 else ""
        self._told = [f"{name}{times}", *told[:2]]
        self.heading.setToolTip(" · ".join(self._told))
        self._fit_heading()
        self.show_settings(layer, rule, pending)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit the heading to the width."""
        super().resizeEvent(event)
        self._fit_heading()

    def _fit_heading(self) -> None:
        """Say as much as there is room for; the style would cut a text in its middle."""
        others = sum(button.sizeHint().width() for button in self.buttons.values())
        room = self.width() - others - ARROW_ROOM
        for count in range(len(self._told), 0, -1):
            text = " · ".join(self._told[:count])
            if count == 1 or self.heading.fontMetrics().horizontalAdvance(text) <= room:
                self.heading.setText(text)
                return


def _distinctions(layer: Any) -> Iterator[str]:
    """What tells a layer from others: its size, its first setting, and what it says in words.

    Other numbers would stand there without their names.
    """
    changed = to_table(layer)
    own = [f.name for f in dataclasses.fields(layer) if f.name not in ("name", "repeat")]
    for place, name in enumerate(own):
        value = getattr(layer, name)
        if isinstance(value, (list, tuple)):
            yield tr("{count} layers").format(count=len(value))
        elif dataclasses.is_dataclass(value):
            yield changed[name] if isinstance(changed.get(name), str) else ""
        elif isinstance(value, bool) or (name not in changed and not isinstance(value, int)):
            continue
        elif place == 0 or isinstance(value, str):
            text = str(value)
            yield text if len(text) <= 12 else ""


class LayersSection(QWidget):
    """The list of layers. ``edited(key, value)`` carries one field, or ``layers`` as a whole."""

    edited = Signal(str, object)

    def __init__(self, special: SpecialFields, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.where = "layers"
        self.cards: list[LayerCard] = []
        self._special, self._theme = special, theme
        self._tables: list[dict[str, Any]] = []
        self._rule = Rule()
        self.heading = QLabel(tr("Layers"), self)
        self.heading.setProperty("role", "heading")
        self.kind = ComboBox(self)
        self.kind.setToolTip(tr("The type of the layer to add"))
        self.kind.setAccessibleName(tr("Type of the layer to add"))
        self.add_button = QToolButton(self)
        self.add_button.setText(tr("Add layer"))
        self.add_button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.add_button.setToolTip(tr("Add a layer of this type before the last one"))
        self.add_button.clicked.connect(self._add)
        foot = QHBoxLayout()
        self.kind.setMinimumContentsLength(6)
        self.kind.setSizeAdjustPolicy(
            ComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        foot.addWidget(self.kind, 1)
        foot.addWidget(self.add_button)
        self._list = QVBoxLayout()
        self._list.setSpacing(2)
        box = QVBoxLayout(self)
        box.setContentsMargins(4, 4, 2, 8)
        box.setSpacing(4)
        box.addWidget(self.heading)
        box.addLayout(self._list)
        box.addLayout(foot)
        self.apply_theme(theme)

    @property
    def rows(self) -> dict[str, Row]:
        """The rows of all layers by key."""
        return {key: row for card in self.cards for key, row in card.rows.items()}

    def show_layers(self, layers: tuple[Any, ...], rule: Rule, pending: set[str]) -> None:
        """Show the wanted layers."""
        assert rule.variants is not None
        variants, self._rule = rule.variants(), rule
        self._tables = [{"type": type_name(variants, one), **to_table(one)} for one in layers]
        if self.kind.count() != len(variants):
            self.kind.clear()
            self.kind.addItems(list(variants))
        self._match_count(len(layers))
        for index, (card, layer) in enumerate(zip(self.cards, layers, strict=True)):
            card.show_layer(layer, rule, pending)
            card.buttons["up"].setEnabled(index > 0)
            card.buttons["down"].setEnabled(index + 1 < len(layers))
            card.buttons["remove"].setEnabled(len(layers) > 1)

    def apply_theme(self, theme: Theme) -> None:
        """Tint the buttons."""
        self._theme = theme
        self.add_button.setIcon(icon("add", theme))
        for card in self.cards:
            for name, button in card.buttons.items():
                button.setIcon(icon(name, theme, theme.muted))

    def _match_count(self, count: int) -> None:
        while len(self.cards) > count:
            card = self.cards.pop()
            self._list.removeWidget(card)
            card.hide()
            card.deleteLater()
        while len(self.cards) < count:
            card = LayerCard(len(self.cards), self._special, self._theme, self)
            card.edited.connect(self.edited)
            card.act.connect(self._act)
            self._list.addWidget(card)
            self.cards.append(card)

    def _add(self) -> None:
        tables = list(self._tables)
        tables.insert(max(0, len(tables) - 1), {"type": self.kind.currentText()})
        self.edited.emit("layers", tables)

    def _act(self, index: int, what: str) -> None:
        tables = list(self._tables)
        table = tables.pop(index)
        if what != "remove":
            tables.insert(index + (1 if what == "down" else -1), table)
        self.edited.emit("layers", tables)


def find_row(rows: Iterator[Row] | list[Row], key: str) -> Row | None:
    """Return the row of a key, or of the longest key that it starts with."""
    fitting = [r for r in rows if key == r.entry.key or key.startswith(f"{r.entry.key}.")]
    return max(fitting, key=lambda row: len(row.entry.key), default=None)


def refused_by(error: Exception) -> str:
    """The dotted field an error is about, "" where it is about none."""
    return (error.field or "") if isinstance(error, InputError) else ""
