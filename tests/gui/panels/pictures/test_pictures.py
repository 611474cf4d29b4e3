"""Pictures in the inspector: kernels, feature maps, digits, and where a pooling's gradient goes."""

import dataclasses
import itertools
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QSettings, Qt
from PySide6.QtGui import QColor, QGuiApplication, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog

from engine.observe.detail import make_detail
from engine.observe.observer import Observer
from engine.recipes.recipe import open_system
from gui.appearance.theme import DARK, LIGHT
from gui.panels.inspector.inspector import PICTURES, VALUE, InspectorPanel
from gui.panels.pictures.model import GreyScale
from tests.gui.fakes import fake_frame
from tests.gui.panel_help import RecordingSession, plain
from tests.gui.picture_help import point_at


@pytest.fixture(scope="module")
def lenet() -> Observer:
    trainer = Observer(open_system("lenet-digits"))
    trainer.train_step()
    return trainer


@pytest.fixture
def panel(qtbot: Any, lenet: Observer) -> Any:
    session = RecordingSession()
    session.stand_before(lenet.topology)
    shown = InspectorPanel(session)
    qtbot.addWidget(shown, before_close_func=lambda _: session.close())
    session.frame_arrived.connect(shown.show_frame)
    shown.show_topology(lenet.topology)
    shown.resize(392, 430)
    shown.show()
    qtbot.waitExposed(shown)
    return shown


def select(panel: Any, trainer: Observer, name: str) -> Any:
    """Select a node as the window does, and send a frame with its numbers."""
    node = trainer.current.model.graph.value(name).id
    panel.session.select(node=node)
    value, gradient, _ = trainer.readiness.at(trainer.cursor)
    feed = trainer.training.feed
    detail = make_detail(trainer.current, node, None, trainer.step, value, gradient, feed)
    frame = fake_frame(panel.session.topology, step=trainer.step)
    panel.session.take(dataclasses.replace(frame, detail=detail))
    panel.redraw_limit.draw_now()
    return detail


def pictures(panel: Any, trainer: Observer, name: str) -> Any:
    """Select a node and turn to its pictures."""
    detail = select(panel, trainer, name)
    panel.tabs.setCurrentIndex(PICTURES)
    QGuiApplication.processEvents()
    return detail.pictures


def hover(panel: Any, cell: tuple[int, int, int, int]) -> str:
    """Move the mouse over an entry and return what the line below says."""
    view = panel.picture_page.view
    QTest.mouseMove(view, point_at(view, cell))
    QGuiApplication.processEvents()
    assert view.cell == cell
    return str(panel.picture_page.read_out.text())


# -- kernels -----------------------------------------------------------------------------------


def test_kernels_are_read_with_out_and_in(panel: Any, lenet: Observer) -> None:
    found = pictures(panel, lenet, "conv2.weight")
    text = hover(panel, (0, 5 * 16 + 7, 2, 1))
    assert text.startswith("kernel out 5, in 7 · row 2, column 1: value ")
    value, gradient = (part.split()[-1] for part in text.split(" · ")[1:])
    number = float(value.replace("−", "-"))
    assert number == pytest.approx(found.value[5, 7, 2, 1], rel=1e-3)
    assert gradient.replace("−", "-")[:5] == f"{found.gradient[5, 7, 2, 1]:.4g}"[:5]


def test_colours_are_those_of_one_symmetric_range_a_sheet(panel: Any, lenet: Observer) -> None:
    found = pictures(panel, lenet, "conv1.weight")
    view = panel.picture_page.view
    image = view.grab().toImage()
    for sheet, array in enumerate((found.value, found.gradient)):
        limit = float(np.abs(array).max())
        for number, row, column in ((0, 0, 0), (7, 1, 2), (15, 2, 2)):
            entry = float(array[number, 0, row, column]) / limit
            end = QColor(LIGHT.positive if entry > 0 else LIGHT.negative)
            paper = QColor(LIGHT.canvas)
            seen = image.pixelColor(point_at(view, (sheet, number, row, column)))
            for channel in ("red", "green", "blue"):
                low, high = getattr(paper, channel)(), getattr(end, channel)()
                expected = low + abs(entry) * (high - low)
                assert abs(getattr(seen, channel)() - expected) <= 2


def test_many_kernels_come_in_pages(panel: Any, lenet: Observer, qtbot: Any) -> None:
    pictures(panel, lenet, "conv2.weight")
    page = panel.picture_page
    assert page.page_line.isVisible()
    assert page.pages.text().startswith("out 0–")
    assert page.pages.text().endswith(" of 16")
    before = {number for _, _, number in page.view.geometry_now.shown}
    qtbot.mouseClick(page.page_on, Qt.MouseButton.LeftButton)
    after = {number for _, _, number in page.view.geometry_now.shown}
    assert before
    assert not before & after
    qtbot.keyClick(page.view, Qt.Key.Key_PageUp)
    assert {number for _, _, number in page.view.geometry_now.shown} == before
    pictures(panel, lenet, "conv1.weight")
    assert not page.page_line.isVisible()


# -- feature maps and samples ------------------------------------------------------------------


def test_feature_maps_of_a_sample_and_its_target(panel: Any, lenet: Observer, qtbot: Any) -> None:
    found = pictures(panel, lenet, "conv1.h")
    page = panel.picture_page
    assert page.sample.note.text() == f"of 32 · target {found.targets[0]}"
    qtbot.mouseClick(page.sample.on, Qt.MouseButton.LeftButton)
    assert page.sample.number.value() == 1
    assert page.sample.note.text() == f"of 32 · target {found.targets[1]}"
    np.testing.assert_array_equal(page.view.board.sheets[0].tiles, found.value[..., 1])
    np.testing.assert_array_equal(page.view.board.sheets[1].tiles, found.gradient[..., 1])
    page.sample.number.setValue(31)
    assert not page.sample.on.isEnabled()
    assert hover(panel, (1, 3, 4, 5)).startswith("channel 3 · row 4, column 5: value ")


def test_clicking_a_digit_chooses_the_sample_of_the_maps(
    panel: Any, lenet: Observer, qtbot: Any
) -> None:
    found = pictures(panel, lenet, "x")
    view = panel.picture_page.view
    assert isinstance(view._scales[0], GreyScale)
    assert view.board.labels == found.targets
    qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=point_at(view, (0, 9, 4, 4)))
    assert view.board.chosen == 9
    text = panel.picture_page.read_out.text()
    assert text.startswith(f"sample 9 (target {found.targets[9]}) · row 4, column 4: value ")
    pictures(panel, lenet, "conv2.h")
    assert panel.picture_page.sample.number.value() == 9


def test_digits_are_ink_on_paper(panel: Any, lenet: Observer) -> None:
    found = pictures(panel, lenet, "x")
    view = panel.picture_page.view
    image = view.grab().toImage()
    low, high = found.value.min(), found.value.max()
    for number, row, column in ((0, 0, 0), (3, 4, 4), (20, 2, 3)):
        share = float((found.value[0, row, column, number] - low) / (high - low))
        paper, ink = QColor(LIGHT.canvas).green(), QColor(LIGHT.text).green()
        seen = image.pixelColor(point_at(view, (0, number, row, column))).green()
        assert abs(seen - (paper + share * (ink - paper))) <= 2


# -- routing -----------------------------------------------------------------------------------


def test_the_marks_are_the_maxima_by_brute_force(panel: Any, lenet: Observer) -> None:
    found = pictures(panel, lenet, "pool1.h")
    page = panel.picture_page
    page.channel.number.setValue(3)
    page.sample.number.setValue(6)
    before, _, back, _ = page.view.board.sheets
    x = found.pooling.pooled[3, :, :, 6]
    np.testing.assert_array_equal(before.tiles[0], x)
    expected = np.zeros((8, 8), bool)
    for i, j in itertools.product(range(4), range(4)):
        entries = [(2 * i + a, 2 * j + b) for a in (0, 1) for b in (0, 1)]
        expected[entries[int(np.argmax([x[at] for at in entries]))]] = True
    np.testing.assert_array_equal(before.marks[0], expected)
    assert not back.tiles[0][~expected].any()


def test_a_pooling_shows_its_maps_as_well(panel: Any, lenet: Observer, qtbot: Any) -> None:
    pictures(panel, lenet, "pool1.h")
    page = panel.picture_page
    assert page.channel.isVisible()
    assert len(page.view.board.sheets) == 4
    qtbot.mouseClick(page.maps, Qt.MouseButton.LeftButton)
    assert not page.channel.isVisible()
    assert len(page.view.board.sheets) == 2
    assert page.view.board.count == 16


# -- keys, pictures out, remembering -----------------------------------------------------------


def test_keys_read_across_the_tiles(panel: Any, lenet: Observer, qtbot: Any) -> None:
    pictures(panel, lenet, "conv1.weight")
    view = panel.picture_page.view
    qtbot.keyClick(view, Qt.Key.Key_Right)
    assert view.cell == (0, 0, 0, 0)
    for _ in range(3):
        qtbot.keyClick(view, Qt.Key.Key_Right)
    assert view.cell == (0, 1, 0, 0)
    qtbot.keyClick(view, Qt.Key.Key_Up)
    assert view.cell == (0, 1, 0, 0)
    assert panel.picture_page.read_out.text().startswith("kernel out 1, in 0 · row 0, column 0:")
    assert view.accessibleDescription() == panel.picture_page.read_out.text()


def test_copied_with_its_facts(panel: Any, lenet: Observer, qtbot: Any) -> None:
    pictures(panel, lenet, "conv1.h")
    page = panel.picture_page
    page.view.copy_contents()
    image = QGuiApplication.clipboard().image()
    assert image.width() >= 2 * page.view.width()
    made = page.picture()
    facts = {key: made.text(key) for key in ("system", "seed", "step", "node", "sample")}
    assert facts == {
        "system": "lenet-digits", "seed": "0", "step": "1", "node": "conv1.h", "sample": "0"
    }  # fmt: skip


def test_saved_and_what_cannot_be_saved_is_told(
    panel: Any, lenet: Observer, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    pictures(panel, lenet, "conv1.weight")
    view = panel.picture_page.view
    answer = str(tmp_path / "kernels")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (answer, ""))
    copy, save = view.actions()
    assert [copy.text(), save.text()] == ["Copy picture", "Save picture…"]
    save.trigger()
    assert QImage(f"{answer}.png").text("node") == "conv1.weight"
    problems: list[str] = []
    panel.session.problem.connect(problems.append)
    answer = str(tmp_path / "missing" / "kernels.png")
    save.trigger()
    assert len(problems) == 1
    heat_map = panel.value_page.view.heat_map
    assert [action.text() for action in heat_map.actions()] == ["Copy picture", "Save picture…"]
    heat_map.actions()[1].trigger()
    assert len(problems) == 2


def test_the_tab_is_there_for_pictures_only_and_comes_back(panel: Any, lenet: Observer) -> None:
    pictures(panel, lenet, "conv1.weight")
    select(panel, lenet, "conv1.bias")
    assert not panel.tabs.isTabVisible(PICTURES)
    assert panel.tabs.currentIndex() == VALUE
    select(panel, lenet, "conv2.weight")
    assert panel.tabs.currentIndex() == PICTURES
    assert panel.picture_page.view.board.count == 512


def test_what_is_not_computed_yet_says_so(panel: Any) -> None:
    trainer = Observer(open_system("lenet-digits"))
    while trainer.topology.operations[trainer.cursor].phase != "backward":
        trainer.operate()
    pictures(panel, trainer, "pool1.h")
    sheets = panel.picture_page.view.board.sheets
    assert sheets[0].tiles is not None
    assert sheets[3].tiles is None
    assert sheets[3].words == "Not computed yet in this pass."
    panel.grab()


def test_views_are_remembered_for_small_and_large_arrays_and_for_next_time(
    panel: Any, lenet: Observer, qtbot: Any, tmp_path: Any
) -> None:
    settings = QSettings(str(tmp_path / "s.ini"), QSettings.Format.IniFormat)
    panel.take_settings(settings)
    select(panel, lenet, "conv1.z")
    panel.tabs.setCurrentIndex(VALUE)
    page = panel.value_page
    assert page.switch.heat_map.isChecked()
    qtbot.mouseClick(page.switch.numbers, Qt.MouseButton.LeftButton)
    assert page.view.currentWidget() is page.view.table
    select(panel, lenet, "output.bias")
    assert page.switch.numbers.isChecked()
    qtbot.mouseClick(page.switch.histogram, Qt.MouseButton.LeftButton)
    assert page.histogram.isVisible()
    select(panel, lenet, "conv2.z")
    assert page.view.currentWidget() is page.view.table
    session = RecordingSession()
    other = InspectorPanel(session)
    qtbot.addWidget(other, before_close_func=lambda _: session.close())
    other.take_settings(settings)
    assert other.tabs.currentIndex() == VALUE
    assert other.choice.of(np.zeros((100, 100))) == "numbers"
    assert other.choice.of(np.zeros(12)) == "histogram"
    assert other.choice.of(np.zeros((1000, 1000))) == "heat map"


def test_settings_that_make_no_sense_are_ignored(panel: Any, tmp_path: Any) -> None:
    settings = QSettings(str(tmp_path / "s.ini"), QSettings.Format.IniFormat)
    settings.setValue("inspector/small", "hologram")
    settings.setValue("inspector/tab", "last")
    panel.take_settings(settings)
    assert panel.choice.of(np.zeros(3)) == "numbers"
    assert panel.tabs.currentIndex() == 0


def test_dark_and_narrow(panel: Any, lenet: Observer) -> None:
    panel.apply_theme(DARK)
    assert panel.minimumSizeHint().width() <= 392
    for name in ("x", "conv2.weight", "conv1.h", "pool2.h"):
        pictures(panel, lenet, name)
        assert panel.minimumSizeHint().width() <= 392
        view = panel.picture_page.view
        board = view.board
        image = view.grab().toImage()
        at = np.unravel_index(
            np.abs(board.sheets[1].tiles[0]).argmin(), board.sheets[1].tiles[0].shape
        )
        seen = image.pixelColor(point_at(view, (1, 0, int(at[0]), int(at[1]))))
        assert seen.lightness() < 80, name
    assert plain(panel.picture_page.sample.note).startswith("of 32")
