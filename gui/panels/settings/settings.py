"""The system and its settings: a form made from the declarations, with undo and a rebuild bar."""

import dataclasses
from pathlib import Path
from typing import Any, ClassVar

from PySide6.QtWidgets import QApplication, QFileDialog, QLabel, QScrollArea, QVBoxLayout, QWidget

from engine import data
from engine.messages.frame import Frame
from engine.messages.topology import Topology
from engine.settings.declaration import Rule, rule_of, settings_of
from engine.support.errors import InputError
from engine.support.text import tr
from engine.system import catalogue
from engine.system.setting_words import list_of, refusal
from engine.system.system import System
from gui.appearance.theme import LIGHT, Theme
from gui.appearance.translation import shown_text
from gui.panels.area import Area
from gui.panels.panel import Panel
from gui.panels.settings.entries import FormEntry
from gui.panels.settings.form_footer import FormFooter
from gui.panels.settings.forms import ChoiceField, Field, FormRow, FormulaField
from gui.panels.settings.layers_form import LayersSection
from gui.panels.settings.sections import Section, find_row, refused_by
from gui.session.session import Session

# Keys without effect on the computation, such as the title: shown in the About section.
DESCRIPTIVE = {name for name, field in settings_of(System).items() if rule_of(field).told}
HIDDEN = DESCRIPTIVE
LEAST_WIDTH = 120  # pixels; a panel narrower than its rows scrolls
NETWORK_ONLY = {"data", "layers", "loss"}
FOLLOWS = {"names", "parameters", "trainable"}  # keys that change as a consequence of an edit


class SettingsPanel(Panel):
    """Shows the wanted system; every entry goes through ``session.draft``."""

    name: ClassVar[str] = "settings"
    area: ClassVar[Area] = "left"

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
        self._note, self._note_step = "", 0  # what was done last, and at which step
        self._problem = ""  # why the last request was refused
        # The keys of the entry that was refused last and of the one that had the focus last: only
        # in these a text can stand that is not the setting's.
        self._touched = "", ""
        self._focused: FormRow | None = None
        self.footer = FormFooter(self)
        self.footer.rebuild.clicked.connect(session.draft.rebuild)
        self.footer.discard.clicked.connect(session.draft.discard)
        inner = self._inner = QWidget()
        self._list = QVBoxLayout(inner)
        self._list.setContentsMargins(8, 4, 8, 8)
        self._list.setSpacing(2)
        self._head = QWidget()
        head = QVBoxLayout(self._head)
        head.setContentsMargins(0, 0, 0, 0)
        head.setSpacing(2)
        for label in (self.title_label, self.about):
            head.addWidget(label)
        head.addStretch(1)
        self._list.addWidget(self._head)
        self._list.addSpacing(6)
        self._list.addStretch(1)
        self.scroller = QScrollArea(self)
        self.scroller.setAccessibleName(tr("Settings"))
        self.scroller.setWidget(inner)
        self.scroller.setWidgetResizable(True)
        self.scroller.setMinimumWidth(LEAST_WIDTH)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        box.addWidget(self.scroller, 1)
        box.addWidget(self.footer)
        session.draft.changed.connect(self._show_draft)
        session.draft.applied.connect(self._say)
        session.refused.connect(self._show_refusal)
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        application.focusChanged.connect(self._follow_focus)
        self._show_draft()

    @staticmethod
    def title() -> str:
        """The heading of the dock, translated."""
        return tr("System")

    def show_topology(self, topology: Topology) -> None:
        """Show a new graph; earlier messages are dropped."""
        self._note = self._problem = ""
        for row in self._rows():
            row.show_error("")
        self._show_draft()

    def show_frame(self, frame: Frame) -> None:
        """Drop the message about an edit once the step has changed."""
        if self._note and frame.step != self._note_step:
            self._note = ""
            self._update_footer()

    def apply_theme(self, theme: Theme) -> None:
        """Tint the icons."""
        self._theme = theme
        layers = self.sections.get("layers")
        if isinstance(layers, LayersSection):
            layers.apply_theme(theme)

    def row(self, key: str) -> FormRow | None:
        """Return the row of a setting, by its dotted key."""
        return find_row(self._rows(), key)

    def _rows(self) -> list[FormRow]:
        return [row for section in self.sections.values() for row in section.rows.values()]

    def keepsake(self) -> dict[str, Any]:
        """Return the entries that are being typed or were refused, by key; the newest last."""
        rows = {key: self.row(key) for key in self._touched if key}
        texts = {key: row.field.unfinished for key, row in rows.items() if row is not None}
        texts = {key: text for key, text in texts.items() if text}
        return {"unfinished": texts} if texts else {}

    def take_back(self, keepsake: dict[str, Any]) -> None:
        """Put back the entries that were being typed; the last one gets the focus."""
        for key, text in dict(keepsake.get("unfinished", {})).items():
            row = self.row(str(key))
            if row is not None and row.entry.key == key:
                row.field.setFocus()
                row.field.type_again(str(text))

    def act_on_layer(self, what: str) -> bool:
        """Carry out a command on the chosen layer; False where none is chosen."""
        layers = self.sections.get("layers")
        return isinstance(layers, LayersSection) and layers.act_on_chosen(what)

    # -- entries -----------------------------------------------------------------------------

    def edit(self, key: str, value: Any) -> None:
        """Apply an entry through the draft, or mark its field and show the reason."""
        row = self.row(key)
        if row is not None:
            row.show_error("")  # first, since a row with an error keeps the typed text
        self._note = self._problem = ""
        try:
            self.session.draft.edit(key, value, typed=row is None or row.field.typed)
        except InputError as error:
            self._show_error(error, key)
        self._update_footer()

    def _show_refusal(self, error: Exception) -> None:
        self._show_error(error, refused_by(error))
        self._update_footer()

    def _show_error(self, error: Exception, key: str) -> None:
        place = refused_by(error) or key
        self._problem = refusal(error, place, self.session.draft.system)
        row = self.row(place) or self.row(key)
        if row is not None and isinstance(error, InputError):
            self._touched = row.entry.key, self._touched[1]
            row.show_error(self._problem)
            return
        layers = self.sections.get("layers")
        if isinstance(layers, LayersSection):
            layers.mark(place)

    # -- showing the draft -------------------------------------------------------------------

    def _show_draft(self) -> None:
        system = self.session.draft.system
        if system is None:
            self.title_label.setText(tr("No system"))
            self.about.setText(tr("Choose one from the Catalogue menu, or open a file (Ctrl+O)."))
            return
        # The title changes with the first edit; its height is kept, so that the form does not move.
        edited = self.session.draft.stack.count() > 0
        self._head.setMinimumHeight(self._head.height() if edited else 0)
        self.title_label.setText(tr(system.title) or system.called)
        description = tr(shown_text(system.description)) or based_on(system)
        self.about.setText(description)
        self.about.setVisible(bool(description))
        pending = {difference.key for difference in self.session.draft.pending()}
        self._problem = ""
        self._show_fields(system, pending)
        self._update_footer()

    def _show_fields(self, system: System, pending: set[str]) -> None:
        wanted = [
            (name, rule_of(field))
            for name, field in settings_of(System).items()
            if self._is_section(system, name, rule_of(field))
        ]
        names = {"", "about", *(name for name, _ in wanted)}
        for name in [name for name in self.sections if name not in names]:
            section = self.sections.pop(name)
            section.hide()
            section.deleteLater()
        about = DESCRIPTIVE - ({"based_on"} if not system.based_on else set())
        self._section("about", tr("About"), 0).show_settings(system, Rule(), pending, only=about)
        self._section("", tr("Run"), 1).show_settings(
            system, Rule(), pending, only=self._system_keys(system)
        )
        for place, (name, rule) in enumerate(wanted, start=2):
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
    def _system_keys(system: System) -> set[str]:
        """Return the keys shown in the system's own section: seed, dtype, expression and values."""
        names = {name for name in settings_of(System) if name not in HIDDEN}
        if not (system.is_expression or system.is_empty):
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
            special = {
                "expression": _formula,
                "description": _prose,
                "data.source": self._data_field,
            }
            section = Section(title, "" if name == "about" else name, special, parent)
            section.heading.setChecked(name != "about")  # closed: shown above already
        section.edited.connect(self.edit)
        self.sections[name] = section
        self._list.insertWidget(2 + place, section)
        return section

    def _data_field(self, entry: FormEntry) -> Field:
        return DataField(entry, self.session)

    # -- the footer --------------------------------------------------------------------------

    def _update_footer(self) -> None:
        """Show an error, else what waits for a rebuild, else the last edit and a field's help."""
        waiting = self._waiting()
        self.footer.show_waiting(bool(waiting))
        focused = self._focused
        if focused is not None and focused.error:
            self.footer.show_text(focused.error, "error")
        elif self._problem:
            self.footer.show_text(self._problem, "error")
        elif waiting:
            self.footer.show_text(waiting, "warning")
        else:
            idle = "" if self._note else tr("Click a field to read here what it is.")
            lines = [self._note, focused.help if focused is not None else idle]
            self.footer.show_text("\n".join(filter(None, lines)))

    def _waiting(self) -> str:
        """Return what waits for a rebuild as text, "" where nothing does."""
        draft = self.session.draft
        every = [difference.key for difference in draft.pending()]
        keys = [key for key in every if key.partition(".")[0] not in FOLLOWS] or every
        if not keys:
            return ""
        text = tr("Waiting for a rebuild: {settings}. Training would start again at step 0.")
        return text.format(settings=list_of(keys, draft.system))

    def _say(self, text: str) -> None:
        self._note = text
        self._note_step = self.session.frame.step if self.session.frame is not None else 0
        self._update_footer()

    def _follow_focus(self, _: QWidget | None, now: QWidget | None) -> None:
        if now is not None and self.isAncestorOf(now):
            found = (row for row in self._rows() if row.field in (now, now.parentWidget()))
            self._focused = next(found, None)
            if self._focused is not None:
                self._touched = self._touched[0], self._focused.entry.key
        else:
            self._focused = None
        self._update_footer()


def based_on(system: System) -> str:
    """Return which catalogue system this one was made from as text; "" where none."""
    entry = next((one for one in catalogue.entries() if one.name == system.based_on), None)
    if entry is None:
        return ""
    return tr("Based on {title}").format(title=tr(entry.title) or entry.name)


def _prose(entry: FormEntry) -> Field:
    field = FormulaField()
    field.setLineWrapMode(FormulaField.LineWrapMode.WidgetWidth)
    return field


def _formula(entry: FormEntry) -> Field:
    return FormulaField()


FILE_FILTER = "CSV, NPZ (*.csv *.npz)"


class DataField(ChoiceField):
    """A list of data sets, into which a path can be typed; its last item opens a file dialog."""

    def __init__(self, entry: FormEntry, session: Session) -> None:
        super().__init__(entry, data.names(), editable=True)
        self._session = session
        self.insertSeparator(self.count())
        self.addItem(tr("Open a file…"))
        self.activated.disconnect()
        self.activated.connect(self._choose)

    def _choose(self, index: int) -> None:
        if index != self.count() - 1:
            self._commit()
            return
        self.show_value(self._shown)
        path, _ = QFileDialog.getOpenFileName(self, tr("Open data"), "", FILE_FILTER)
        if path:
            self.entered.emit(str(Path(path)))
