"""The catalogue: its window and its menu; every entry has its pictures."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest

from engine.system import catalogue as listing
from gui.window.opening.catalogue_list import ENTRY, FOLDER, PIXELS, THUMBNAIL, thumbnail_path
from gui.window.opening.catalogue_window import CatalogueWindow
from tests.gui.rig import settle, wait

pytestmark = pytest.mark.window("cs231n-gates")
NAMES = [entry.name for entry in listing.entries()]


@pytest.fixture
def catalogue(window):
    window.actions_by_id["catalogue"].trigger()
    yield window.findChild(CatalogueWindow)
    for left in window.findChildren(CatalogueWindow):
        left.close()


def shown(catalogue):
    items = [item for item in catalogue.cards.every() if not item.isHidden()]
    return [item.text() for item in items if item.data(ENTRY) is not None]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", NAMES)
def test_every_entry_has_its_picture(name, theme):
    """`python3 -m tests.thumbnails` makes them."""
    picture = QImage(str(thumbnail_path(name, theme)))
    width, height = (PIXELS * length for length in THUMBNAIL)
    assert not picture.isNull()
    assert picture.width() == width or picture.height() == height
    assert picture.width() <= width
    assert picture.height() <= height
    colours = {picture.pixel(x, y) for x in range(0, picture.width(), 3)
               for y in range(0, picture.height(), 3)}  # fmt: skip
    assert len(colours) > 16, "nothing is drawn"


def test_the_pictures_are_small_and_all_of_entries():
    files = list(FOLDER.iterdir())
    assert {path.stem.rpartition("-")[0] for path in files} == set(NAMES)
    assert sum(path.stat().st_size for path in files) < 1_000_000


def test_every_entry_stands_under_a_topic_with_its_source():
    assert len(listing.by_topic()) > 3
    assert "" not in listing.by_topic()
    assert all(entry.title and entry.source for entry in listing.entries())
    assert NAMES[0] == "d2l-mlp"


def test_all_entries_are_there_and_the_one_that_is_open_is_chosen(catalogue):
    assert shown(catalogue) == NAMES
    assert catalogue.cards.chosen().name == "cs231n-gates"
    assert "max routes it" in catalogue.words.text()
    item = catalogue.cards.currentItem()
    assert "CS231n" in item.data(Qt.ItemDataRole.AccessibleTextRole)


@pytest.mark.parametrize(
    ("text", "first", "few"),
    [("lstm", "lstm", 4), ("mindspore", "mindspore-mlp", 1), ("d2l-mlp", "d2l-mlp", 3),
     ("dive 8.6", "resnet-mlp", 2), ("TREES vaswani", "attention", 2)],
)  # fmt: skip
def test_search_finds_names_books_and_topics(catalogue, text, first, few):
    QTest.keyClicks(catalogue.search, text)
    assert catalogue.cards.chosen().name == first
    assert 1 <= len(shown(catalogue)) <= few


def test_what_is_not_there_is_said_and_cannot_be_opened(catalogue):
    QTest.keyClicks(catalogue.search, "perceptronium")
    assert shown(catalogue) == []
    assert "Nothing" in catalogue.words.text()
    assert not catalogue.open_button.isEnabled()
    QTest.keyClick(catalogue.search, Qt.Key.Key_Return)
    assert catalogue.isVisible()


def test_arrows_go_from_card_to_card_and_enter_opens(window, catalogue, qtbot):
    qtbot.wait(50)  # the cards are placed
    before = catalogue.cards.chosen().name
    seen = {before}
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Up):
        QTest.keyClick(catalogue.search, key)
        assert catalogue.cards.chosen() is not None  # topics are passed over
        seen.add(catalogue.cards.chosen().name)
    assert len(seen) >= 4
    wanted = catalogue.cards.chosen().name
    QTest.keyClick(catalogue.search, Qt.Key.Key_Return)
    wait(qtbot, lambda: window.session.system.name == wanted)
    settle(window, qtbot)
    assert window.findChild(CatalogueWindow) is None


def test_the_menu_is_short_and_names_entries_as_the_command_line_does(window):
    menu = window.menus["catalogue"]
    assert len(menu.actions()) <= 10
    shown = {
        action.text(): action
        for part in menu.actions() if part.menu() is not None
        for action in part.menu().actions()
    }  # fmt: skip
    assert [text.partition(" — ")[0] for text in shown] == NAMES
    for entry in listing.entries():
        assert shown[f"{entry.name} — {entry.title}"].toolTip() == entry.source
