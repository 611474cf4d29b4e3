"""What a long run does to the history: bounded memory, honest curves, no long waits."""

import time
import tracemalloc
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from gui.history.chunks import CHUNK, COARSE
from gui.history.envelope import Envelope
from gui.history.history import MEGABYTE, History
from tests.gui.panel_help import rows

NAME = "layer_gradient_norm"


def history(layers: int, **options: Any) -> History:
    made = History(**options)
    made.reset(1, layers)
    return made


def append(made: History, steps: Any, table: Any) -> None:
    made.append(rows(steps, table.shape[1], layer_gradient_norm=table))


def extremes(found: Envelope) -> tuple[Any, Any]:
    return np.nanmin(found.low, axis=0), np.nanmax(found.high, axis=0)


def test_a_million_steps_of_fifty_layers_stay_below_the_allowance():
    """All that the history allocates is measured, its summaries and what plots remember too."""
    bound = 64 * MEGABYTE
    made = history(50, max_bytes=bound)
    portion = rows(np.arange(2000), 50)
    columns = {name: getattr(portion, name) for name in portion.__dataclass_fields__}
    worst = 0
    tracemalloc.start()
    for start in range(0, 1_000_000, 2000):
        columns["step"] = np.arange(start, start + 2000)
        made.append(type(portion)(**columns))
        if start % 50_000 == 0:
            made.envelope(NAME, 300)
            made.envelope("objective", 300)
            worst = max(worst, tracemalloc.get_traced_memory()[0])
    tracemalloc.stop()
    assert made.last_step == 999_999
    assert made.first_step == 0
    assert made.nbytes <= bound
    assert worst <= bound + 2 * MEGABYTE


def test_the_bytes_told_are_the_bytes_taken():
    tracemalloc.start()
    made = history(20)
    before = tracemalloc.get_traced_memory()[0]
    for start in range(0, 40 * CHUNK, CHUNK):
        append(made, np.arange(start, start + CHUNK), np.ones((CHUNK, 20)))
    taken = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert made.nbytes == pytest.approx(taken, rel=0.02)


def test_a_lowered_bound_is_reached_step_by_step_and_a_raised_one_kept():
    made = history(10, max_bytes=32 * MEGABYTE)
    table = np.ones((1000, 10))
    for start in range(0, 100_000, 1000):
        append(made, np.arange(start, start + 1000), table)
    assert made.nbytes > 16 * MEGABYTE
    made.max_bytes = 8 * MEGABYTE
    for start in range(100_000, 160_000, 1000):
        append(made, np.arange(start, start + 1000), table)
    assert made.nbytes <= 8 * MEGABYTE
    assert (np.diff(made.steps()) > 0).all()


def test_thinning_after_going_back_loses_no_rows():
    """A chunk cut off in the middle lies between chunks of its level: it stays where it is."""
    bound = 24 * (CHUNK * 8 * 15)
    made = history(2, max_bytes=bound)
    random = np.random.default_rng(5)
    for start in range(0, 60_000, 500):
        append(made, np.arange(start, start + 500), random.random((500, 2)))
    for back in (9_777, 20_333, 5_101, 30_002):
        made.truncate(back)
        first = (made.last_step or 0) + 1
        for start in range(first, first + 40_000, 500):
            append(made, np.arange(start, start + 500), random.random((500, 2)))
        steps = made.steps()
        assert len(steps) == len(made)
        assert (np.diff(steps) > 0).all()
        assert np.diff(steps).max() <= 4**5


@pytest.mark.parametrize("portion", [1, 37, 500, 5000])
def test_bins_drawn_on_and_on_are_those_made_anew(portion):
    """Going on from what was drawn last gives what a fresh look at all rows gives."""
    random = np.random.default_rng(portion)
    made, at = history(2), 0
    while at < 12_000 + 3 * portion:
        table = np.exp(random.standard_normal((portion, 2)))
        table[random.random((portion, 2)) < 0.01] = 0
        table[random.random((portion, 2)) < 0.01] = np.nan
        append(made, np.arange(at, at + portion), table)
        at += portion
        if portion == 1 and at % 500:
            continue
        drawn = made.envelope(NAME, 60)
        made._drawn.clear()
        fresh = made.envelope(NAME, 60)
        np.testing.assert_array_equal(drawn.x, fresh.x)
        for name in ("low", "high", "zero", "bad"):
            np.testing.assert_array_equal(getattr(drawn, name), getattr(fresh, name), name)


def test_every_bin_has_the_extremes_of_its_rows():
    """Against a plain loop over the rows, at the zooms of all kinds of summaries."""
    random = np.random.default_rng(3)
    table = np.exp(random.standard_normal((70_000, 1)))
    made = history(1)
    for start in range(0, 70_000, 777):
        append(made, np.arange(start, min(start + 777, 70_000)), table[start : start + 777])
        made.envelope(NAME, 100)
    for first, last in ((0, 69_999), (1024, 20_000), (30_000, 34_000), (64, 127)):
        found = made.envelope(NAME, 100, first, last)
        # The last bin bears its newest step: where it begins, and the one before ends, is not told.
        inside = [k for k, x in enumerate(found.x) if first <= x <= last]
        edges = [*found.x[inside], last + 1]
        for k, (a, b) in zip(inside[1:-2], pairwise(edges[1:-2]), strict=True):
            block = table[int(a) : int(b), 0]
            assert (found.low[k, 0], found.high[k, 0]) == (block.min(), block.max())


def test_going_back_takes_what_was_drawn_with_it():
    made = history(1)
    table = np.ones((10_000, 1))
    table[9_000] = 1e9
    append(made, np.arange(10_000), table)
    assert extremes(made.envelope(NAME, 50))[1] == 1e9
    made.truncate(8_000)
    append(made, np.arange(8_001, 10_000), np.ones((1_999, 1)))
    assert extremes(made.envelope(NAME, 50))[1] == 1.0


def test_panning_and_widening_show_their_own_rows():
    made = history(1)
    table = np.linspace(1, 2, 50_000)[:, None]
    append(made, np.arange(50_000), table)
    made.envelope(NAME, 50)
    for first, last, bins in ((10_000, 20_000, 50), (0, 49_999, 400), (5_000, 49_999, 50)):
        found = made.envelope(NAME, bins, first, last)
        # One bin more on each side at most.
        slack = 2 * (last - first) / bins + 2 * COARSE
        assert first - slack <= found.x[0] <= first
        low, high = extremes(found)
        assert table[max(0, int(first - slack)), 0] <= low <= table[first, 0]
        assert table[last, 0] <= high <= table[min(49_999, int(last + slack)), 0]


@pytest.mark.bench
def test_no_append_at_the_bound_takes_long():
    made = history(50, max_bytes=32 * MEGABYTE)
    worst = 0.0
    for start in range(0, 60_000, 100):
        portion = rows(np.arange(start, start + 100), 50)
        began = time.thread_time()
        made.append(portion)
        worst = max(worst, time.thread_time() - began)
    print(f"\nhistory of 50 layers at its bound: longest append of 100 rows {1000 * worst:.1f} ms")
    assert worst < 0.016
