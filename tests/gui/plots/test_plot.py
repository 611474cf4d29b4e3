"""What all plots share: crosshair, axes, options that are remembered, menu, names."""

from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QApplication, QWidgetAction

from engine.messages.commands import Train
from engine.support.figures import figure
from gui.history import smoothing
from gui.panels.gradient_norms.gradient_norms import GradientNormsPanel
from gui.panels.input_scaling.input_scaling import InputScalingPanel
from gui.panels.loss import LossPanel
from gui.plots import export
from gui.plots.crosshair import CurveValue, Reading
from gui.plots.plot import Plot
from gui.plots.plot_entries import recipe_of
from gui.plots.plot_options import WEIGHTS, PlotOptions
from tests.gui.export_help import run
from tests.gui.fakes import fake_topology
from tests.gui.history.test_smoothing import tensorboard
from tests.gui.panel_help import feed, pixel, plain, rows, shown
from tests.gui.rig import dismiss, open_system, settings_in, settle, shown_window


def norms(steps, layers):
    """Norms that fall by a decade from layer to layer, towards the first."""
    return np.tile(10.0 ** np.arange(-layers, 0), (steps, 1))


def hover(plot, qtbot, x, y):
    qtbot.mouseMove(plot.viewport(), pixel(plot, x, y))
    qtbot.waitUntil(plot.crosshair.isVisible)


@pytest.fixture
def few(qtbot):
    panel = shown(GradientNormsPanel, qtbot, "deep-mlp:3")
    feed(panel, rows(np.arange(100), 3, layer_gradient_norm=norms(100, 3)))
    return panel


# -- the crosshair -------------------------------------------------------------------------------


def test_the_crosshair_has_the_values_of_all_curves(few, qtbot):
    hover(few.plot, qtbot, 50.3, -2)
    reading = few.plot.crosshair.reading
    assert str(reading) == "step 50: linear1 0.001, linear2 0.01, linear3 0.1"
    assert reading.x == 50
    assert [value.colour for value in reading.values] == few.legend.colours


def test_its_dots_stand_on_the_curves_and_the_box_on_the_other_side(few, qtbot):
    plot = few.plot
    for x, left in ((20, False), (80, True)):
        hover(plot, qtbot, x, -2)
        for (place, _), y in zip(plot.crosshair._dots(), (-3, -2, -1), strict=True):
            wanted = pixel(plot, x, y)
            assert (place - wanted).manhattanLength() <= 2
        assert (plot.crosshair.box().rect.center().x() < plot.width() / 2) == left
        qtbot.mouseMove(plot.viewport(), QPoint(1, 1))
        qtbot.waitUntil(lambda: not plot.crosshair.isVisible())


def test_among_fifty_layers_those_near_the_pointer_are_named(qtbot):
    panel = shown(GradientNormsPanel, qtbot, "deep-mlp:50")
    feed(panel, rows(np.arange(100), 50, layer_gradient_norm=norms(100, 50)))
    hover(panel.plot, qtbot, 50, -30)
    box = panel.plot.crosshair.box()
    names = [value.name for value in box.values]
    assert "linear21" in names
    assert len(names) + box.left_out == 50
    assert len(names) > 3
    assert panel.plot.rect().contains(box.rect)
    numbers = [int(name.removeprefix("linear")) for name in names]
    assert numbers == list(range(min(numbers), max(numbers) + 1))


def test_arrows_move_it_when_the_plot_has_the_focus(few, qtbot):
    plot = few.plot
    plot.setFocus()
    qtbot.keyClick(plot, Qt.Key.Key_Left)
    assert plot.crosshair.reading.x == 99  # it begins at the current step
    qtbot.keyClick(plot, Qt.Key.Key_Left)
    qtbot.keyClick(plot, Qt.Key.Key_Left)
    qtbot.keyClick(plot, Qt.Key.Key_Right)
    assert plot.crosshair.reading.x == 98
    assert plot.accessibleDescription().startswith("step 98: linear1 0.001")
    qtbot.keyClick(plot, Qt.Key.Key_Right)
    qtbot.keyClick(plot, Qt.Key.Key_Right)
    assert plot.crosshair.reading.x == 99  # and ends with the data
    qtbot.keyClick(plot, Qt.Key.Key_Escape)
    assert not plot.crosshair.isVisible()


def test_an_arrow_goes_at_least_a_pixel_where_steps_are_dense(qtbot):
    panel = shown(LossPanel, qtbot)
    feed(panel, rows(np.arange(20_000), 2))
    panel.plot.move_crosshair(-1)
    panel.plot.move_crosshair(-1)
    away = 19_999 - panel.plot.crosshair.reading.x
    assert 0 < away <= 3 * panel.plot.view.viewPixelSize()[0]


def test_its_values_follow_the_data(few, qtbot):
    few.plot.setFocus()
    qtbot.keyClick(few.plot, Qt.Key.Key_Left)
    feed(few, rows(np.arange(90, 110), 3, layer_gradient_norm=np.full((20, 3), 0.5)))
    assert str(few.plot.crosshair.reading) == "step 99: linear1 0.5, linear2 0.5, linear3 0.5"


def test_values_that_cannot_be_drawn_are_told_all_the_same(qtbot):
    panel = shown(GradientNormsPanel, qtbot, "deep-mlp:3")
    table = norms(100, 3)
    table[40] = 0, np.nan, np.inf
    feed(panel, rows(np.arange(100), 3, layer_gradient_norm=table))
    hover(panel.plot, qtbot, 40, -2)
    assert str(panel.plot.crosshair.reading) == "step 40: linear1 0, linear2 NaN, linear3 ∞"
    assert panel.plot.crosshair._dots() == []


def test_a_bar_of_a_layer_is_read(few, qtbot):
    few.tabs.setCurrentIndex(1)
    hover(few.profile_plot, qtbot, 2, -3)
    assert str(few.profile_plot.crosshair.reading) == "linear2: gradient norm 0.01"


def test_pictures_are_without_crosshair_and_focus(few, qtbot):
    QApplication.processEvents()
    few.plot.clearFocus()
    before = export.picture(few.plot)
    few.plot.setFocus()
    hover(few.plot, qtbot, 50, -2)
    few._leave()  # the curve is not emphasised any more
    assert few.plot.view.border.style() == Qt.PenStyle.SolidLine
    after = export.picture(few.plot)
    assert after == before
    assert isinstance(after, QImage)
    assert few.plot.view.border.style() == Qt.PenStyle.SolidLine


# -- logarithmic and linear ----------------------------------------------------------------------


def test_norms_are_drawn_on_a_linear_axis_too(few):
    few.plot.options.log_action.trigger()
    _, heights = few.curves.lines.get_data()
    np.testing.assert_allclose(heights[5], [0.001, 0.01, 0.1])
    low, high = few.plot.view.viewRange()[1]
    assert low < 0.001
    assert 0.1 < high < 0.2
    few.tabs.setCurrentIndex(1)
    few.profile_plot.options.log_action.trigger()
    opts = few.profile.bars.opts
    np.testing.assert_allclose(opts["height"], [0.001, 0.01, 0.1])
    assert opts["y0"] == 0


def test_a_zero_is_an_ordinary_value_of_a_linear_axis(qtbot):
    panel = shown(GradientNormsPanel, qtbot, "deep-mlp:3")
    table = norms(100, 3)
    table[40, 0], table[70, 1] = 0, np.nan
    feed(panel, rows(np.arange(100), 3, layer_gradient_norm=table))
    assert panel.curves.marks.zeros.isVisible()
    panel.plot.options.log_action.trigger()
    assert not panel.curves.marks.zeros.isVisible()
    np.testing.assert_array_equal(panel.curves.marks.bad.getData()[0], [70])
    assert panel.curves.lines.get_data()[1][40, 0] == 0


# -- smoothing and means of epochs -----------------------------------------------------------------


def test_smoothed_norms_stand_over_the_raw_ones_which_are_faint(few, qtbot):
    table = np.random.default_rng(0).lognormal(size=(100, 3))
    feed(few, rows(np.arange(100), 3, layer_gradient_norm=table))
    few.plot.options.smooth(0.9)
    curves = few.curves
    x, y = curves.overlay.smooth.get_data()
    expected = np.log10(tensorboard(table[:, 1], 0.9))
    np.testing.assert_array_equal(x, np.arange(100))
    np.testing.assert_allclose(y[:, 1], expected)
    np.testing.assert_allclose(curves.lines.get_data()[1][:, 1], np.log10(table[:, 1]))
    raw, smooth = curves.lines.pens[1].color(), curves.overlay.smooth.pens[1].color()
    assert raw.alphaF() < 0.5
    assert smooth.alphaF() == 1
    hover(few.plot, qtbot, 50, 0)
    told = few.plot.crosshair.reading.values[1].words
    assert told == f"{figure(table[50, 1], 3)} ({figure(10 ** expected[50], 3)})"
    assert few.plot.crosshair.reading.heading == "step 50 (smoothed)"
    assert ("smoothed, w = 0.9", few.theme.muted, False) in few.legend.extras
    few.plot.options.smooth(0.0)
    assert not curves.overlay.smooth.isVisible()
    assert curves.lines.pens[1].color().alphaF() == 1
    assert few.legend.extras == []


def test_the_loss_is_smoothed_and_validation_is_not(qtbot):
    panel = shown(LossPanel, qtbot)
    noisy = np.random.default_rng(0).lognormal(size=100)
    noisy[30] = np.nan
    feed(panel, rows(np.arange(100), 2, objective=noisy, loss=noisy))
    panel.plot.options.smooth(0.6)
    y = panel.overlays["objective"].smooth.get_data()[1]
    np.testing.assert_allclose(y[:, 0], tensorboard(noisy, 0.6))
    assert not panel.overlays["loss"].smooth.isVisible()  # it is the objective
    assert "validation_loss" not in panel.overlays
    assert "smoothed, w = 0.6" in plain(panel.read_out)


def test_means_of_epochs_where_there_are_epochs(qtbot):
    panel = shown(LossPanel, qtbot)
    feed(panel, rows(np.arange(100), 2))
    panel.plot.options.mean_action.trigger()
    means = panel.overlays["objective"].means
    x, y = means.get_data()
    np.testing.assert_array_equal(x, [0, 40, 40, 80, 80, 99])
    losses = 2.3 / (1 + 0.01 * np.arange(100))
    np.testing.assert_allclose(y[::2, 0], [losses[a : a + 40].mean() for a in (0, 40, 80)])
    assert "steps: mean of each epoch" in plain(panel.read_out)
    panel.session.stand_before(fake_topology("cs231n-gates"))
    panel.redraw_limit.draw_now()
    assert not means.isVisible()
    assert not panel.plot.options.mean_action.isVisible()


def test_a_long_history_is_smoothed_a_portion_a_redraw(qtbot, monkeypatch):
    panel = shown(LossPanel, qtbot)
    feed(panel, rows(np.arange(20_000), 2))
    monkeypatch.setattr(smoothing, "SMOOTHING_SECONDS", 0.0005)
    panel.plot.options.smooth(0.9)
    overlay = panel.overlays["objective"]
    qtbot.waitUntil(lambda: overlay.complete)
    assert overlay.smooth.get_data()[0][-1] == 19_999


# -- what is chosen is remembered, and is in a picture's recipe ---------------------------------


def test_options_are_remembered_and_bad_ones_left_alone(tmp_path, qapp):
    settings = settings_in(tmp_path)
    options = PlotOptions(qapp, log=True)
    options.over_steps = True
    options.remember(settings, "one")
    options.log_action.trigger()
    options.mean_action.trigger()
    options.smooth(0.9)
    settings.sync()
    again = PlotOptions(qapp, log=True)
    again.over_steps = True
    again.remember(settings_in(tmp_path), "one")
    assert again.values() == {"log": False, "smoothing": 0.9, "epoch_means": True}
    again.use_values({"log": "yes", "smoothing": 1.5, "epoch_means": None})
    assert again.values() == {"log": False, "smoothing": 0.9, "epoch_means": True}
    other = PlotOptions(qapp, log=True)
    other.remember(settings_in(tmp_path), "another")
    assert other.values() == {"log": True}


def test_a_new_window_draws_as_the_last_one(qtbot, tmp_path):
    def plots(window) -> tuple[Plot, Plot]:
        return window.panels["loss"].plot, window.panels["gradient_norms"].plot

    window = shown_window(tmp_path)
    loss, steps = plots(window)
    loss.options.log_action.trigger()
    steps.options.smooth(0.97)
    dismiss(window)
    window = shown_window(tmp_path)
    loss, steps = plots(window)
    chosen = loss.options.log, loss.getAxis("left").logMode, steps.options.smoothing
    dismiss(window)
    assert chosen == (True, True, 0.97)


# -- the menu ------------------------------------------------------------------------------------


def test_the_menu_has_what_a_plot_can_do_and_nothing_of_pyqtgraph_s(few):
    menu = few.plot.menu()
    seen = [action for action in menu.actions() if action.isVisible()]
    words = [action.text().partition("\t")[0] for action in seen if action.text()]
    assert words == [
        "Logarithmic axis",
        "Mean of each epoch",
        "Show all (double click)",
        "Copy plot",
        "Export plot as PNG…",
        "Export plot as SVG…",
        "Export plot as CSV…",
    ]
    assert all(action.isEnabled() for action in seen)
    few.tabs.setCurrentIndex(1)
    assert "Mean of each epoch" not in [a.text() for a in few.profile_plot.menu().actions()]


def test_smoothing_is_chosen_by_mouse_and_keys_in_the_menu(few, qtbot):
    menu = few.plot.menu()
    choice: Any = next(a for a in menu.actions() if isinstance(a, QWidgetAction)).defaultWidget()
    menu.popup(QPoint(0, 0))
    for _ in range(3):
        qtbot.keyClick(menu, Qt.Key.Key_Down)
    assert menu.focusWidget() is choice.slider
    qtbot.keyClick(choice.slider, Qt.Key.Key_Right)
    assert few.plot.options.smoothing == WEIGHTS[1]
    assert choice.words.text() == "w = 0.3"
    qtbot.keyClick(choice.slider, Qt.Key.Key_Down)
    assert few.plot.options.smoothing == WEIGHTS[1]
    qtbot.keyClick(choice.slider, Qt.Key.Key_Left)
    assert choice.words.text() == "none"
    menu.close()


# -- names ---------------------------------------------------------------------------------------


def test_every_plot_of_the_window_has_a_name_and_says_its_newest_values(qtbot, tmp_path):
    window = shown_window(tmp_path)
    try:
        open_system(window, qtbot, "d2l-mlp")
        window.train_steps()
        step = settle(window, qtbot).step
        for name in ("loss", "gradient_norms", "input_scaling"):
            window.docks[name].raise_()
            panel: Any = window.panels[name]
            panel.redraw_limit.draw_now()
        plots = window.findChildren(Plot)
        assert len(plots) == 7  # two of them histograms in the inspector
        assert len({plot.accessibleName() for plot in plots} - {""}) == 7
        told = {plot.accessibleName(): plot for plot in plots}
        for name, words in {
            "Loss over the steps": f"step {step} epoch 2 ━ objective",
            "Gradient norms over the steps": f"step {step} ",
            "Input scaling": "nothing swept yet",
        }.items():
            qtbot.waitUntil(lambda n=name, w=words: w in told[n].accessibleDescription())
    finally:
        dismiss(window)


def test_readings_say_what_they_hold():
    values = (
        CurveValue("loss", "#000000", 0.5, "0.5"),
        CurveValue("validation", "#ffffff", 2.0, "2"),
    )
    assert str(Reading(3.0, "step 3", values)) == "step 3: loss 0.5, validation 2"


def test_a_description_is_words_without_tags(qtbot):
    panel = shown(InputScalingPanel, qtbot)
    panel.plot.describe("<b>a&nbsp;b</b> ⁠c")
    assert panel.plot.accessibleDescription() == "a b c"
    assert plain(panel.status) == ""


# -- the inspector's histogram -------------------------------------------------------------------


def test_a_histogram_is_read_exported_and_drawn_on_a_logarithmic_axis(qtbot, tmp_path, monkeypatch):
    window = shown_window(tmp_path)
    try:
        open_system(window, qtbot, "d2l-mlp")
        inspector: Any = window.panels["inspector"]
        histogram = inspector.value_page.histogram
        histogram.show_entries(np.array([-1.0, 0.5, 1.0, 1.0, 1.0, np.nan]))
        histogram.options.log_action.trigger()
        opts = histogram.bars.opts
        tops = np.asarray(opts["height"]) + opts["y0"]
        counts = np.asarray(histogram.counts)
        np.testing.assert_allclose(tops[counts > 0], np.log10(counts[counts > 0]))
        assert (np.asarray(opts["height"])[counts == 0] == 0).all()
        assert histogram.accessibleDescription() == "5 entries from −1 to 1"
        assert str(histogram.reading_at(0.99)).endswith("to 1: entries 3")
        assert histogram.reading_at(1.5) is None
        path = tmp_path / "histogram.csv"
        assert export.write(histogram, str(path), "csv")
        assert "from,to,entries" in path.read_text(encoding="utf-8")
        problems: list[str] = []
        window.session.problem.connect(problems.append)
        assert not export.write(histogram, str(tmp_path / "no" / "h.png"), "png")
        assert len(problems) == 1
    finally:
        dismiss(window)


# -- a picture is made again as it was drawn -----------------------------------------------------


@pytest.mark.parametrize("which", ["loss", "gradient_norms"])
def test_a_picture_is_made_again_with_its_axis_smoothing_and_means(
    qtbot, tmp_path, monkeypatch, which
):
    monkeypatch.setattr(smoothing, "SMOOTHING_SECONDS", 1e-6)  # in many portions
    window = shown_window(tmp_path)
    try:
        open_system(window, qtbot, "d2l-mlp")
        window.session.send(Train(steps=120))
        settle(window, qtbot)
        window.docks[which].raise_()
        panel: Any = window.panels[which]
        panel.plot.options.log_action.trigger()
        panel.plot.options.mean_action.trigger()
        panel.plot.options.smooth(0.9)
        qtbot.waitUntil(lambda: not panel.plot.unfinished)
        found = recipe_of(panel.plot)
        assert found is not None
        recipe = found[0]
        log = which == "loss"
        chosen = {"log": log, "smoothing": 0.9, "epoch_means": True}
        assert chosen.items() <= recipe.picture.items()
        picture = tmp_path / "here.png"
        assert export.write(panel.plot, str(picture), "png")
        name = recipe.picture["plot"]
        run(picture, "--plot", f"{name}={tmp_path / 'again.png'}")
        texts = [QImage(str(path)).text("Recipe") for path in (picture, tmp_path / "again.png")]
        assert texts[0] == texts[1] != ""
        made = QImage(str(tmp_path / "again.png"))
        for colour in (panel.theme.series[0],) if log else panel.legend.colours:
            assert strong(made, colour) > 100  # smoothed curves and means; the raw ones are faint
    finally:
        dismiss(window)


def strong(image: QImage, colour: str) -> int:
    """How many pixels have just this colour."""
    wanted = QColor(colour).rgb()
    places = ((x, y) for x in range(image.width()) for y in range(image.height()))
    return sum(image.pixel(x, y) == wanted for x, y in places)
