"""The sections of the settings form, one per table of a system.

A section is made from the declarations of its settings class. Its rows are made anew only if a
change needs other rows; otherwise they show the new values.
"""

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from engine.settings.declaration import Formula, Rule, hints_of, rule_of, settings_of, type_name
from engine.support.errors import InputError
from engine.support.text import tr
from gui.panels.settings.entries import FormEntry
from gui.panels.settings.forms import Field, FormRow, FormulaField, new_grid

# Makers of fields for settings that the declaration's usual field does not fit, by dotted key.
SpecialFields = Mapping[str, Callable[[FormEntry], Field]]
TABLES = (list, tuple, dict)


def entries_of(settings: Any, where: str) -> list[tuple[FormEntry, Any]]:
    """Return the settings of an instance that the form shows in a line each, with their values.

    Nested sections are left out, and so are empty lists and tables, which come from files. A table
    of numbers or texts gives an entry per key, a variant its choice and the settings of the choice.
    """
    found: list[tuple[FormEntry, Any]] = []
    hints = hints_of(type(settings))
    for name, field in settings_of(type(settings)).items():
        value, rule = getattr(settings, name), rule_of(field)
        key = f"{where}.{name}" if where else name
        entry = FormEntry(key, hints[name], rule)
        if rule.variants is not None and rule.help:
            found += [kind_of(value, key, rule, name), *entries_of(value, key)]
            continue
        if rule.variants is not None or dataclasses.is_dataclass(value) or not rule.help:
            continue
        if isinstance(value, dict) and str not in entry.kinds:
            inner = [(FormEntry(f"{key}.{k}", _hint_of(v), rule), v) for k, v in value.items()]
            found += inner
        elif value or not any(kind in entry.kinds for kind in TABLES) or str in entry.kinds:
            found.append((entry, value))
    return found


def kind_of(settings: Any, where: str, rule: Rule, name: str = "") -> tuple[FormEntry, str]:
    """Return the entry of a variant's choice, and the present choice."""
    assert rule.variants is not None
    variants = rule.variants()
    choice = Rule(
        help=rule.help or tr("Which one; each has settings of its own."),
        choices=tuple(variants),
        formulas=rule.formulas,
    )
    return FormEntry(f"{where}.type", str, choice, name), type_name(variants, settings)


def _hint_of(value: Any) -> Any:
    return list[Any] if isinstance(value, list | tuple) else float


class Section(QWidget):
    """A heading that opens and closes the rows of one settings class.

    Emits ``edited(key, value)`` for each entry.
    """

    edited = Signal(str, object)

    def __init__(self, title: str, where: str, special: SpecialFields, parent: QWidget) -> None:
        super().__init__(parent)
        self.where = where
        self.rows: dict[str, FormRow] = {}
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
        # a long heading must not widen the dock
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
                formula = entry.rule.formulas().get(value)
                row.show_formula(formula, settings)
                self._show_options(formula)

    def _show_options(self, formula: Formula | None) -> None:
        """Show at each setting the term that it adds to the formula."""
        for name, lines in (formula.options if formula else {}).items():
            row = self.rows.get(f"{self.where}.{name}")
            if row is not None:
                row.show_option(lines)

    def _build(self, entries: list[FormEntry]) -> None:
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
            row = FormRow(entry, self.body, field, wide=isinstance(field, FormulaField))
            row.add_to(grid)
            row.entered.connect(self.edited)
            self.rows[entry.key] = row

    def _open(self, opened: bool) -> None:
        arrow = Qt.ArrowType.DownArrow if opened else Qt.ArrowType.RightArrow
        self.heading.setArrowType(arrow)
        self.body.setVisible(opened)


def find_row(rows: Iterator[FormRow] | list[FormRow], key: str) -> FormRow | None:
    """Return the row of a key, or of the longest key that is a prefix of it."""
    fitting = [r for r in rows if key == r.entry.key or key.startswith(f"{r.entry.key}.")]
    return max(fitting, key=lambda row: len(row.entry.key), default=None)


def refused_by(error: Exception) -> str:
    """Return the dotted key that an error is about, "" where there is none."""
    return (error.field or "") if isinstance(error, InputError) else ""
