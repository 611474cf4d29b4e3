"""How long training goes on between two frames: a multiple of what a frame costs."""

import pytest

from gui.training.pace import Pace
from gui.widgets import drawing_rates

CLOCK = "gui.training.pace.time.monotonic"


@pytest.fixture
def clock(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(CLOCK, lambda: now[0])
    return now


def frame(found: Pace, clock: list[float], making: float, drawing: float) -> None:
    found.made(making)
    found.taken()
    clock[0] += drawing
    found.drawn()


def settled(clock: list[float], making: float, drawing: float) -> Pace:
    found = Pace()
    for _ in range(50):
        frame(found, clock, making, drawing)
    return found


@pytest.mark.parametrize(("full", "most"), [(False, 0.30), (True, 0.10)])
@pytest.mark.parametrize(("making", "drawing"), [(0.001, 0.005), (0.004, 0.02)])
def test_frames_take_a_bounded_share_of_the_time(clock, full, most, making, drawing):
    found = settled(clock, making, drawing)
    trained = found.gap(full=full)
    assert (making + drawing) / (making + drawing + trained) < most


def test_the_next_frame_is_due_when_enough_was_trained(clock):
    found = settled(clock, 0.0, 0.010)
    assert not found.due(full=False)
    clock[0] += 0.010 * 2  # two thirds of the time trained is not yet enough, five sevenths are
    assert not found.due(full=False)
    clock[0] += 0.010 * 0.6
    assert found.due(full=False)
    assert not found.due(full=True)


def test_after_a_cheap_frame_training_goes_on_for_a_while(clock):
    assert settled(clock, 0.0, 0.0).gap(full=False) == drawing_rates.LEAST_TRAINED_SECONDS


def test_a_costly_frame_comes_all_the_same(clock):
    assert settled(clock, 0.1, 2.0).gap(full=True) == drawing_rates.MOST_TRAINED_SECONDS
