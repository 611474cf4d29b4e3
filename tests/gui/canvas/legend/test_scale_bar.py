"""The legend's scale: unit and ends are there, it fits, and marks stand where they should."""

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from engine.observe.quantities import QUANTITIES
from gui.appearance.fonts import register_fonts
from gui.appearance.theme import DARK, LIGHT
from gui.canvas.colours.palette import Palette
from gui.canvas.colours.tones import OffScale, blank_tones, off_scale
from gui.canvas.colours.values import Standing
from gui.canvas.graph.node_look import text_width
from gui.canvas.graph.visible import summarise
from gui.canvas.legend.legend import BAR_NARROWEST, EDGE, GAP, Legend
from gui.canvas.legend.scale_bar import BAR_TOP, SPARE, TEXT_PIXELS, ScaleBar
from gui.canvas.legend.strip import LegendStrip
from gui.colour.linear import fresh_scale
from gui.colour.magnitude import MagnitudeScale, Mark
from tests.gui.fakes import fake_topology

NAMES = pytest.mark.parametrize("name", list(QUANTITIES))


def bar_of(name, **more):
    quantity = QUANTITIES[name]
    scale = fresh_scale(quantity.kind, 1e-300).anchored([1e-3, 0.3])
    return ScaleBar(Palette(LIGHT), scale, quantity, **more)


def painted(bar, width=320):
    image = QImage(width + 60, 58, QImage.Format.Format_RGB32)
    image.fill(QColor(LIGHT.canvas))
    painter = QPainter(image)
    bar.paint(painter, 20, 0, width)
    painter.end()
    return np.frombuffer(image.bits(), np.uint8).reshape(58, -1, 4)[:, :, :3].astype(int)


@pytest.fixture(autouse=True)
def fonts(qapp):
    register_fonts()


@NAMES
def test_the_unit_is_shown_even_in_the_narrowest_bar(qtbot, name):
    quantity = QUANTITIES[name]
    strip = LegendStrip(Legend(Palette(LIGHT), bar_of(name).scale, quantity=quantity))
    qtbot.addWidget(strip)
    bar = strip.legend.bar
    note = bar._note(BAR_NARROWEST + SPARE - bar.title_width)
    assert bar.unit in note
    assert text_width(note, TEXT_PIXELS) <= BAR_NARROWEST + SPARE - bar.title_width


@NAMES
@pytest.mark.parametrize("width", [436, 752, 1200])
def test_the_legend_fits_its_width(qtbot, name, width):
    quantity = QUANTITIES[name]
    legend = Legend(
        Palette(DARK),
        bar_of(name).scale,
        groups=True,
        full=False,
        quantity=quantity,
        edge_scale=MagnitudeScale(-12, 2),
    )
    strip = LegendStrip(legend)
    qtbot.addWidget(strip)
    for line in legend._lines(width):
        assert sum(section.width + GAP for section in line) - GAP <= width - 2 * EDGE + 1


@NAMES
def test_it_explains_itself(name):
    bar = bar_of(name)
    words = bar.explanation()
    low, high = bar.scale.end_texts
    for part in (bar.title, bar.symbol, bar.unit, low, high, bar.quantity.words):
        assert part in words
    kind = {"magnitude": "logarithmic", "fraction": "linear", "signed": "zero in the middle"}
    assert kind[bar.quantity.kind] in words


@pytest.mark.parametrize(
    ("name", "value", "place"),
    [("gradient-norm", 1e-2, 2 / 4), ("value-zeros", 0.25, 0.25), ("gradient-sign", 0.0, 0.5)],
)
def test_the_selection_is_marked_where_it_stands(name, value, place):
    bar = bar_of(name, selection=Standing("h", value))
    if name == "gradient-norm":
        bar.scale = MagnitudeScale(-4, 0, provisional=False)
    accent = QColor(LIGHT.accent)
    image = painted(bar)
    same = np.abs(image - [accent.blue(), accent.green(), accent.red()]).max(axis=2) < 6
    tip = np.flatnonzero(same[18:22].any(axis=0))  # above the bar there is the tip alone
    assert tip.mean() == pytest.approx(20 + 320 * place, abs=1.5)


def test_what_has_no_place_is_told_without_a_mark():
    bar = bar_of("value-zeros", selection=Standing("x → h", 3.0, placed=False))
    accent = QColor(LIGHT.accent)
    image = painted(bar)
    same = np.abs(image - [accent.blue(), accent.green(), accent.red()]).max(axis=2) < 6
    assert not same[18:22].any()
    assert (image != painted(bar_of("value-zeros"))).any()


def test_a_title_is_painted_where_no_control_stands():
    assert (painted(bar_of("value-zeros"))[:16, :120] < 120).any()
    held = painted(bar_of("value-zeros", title_width=140))
    assert not (held[:16, :120] < 120).any()


@pytest.mark.parametrize("low", range(-19, 0))
@pytest.mark.parametrize("width", [BAR_NARROWEST, 320])
def test_the_texts_of_ticks_never_run_together(low, width):
    bar = bar_of("gradient-norm")
    bar.scale = MagnitudeScale(low, 1, provisional=False)
    ticks = bar.ticks_in(20, width)
    ends = [at + text_width(text, TEXT_PIXELS) for _, at, text in ticks]
    assert all(at - end >= 5 for (_, at, _), end in zip(ticks[1:], ends, strict=False))
    assert [ticks[0][0], ticks[-1][0]] == [20, 20 + width]
    assert len(ticks) >= 3


# -- the strip in the window -------------------------------------------------------------------


class Held(LegendStrip):
    """A strip that keeps the canvas it stands in."""

    canvas: QWidget


def strip_of(qtbot, width, most, **changes):
    """A strip as wide as this that has room for so many lines (0: all), on the screen."""
    canvas = QWidget()
    scale = MagnitudeScale(-6, 1, provisional=False)
    strip = Held(Legend(Palette(LIGHT), scale, full=False, **changes), canvas)
    qtbot.addWidget(canvas)
    canvas.resize(width, 1000 if not most else 180)
    strip.resize(width, strip.heightForWidth(width))
    canvas.show()
    qtbot.waitExposed(canvas)
    assert not most or strip.legend.most == most
    strip.canvas = canvas
    return strip


def seen(strip):
    """Its pixels (rows, columns, BGR)."""
    image = strip.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    pixels = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1, 4)
    return pixels[:, :, :3].astype(int)


def bar_in(picture):
    """The first and the last column of the scale's bar, by its lower edge."""
    row = picture[8 + int(BAR_TOP) + 11]
    canvas = QColor(LIGHT.canvas)
    there = np.abs(row - [canvas.blue(), canvas.green(), canvas.red()]).max(axis=1) > 8
    first = int(np.flatnonzero(there)[0])
    return first, first + int(np.argmin(there[first:]))


def tip_in(picture):
    accent = QColor(LIGHT.accent)
    same = np.abs(picture - [accent.blue(), accent.green(), accent.red()]).max(axis=2) < 6
    return np.flatnonzero(same[8 + 18 : 8 + 22].any(axis=0)).mean()


@pytest.mark.parametrize("most", [0, 1])
@pytest.mark.parametrize("width", [380, 620, 760, 1000, 1400])
def test_the_pointer_tells_the_truth_at_every_width_and_in_the_short_form(qtbot, width, most):
    strip = strip_of(qtbot, width, most)
    left, right = bar_in(seen(strip))
    assert right - left > 200
    for value in (0.248, 1e-5, 3.0):
        strip.legend.selection = Standing("h", value)
        strip.heightForWidth(width + 517)  # layouts ask so; what is painted stays as it is
        strip.update()
        expected = left + (right - left) * strip.legend.scale.position(value)
        assert tip_in(seen(strip)) == pytest.approx(expected, abs=2)


@pytest.mark.parametrize(
    ("value", "where"),
    [(float("inf"), "high"), (1e9, "high"), (0.0, "low"), (1e-30, "low"), (float("nan"), "amid")],
)
def test_a_flag_stands_at_the_end_that_its_number_lies_beyond(qtbot, value, where):
    strip = strip_of(qtbot, 1000, 0)
    plain = seen(strip)
    left, right = bar_in(plain)
    strip.legend.selection = Standing("h", value)
    strip.update()
    rows = slice(8 + int(BAR_TOP) + 3, 8 + int(BAR_TOP) + 10)
    changed = (seen(strip)[rows] != plain[rows]).any(axis=(0, 2))[left - 8 : right + 8]
    middle = np.flatnonzero(changed).mean() / len(changed)
    assert {"low": middle < 0.25, "high": middle > 0.75, "amid": 0.45 < middle < 0.55}[where]


# -- much off the scale ------------------------------------------------------------------------


def test_more_than_a_third_off_the_scale_is_said_with_a_link_that_fits_it(qtbot):
    strip = strip_of(qtbot, 1000, 0)
    wanted = []
    strip.fit_wanted.connect(lambda: wanted.append(True))
    strip.show_off_scale(OffScale(3, 0, 10))
    assert not strip.fit.isVisible()
    plain = seen(strip)
    strip.show_off_scale(OffScale(3, 1, 10))
    assert strip.fit.isVisible()
    assert "40 %" in strip.fit.text()
    assert "3 are below" in strip.fit.toolTip()
    assert strip.rect().contains(strip.fit.geometry())
    assert not strip.fit.geometry().intersects(strip.control.geometry().adjusted(0, 0, -4, 0))
    QTest.mouseClick(strip.fit, Qt.MouseButton.LeftButton)
    assert wanted == [True]
    strip.show_off_scale(OffScale(0, 0, 10))
    assert not strip.fit.isVisible()
    np.testing.assert_array_equal(seen(strip), plain)


def test_what_is_off_its_scale_is_counted_without_what_has_no_place_on_any():
    visible = summarise(fake_topology("d2l-mlp"), frozenset())
    tones = blank_tones(visible)
    assert off_scale(tones) == OffScale(0, 0, 0)
    tones.nodes[:5] = [Mark.BELOW, Mark.BELOW, Mark.ABOVE, 3, Mark.ZERO]
    assert off_scale(tones) == OffScale(2, 1, 4)
