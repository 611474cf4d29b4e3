"""Schedules against PyTorch's, and what they do outside the usual range."""

import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.optimizer.schedule import SCHEDULES, Constant, Exponential, OneCycle, Step, WarmupCosine
from engine.settings.declaration import parse_variant, rule_of, settings_of
from engine.support.errors import InputError
from tests.fixtures import make_optimizer_torch as reference

FIXTURE = json.loads(
    (Path(__file__).parents[2] / "fixtures" / "optimizer_torch.json").read_text(encoding="utf-8")
)


@pytest.mark.parametrize(
    "case", FIXTURE["schedules"], ids=lambda case: "-".join([case["name"], *case["settings"]])
)
def test_rates_are_those_of_pytorch(case: dict[str, Any]) -> None:
    schedule = parse_variant(SCHEDULES, {"type": case["name"], **case["settings"]}, "schedule")
    found = [schedule.rate(reference.BASE_RATE, step) for step in range(len(case["rates"]))]
    assert found == pytest.approx(case["rates"], rel=1e-9, abs=1e-12)


def test_every_schedule_has_a_case() -> None:
    assert {case["name"] for case in FIXTURE["schedules"]} == set(SCHEDULES)


@pytest.mark.parametrize("name", SCHEDULES)
def test_every_schedule_is_declared_in_full(name: str) -> None:
    cls = SCHEDULES[name]
    assert cls.formula
    assert cls.source
    assert next(iter(SCHEDULES)) == "constant"
    for field in settings_of(cls).values():
        assert rule_of(field).help, field.name
        assert rule_of(field).live, field.name


def test_rates_by_hand() -> None:
    assert Constant().rate(0.3, 10**9) == 0.3
    assert [Step(2, 0.5).rate(8.0, step) for step in range(5)] == [8, 8, 4, 4, 2]
    warm = WarmupCosine(total_steps=20, warmup_steps=10, start_factor=0.0)
    assert [warm.rate(1.0, step) for step in (0, 5, 10, 15, 20)] == pytest.approx(
        [0.0, 0.5, 1.0, 0.5, 0.0]
    )
    cycle = OneCycle(total_steps=11, pct_start=0.5)  # the peak is at 4.5, between two steps
    assert cycle.rate(1.0, 0) == pytest.approx(1 / 25)
    assert cycle.rate(1.0, 10) == cycle.rate(1.0, 10**6) == pytest.approx(1 / 25e4)


def test_growth_beyond_float64_is_infinite_not_an_error() -> None:
    assert Exponential(2.0).rate(0.1, 100_000) == math.inf
    assert Exponential(0.5).rate(0.1, 100_000) == 0.0


@given(
    total=st.integers(1, 50),
    start=st.floats(0.0, 1.0),
    step=st.integers(0, 100),
)
def test_one_cycle_stays_between_its_end_and_its_peak(total: int, start: float, step: int) -> None:
    rate = OneCycle(total_steps=total, pct_start=start).rate(1.0, step)
    assert 1 / 25e4 - 1e-12 <= rate <= 1.0


def test_warm_up_must_end_before_the_last_step() -> None:
    with pytest.raises(InputError, match=r"schedule\.warmup_steps.*total_steps = 100.*100"):
        WarmupCosine(total_steps=100, warmup_steps=100)
    with pytest.raises(InputError) as caught:
        parse_variant(SCHEDULES, {"type": "cosin"}, "schedule")
    assert caught.value.hint == "Did you mean 'cosine'?"
