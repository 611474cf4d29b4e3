"""Scales of magnitudes, shares and signs: linear, anchored, with marks for what lies beyond."""

import numpy as np
import pytest

from gui.colour.linear import LinearScale, fresh_scale
from gui.colour.magnitude import BUCKETS, MagnitudeScale, Mark


def test_the_map_is_linear_in_the_logarithm():
    """Equal ratios are equal ways along the map, whatever the ends."""
    for scale in (MagnitudeScale(-6, 2), MagnitudeScale().pinned_to(3e-5, 7.0)):
        low, high = scale.ends
        magnitudes = np.geomspace(low, high, 2 * BUCKETS + 1)[1:-1]
        codes = scale.buckets(magnitudes)
        expected = np.arange(1, 2 * BUCKETS) / (2 * BUCKETS) * BUCKETS
        assert np.abs(codes + 0.5 - expected).max() <= 0.5 + 1e-6


def test_out_of_range_is_marked_and_not_clamped():
    for scale, below, above in (
        (MagnitudeScale().pinned_to(1e-3, 1e1), 9e-4, 11.0),
        (LinearScale().pinned_to(0.1, 0.5), 0.09, 0.51),
        (LinearScale(-1, 1, signed=True).pinned_to(-0.2, 0.2), -0.21, 0.21),
    ):
        low, high = scale.ends
        assert scale.buckets([below, low, high, above]).tolist() == [
            Mark.BELOW,
            0,
            BUCKETS - 1,
            Mark.ABOVE,
        ]


@pytest.mark.parametrize("kind", ["magnitude", "fraction", "signed"])
def test_what_is_no_number_is_no_colour(kind):
    scale = fresh_scale(kind, 1e-300)
    codes = scale.buckets([np.nan, np.inf, -np.inf, 0.5, 0.5], [1, 1, 1, 0, 1], [1, 1, 1, 1, 0])
    assert codes.tolist() == [Mark.NAN, Mark.INFINITE, Mark.INFINITE, Mark.PENDING, Mark.ABSENT]


def test_zero_is_off_a_logarithmic_scale_at_the_end_of_a_share_and_amid_a_signed_one():
    assert fresh_scale("magnitude", 1e-300).buckets([0.0]) == [Mark.ZERO]
    assert fresh_scale("fraction", 1e-300).buckets([0.0]) == [0]
    signed = fresh_scale("signed", 1e-300)
    assert signed.buckets([0.0]) == [BUCKETS // 2]
    values = np.linspace(0.01, 1.0, 40)
    np.testing.assert_array_equal(signed.buckets(values), BUCKETS - 1 - signed.buckets(-values))


def test_a_signed_scale_is_fitted_about_zero():
    scale = fresh_scale("signed", 1e-300).anchored([0.013, -0.002, np.nan])
    assert scale.ends == (-0.02, 0.02)
    assert scale.end_texts == ("−0.02", "+0.02")
    assert [text for _, text in scale.ticks()] == ["−0.02", "−0.01", "0", "+0.01", "+0.02"]
    assert fresh_scale("signed", 1e-300).anchored([0.0]).provisional


def test_the_ticks_of_a_pinned_range_say_its_ends():
    ticks = MagnitudeScale().pinned_to(3e-5, 7.0).ticks()
    assert ticks[0] == (0.0, "3·10⁻⁵")
    assert ticks[-1] == (1.0, "7")
    assert [place for place, _ in ticks] == sorted(place for place, _ in ticks)
