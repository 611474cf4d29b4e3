"""The colour scale: anchored, logarithmic, readable, and with marks that are no colour of it."""

import itertools

import numpy as np
import pytest

from gui.appearance.theme import DARK, LIGHT, THEMES
from gui.canvas.colours.palette import Palette
from gui.colour.magnitude import (
    BUCKETS,
    CODES,
    GLYPHS,
    MagnitudeScale,
    Mark,
    SignedScale,
    contrast,
    luminance,
    text_on,
)
from gui.colour.maps import map_colours

TINY = float(np.finfo(np.float32).tiny)


def test_is_fitted_in_whole_decades_around_the_norms():
    scale = MagnitudeScale().fitted([3e-4, 0.2, 7.0, np.nan, np.inf, 0.0])
    assert (scale.low, scale.high, scale.provisional) == (-4, 1, False)


def test_a_single_norm_gets_a_scale_of_three_decades():
    scale = MagnitudeScale().fitted([1.0])
    assert scale.high - scale.low >= 3
    assert scale.low < 0 < scale.high


def test_nothing_known_leaves_the_scale_provisional():
    assert MagnitudeScale().anchored([0.0, np.nan]).provisional
    assert MagnitudeScale().fitted([0.0, np.nan]).provisional


def test_an_anchored_scale_leaves_room_for_five_decades():
    """As the norms of the first pass fall together, at most a third of them leaves the scale."""
    norms = np.logspace(-2, 0.5, 40)
    scale = MagnitudeScale().anchored(norms)
    assert scale.high == MagnitudeScale().fitted(norms).high
    for fall in range(6):
        codes = scale.buckets(norms * 10.0**-fall)
        assert (codes == Mark.BELOW).mean() <= 1 / 3
        assert (codes != Mark.ABOVE).all()


def test_there_is_no_room_below_what_the_numbers_can_hold():
    half = MagnitudeScale(smallest_normal=float(np.finfo(np.float16).tiny))
    assert half.anchored([0.1, 1.0, 3.0]).low == -5


def test_what_spans_many_decades_has_its_room_already():
    norms = np.logspace(-14, 0, 60)
    wide = MagnitudeScale()
    assert wide.anchored(norms).low >= wide.fitted(norms).low - 1


def test_far_outliers_do_not_take_the_colours_of_the_rest():
    scale = MagnitudeScale().fitted([1e-17, 1e-3, 1e-2, 0.5, 1.0])
    assert scale.low == -4
    assert scale.buckets([1e-17])[0] == Mark.BELOW


def test_buckets_rise_with_the_norm_over_the_whole_scale():
    scale = MagnitudeScale(-5, 2)
    codes = scale.buckets(np.logspace(-5, 2, 200))
    assert codes[0] == 0
    assert codes[-1] == BUCKETS - 1
    assert (np.diff(codes) >= 0).all()
    assert len(np.unique(codes)) == BUCKETS


def test_every_state_that_is_no_magnitude_has_a_code_of_its_own():
    scale = MagnitudeScale(-5, 2, smallest_normal=TINY)
    norms = [0.0, 1e-40, np.nan, np.inf, 1e-7, 1e4, 1.0, 1.0]
    ready = [True] * 6 + [False, True]
    exists = [True] * 7 + [False]
    assert scale.buckets(norms, ready, exists).tolist() == [
        Mark.ZERO,
        Mark.UNDERFLOW,
        Mark.NAN,
        Mark.INFINITE,
        Mark.BELOW,
        Mark.ABOVE,
        Mark.PENDING,
        Mark.ABSENT,
    ]


def test_luminance_rises_along_the_scale():
    values = [luminance(colour) for colour in map_colours()]
    assert all(a < b for a, b in itertools.pairwise(values))


@pytest.mark.parametrize("theme", THEMES.values(), ids=lambda theme: theme.name)
def test_both_ends_stand_out_from_the_canvas(theme):
    assert min(contrast(c, theme.canvas) for c in map_colours()) > 1.3


@pytest.mark.parametrize("theme", THEMES.values(), ids=lambda theme: theme.name)
def test_text_reads_on_every_bucket(theme):
    styles = Palette(theme).nodes
    for code in range(BUCKETS):
        assert contrast(text_on(map_colours()[code]), map_colours()[code]) >= 4.5
    for code in (*range(BUCKETS), Mark.ZERO, Mark.PENDING, Mark.ABSENT, Mark.BELOW, Mark.ABOVE):
        style = styles[code]
        assert contrast(style.text.color().name(), style.fill.color().name()) >= 4.5


@pytest.mark.parametrize("theme", THEMES.values(), ids=lambda theme: theme.name)
def test_marks_look_like_no_other(theme):
    palette = Palette(theme)

    def look(code):
        style = palette.nodes[code]
        return (
            style.fill.color().rgba(),
            style.fill.style(),
            style.outline.color().rgba(),
            tuple(style.outline.dashPattern()),
            GLYPHS.get(code),
        )

    looks = [look(code) for code in range(BUCKETS)] + [look(mark) for mark in Mark]
    assert len(set(looks)) >= CODES - 1  # neighbours of the table may round to one colour
    assert len({look(mark) for mark in Mark}) == len(Mark)


def test_ticks_are_powers_of_ten_from_end_to_end():
    ticks = MagnitudeScale(-3, 1).ticks()
    assert [text for _, text in ticks] == ["10⁻³", "10⁻²", "10⁻¹", "1", "10¹"]
    assert (ticks[0][0], ticks[-1][0]) == (0.0, 1.0)
    assert len(MagnitudeScale(-40, 2).ticks()) <= 7


@pytest.mark.parametrize("low", range(-40, 0))
def test_no_two_ticks_are_much_nearer_than_the_others(low):
    places = [place for place, _ in MagnitudeScale(low, 1).ticks()]
    apart = [b - a for a, b in itertools.pairwise(places)]
    assert min(apart) > 0.5 * max(apart) - 1e-9, "10⁻⁶, 10⁻⁵, 10⁻³ looks like two scales"


def test_position_says_where_a_norm_stands():
    scale = MagnitudeScale(-2, 2)
    assert scale.position(1.0) == 0.5
    assert scale.position(1e9) == 1.0
    assert scale.position(0.0) is None
    assert scale.position(float("nan")) is None


def test_signed_scale_is_blue_above_orange_below_and_neutral_at_zero():
    scale = SignedScale.fitted(np.array([-2.0, 0.0, 1.0]), LIGHT)
    negative, zero, positive = scale.rgba([-2.0, 0.0, 2.0])
    assert scale.limit == 2.0
    assert negative[0] > negative[2]
    assert positive[2] > positive[0]
    assert [f"{v:02x}" for v in zero[:3]] == ["fb", "fb", "fc"]
    assert SignedScale.fitted([0.0], DARK).limit == 1.0
    assert tuple(scale.rgba([np.nan])[0][:3]) == (209, 0, 209)
