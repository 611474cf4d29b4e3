"""Small dialogs: messages and questions, the list of shortcuts, the About box."""

from __future__ import annotations

import platform
from importlib import metadata

from PySide6.QtCore import Qt, qVersion
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import (
    QDialogButtonBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QScrollArea,
    QStyle,
    QTextBrowser,
    QVBoxLayout,
    QWidget,
)

from engine.support.about import program_version
from engine.support.places import ROOT
from engine.support.text import tr
from gui.appearance.icons import app_icon
from gui.widgets.dialog import Dialog, WholeText
from gui.window.action_spec import Spec
from gui.window.actions import MENUS, menu_title, specs

Button = QDialogButtonBox.StandardButton
LIBRARIES = ("PySide6_Essentials", "pyqtgraph", "numpy", "networkx", "threadpoolctl", "pygraphviz")


def tell_problem(parent: QWidget, text: str) -> None:
    """Show in a message box why a request failed; does not block the window."""
    warning, ok = QStyle.StandardPixmap.SP_MessageBoxWarning, Button.Ok
    MessageBox(parent, warning, tr("That did not work"), text, ok).open()


def ask(
    parent: QWidget, title: str, text: str, buttons: Button, default: Button | None = None
) -> Button:
    """Ask a question and return the chosen button; ``Cancel`` if the box was closed.

    ``default``: the button that Return presses.
    """
    box = question(parent, title, text, buttons)
    if default is not None:
        for button in box.buttons.buttons():
            chosen = box.buttons.standardButton(button) == default
            button.setAutoDefault(chosen)  # type: ignore[attr-defined]
            button.setDefault(chosen)  # type: ignore[attr-defined]
    return Button(box.exec() or Button.Cancel.value)


def question(parent: QWidget, title: str, text: str, buttons: Button) -> MessageBox:
    """Return a box with a question; its ``finished(button)`` is the answer, 0 for none."""
    icon = QStyle.StandardPixmap.SP_MessageBoxQuestion
    return MessageBox(parent, icon, title, text, buttons)


class MessageBox(Dialog):
    """A message of any length with buttons, shown whole; Esc closes it."""

    def __init__(
        self,
        parent: QWidget,
        icon: QStyle.StandardPixmap,
        title: str,
        text: str,
        buttons: Button,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        picture = QLabel(self)
        picture.setPixmap(self.style().standardIcon(icon).pixmap(32, 32))
        picture.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.words = WholeText(text, self)
        self.buttons = QDialogButtonBox(buttons, self)
        self.buttons.clicked.connect(lambda b: self.done(self.buttons.standardButton(b).value))
        row = QHBoxLayout()
        row.setSpacing(16)
        row.addWidget(picture)
        row.addWidget(self.words, 1)
        box = QVBoxLayout(self)
        box.setSpacing(16)
        box.addLayout(row)
        box.addWidget(self.buttons)


class ShortcutSheet(Dialog):
    """A list of all actions with their shortcuts, and a field to filter it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Keyboard shortcuts"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.filter = QLineEdit(self)
        self.filter.setPlaceholderText(tr("Filter"))
        self.filter.setClearButtonEnabled(True)
        self.filter.textChanged.connect(self._filter)
        self.rows: list[tuple[str, list[QWidget]]] = []
        sheet = QWidget()
        columns = QHBoxLayout(sheet)
        columns.setSpacing(32)
        by_menu = {menu: [s for s in specs() if s.menu == menu and s.keys] for menu in MENUS}
        by_menu["file"] += [spec for spec in specs() if not spec.menu]
        self._add_column(columns, by_menu, ("file", "edit", "catalogue", "select", "go", "help"))
        self._add_column(columns, by_menu, ("train", "view"))
        area = QScrollArea(self)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(sheet)
        area.setWidgetResizable(True)
        box = QVBoxLayout(self)
        box.addWidget(self.filter)
        box.addWidget(area, 1)
        box.addWidget(_close_button(self))
        self.resize(940, 560)

    def _add_column(
        self, columns: QHBoxLayout, by_menu: dict[str, list[Spec]], menus: tuple[str, ...]
    ) -> None:
        grid = QGridLayout()
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(5)
        for menu in menus:
            if not by_menu[menu]:
                continue
            heading = QLabel(menu_title(menu).replace("&", ""))
            heading.setProperty("role", "heading")
            grid.addWidget(heading, grid.rowCount(), 0, 1, 2)
            for spec in by_menu[menu]:
                self._add_row(grid, spec)
        grid.setRowStretch(grid.rowCount(), 1)
        grid.setColumnStretch(1, 1)
        columns.addLayout(grid, 1)

    def _add_row(self, grid: QGridLayout, spec: Spec) -> None:
        native = QKeySequence.SequenceFormat.NativeText
        keys = QLabel("  ".join(QKeySequence(key).toString(native) for key in spec.keys))
        keys.setProperty("role", "muted")
        keys.setAlignment(Qt.AlignmentFlag.AlignTop)
        text = QLabel(spec.tip)
        text.setWordWrap(True)
        text.setAlignment(Qt.AlignmentFlag.AlignTop)
        row = grid.rowCount()
        grid.addWidget(keys, row, 0)
        grid.addWidget(text, row, 1)
        self.rows.append((f"{spec.tip} {keys.text()}".casefold(), [keys, text]))

    def _filter(self, wanted: str) -> None:
        for text, widgets in self.rows:
            for widget in widgets:
                widget.setVisible(wanted.strip().casefold() in text)


class AboutBox(Dialog):
    """Version, licence, the libraries' versions, and the sources of the data."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("About Gradient Flow Explorer"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        picture = QLabel(self)
        picture.setPixmap(app_icon().pixmap(64, 64))
        name = QLabel(
            f"<b style='font-size: large'>{tr('Gradient Flow Explorer')}</b><br>"
            + tr("version {version}").format(version=program_version())
        )
        head = QHBoxLayout()
        head.addWidget(picture)
        head.addWidget(name, 1)
        text = QTextBrowser(self)
        text.setOpenExternalLinks(True)
        text.setHtml(about_text())
        box = QVBoxLayout(self)
        box.addLayout(head)
        box.addWidget(text, 1)
        box.addWidget(_close_button(self))
        self.resize(520, 420)


def about_text() -> str:
    """Return the text of the About box as HTML."""
    lines = [
        f"<p>{tr('See the gradient flow through a network while it trains.')}</p>",
        f"<p>{tr('MIT licence. Fonts: DejaVu, under their own free licence.')}</p>",
        f"<h4>{tr('Libraries')}</h4><p>",
        f"Python {platform.python_version()}<br>Qt {qVersion()} (LGPL 3)<br>",
        *(f"{name} {version}<br>" for name, version in _versions()),
        f"</p><h4>{tr('Data')}</h4><p>",
        *(f"{name}: {licence}<br>" for name, licence in _data_licences()),
        "</p>",
    ]
    return "".join(lines)


def _versions() -> list[tuple[str, str]]:
    found = []
    for name in LIBRARIES:
        try:
            found.append((name.replace("_Essentials", ""), metadata.version(name)))
        except metadata.PackageNotFoundError:
            found.append((name, tr("not installed")))
    return found


def _data_licences() -> list[tuple[str, str]]:
    """Return the "Licence" section of each licence file beside the data."""
    found = []
    for path in sorted((ROOT / "resources" / "data").glob("*.LICENSE.txt")):
        lines = path.read_text(encoding="utf-8").splitlines()
        words = [line.partition("Licence")[2].strip() for line in lines if "Licence " in line]
        found.append((path.name.partition(".")[0], words[0] if words else path.name))
    return found


def _close_button(dialog: Dialog) -> QDialogButtonBox:
    buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, dialog)
    buttons.rejected.connect(dialog.reject)
    return buttons
