"""The bench command runs, its columns agree, and its tables say what they measured."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from engine.training.feed import Samples
from tests.bench import columns as bench_columns
from tests.bench import picture
from tests.bench.columns import agreement, columns_of, library
from tests.bench.measure import Effort, interleaved
from tests.bench.ours import Ours
from tests.bench.report import Row, Table, aligned
from tests.bench.workloads import WORKLOADS


@pytest.fixture
def run_bench(project: Path) -> Callable[..., "subprocess.CompletedProcess[str]"]:
    """Run the command as a person would."""

    def run(*argv: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "tests.bench", *argv],
            cwd=project,
            env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )

    return run


def test_the_command_prints_its_tables_and_writes_json(run_bench, tmp_path):
    file = tmp_path / "figures.json"
    done = run_bench("--quick", "--only", "W1,W3,memory,build", "--json", str(file))
    assert done.returncode == 0, done.stdout + done.stderr
    for text in ("A training step", "W1 ÷ numpy", "W3 ÷ numpy", "1 thread", "Memory", "MLP of"):
        assert text in done.stdout
    written = json.loads(file.read_text(encoding="utf-8"))
    steps = written["tables"][0]
    assert steps["rows"][0]["name"] == "W1 ÷ numpy, both recording"
    assert all(row["ratio"] > 0 for table in written["tables"] for row in table["rows"])
    assert "1 thread" in written["machine"]["BLAS"]


def test_an_unknown_table_is_refused_by_name(run_bench):
    done = run_bench("--only", "W1,W9")
    assert done.returncode == 2
    assert "W9" in done.stderr


@pytest.mark.parametrize("name", WORKLOADS)
def test_the_hand_written_step_is_the_same_step(name):
    """Two independent implementations: gradients, losses over some steps, and norms recorded."""
    found = agreement(columns_of(WORKLOADS[name], []), 5)
    assert found.wrong == []
    assert found.loss < 1e-4
    assert found.missing["numpy+"] == 0


@pytest.mark.parametrize("name", ["torch", "jax"])
def test_a_library_takes_the_same_step(name):
    """Where it is installed: the third and fourth implementation."""
    pytest.importorskip(name)
    for workload in ("W1", "W2", "W5"):
        found = agreement(columns_of(WORKLOADS[workload], [library(name)]), 3)
        assert found.wrong == []
        assert found.missing[f"{name}+"] == 0


def test_a_library_that_is_not_there_is_left_out_with_a_note(monkeypatch):
    monkeypatch.setitem(sys.modules, "jax", None)  # its import fails
    absent = library("jax")
    assert absent.make is None
    assert absent.note == "jax: not installed, column skipped"
    assert "jax+" not in columns_of(WORKLOADS["W1"], [absent])


@pytest.mark.slow
def test_starting_is_measured(run_bench):
    done = run_bench("--quick", "--only", "start")
    assert done.returncode == 0, done.stderr
    for text in ("main.py list", "--steps 0", "first paint", "painted with its graph"):
        assert text in done.stdout


def test_the_picture_takes_figures_from_where_there_are_any(qapp, monkeypatch):
    there, bare = ModuleType("tests.bench.there"), ModuleType("tests.bench.bare")
    there.figures = lambda quick: [Row("frame", 3.0 if quick else 4.0, "ms", goal=6.0)]  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "tests.bench.there", there)
    monkeypatch.setitem(sys.modules, "tests.bench.bare", bare)
    monkeypatch.setattr(picture, "MODULES", ("there", "bare", "nowhere"))
    table = picture.figures(Effort(quick=True))
    assert [row.measured for row in table.rows] == [3.0]
    assert [note.partition(":")[0] for note in table.notes] == ["bare", "nowhere"]


def test_a_column_that_does_something_else_is_named(monkeypatch):
    columns = columns_of(WORKLOADS["W1"], [])
    right = columns["numpy"].gradients

    def doubled():
        return {name: 2 * array for name, array in right().items()}

    monkeypatch.setattr(columns["numpy"], "gradients", doubled)
    found = agreement(columns, 2)
    assert found.wrong
    assert all("numpy: gradient of" in text for text in found.wrong)


def test_norms_that_are_not_recorded_are_counted():
    expected = np.array([1.0, 2.0, 3.0])
    assert bench_columns._missing(expected, np.array([3.0, 1.0], np.float32)) == 1
    assert bench_columns._missing(expected, np.array([2.0, 3.0, 1.0], np.float32)) == 0


def test_the_batch_is_the_same_every_time():
    first, second = (WORKLOADS["W6"].samples() for _ in range(2))
    assert isinstance(first, Samples)
    assert np.array_equal(first.x, second.x)
    assert np.array_equal(first.y, second.y)


def test_recording_covers_every_edge_that_carries_gradient():
    ours = Ours(WORKLOADS["W1"], record=True)
    ours.step()
    gradients = ours.compiled.gradients
    model = ours.compiled.model
    of_data = {model.inputs[0]}
    flow = {node for n, node in gradients.by_node.items() if n not in of_data}
    flow |= {node for (n, _, _), node in gradients.by_edge.items() if n not in of_data}
    assert len(ours.norms()) == len(flow)


def test_ratios_compare_moments_of_one_round():
    """A machine that slows down by half between rounds leaves the ratio alone."""
    times = interleaved({"a": lambda count: None, "b": lambda count: None}, Effort(3, 0.0001))
    times._rounds["a"][:] = [2.0, 4.0, 8.0]  # type: ignore[index]
    times._rounds["b"][:] = [1.0, 2.0, 4.0]  # type: ignore[index]
    assert times.ratio("a", "b") == 2.0
    assert times.median("a") == 4.0


@pytest.mark.parametrize(
    ("row", "ratio", "reached"),
    [
        (Row("slow", 3.0, "µs", 2.0, 1.1), 1.5, False),
        (Row("fast", 2.0, "µs", 2.0, 1.1), 1.0, True),
        (Row("ahead", 2.0, "µs", 6.0, 2.5, at_least=True), 3.0, True),
        (Row("behind", 4.0, "µs", 6.0, 2.5, at_least=True), 1.5, False),
        (Row("alone", 0.4, "s", goal=0.5), 0.4, True),
        (Row("no goal", 0.4, "s"), 0.4, None),
    ],
    ids=lambda value: value.name if isinstance(value, Row) else "",
)
def test_a_row_says_whether_its_goal_is_reached(row, ratio, reached):
    assert row.ratio == pytest.approx(ratio)
    assert row.reached is reached
    assert Table("t", [row]).data()["rows"][0]["reached"] is reached


def test_tables_stay_aligned():
    lines = aligned([["", "a"], ["long name", "1"], ["x", "22222"]]).splitlines()
    assert len({len(line) for line in lines}) == 1
