"""Smoothing and means of epochs of a history, against the plain loop."""

import math

import numpy as np
import pytest

from gui.history import smoothing
from gui.history.chunks import CHUNK
from gui.history.history import History
from tests.gui.panel_help import rows


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    """No portions: a loaded machine would give less than all."""
    monkeypatch.setattr(smoothing, "SMOOTHING_SECONDS", 10.0)


def tensorboard(values, weight):
    """As vz_line_chart's smoothing: what is not finite is passed on and leaves the rest alone."""
    last, count, found = 0.0, 0, []
    for value in values:
        if not math.isfinite(value):
            found.append(math.nan)
            continue
        last = last * weight + (1 - weight) * value
        count += 1
        found.append(last / (1 - weight**count))
    return np.array(found)


def history_of(y, epoch=40):
    """A history whose layers' gradient norms are y (rows, layers)."""
    history = History()
    history.reset(1, y.shape[1])
    for at in range(0, len(y), 700):
        steps = np.arange(at, min(at + 700, len(y)))
        table = rows(steps, y.shape[1], layer_gradient_norm=y[steps], epoch=steps // epoch)
        history.append(table)
    return history


def whole(history, weight, bins=10**6):
    """All of it."""
    found = history.smoothed("layer_gradient_norm", weight, bins, 0, history.last_step)
    assert found.complete
    return found


@pytest.mark.parametrize("weight", [0.3, 0.9, 0.999])
@pytest.mark.parametrize("count", [1, 7, 64, 512, 2000])
def test_it_is_the_plain_loop_with_bias_correction(weight, count):
    y = np.random.default_rng(0).lognormal(size=(count, 3))
    found = whole(history_of(y), weight)
    np.testing.assert_array_equal(found.x, np.arange(count))
    for k in range(3):
        np.testing.assert_allclose(found.y[:, k], tensorboard(y[:, k], weight), rtol=1e-9)
    np.testing.assert_allclose(found.y[0], y[0], rtol=1e-12)  # without bias from the first step on


def test_gaps_are_where_values_are_not_finite_and_leave_the_rest_alone():
    y = np.random.default_rng(1).lognormal(size=(1500, 3))
    y[:5, 0] = np.nan
    y[600:700, 1] = np.inf
    y[1499, 2] = -np.inf
    found = whole(history_of(y), 0.9)
    for k in range(3):
        np.testing.assert_allclose(found.y[:, k], tensorboard(y[:, k], 0.9), rtol=1e-9)


def test_few_points_lie_on_the_curve_of_all_and_the_newest_is_among_them():
    y = np.random.default_rng(2).lognormal(size=(40_123, 1))
    history = history_of(y)
    every = whole(history, 0.97)
    for bins in (20, 100, 1000, 8000):
        few = whole(history, 0.97, bins)
        assert len(few.x) <= 2 * bins + 80
        assert len(few.x) >= bins / 2
        assert few.x[-1] == 40_122
        np.testing.assert_allclose(few.y, every.y[few.x.astype(int)], rtol=1e-9)


def test_a_window_of_steps_is_the_same_curve():
    y = np.random.default_rng(3).lognormal(size=(5000, 1))
    history = history_of(y)
    every = whole(history, 0.9)
    found = history.smoothed("layer_gradient_norm", 0.9, 10**6, 2000, 2100)
    assert found.x[0] <= 2000
    assert found.x[-1] >= 2100
    assert len(found.x) <= 3 * CHUNK
    np.testing.assert_array_equal(found.y, every.y[found.x.astype(int)])


def test_rows_that_come_and_go_change_what_they_must():
    random = np.random.default_rng(4)
    y = random.lognormal(size=(3000, 2))
    history = history_of(y)
    whole(history, 0.9)
    history.truncate(1234)
    fresh = random.lognormal(size=(1000, 2))
    steps = np.arange(1235, 2235)
    history.append(rows(steps, 2, layer_gradient_norm=fresh))
    found = whole(history, 0.9)
    expected = np.concatenate([y[:1235], fresh])
    for k in range(2):
        np.testing.assert_allclose(found.y[:, k], tensorboard(expected[:, k], 0.9), rtol=1e-9)
    other = whole(history, 0.5)
    np.testing.assert_allclose(other.y[:, 0], tensorboard(expected[:, 0], 0.5), rtol=1e-9)


def test_a_future_laid_aside_and_taken_back_is_smoothed_from_what_is_before_it():
    y = np.random.default_rng(5).lognormal(size=(3000, 1))
    history = history_of(y)
    whole(history, 0.9)
    future = history.split(1700)
    np.testing.assert_allclose(whole(future, 0.9).y[:, 0], tensorboard(y[1701:, 0], 0.9), rtol=1e-9)
    history.extend(future)
    np.testing.assert_allclose(whole(history, 0.9).y[:, 0], tensorboard(y[:, 0], 0.9), rtol=1e-9)


def test_a_long_history_comes_in_portions(monkeypatch):
    monkeypatch.setattr(smoothing, "SMOOTHING_SECONDS", 0.0)
    history = history_of(np.ones((5000, 1)))
    assert not history.smoothed("layer_gradient_norm", 0.9, 100, 0, 4999).complete
    assert not history.epoch_means("layer_gradient_norm", 100).complete
    monkeypatch.setattr(smoothing, "SMOOTHING_SECONDS", 10.0)
    assert history.smoothed("layer_gradient_norm", 0.9, 100, 0, 4999).complete


def test_thinned_rows_stand_for_the_steps_that_they_were():
    history = history_of(np.full((20 * CHUNK, 1), 3.0))
    history.max_bytes = 1
    history.append(rows(np.arange(20 * CHUNK, 21 * CHUNK), 1,
                        layer_gradient_norm=np.full((CHUNK, 1), 3.0)))  # fmt: skip
    assert history.exact_from != 0
    np.testing.assert_allclose(whole(history, 0.99).y, 3.0)


# -- means of epochs -----------------------------------------------------------------------------


def test_the_mean_of_each_epoch_is_a_staircase():
    y = np.random.default_rng(6).lognormal(size=(1000, 2))
    y[10, 0] = np.nan
    found = history_of(y, epoch=300).epoch_means("layer_gradient_norm", 100)
    np.testing.assert_array_equal(found.x, [0, 300, 300, 600, 600, 900, 900, 999])
    for k, part in enumerate((slice(0, 300), slice(300, 600), slice(600, 900), slice(900, 1000))):
        expected = np.nanmean(y[part], axis=0)
        np.testing.assert_allclose(found.y[2 * k], expected)
        np.testing.assert_allclose(found.y[2 * k + 1], expected)


def test_many_epochs_are_taken_together():
    y = np.random.default_rng(7).lognormal(size=(20_000, 1))
    found = history_of(y, epoch=10).epoch_means("layer_gradient_norm", 100)
    assert 100 <= len(found.x) <= 2 * 130
    np.testing.assert_allclose(found.y[0], y[:320].mean())  # 32 epochs
    np.testing.assert_allclose(found.y[2], y[320:640].mean())


@pytest.mark.parametrize(("count", "epoch"), [(0, 10), (50, 1)])
def test_no_means_without_epochs_of_several_steps(count, epoch):
    found = history_of(np.ones((count, 1)), epoch=epoch).epoch_means("layer_gradient_norm", 100)
    assert found.x.size == 0


def test_an_epoch_without_a_finite_value_is_a_gap():
    y = np.ones((40, 1))
    y[10:20] = np.nan
    found = history_of(y, epoch=10).epoch_means("layer_gradient_norm", 100)
    np.testing.assert_array_equal(np.isnan(found.y[:, 0]), [0, 0, 1, 1, 0, 0, 0, 0])
