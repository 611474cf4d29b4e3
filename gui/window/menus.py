"""Builds menus and toolbar from the actions, the catalogue, the docks and the themes."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QMenu, QToolBar

from engine.support.text import tr
from engine.system import catalogue
from gui.appearance.style import CHOICES
from gui.window import actions as action_table
from gui.window.choices.history_memory import HistoryChoice
from gui.window.kept_menu import KeptMenu
from gui.window.parts import WindowParts


def make_menus(window: WindowParts) -> dict[str, QMenu]:
    """Fill the menu bar; return the menus by name."""
    menus: dict[str, QMenu] = {}
    for name in action_table.MENUS:
        menus[name] = window.menuBar().addMenu(action_table.menu_title(name))
        menus[name].setToolTipsVisible(True)
    for spec in action_table.specs():
        if spec.menu:
            if spec.rule:
                menus[spec.menu].addSeparator()
            menus[spec.menu].addAction(window.actions_by_id[spec.id])
    _fill_catalogue(window, menus["catalogue"])
    menus["train"].addMenu(KeptMenu(window))
    menus["train"].addSeparator()
    window.threads.fill(menus["train"])
    _fill_view(window, menus["view"])
    recent = QMenu(tr("Open &recent"), window)
    recent.setToolTipsVisible(True)
    menus["file"].insertMenu(window.actions_by_id["save"], recent)
    recent.aboutToShow.connect(lambda: window.files.fill_recent(recent))
    return menus


def make_toolbar(window: WindowParts) -> QToolBar:
    """Make the toolbar: the most used actions, in groups."""
    bar = window.addToolBar(tr("Tools"))
    bar.setObjectName("toolbar")
    bar.setIconSize(QSize(18, 18))
    for place, group in enumerate(action_table.TOOLBAR):
        if place:
            bar.addSeparator()
        for name in group:
            action = window.actions_by_id[name]
            bar.addAction(action)
            action_table.toolbar_widget(bar.widgetForAction(action))
    return bar


def _fill_catalogue(window: WindowParts, menu: QMenu) -> None:
    """Add a menu for each topic below the action that opens the catalogue's window."""
    menu.addSeparator()
    for topic, entries in catalogue.by_topic().items():
        inner = menu.addMenu((tr(topic) if topic else tr("More")).replace("&", "&&"))
        inner.setToolTipsVisible(True)
        for entry in entries:
            title = tr(entry.title)
            words = f"{entry.name} — {title}" if title else entry.name
            action = inner.addAction(words.replace("&", "&&"))
            action.setObjectName(f"catalogue-{entry.name}")
            action.setToolTip(entry.source or entry.name)
            action.triggered.connect(lambda _=False, n=entry.name: window.files.open_entry(n))


def _fill_view(window: WindowParts, menu: QMenu) -> None:
    window.colours.fill(menu, window.actions_by_id["open-groups"])
    before = window.actions_by_id["reset-layout"]
    panels = QMenu(tr("&Panels"), window)
    for dock in window.docks.values():
        panels.addAction(dock.toggleViewAction())
    menu.insertMenu(before, panels)
    themes = QMenu(tr("&Theme"), window)
    group = QActionGroup(themes)
    words = {"system": tr("As the &system"), "light": tr("&Light"), "dark": tr("&Dark")}
    for choice in CHOICES:
        action = themes.addAction(words[choice])
        action.setCheckable(True)
        action.setChecked(choice == window.style_choice.choice)
        action.setObjectName(f"theme-{choice}")
        group.addAction(action)
        action.triggered.connect(lambda _=False, c=choice: window.choose_theme(c))
    menu.insertMenu(before, themes)
    allowance = HistoryChoice(window.session.history, window.settings, window)
    menu.insertMenu(before, allowance.menu(window))
