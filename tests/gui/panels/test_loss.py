"""The loss panel as a person uses it: look, hover, switch the axis, export."""

import csv

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QFileDialog, QToolButton

from gui.appearance.theme import DARK, LIGHT
from gui.panels.loss import LossPanel
from tests.gui.fakes import fake_topology
from tests.gui.panel_help import feed, pixel, plain, rows, shown


@pytest.fixture
def panel(qtbot):
    return shown(LossPanel, qtbot)


def test_empty_state_says_what_comes(panel):
    assert plain(panel.read_out) == "The loss appears with the first step."


def test_shows_figures_with_their_step(panel):
    feed(panel, rows(np.arange(101), 2))
    text = plain(panel.read_out)
    assert "step 100" in text
    assert "epoch 2" in text
    assert "loss 1.15" in text
    assert "objective" not in text
    assert panel.plot.cursor_line.isVisible()
    assert panel.plot.cursor_line.value() == 100


def test_an_expression_has_an_objective_and_no_epochs(qtbot):
    panel = shown(LossPanel, qtbot, "cs231n-gates")
    assert panel.windowTitle() == "Objective"
    assert plain(panel.read_out) == "The objective appears with the first step."
    assert not panel.epoch_action.isVisible()
    feed(panel, rows(np.arange(101)))
    text = plain(panel.read_out)
    assert "objective 1.15" in text
    assert "loss" not in text
    assert "epoch" not in text
    panel.show_topology(fake_topology("d2l-mlp"))
    assert panel.windowTitle() == "Loss"
    assert panel.epoch_action.isVisible()


def test_two_curves_only_with_a_regulariser(panel):
    steps = np.arange(50)
    feed(panel, rows(steps, 2))
    assert np.size(panel.curves["loss"].get_data()[0]) == 0
    feed(panel, rows(steps + 50, 2, loss=np.full(50, 0.5)))
    assert len(panel.curves["loss"].get_data()[0]) == 100
    text = plain(panel.read_out)
    assert "objective 1.156" in text
    assert "loss 0.5" in text


def test_validation_names_the_step_it_was_measured_at(panel):
    measured = np.full(100, np.nan)
    accuracy = measured.copy()
    measured[80], accuracy[80] = 0.25, 0.915
    feed(panel, rows(np.arange(100), 2, validation_loss=measured, validation_accuracy=accuracy))
    assert "validation 0.25 accuracy 91.5 % (step 80)" in plain(panel.read_out)
    np.testing.assert_array_equal(panel.points.getData()[0], [80])


def test_says_when_the_pass_is_not_done(panel):
    feed(panel, rows(np.arange(10), 2), step=10)
    assert plain(panel.read_out) == "Step 10: the objective is not computed yet in this pass."


def test_log_axis_by_its_button(panel, qtbot):
    feed(panel, rows(np.arange(100), 2))
    button = next(b for b in panel.findChildren(QToolButton) if b.text() == "log")
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    y = panel.curves["objective"].get_data()[1]
    np.testing.assert_allclose(y[:, 0], np.log10(2.3 / (1 + 0.01 * np.arange(100))))
    low, high = panel.plot.view.viewRange()[1]
    assert low < y.min() < y.max() < high


def test_what_is_not_finite_is_marked_not_dropped(panel):
    objective = np.ones(100)
    objective[[30, 60]] = np.nan, np.inf
    feed(panel, rows(np.arange(100), 2, objective=objective))
    np.testing.assert_array_equal(panel.marks.bad.getData()[0], [30, 60])
    panel.plot.options.log_action.trigger()
    objective[70] = -1
    feed(panel, rows(np.arange(100), 2, objective=objective))
    np.testing.assert_array_equal(panel.marks.bad.getData()[0], [30, 60])
    np.testing.assert_array_equal(panel.marks.zeros.getData()[0], [70])
    assert "○ 0 or below: not on a logarithmic axis" in plain(panel.read_out)
    panel.plot.options.log_action.trigger()
    assert not panel.marks.zeros.isVisible()
    assert "○" not in plain(panel.read_out)


def test_hovering_reads_that_step_and_leaving_takes_the_crosshair_away(panel, qtbot):
    feed(panel, rows(np.arange(101), 2))
    crosshair = panel.plot.crosshair
    qtbot.mouseMove(panel.plot.viewport(), pixel(panel.plot, 50, 1.5))
    qtbot.waitUntil(crosshair.isVisible)
    assert str(crosshair.reading) == "step 50 · epoch 1: loss 1.533"
    assert "step 100" in plain(panel.read_out)
    qtbot.mouseMove(panel.plot.viewport(), QPoint(1, 1))
    qtbot.waitUntil(lambda: not crosshair.isVisible())


def test_epoch_marks_on_demand(panel):
    feed(panel, rows(np.arange(100), 2))
    assert not panel.plot.getAxis("top").isVisible()
    panel.epoch_action.trigger()
    assert panel.plot.getAxis("top").isVisible()
    np.testing.assert_array_equal(panel.epochs.getData()[0], [40, 40, 80, 80])


def test_a_person_s_zoom_stays_and_home_leaves_it(panel, qtbot):
    feed(panel, rows(np.arange(100), 2))
    panel.plot.view.setXRange(20, 30, padding=0)
    panel.plot.view.sigRangeChangedManually.emit([True, True])
    feed(panel, rows(np.arange(100, 200), 2))
    assert panel.plot.view.viewRange()[0] == [20, 30]
    panel.plot.setFocus()
    qtbot.keyClick(panel.plot, Qt.Key.Key_Home)
    panel.redraw_limit.draw_now()
    assert panel.plot.view.viewRange()[0][1] > 199


def test_another_graph_empties_the_plot(panel):
    feed(panel, rows(np.arange(100), 2))
    panel.session.stand_before(panel.session.topology)
    panel.redraw_limit.draw_now()
    assert plain(panel.read_out) == "The loss appears with the first step."
    assert np.size(panel.curves["objective"].get_data()[0]) == 0


def test_many_frames_a_second_are_drawn_when_there_is_time(panel, monkeypatch, qtbot):
    drawn = []
    monkeypatch.setattr(panel.redraw_limit, "_draw", lambda: drawn.append(1))
    qtbot.waitUntil(lambda: not panel.redraw_limit._timer.isActive())
    for _ in range(100):
        panel.redraw_limit.request()
    assert len(drawn) <= 2
    qtbot.waitUntil(lambda: len(drawn) >= 1)


def export(panel, kind, path, monkeypatch):
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    action = next(a for a in panel.plot.actions() if f"as {kind}…" in a.text())
    action.trigger()


def test_png_carries_the_facts(panel, tmp_path, monkeypatch):
    feed(panel, rows(np.arange(100), 2))
    export(panel, "PNG", tmp_path / "loss.png", monkeypatch)
    image = QImage(str(tmp_path / "loss.png"))
    assert image.width() >= 2 * panel.plot.width()
    assert (image.text("System"), image.text("Seed"), image.text("Step")) == ("d2l-mlp", "0", "99")


def test_csv_holds_every_row(panel, tmp_path, monkeypatch):
    feed(panel, rows(np.arange(5000), 2))
    export(panel, "CSV", tmp_path / "loss", monkeypatch)
    with open(tmp_path / "loss.csv", encoding="utf-8") as file:
        lines = list(csv.reader(line for line in file if not line.startswith("#")))
    assert lines[0][:4] == ["step", "epoch", "objective", "loss"]
    assert len(lines) == 5001
    assert float(lines[5000][2]) == 2.3 / (1 + 0.01 * 4999)


def test_svg_is_a_picture_with_text(panel, tmp_path, monkeypatch):
    feed(panel, rows(np.arange(100), 2))
    export(panel, "SVG", tmp_path / "loss.svg", monkeypatch)
    text = (tmp_path / "loss.svg").read_text(encoding="utf-8")
    assert text.startswith("<?xml")
    assert "step 99" in text or "<text" in text


def test_a_file_that_cannot_be_written_is_told_and_leaves_nothing(panel, tmp_path, monkeypatch):
    feed(panel, rows(np.arange(100), 2))
    problems: list[str] = []
    panel.session.problem.connect(problems.append)
    export(panel, "PNG", tmp_path / "no" / "loss.png", monkeypatch)
    assert len(problems) == 1
    assert str(tmp_path / "no" / "loss.png") in problems[0]
    assert list(tmp_path.iterdir()) == []


def test_copy_puts_the_picture_on_the_clipboard(panel, qtbot):
    feed(panel, rows(np.arange(100), 2))
    panel.plot.copy_contents()
    assert not QGuiApplication.clipboard().image().isNull()


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_themes(panel, theme):
    feed(panel, rows(np.arange(100), 2))
    panel.apply_theme(theme)
    assert theme.series[0] in panel.read_out.text()
    panel.grab()
