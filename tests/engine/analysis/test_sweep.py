"""The sweep of the input scale, on any executor."""

import threading
from collections.abc import Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from engine.analysis.sweep import SweepPoint, local_executor, parse_scales, sweep, sweep_point
from engine.observe.observer import Observer
from engine.system import catalogue
from engine.system.system import System, override


@pytest.fixture
def system() -> System:
    return catalogue.load("input-scaling")


@pytest.fixture
def threads() -> Iterator[Executor]:
    with ThreadPoolExecutor(2) as executor:
        yield executor


def by_scale(points: Iterator[SweepPoint]) -> dict[tuple[float, bool], SweepPoint]:
    return {(point.scale, point.compensated): point for point in points}


def test_each_scale_at_the_fixed_and_at_the_compensated_rate(
    system: System, threads: Executor
) -> None:
    points = by_scale(sweep(system, [0.1, 1.0, 1000.0], steps=2, executor=threads))
    assert set(points) == {(s, c) for s in (0.1, 1.0, 1000.0) for c in (False, True)}
    for (scale, compensated), point in points.items():
        expected = 0.1 / scale**2 if compensated else 0.1
        assert point.learning_rate == pytest.approx(expected, rel=1e-12)


def test_gradient_norms_before_any_update_are_proportional_to_the_scale(
    system: System, threads: Executor
) -> None:
    """The weights start at zero: ∂J/∂W is scale times as large, ∂J/∂b the same."""
    system = override(override(system, "names", {}), "layers.0.bias", False)
    points = by_scale(sweep(system, [1e-3, 1.0, 1e3], executor=threads))
    at_one = points[1.0, False].layer_gradient_norm[0]
    for scale in (1e-3, 1e3):
        for compensated in (False, True):
            found = points[scale, compensated].layer_gradient_norm[0]
            assert found == pytest.approx(scale * at_one, rel=1e-9)


def test_the_compensated_rate_gives_the_objective_of_scale_one(
    system: System, threads: Executor
) -> None:
    system = override(override(system, "names", {}), "layers.0.bias", False)
    points = by_scale(sweep(system, [0.01, 1.0, 100.0], steps=10, executor=threads))
    for scale in (0.01, 100.0):
        reference = points[1.0, True].objective
        assert points[scale, True].objective == pytest.approx(reference, rel=1e-9)
        assert points[scale, False].objective != pytest.approx(reference, rel=1e-3)


def test_a_point_is_the_training_that_its_settings_describe(system: System) -> None:
    point = sweep_point(system, 3.0, 4, False)
    trainer = Observer(override(system, "data.input_scale", 3.0))
    trainer.finish_pass()
    for _ in range(4):
        trainer.train_step()
    assert (point.objective, point.loss) == trainer.objective_and_loss()
    assert point.layer_gradient_norm_after == tuple(trainer.take_frame().layer_gradient_norm)


def test_progress_counts_up_to_all(system: System, threads: Executor) -> None:
    seen: list[tuple[int, int]] = []
    list(sweep(system, [1.0, 2.0], executor=threads, progress=lambda *now: seen.append(now)))
    assert seen == [(k, 4) for k in range(1, 5)]


class Held(Executor):
    """An executor that does one job at a time, when it is told to."""

    def __init__(self) -> None:
        self.waiting: list[tuple[Future[Any], Any]] = []

    def submit(self, function: Any, /, *arguments: Any, **keywords: Any) -> Future[Any]:
        future: Future[Any] = Future()
        self.waiting.append((future, lambda: function(*arguments, **keywords)))
        return future

    def do_one(self) -> None:
        future, job = self.waiting.pop(0)
        if future.set_running_or_notify_cancel():
            future.set_result(job())


def test_cancelling_ends_at_once_and_cancels_what_waits(system: System) -> None:
    held = Held()
    cancel = threading.Event()
    points = sweep(system, [1.0, 2.0, 3.0], executor=held, cancelled=cancel.is_set)
    threading.Timer(0.05, held.do_one).start()
    next(points)
    cancel.set()
    assert list(points) == []
    assert all(future.cancelled() for future, _ in held.waiting)
    assert len(held.waiting) == 5


def test_leaving_the_loop_cancels_too(system: System) -> None:
    held = Held()
    points = sweep(system, [1.0, 2.0], executor=held)
    threading.Timer(0.05, held.do_one).start()
    next(points)
    points.close()  # type: ignore[attr-defined]
    assert all(future.cancelled() for future, _ in held.waiting)


@pytest.mark.slow
def test_a_pool_of_processes_gives_what_threads_give(system: System, threads: Executor) -> None:
    with local_executor(2) as pool:
        apart = by_scale(sweep(system, [0.5, 20.0], steps=3, executor=pool))
    assert apart == by_scale(sweep(system, [0.5, 20.0], steps=3, executor=threads))


def test_scales_are_even_on_a_logarithmic_axis() -> None:
    expected = 10.0 ** np.linspace(-3, 3, 13)
    np.testing.assert_allclose(parse_scales("1e-3:1e3:13"), expected, rtol=1e-11)
    assert parse_scales("1e-3:1e3:13")[6] == 1.0
    assert parse_scales("5:5:1") == [5.0]
    assert parse_scales("100:1:3") == [100.0, 10.0, 1.0]


@pytest.mark.parametrize("text", [
    "", "1", "1:2", "1:2:3:4", "a:1:2", "0:1:3", "-1:1:3", "1:inf:2", "nan:1:2", "1:2:0", "1:2:1.5",
])  # fmt: skip
def test_scales_that_are_none(text: str) -> None:
    with pytest.raises(ValueError):
        parse_scales(text)
