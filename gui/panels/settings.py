"""The system and its settings: a form made from the declarations, with undo and a rebuild bar."""

import dataclasses
from functools import partial
from typing import Any, ClassVar

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from engine.errors import InputError
from engine.frame import Topology
from engine.settings import Rule, rule_of, settings_of
from engine.system import System
from engine.text import tr
from gui.data_field import DataField
from gui.entries import Entry
from gui.forms import Field, FormulaField, Row, refusal
from gui.panel import Panel
from gui.sections import LayersSection, Section, find_row, refused_by
from gui.session import Session
from gui.theme import LIGHT, Theme
from gui.translation import shown_text

# Said elsewhere on the panel, or not for changing here.
HIDDEN = {"name", "title", "source", "description"}
LEAST_WIDTH = 120  # narrower than its rows it scrolls
NETWORK_ONLY = {"data", "layers", "loss"}
FOLLOWS = {"names", "parameters", "trainable"}  # change along with what the person changed


class SettingsPanel(Panel):
    """Shows the wanted system; every entry goes through ``session.draft``."""

    name: ClassVar[str] = "settings"
    area: ClassVar[Qt.DockWidgetArea] = Qt.DockWidgetArea.LeftDockWidgetArea

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self._theme = LIGHT
        self.sections: dict[str, Section | LayersSection] = {}
        self.title_label = QLabel(self)
        self.title_label.setProperty("role", "heading")
        self.about = QLabel(self)
        self.about.setProperty("role", "muted")
        for label in (self.title_label, self.about):
            label.setWordWrap(True)
        self.note = QLabel(self)
        self.note.setProperty("role", "muted")
        self.note.setWordWrap(True)
        self.note.hide()
        self._build_notice()
        inner = self._inner = QWidget()
        self._list = QVBoxLayout(inner)
        self._list.setContentsMargins(8, 4, 8, 8)
        self._list.setSpacing(2)
        self._list.addWidget(self.title_label)
        self._list.addWidget(self.about)
        self._list.addSpacing(6)
        self._list.addStretch(1)
        self.scroller = QScrollArea(self)
        self.scroller.setWidget(inner)
        self.scroller.setWidgetResizable(True)
        self.scroller.setMinimumWidth(LEAST_WIDTH)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(4)
        box.addWidget(self.scroller, 1)
        box.addWidget(self.note)
        box.addWidget(self.notice)
        session.draft.changed.connect(self._show_draft)
        session.draft.applied.connect(self._say)
        session.refused.connect(self._show_refusal)
        self._show_draft()

    @staticmethod
    def title() -> str:
        """The heading of the dock, translated."""
        return tr("System")

    def show_topology(self, topology: Topology) -> None:
        """The graph was built: what waited for it, or was refused before it, is past."""
        for section in self.sections.values():
            for row in section.rows.values():
                row.show_error(None)
        self._show_draft()

    def apply_theme(self, theme: Theme) -> None:
        """Tint the icons."""
        self._theme = theme
        layers = self.sections.get("layers")
        if isinstance(layers, LayersSection):
            layers.apply_theme(theme)

    def row(self, key: str) -> Row | None:
        """The row that shows a setting, by its dotted key."""
        rows = [row for section in self.sections.values() for row in section.rows.values()]
        return find_row(rows, key)

    # -- entries -----------------------------------------------------------------------------

    def edit(self, key: str, value: Any) -> None:
        """Take over an entry, or say beside its field why not."""
        row = self.row(key)
        if row is not None:
            row.show_error(None)  # first: a row that shows an error keeps what was typed
        try:
            self.session.draft.edit(key, value)
        except InputError as error:
            self._show_error(error, key)

    def _show_refusal(self, error: Exception) -> None:
        self._show_error(error, refused_by(error))
        self._update_notice()

    def _show_error(self, error: Exception, key: str) -> None:
        text = refusal(error) if isinstance(error, InputError) else str(error)
        row = self.row(refused_by(error) or key) or self.row(key)
        if row is not None and isinstance(error, InputError):
            row.show_error(error)
            # On the next turn: only then has the text its place.
            QTimer.singleShot(0, row.error, partial(self.scroller.ensureWidgetVisible, row.error))
            return
        section = self.sections.get(key.partition(".")[0])
        if section is not None:
            section.show_error(text)
        else:
            self._say(text, "error")

    # -- showing -----------------------------------------------------------------------------

    def _show_draft(self) -> None:
        system = self.session.draft.system
        if system is None:
            self.title_label.setText(tr("No system"))
            self.about.setText(tr("Choose one from the Catalogue menu, or open a file (Ctrl+O)."))
            self.notice.hide()
            return
        self.title_label.setText(tr(system.title) or system.name)
        told = tr(shown_text(system.description))
        self.about.setText(told)
        self.about.setVisible(bool(told))
        pending = {difference.key for difference in self.session.draft.pending()}
        self._show_fields(system, pending)
        self._update_notice()

    def _show_fields(self, system: System, pending: set[str]) -> None:
        wanted = [
            (name, rule_of(field))
            for name, field in settings_of(System).items()
            if self._is_section(system, name, rule_of(field))
        ]
        names = {"", *(name for name, _ in wanted)}
        for name in [name for name in self.sections if name not in names]:
            section = self.sections.pop(name)
            section.hide()
            section.deleteLater()
        self._section("", tr("Run"), 0).show_settings(
            system, Rule(), pending, only=self._own(system)
        )
        for place, (name, rule) in enumerate(wanted, start=1):
            section = self._section(name, tr(name.replace("_", " ").capitalize()), place)
            value = getattr(system, name)
            if isinstance(section, LayersSection):
                section.show_layers(value, rule, pending)
            else:
                section.show_settings(value, rule, pending)

    @staticmethod
    def _is_section(system: System, name: str, rule: Rule) -> bool:
        if system.is_expression and name in NETWORK_ONLY:
            return False
        return rule.variants is not None or dataclasses.is_dataclass(getattr(system, name))

    @staticmethod
    def _own(system: System) -> set[str]:
        """The keys of the system's own lines: seed, dtype, and an expression with its values."""
        names = {name for name in settings_of(System) if name not in HIDDEN}
        if not system.is_expression:
            names -= {"expression"}
        values = {f"values.{name}" for name in system.values}
        return (names - FOLLOWS) | values

    def _section(self, name: str, title: str, place: int) -> Any:
        found = self.sections.get(name)
        if found is not None:
            return found
        parent = self._inner
        section: Section | LayersSection
        if name == "layers":
            section = LayersSection({}, self._theme, parent)
        else:
            special = {"expression": _formula, "data.source": self._data_field}
            section = Section(title, name, special, parent)
        section.edited.connect(self.edit)
        self.sections[name] = section
        self._list.insertWidget(3 + place, section)
        return section

    def _data_field(self, entry: Entry) -> Field:
        return DataField(entry, self.session)

    # -- the rebuild bar ---------------------------------------------------------------------

    def _build_notice(self) -> None:
        self.notice = QFrame(self)
        self.notice.setObjectName("notice")
        self.waiting = QLabel(self.notice)
        self.waiting.setWordWrap(True)
        self.rebuild_button = QPushButton(tr("Rebuild"), self.notice)
        self.rebuild_button.setToolTip(tr("Build the graph anew; training starts at step 0"))
        self.rebuild_button.setDefault(True)
        self.rebuild_button.clicked.connect(self.session.draft.rebuild)
        self.discard_button = QPushButton(tr("Discard"), self.notice)
        self.discard_button.setToolTip(tr("Go back to the settings that run"))
        self.discard_button.clicked.connect(self.session.draft.discard)
        buttons = QHBoxLayout()
        buttons.addWidget(self.rebuild_button)
        buttons.addWidget(self.discard_button)
        buttons.addStretch(1)
        box = QVBoxLayout(self.notice)
        box.setContentsMargins(10, 8, 10, 8)
        box.addWidget(self.waiting)
        box.addLayout(buttons)
        self.notice.hide()

    def _update_notice(self) -> None:
        every = [difference.key for difference in self.session.draft.pending()]
        keys = [key for key in every if key.partition(".")[0] not in FOLLOWS] or every
        self.notice.setVisible(bool(keys))
        if keys:
            shown = ", ".join(keys[:3]) + (" …" if len(keys) > 3 else "")
            text = tr("Waiting for a rebuild: {keys}. Training would start again at step 0.")
            self.waiting.setText(text.format(keys=shown))
            self.note.hide()

    def _say(self, text: str, role: str = "muted") -> None:
        self.note.setProperty("role", role)
        self.note.style().polish(self.note)
        self.note.setText(text)
        self.note.setContentsMargins(10, 0, 10, 6)
        self.note.setVisible(bool(text))


def _formula(entry: Entry) -> Field:
    return FormulaField()
