"""The history alone: what it keeps, what it forgets, what it never hides."""

import ast
import dataclasses
import tracemalloc

import numpy as np
import pytest

from gui.history.chunks import CHUNK
from gui.history.history import History, HistoryRow
from tests.gui.fakes import fake_frame, fake_topology
from tests.gui.panel_help import rows


def history(layers: int = 0, **options) -> History:
    made = History(**options)
    made.reset(1, layers)
    return made


def row_of(made: History, step: int) -> HistoryRow:
    row = made.row_at(step)
    assert row is not None
    return row


def test_knows_nothing_of_qt(project):
    for name in ("history", "chunks", "envelope"):
        tree = ast.parse((project / f"gui/history/{name}.py").read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom):
                assert str(node.module).split(".")[0] not in ("PySide6", "pyqtgraph")


def test_rows_come_back_as_they_were_added_in_any_portions():
    made = history(layers=2)
    table = np.random.default_rng(0).random((5000, 2))
    at = 0
    for size in (1, 3, 1000, 24, 2000, 1972):
        part = slice(at, at + size)
        made.append(rows(np.arange(5000)[part], 2, layer_gradient_norm=table[part]))
        at += size
    assert len(made) == 5000
    np.testing.assert_array_equal(made.steps(), np.arange(5000))
    np.testing.assert_array_equal(made.column("layer_gradient_norm"), table)
    assert (made.first_step, made.last_step, made.exact_from) == (0, 4999, 0)


def test_nothing_in_it_at_first():
    made = history(layers=3)
    assert len(made) == 0
    assert made.row_at(5) is None
    assert made.last_step is None
    assert made.envelope("objective", 100).x.size == 0
    assert made.column("layer_gradient_norm").shape == (0, 3)


def test_a_step_that_comes_again_replaces_what_followed():
    made = history()
    made.append(rows(np.arange(100)))
    made.append(rows([60], objective=np.array([7.0])))
    assert made.last_step == 60
    assert row_of(made, 60).scalar("objective") == 7.0


@pytest.mark.parametrize("step", [0, 1023, 1024, 1500, 4000])
def test_truncate_drops_what_lies_after(step):
    made = history()
    made.append(rows(np.arange(4000)))
    made.truncate(step)
    assert made.last_step == min(step, 3999)
    assert len(made) == min(step, 3999) + 1


def test_a_rewound_frame_takes_the_rows_after_it_away():
    topology = fake_topology("d2l-mlp")
    made = History()
    made.begin_run(topology)
    frame = fake_frame(topology, step=50)
    made.add_frame(dataclasses.replace(frame, scalars=rows(np.arange(51), 2)))
    back = dataclasses.replace(frame, step=20, rewound=True, scalars=rows(np.arange(0), 2))
    made.add_frame(back)
    assert made.last_step == 20
    made.add_frame(dataclasses.replace(back, step=0))
    assert len(made) == 0


def test_a_frame_of_another_graph_is_ignored():
    topology = fake_topology("d2l-mlp", generation=4)
    made = History()
    made.begin_run(topology)
    made.add_frame(dataclasses.replace(fake_frame(topology, step=3), generation=3))
    assert len(made) == 0


def test_validation_is_remembered_until_it_is_rewound():
    made = history()
    validation = np.full(100, np.nan)
    validation[[10, 60]] = 0.5, 0.25
    made.append(rows(np.arange(100), validation_loss=validation))
    assert made.measured("validation_loss") == (60, 0.25)
    made.truncate(40)
    assert made.measured("validation_loss") == (10, 0.5)
    made.truncate(5)
    assert made.measured("validation_loss") is None


def test_envelope_of_few_rows_is_the_rows():
    made = history()
    made.append(rows(np.arange(50)))
    envelope = made.envelope("objective", 200)
    assert envelope.exact
    np.testing.assert_array_equal(envelope.curve(0)[0], np.arange(50))


@pytest.mark.parametrize("count", [2_000, 30_000, 200_001])
def test_envelope_keeps_extremes_zeros_nan_and_the_newest_row(count):
    made = history()
    objective = 1 + 0.1 * np.random.default_rng(1).random(count)
    peak, dip, zero, bad = count // 3, count // 2, count // 5, count // 7
    objective[[peak, dip, zero, bad]] = 1e6, 1e-6, 0.0, np.nan
    made.append(rows(np.arange(count), objective=objective))
    envelope = made.envelope("objective", 300)
    assert len(envelope.x) <= 700
    assert envelope.high.max() == 1e6
    assert 1e-6 in envelope.low
    assert envelope.zero.sum() == 1
    assert envelope.bad.sum() == 1
    assert envelope.x[-1] == count - 1
    step = envelope.x[np.argmax(envelope.high[:, 0])]
    assert abs(step - peak) <= 2 * count / 300


def test_envelope_of_a_window_is_finer():
    made = history()
    made.append(rows(np.arange(100_000)))
    envelope = made.envelope("objective", 300, first=50_000, last=50_099)
    assert envelope.exact
    np.testing.assert_array_equal(envelope.x, np.arange(49_999, 50_101))


def test_bins_stay_where_they_are_while_the_history_grows():
    made = history()
    made.append(rows(np.arange(20_000)))
    before = made.envelope("objective", 100).x[:50]
    made.append(rows(np.arange(20_000, 20_050)))
    np.testing.assert_array_equal(made.envelope("objective", 100).x[:50], before)


def test_memory_is_bounded_and_thinning_hides_nothing():
    bound = 40 * CHUNK * 8 * 12
    made = history(layers=1, max_bytes=bound)
    count = 200_000
    norms = 1 + 0.1 * np.random.default_rng(2).random((count, 1))
    norms[[100, 5000, 9000, 15000], 0] = 1e9, 1e-9, 0.0, np.nan
    for at in range(0, count, 500):
        part = slice(at, at + 500)
        made.append(rows(np.arange(count)[part], 1, layer_gradient_norm=norms[part]))
        assert made.nbytes <= bound
    column = made.column("layer_gradient_norm")[:, 0]
    assert len(column) < count / 3
    assert np.nanmax(column) == 1e9
    assert 1e-9 in column
    assert 0.0 in column
    assert np.isnan(column).any()
    assert made.first_step == 0
    assert made.last_step == count - 1
    assert (np.diff(made.steps()) > 0).all()
    assert made.exact_from is not None
    assert 0 < made.exact_from < count
    envelope = made.envelope("layer_gradient_norm", 300)
    assert envelope.high.max() == 1e9
    assert envelope.zero.any()
    assert envelope.bad.any()


def test_an_old_row_says_that_it_stands_for_several():
    made = history(max_bytes=20 * CHUNK * 8 * 12)
    made.append(rows(np.arange(100_000)))
    assert row_of(made, 50).span > 1
    assert row_of(made, 99_999).span == 1


def test_truncating_into_thinned_rows_and_going_on():
    made = history(max_bytes=20 * CHUNK * 8 * 12)
    made.append(rows(np.arange(100_000)))
    made.truncate(30_000)
    assert 29_000 < (made.last_step or 0) <= 30_000
    made.append(rows(np.arange(30_001, 60_000)))
    assert made.last_step == 59_999
    assert (np.diff(made.steps()) > 0).all()
    assert made.envelope("objective", 200).x[-1] == 59_999


def test_no_hidden_copies():
    made = history(layers=4, max_bytes=4 << 20)
    tracemalloc.start()
    for at in range(0, 100_000, 1000):
        made.append(rows(np.arange(at, at + 1000), 4))
    used, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert used < 2 * (4 << 20)


def test_epoch_starts():
    made = history()
    made.append(rows(np.arange(100)))
    assert made.epoch_starts() == [(40, 1), (80, 2)]
