"""The states to go back to: bounded however long the training, evenly spread, the first kept."""

import numpy as np
import pytest

from engine.training.timeline import MOST_STATES, Checkpoints, State


def state(step: int, size: int = 10) -> State:
    zeros = np.zeros(size)
    return State(step, zeros, {"momentum": zeros}, {}, np.zeros(1))


def trained(steps: int, size: int = 10, **options: int) -> tuple[Checkpoints, int]:
    """Checkpoints after so many steps, and the most that there were."""
    kept, most = Checkpoints(**options), 0
    for step in range(steps):
        if kept.wants(step):
            kept.add_state(state(step, size))
            most = max(most, len(kept._states))
    return kept, most


def test_a_million_steps_keep_a_bounded_number_of_states():
    kept, most = trained(1_000_000)
    assert most <= MOST_STATES
    assert len(kept._states) > MOST_STATES // 4
    assert kept.before(0).step == 0
    gaps = np.diff([*sorted(kept._states), 999_999])
    assert gaps.max() <= 1_000_000 / (MOST_STATES / 2)


@pytest.mark.parametrize("size", [1_000, 50_000])
def test_the_states_stay_below_their_limit(size):
    kept, _ = trained(5_000, size, limit=8 << 20)
    assert sum(one.bytes for one in kept._states.values()) <= 8 << 20
    assert len(kept._states) >= 4


def test_however_large_a_state_is_four_are_enough():
    kept, most = trained(300, 100_000, limit=1)
    assert most == 4
    assert kept.before(299).step <= 299
