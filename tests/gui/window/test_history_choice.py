"""The allowance of the plots' history: in a menu, remembered, told in megabytes."""

from typing import Any, cast

import numpy as np
import pytest
from PySide6.QtWidgets import QMenu, QWidget

from gui.history.history import MEGABYTE, History
from gui.window.choices.history_memory import CHOICES, DEFAULT, KEY, HistoryChoice, use_words
from tests.gui.panel_help import rows
from tests.gui.rig import dismiss, settings_in, shown_window


@pytest.fixture
def parent(qtbot: Any) -> QWidget:
    made = QWidget()
    qtbot.addWidget(made)
    return made


def test_the_default_is_256_megabytes(tmp_path, parent):
    history = History(max_bytes=1)
    choice = HistoryChoice(history, settings_in(tmp_path), parent)
    choice.menu(parent)
    assert history.max_bytes == 256 * MEGABYTE
    assert [n for n, action in choice.actions.items() if action.isChecked()] == [DEFAULT]


def test_a_choice_counts_at_once_and_the_next_time(tmp_path, parent):
    history = History()
    choice = HistoryChoice(history, settings_in(tmp_path), parent)
    choice.menu(parent)
    choice.actions[64].trigger()
    assert history.max_bytes == 64 * MEGABYTE
    later = History()
    again = HistoryChoice(later, settings_in(tmp_path), parent)
    again.menu(parent)
    assert later.max_bytes == 64 * MEGABYTE
    assert again.actions[64].isChecked()


@pytest.mark.parametrize("stored", ["", "many", "-64", "63", "1e3"])
def test_nonsense_in_the_settings_is_the_default(tmp_path, parent, stored):
    settings = settings_in(tmp_path)
    settings.setValue(KEY, stored)
    history = History()
    HistoryChoice(history, settings, parent)
    assert history.max_bytes == DEFAULT * MEGABYTE
    assert DEFAULT in CHOICES


def test_the_menu_tells_what_is_in_use(tmp_path, parent):
    history = History(max_bytes=MEGABYTE)
    history.reset(1, 10)
    menu = HistoryChoice(History(), settings_in(tmp_path), parent).menu(parent)
    assert menu.title() == "Plot &history"
    menu.aboutToShow.emit()
    assert menu.actions()[0].text() == "In use: 0 MB"
    history.append(rows(np.arange(512), 10))
    assert use_words(history) == "In use: 0.16 MB"
    for start in range(512, 20_000, 512):
        history.append(rows(np.arange(start, start + 512), 10))
    assert f"every step from {history.exact_from:,}".replace(",", "\u2009") in use_words(history)


def test_it_stands_in_the_view_menu_and_is_in_force_in_the_next_window(tmp_path, qtbot):
    for expected in (DEFAULT, 128):
        window = shown_window(tmp_path)
        try:
            assert window.session.history.max_bytes == expected * MEGABYTE
            menus = [cast(QMenu, a.menu()) for a in window.menus["view"].actions() if a.menu()]
            (menu,) = [menu for menu in menus if menu.title() == "Plot &history"]
            (action,) = [a for a in menu.actions() if a.objectName() == "history-128"]
            action.trigger()
            assert window.session.history.max_bytes == 128 * MEGABYTE
        finally:
            dismiss(window)
