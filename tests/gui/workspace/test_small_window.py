"""The window from 900 × 600 up: nothing is cut, also with a larger font and in both themes."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QToolButton, QWidget

from engine.messages.commands import Train
from gui.appearance.fonts import ui_font
from gui.canvas.legend.legend import EDGE, GAP, SECTION_HEIGHT
from gui.canvas.legend.strip import SHEET_WIDTH, LegendSheet
from gui.panels.transport.transport import TransportPanel
from gui.workspace.arrangement import ROOMY
from tests.gui.rig import laid_out, open_system, settle

pytestmark = pytest.mark.usefixtures("font")
SIZES = [(900, 600), (1024, 700), (1100, 700)]


@pytest.fixture(params=[1.0, 1.25], ids=["usual font", "125 %"])
def font(request, qapp):
    before = QApplication.font()
    QApplication.setFont(ui_font(9.5 * request.param))
    yield request.param
    QApplication.setFont(before)


def cut(panel: QWidget) -> list[str]:
    """The visible controls of a panel that reach out of their parents."""
    found = []
    for child in panel.findChildren(QWidget):
        if child.isVisible() and child.parentWidget() is panel:
            inside = panel.rect().contains(child.geometry())
            if not inside or child.width() < min(child.minimumSizeHint().width(), 40):
                found.append(f"{type(child).__name__} {child.geometry()}")
    return found


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_nothing_is_cut(window, qtbot, size):
    window.resize(*size)
    open_system(window, qtbot, "adding-rnn")
    window.session.send(Train(steps=3))
    settle(window, qtbot)
    laid_out(window, qtbot)
    assert (window.width(), window.height()) == size
    transport: TransportPanel = window.panels["transport"]
    assert not cut(transport)
    assert transport.speed.slider.width() >= 40
    if size[0] >= 1024:
        assert transport.speed.words.shown == "10 steps a second"
    tabs = window.panels["gradient_norms"].tabs
    bar = tabs.tabBar()
    assert [tabs.isTabVisible(k) for k in range(3)] == [True] * 3
    for index in range(3):
        width = bar.fontMetrics().horizontalAdvance(tabs.tabText(index))
        assert bar.tabRect(index).width() >= width
    assert bar.tabRect(2).right() <= tabs.width() - tabs.cornerWidget().width()
    assert window.canvas.view.height() >= 180, "the graph keeps its room"


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_the_legend_fits_and_all_of_it_can_be_seen(window, qtbot, size):
    window.resize(*size)
    open_system(window, qtbot, "resnet-mlp")
    laid_out(window, qtbot)
    strip = window.canvas.legend
    room = strip._room(strip.width())
    fits(strip.legend, room)
    assert strip.height() == strip.heightForWidth(strip.width())
    assert strip.more.isVisible() == strip.legend.leaves_out(room)
    assert strip.height() <= max(0.25 * window.canvas.height(), SECTION_HEIGHT + 20) * strip.zoom
    if strip.more.isVisible():
        assert not strip.more.geometry().intersects(strip.control.geometry())
        before = window.canvas.view.size()
        strip.more.click()
        assert strip.sheet is not None
        sheet = strip.sheet.legend
        assert not sheet.leaves_out(SHEET_WIDTH)
        fits(sheet, SHEET_WIDTH)
        assert window.canvas.view.size() == before, "the graph does not move"
        qtbot.keyClick(strip.sheet, Qt.Key.Key_Escape)
        qtbot.waitUntil(lambda: not window.findChildren(LegendSheet))


def fits(legend, room):
    for line in legend._lines(room):
        assert sum(section.width + GAP for section in line) - GAP <= room - 2 * EDGE + 1


def together(window, name: str) -> set[str]:
    """The panels in the stack of this one."""
    dock = window.docks[name]
    return {other.name for other in window.docks.values() if other.parent() is dock.parent()}


def test_the_form_is_a_tab_where_three_columns_have_no_room(window, qtbot):
    window.resize(ROOMY + 200, 800)
    open_system(window, qtbot, "d2l-mlp")
    assert together(window, "settings") == {"settings"}
    window.resize(1000, 700)
    qtbot.wait(50)
    assert together(window, "settings") == {"settings", "inspector", "diagnosis"}
    assert not window._is_seen("settings"), "what was in front stays there"
    assert window._is_seen("inspector")
    window.docks["settings"].raise_()
    assert window._is_seen("settings")
    window.resize(ROOMY + 200, 800)
    qtbot.wait(50)
    assert together(window, "settings") == {"settings"}


def test_a_form_that_a_person_put_elsewhere_stays_there(window, qtbot):
    form = window.docks["settings"]
    window.resize(ROOMY + 200, 800)
    open_system(window, qtbot, "d2l-mlp")
    form.close()
    window.resize(1000, 700)
    qtbot.wait(50)
    assert form.isHidden()
    assert not form.isVisible()
    form.show()
    form.setFloating(True)
    window.resize(ROOMY + 200, 800)
    qtbot.wait(50)
    assert form.isFloating()


def test_reset_puts_the_form_where_this_width_has_it(window, qtbot):
    window.resize(1000, 700)
    open_system(window, qtbot, "d2l-mlp")
    window.docks["settings"].setFloating(True)
    window.reset_layout()
    qtbot.wait(50)
    assert "inspector" in together(window, "settings")


def test_where_it_is_narrow_run_goes_without_its_word(window, qtbot):
    open_system(window, qtbot, "d2l-mlp")
    transport = window.panels["transport"]
    dock = window.docks["transport"]
    dock.setFloating(True)
    dock.window().resize(transport.minimumSizeHint().width(), 160)
    qtbot.wait(50)
    run: QToolButton = transport.run
    assert run.toolButtonStyle() == Qt.ToolButtonStyle.ToolButtonIconOnly
    assert not cut(transport)
    dock.window().resize(900, 160)
    qtbot.wait(50)
    assert run.toolButtonStyle() == Qt.ToolButtonStyle.ToolButtonTextBesideIcon
    before = run.width()
    window.actions_by_id["run"].setText("&Pause")
    qtbot.wait(20)
    assert run.width() == before, "the button does not jump"
