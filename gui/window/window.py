"""The main window: the canvas in the middle, panels around it, menus and status bar."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QSettings, Qt, QTimer
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QKeyEvent, QShowEvent
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget

from engine.messages.frame import Frame
from engine.messages.topology import Topology
from engine.support.text import tr, visible
from gui.appearance.icons import app_icon, icon
from gui.appearance.style import Choice, Style
from gui.appearance.theme import Theme
from gui.canvas.canvas import Canvas
from gui.panels.panel import Panel
from gui.session.session import Session
from gui.window import actions as action_table
from gui.window.choices.blas_threads import ThreadChoice
from gui.window.choices.colours import ColourChoice
from gui.window.choices.gradient_order import OrderChoice
from gui.window.copying import copier_of
from gui.window.exporting.exports import Exports
from gui.window.exporting.run_export import RunExport
from gui.window.find_bar import FindBar
from gui.window.focus import Focus
from gui.window.menus import make_menus, make_toolbar
from gui.window.opening.files import Files
from gui.window.parts import WindowParts
from gui.window.status import StatusBar
from gui.workspace.window_place import WindowPlace
from gui.workspace.workspace import Workspace

if TYPE_CHECKING:
    from gui.panels.settings.settings import SettingsPanel
    from gui.panels.transport.transport import TransportPanel

MESSAGE_MS = 8000  # how long the status bar shows a message


class MainWindow(WindowParts):
    """Makes the parts, and passes topologies, frames and themes on to them."""

    files: Files  # the whole class: the window calls more than the protocol declares
    focus: Focus
    threads: ThreadChoice
    status: StatusBar

    def __init__(
        self, session: Session, style: Style, settings: QSettings, panels: tuple[type[Panel], ...]
    ) -> None:
        super().__init__()
        self.session, self.style_choice, self.settings = session, style, settings
        self.panels: dict[str, Panel] = {}
        # panels that can be seen; Qt also calls those behind a tab visible
        self._seen: set[str] = set()
        self.setWindowIcon(app_icon())
        self.setAcceptDrops(True)
        self.canvas = Canvas(session, style.theme)
        self.find_bar = FindBar(self.canvas)
        self.workspace = Workspace(self._centre(), style.theme)
        self.setCentralWidget(self.workspace)
        self.files = Files(self)
        self.exports = Exports(self)
        self.run_export = RunExport(self)
        for panel in panels:
            self._add_panel(panel)
        self.docks = self.workspace.docks
        self.workspace.restore(str(settings.value("layout", "")))
        self.actions_by_id = action_table.build(self)
        self.status = StatusBar(self)
        self.setStatusBar(self.status)
        self.threads = ThreadChoice(self)
        self.colours = ColourChoice(self.canvas, settings, self.actions_by_id["refit"])
        self.orders = OrderChoice(self)
        self.menus = make_menus(self)
        self.focus = Focus(self)
        self.toolbar = make_toolbar(self)
        for widget in self.panels.values():
            widget.take_actions(self.actions_by_id)
        self.actions_by_id["shares"].setChecked(settings.value("shares", True, bool) is True)
        self.show_shares()
        self.actions_by_id["overview"].setChecked(settings.value("overview", True, bool) is True)
        self.show_overview()
        self._busy = ""
        self._connect()
        self.apply_theme(style.theme)
        self._update_actions()
        self.place = WindowPlace(self, settings)

    # -- building ----------------------------------------------------------------------------

    def _centre(self) -> QWidget:
        centre = QWidget()
        box = QVBoxLayout(centre)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        box.addWidget(self.find_bar)
        box.addWidget(self.canvas, 1)
        self._above_canvas = box
        return centre

    def put_above(self, bar: QWidget) -> None:
        """Put a bar above the canvas and the line for searching."""
        self._above_canvas.insertWidget(0, bar)

    def _add_panel(self, panel: type[Panel]) -> None:
        widget = panel(self.session)
        widget.take_settings(self.settings)
        self.panels[panel.name] = widget
        dock = self.workspace.add_panel(widget, panel.title())
        dock.visibilityChanged.connect(lambda shown, n=panel.name: self._dock_shown(n, shown))

    def _connect(self) -> None:
        session = self.session
        session.topology_changed.connect(self._show_topology)
        self._listen()
        session.busy_changed.connect(self._show_busy)
        session.problem.connect(self.note)
        session.sought.connect(self.canvas.going.to_node)
        session.cancelled.connect(self.note)
        session.said.connect(self.note)
        session.file_changed.connect(self._update_title)
        session.draft.changed.connect(self._update_actions)
        session.draft.stack.indexChanged.connect(self._update_actions)
        session.draft.applied.connect(self.note)
        self.canvas.announced.connect(self.note)
        self.canvas.view.repainting.pressed.connect(session.hold_training)
        self.canvas.export_wanted.connect(self.exports.ask)
        self.canvas.copy_wanted.connect(self.exports.copy)
        self.style_choice.changed.connect(self.apply_theme)

    # -- signals of the session --------------------------------------------------------------

    def _show_topology(self, topology: Topology) -> None:
        self.canvas.show_topology(topology)
        for panel in self.panels.values():
            panel.show_topology(topology)
        self.find_bar.show_topology(topology)
        self.status.dtype.setText(topology.dtype)
        self.note(tr("Opened {title}").format(title=tr(topology.title) or topology.system))
        self._update_actions()
        self._update_title()
        self.focus.after_build()

    def _listen(self) -> None:
        """Register for frames: the canvas first, then the panels that can be seen."""
        hear = self.session.fan_out.add
        hear(self.canvas.show_frame)
        hear(self._show_place)
        for name, panel in self.panels.items():
            hear(panel.show_frame, partial(self._is_seen, name))

    def _is_seen(self, name: str) -> bool:
        return name in self._seen

    def _dock_shown(self, name: str, shown: bool) -> None:
        """Give a panel that was hidden or behind a tab the newest frame when it is shown."""
        (self._seen.add if shown else self._seen.discard)(name)
        if shown and self.session.frame is not None:
            self.panels[name].show_frame(self.session.frame)

    def _show_place(self, frame: Frame) -> None:
        self.status.show_frame(frame, self.session.topology)
        self._show_running(frame.running)
        if self.docks["transport"].isHidden() and frame.message and not frame.running:
            self.note(frame.message)

    def _show_running(self, running: bool) -> None:
        run = self.actions_by_id["run"]
        if run.data() != running:
            run.setData(running)
            run.setText(tr("&Pause") if running else tr("&Run"))
            self._tint_run()

    def _tint_run(self) -> None:
        run, theme = self.actions_by_id["run"], self.style_choice.theme
        run.setIcon(icon("pause" if run.data() else "run", theme, theme.on_accent))

    def _show_busy(self, text: str) -> None:
        if text:
            self.note(text)
        elif self.status.words.text() == self._busy:  # the work has ended
            self.status.show_text("")
        self._busy = text

    def note(self, text: str) -> None:
        """Show a message in the status bar."""
        self.status.show_text(text.replace("\n", " "), MESSAGE_MS)

    def apply_theme(self, theme: Theme) -> None:
        """Pass the theme on to everything that uses its colours."""
        action_table.tint(self.actions_by_id, theme)
        self._tint_run()
        self.canvas.apply_theme(theme)
        self.find_bar.apply_theme(theme)
        self.workspace.apply_theme(theme)
        for panel in self.panels.values():
            panel.apply_theme(theme)

    def _update_actions(self, *_: object) -> None:
        topology = self.session.topology
        for spec in action_table.specs():
            if spec.needs_system:
                lacks = spec.needs_samples and topology is not None and not topology.has_samples
                there = topology is not None and bool(topology.nodes or spec.empty_too)
                self.actions_by_id[spec.id].setEnabled(there and not lacks)
        stack = self.session.draft.stack
        self.actions_by_id["undo"].setEnabled(stack.canUndo())
        self.actions_by_id["redo"].setEnabled(stack.canRedo())
        waiting = bool(self.session.draft.pending())
        self.actions_by_id["rebuild"].setEnabled(waiting)
        self._update_title()

    def _update_title(self) -> None:
        system = self.session.draft.system
        if system is None:
            self.setWindowTitle(tr("Gradient Flow Explorer"))
            return
        path = self.session.path
        name = path.name if path else system.called
        shown = visible(name).replace("[*]", "[*][*]")  # Qt shows a doubled mark as it is
        self.setWindowTitle(f"{shown}[*] — {tr('Gradient Flow Explorer')}")
        self.setWindowModified(self.session.modified)

    # -- commands ----------------------------------------------------------------------------

    def train_steps(self) -> None:
        """Train the number of steps in the transport's box."""
        transport: TransportPanel = self.panels["transport"]  # type: ignore[assignment]
        transport.train_steps()

    def rebuild(self) -> None:
        """Rebuild the graph with the changed settings, including an entry still being typed."""
        self.focus.to_canvas()
        self.session.draft.rebuild()

    def copy(self) -> None:
        """Copy the focused widget, or else the graph."""
        copy_focused = copier_of(QApplication.focusWidget())
        if copy_focused is None:
            self.exports.copy()
        else:
            self.note(copy_focused())

    def act_on_layer(self, what: str) -> None:
        """Move or copy the layer of the form that was used last."""
        settings: SettingsPanel = self.panels["settings"]  # type: ignore[assignment]
        if settings.act_on_layer(what):
            self.focus.went_by_tab()  # the focus stays in the form, to move the layer further
        else:
            self.note(tr("Choose a layer first: click its heading in the System panel"))

    def show_catalogue(self) -> None:
        """Open the catalogue's window."""
        from gui.window.opening.catalogue_window import CatalogueWindow

        CatalogueWindow(self).open()

    def show_shortcuts(self) -> None:
        """Open the list of all shortcuts."""
        from gui.window.dialogs import ShortcutSheet

        ShortcutSheet(self).open()

    def show_about(self) -> None:
        """Open the About box."""
        from gui.window.dialogs import AboutBox

        AboutBox(self).open()

    def leave(self) -> None:
        """Esc: cancel long work, or leave the innermost search, part, selection or group."""
        if self.canvas.stay():
            self.note(tr("Cancelled"))
        elif self.session.busy:
            self.session.cancel()
        elif self.find_bar.isVisible():
            self.find_bar.leave()
        elif self.canvas.selecting.active:
            self.canvas.selecting.leave()
        elif self.session.selected_node is not None or self.session.selected_edge is not None:
            self.session.select()
        elif not self.canvas.groups.leave() and self.isFullScreen():
            self.toggle_full_screen()

    def toggle_full_screen(self) -> None:
        """Show the canvas alone on the full screen, or return to the window as it was."""
        self.setWindowState(self.windowState() ^ Qt.WindowState.WindowFullScreen)

    def changeEvent(self, event: QEvent) -> None:
        """Show the canvas alone in full screen, also if the window manager caused it."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.WindowStateChange and hasattr(self, "toolbar"):
            full = self.isFullScreen()
            for bar in (self.menuBar(), self.toolbar, self.status):
                bar.setVisible(not full)
            self.workspace.set_alone(full)
            self.actions_by_id["full-screen"].setChecked(full)

    def show_shares(self) -> None:
        """Show shares on the edges of the graph, or hide them; saved."""
        shown = self.actions_by_id["shares"].isChecked()
        self.canvas.scene.show_shares(shown)
        self.settings.setValue("shares", shown)

    def show_overview(self) -> None:
        """Show the overview map for graphs that do not fit, or hide it; saved."""
        wanted = self.actions_by_id["overview"].isChecked()
        self.canvas.overview.want(wanted)
        self.settings.setValue("overview", wanted)

    def choose_theme(self, choice: Choice) -> None:
        """Use the theme chosen in the menu."""
        self.style_choice.choose(choice)

    def reset_layout(self) -> None:
        """Restore the first arrangement of the panels."""
        self.workspace.reset()

    # -- keys --------------------------------------------------------------------------------

    def focusNextPrevChild(self, forward: bool) -> bool:
        before = QApplication.focusWidget()
        if before is not None and not (before.isVisible() and before.isEnabled()):
            # Qt moves the focus because a widget was disabled or hidden, not by Tab.
            self.focus.to_canvas()
            return True
        moved = super().focusNextPrevChild(forward)
        self.focus.went_by_tab()
        return moved

    def keyPressEvent(self, event: QKeyEvent) -> None:
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if not (enter and self.focus.after_enter()):
            super().keyPressEvent(event)

    # -- start, end and dropped files --------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        QTimer.singleShot(0, self.workspace, self.workspace.show_floats)

    def closeEvent(self, event: QCloseEvent) -> None:
        self.place.remember()
        self.settings.setValue("layout", self.workspace.arrangement.to_text())
        self.files.remember_session()
        self.settings.sync()
        self.session.close()
        self.exports.close()
        self.run_export.close()
        self.canvas.shutdown()
        self.workspace.close_floats()
        super().closeEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if self.files.dropped(event.mimeData()) is not None:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        path = self.files.dropped(event.mimeData())
        if path is not None:
            event.acceptProposedAction()
            # In the next turn: a dialog inside the drop would block the program dragged from.
            QTimer.singleShot(0, lambda: self.files.open_path(path))
