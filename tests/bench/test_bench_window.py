"""The window while a deep network trains: how soon it answers, what watching costs, what stays.

``deep-mlp`` with 50 layers, the whole window, offscreen. Run with ``-m bench -s`` to see the
figures.
"""

import gc
import os
import statistics
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import pytest

import gui.app.application
from engine.messages.commands import Pause, Run, Speed
from engine.observe.observer import Observer
from engine.system.system import System
from gui.window.window import MainWindow
from tests.bench.probes import Heartbeat, Poster, Probe, key_event, turn, turn_until, wheel_event
from tests.bench.report import Row
from tests.gui.rig import dismiss, settings_in, system_of

pytestmark = [pytest.mark.bench, pytest.mark.timeout(600)]
LAYERS = 50
STATM = Path("/proc/self/statm")
# 30 % of the speed lost is 1 / 0.7 of the time a step takes.
COSTS = {"watching": (Speed(), 1 / 0.7), "full speed": (Speed(full=True), 1 / 0.9)}


def figures(quick: bool = False) -> list[Row]:
    """Return all rows; a quick look takes seconds, and its figures prove nothing."""
    system = system_of("deep-mlp", layers__0__repeat=LAYERS)
    with shown(system) as window:
        rows = watching(window, Observer(system), rounds=1 if quick else 5)
        rows += answering(window, 2 if quick else 30)
    if STATM.exists():
        with shown(system_of("d2l-mlp")) as window:
            rows.append(soaking(window, 2 if quick else 60))
    return rows


@contextmanager
def shown(system: System) -> Iterator[MainWindow]:
    """The window as the program shows it, with this system opened and laid out."""
    gui.app.application.make_application()
    with tempfile.TemporaryDirectory() as folder, gui.app.application.short_pauses():
        window = gui.app.application.make_window(settings_in(Path(folder)))
        window.resize(1440, 900)
        window.show()
        window.activateWindow()
        window.session.open(system)
        turn_until(lambda: window.session.topology is not None and window.session.resting, 60)
        turn(2.0)  # the layout comes from a process of its own
        try:
            yield window
        finally:
            dismiss(window)


@contextmanager
def running(window: MainWindow, speed: Speed, settle_seconds: float = 0.5) -> Iterator[None]:
    """Training goes on meanwhile."""
    window.session.send(speed)
    window.session.send(Run())
    turn(settle_seconds)
    yield
    window.session.send(Pause())
    turn_until(lambda: window.session.resting, 10)


def steps_done(window: MainWindow) -> int:
    """What the training thread has done, seen or not."""
    trainer = window.session._worker._trainer
    assert trainer is not None
    return trainer.step


# -- what watching costs ---------------------------------------------------------------------


def watching(window: MainWindow, alone: Observer, rounds: int, seconds: float = 2.0) -> list[Row]:
    """The time of a step with the window against the trainer alone, in interleaved rounds."""
    plain: list[float] = []
    found: dict[str, list[float]] = {name: [] for name in COSTS}
    for _ in range(rounds):
        plain.append(step_alone(alone, seconds))
        for name, (speed, _) in COSTS.items():
            with running(window, speed):
                first, began = steps_done(window), perf_counter()
                turn(seconds)
                found[name].append((perf_counter() - began) / (steps_done(window) - first))
    rows = []
    for name, (_, goal) in COSTS.items():
        ratios = [shown / bare for shown, bare in zip(found[name], plain)]
        bare = statistics.median(plain)
        note = f"{1 - 1 / statistics.median(ratios):.0%} of the speed lost"
        took = bare * statistics.median(ratios)
        rows.append(Row(f"{name}: a step", 1e3 * took, "ms", 1e3 * bare, round(goal, 2), note=note))
    return rows


def step_alone(trainer: Observer, seconds: float) -> float:
    """Seconds a step of a trainer that nobody looks at."""
    trainer.train_step()
    first, began = trainer.step, perf_counter()
    while perf_counter() - began < seconds:
        trainer.train_step()
    took = (perf_counter() - began) / (trainer.step - first)
    trainer.recorder.take_rows()
    return took


# -- how soon it answers ---------------------------------------------------------------------


def answering(window: MainWindow, seconds: float) -> list[Row]:
    """Slices of the GUI thread, and the time from an event to its paint, while training runs."""
    settings: Any = window.panels["settings"]
    field = settings.row("optimizer.learning_rate").field
    field.setFocus()
    view = window.canvas.view.viewport()
    probes = {"a turn of the wheel": Probe(view, wheel_event), "a key": Probe(field, key_event)}
    with running(window, Speed(), 1.0):
        heart = Heartbeat()
        poster = Poster(list(probes.values()))
        turn(seconds)
        poster.stop()
        heart.stop()
    rows = percentiles("slice of the GUI thread", heart.gaps, most=16)
    rows += percentiles("own work in a slice", heart.work)
    for what, probe in probes.items():
        rows += percentiles(f"{what} until painted", probe.delays, p99=33)
    return rows


def percentiles(
    name: str, seconds: list[float], most: float | None = None, p99: float | None = None
) -> list[Row]:
    """Median, 99th percentile and maximum in milliseconds, with their goals."""
    if not seconds:
        return [Row(name, float("nan"), "ms", note="nothing came")]
    ms = 1000 * np.array(seconds)
    return [
        Row(f"{name}, p50", float(np.percentile(ms, 50)), "ms"),
        Row(f"{name}, p99", float(np.percentile(ms, 99)), "ms", goal=p99),
        Row(f"{name}, max", float(ms.max()), "ms", goal=most),
    ]


# -- what a long run leaves behind -----------------------------------------------------------


def soaking(window: MainWindow, seconds: float) -> Row:
    """The memory a million steps take past the history's, by the line through what is measured."""
    steps, sizes = [], []
    with running(
        window, Speed(full=True), min(5.0, seconds)
    ):  # until checkpoints are at their most
        for _ in range(20):
            turn(seconds / 20)
            gc.collect()
            steps.append(steps_done(window))
            sizes.append((resident() - window.session.history.nbytes) / 2**20)
    slope = float(np.polyfit(steps, sizes, 1)[0])
    note = f"{sizes[-1] - sizes[0]:+.1f} MB in {steps[-1] - steps[0]:,} steps"
    return Row(
        "memory of a million steps past the history's", 1e6 * slope, "MB", goal=50, note=note
    )


def resident() -> int:
    """Bytes of this process in memory."""
    return int(STATM.read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")


def test_the_window_answers_while_it_shows_a_training(qapp: object) -> None:
    quick = bool(os.environ.get("BENCH_QUICK"))
    for row in figures(quick):
        print("\n" + "  ".join(cell for cell in row.cells() if cell != "–"), end="")
