"""Clipping by value and by norm."""

import math

import numpy as np
import pytest

from engine.optimizer.clipping import FORMULAS, Clipping
from engine.settings.declaration import parse, rule_of, settings_of
from engine.support.errors import InputError

BY_NORM = Clipping("norm", 1.0)


def test_by_norm_keeps_the_direction() -> None:
    gradient = np.array([3.0, 0.1])
    before, after = BY_NORM.apply(gradient)
    np.testing.assert_allclose(gradient, [0.99944, 0.03331], atol=5e-6)
    assert (before, after) == pytest.approx((math.hypot(3.0, 0.1), 1.0))


def test_by_value_does_not() -> None:
    gradient = np.array([3.0, 0.1, -2.0])
    before, after = Clipping("value", 1.0).apply(gradient)
    assert gradient.tolist() == [1.0, 0.1, -1.0]
    assert (before, after) == pytest.approx((math.sqrt(13.01), math.sqrt(2.01)))


@pytest.mark.parametrize("kind", FORMULAS)
def test_what_is_within_the_threshold_stays_as_it_is(kind: str) -> None:
    gradient = np.array([0.6, -0.8])
    assert Clipping(kind, 1.0).apply(gradient) == (1.0, 1.0)
    assert gradient.tolist() == [0.6, -0.8]
    assert Clipping(kind, 1.0).apply(np.zeros(3)) == (0.0, 0.0)


def test_none_only_measures() -> None:
    gradient = np.array([30.0, 40.0])
    assert Clipping().apply(gradient) == (50.0, 50.0)
    assert gradient.tolist() == [30.0, 40.0]


@pytest.mark.parametrize("kind", FORMULAS)
def test_nan_is_not_hidden(kind: str) -> None:
    gradient = np.array([np.nan, 3.0, 4.0])
    before, after = Clipping(kind, 1.0).apply(gradient)
    assert math.isnan(before)
    assert math.isnan(after)
    assert np.isnan(gradient).tolist() == [True, False, False]


def test_an_infinite_entry_stays_for_all_to_see() -> None:
    gradient = np.array([np.inf, 3.0])
    assert BY_NORM.apply(gradient) == (math.inf, math.inf)
    assert gradient.tolist() == [math.inf, 3.0]


@pytest.mark.parametrize(
    ("entries", "dtype", "threshold"),
    [
        ([3e-25, 4e-25], "float32", 1e-25),  # the squares underflow
        ([3e25, 4e25], "float32", 1.0),  # the squares overflow
        ([3e38, 3e38], "float32", 1e-3),  # so does the norm; the factor is subnormal in float32
        ([300.0, 400.0], "float16", 1.0),
        ([6e4] * 10_000, "float16", 1.0),  # the factor vanishes in float16
        ([3e-200, 4e-200], "float64", 1e-200),
        ([1e308] * 100, "float64", 1.0),  # the norm exceeds float64
        ([1e200, 1e200], "float64", 1e-150),  # the factor underflows in float64
    ],
)
def test_norms_at_the_ends_of_the_range(entries: list[float], dtype: str, threshold: float) -> None:
    gradient = np.array(entries, dtype=dtype)
    longest = max(entries)
    expected = np.array(entries) / longest
    expected *= threshold / math.sqrt(float(expected @ expected))
    before, after = Clipping("norm", threshold).apply(gradient)
    assert before > threshold
    rounding = {"float16": 4e-3, "float32": 1e-6, "float64": 1e-12}[dtype]
    np.testing.assert_allclose(gradient.astype(float), expected, rtol=rounding)
    assert after == pytest.approx(threshold, rel=rounding)
    assert gradient.dtype == dtype


def test_settings() -> None:
    assert parse(Clipping, {"type": "norm", "threshold": 5}, "clipping") == Clipping("norm", 5.0)
    for table, field in (({"threshold": 0}, "threshold"), ({"type": "nrm"}, "type")):
        with pytest.raises(InputError) as caught:
            parse(Clipping, table, "clipping")
        assert caught.value.field == f"clipping.{field}"
    assert all(
        rule_of(field).live and rule_of(field).help for field in settings_of(Clipping).values()
    )
