"""What is gone back behind is kept: in reach on the same way, beside it on another one."""

import dataclasses
from typing import Any

import numpy as np
import pytest

from engine.messages.commands import Operate, Reset, Rewind, Run, Train
from engine.system.settings_by_step import same_way, until
from gui.history.history import History
from gui.history.kept_runs import MOST, KeptRuns
from gui.window.kept_menu import KeptMenu
from tests.gui.fakes import fake_frame, fake_topology
from tests.gui.panel_help import rows
from tests.gui.rig import settle

pytestmark = pytest.mark.window("d2l-mlp", steps=30)

TOPOLOGY = fake_topology("d2l-mlp")
LAYERS = len(TOPOLOGY.layers)
SLOW: Any = ((0, "slow"),)


class Course:
    """A history with its kept runs, and frames as training makes them."""

    def __init__(self) -> None:
        self.history = History()
        self.history.begin_run(TOPOLOGY)
        self.kept = KeptRuns(self.history)
        self.settings = SLOW

    def frame(self, steps: range, **changes: Any) -> None:
        frame = fake_frame(TOPOLOGY, step=steps[-1])
        loss = np.array([(self.settings[-1][1] == "fast" and k) or -k for k in steps], float)
        scalars = rows(np.arange(steps[0], steps[-1] + 1), LAYERS, loss=loss)
        made = dataclasses.replace(frame, scalars=scalars, systems=self.settings, **changes)
        self.kept.follow(made)

    def back_to(self, step: int) -> None:
        self.settings = tuple(change for change in self.settings if change[0] <= step)
        self.frame(range(step, step + 1), rewound=True)

    def change(self, step: int, to: str) -> None:
        self.settings = (*(c for c in self.settings if c[0] < step), (step, to))  # type: ignore[assignment]
        self.frame(range(step, step + 1))


@pytest.fixture
def course() -> Course:
    made = Course()
    made.frame(range(31))
    return made


def spans(kept: KeptRuns) -> list[tuple[int | None, int]]:
    return [(run.rows.first_step, run.last) for run in kept]


def test_what_comes_after_the_step_gone_back_to_stays_in_reach(course):
    course.back_to(12)
    assert spans(course.kept) == [(13, 30)]
    assert course.kept.in_reach == 30
    course.frame(range(13, 21))
    assert course.kept.in_reach == 30
    assert course.kept.others == []
    course.frame(range(21, 31))
    assert spans(course.kept) == [], "all of it is there again"
    assert course.history.steps().tolist() == list(range(31))


def test_going_back_further_joins_what_was_left_before(course):
    course.back_to(20)
    course.back_to(12)
    course.frame(range(13, 16))
    course.back_to(5)
    assert spans(course.kept) == [(6, 30)]
    (run,) = course.kept
    assert run.rows.steps().tolist() == list(range(6, 31))
    assert course.history.last_step == 5


def test_with_other_settings_training_takes_another_way_and_the_old_one_stays(course):
    course.back_to(12)
    course.change(12, "fast")
    assert course.kept.in_reach == 12
    assert [run.last for run in course.kept.others] == [30]
    course.frame(range(13, 61))
    assert spans(course.kept) == [(13, 30)], "also behind its end"
    assert course.kept.span == 30
    (run,) = course.kept
    assert (run.rows.column("loss")[:, 0] == -np.arange(13, 31)).all()
    assert course.history.row_at(30).scalar("loss") == 30


def test_a_change_taken_back_leads_on_the_old_way(course):
    course.back_to(12)
    course.change(12, "fast")
    course.change(12, "slow")
    assert course.kept.in_reach == 30


def test_two_ways_are_kept_beside_the_present_one(course):
    course.back_to(12)
    course.change(12, "fast")
    course.frame(range(13, 41))
    course.back_to(20)
    course.change(20, "slow")
    course.frame(range(21, 25))
    assert spans(course.kept) == [(13, 30), (21, 40)]
    assert len(course.kept.others) == 2
    for step in range(20, 20 - MOST - 3, -1):
        course.back_to(step)
        course.change(step, f"way {step}")
        course.frame(range(step + 1, step + 3))
    assert len(course.kept.runs) <= MOST + 1


def test_a_setting_changed_where_we_stand_leaves_nothing(course):
    course.change(30, "fast")
    assert spans(course.kept) == []
    assert course.history.last_step == 30


def test_a_frame_that_went_back_and_on_again_keeps_what_it_went_behind(course):
    frame = fake_frame(TOPOLOGY, step=16)
    course.settings = ((0, "slow"), (12, "fast"))
    course.kept.follow(
        dataclasses.replace(
            frame, scalars=rows(np.arange(12, 17), LAYERS), systems=course.settings, rewound=True
        )
    )
    assert spans(course.kept) == [(13, 30)]
    assert course.history.last_step == 16


def test_a_reset_and_another_graph_forget_all(course):
    heard = []
    course.kept.changed.connect(lambda: heard.append(1))
    course.back_to(12)
    course.frame(range(1), rewound=True, reset=True)
    assert spans(course.kept) == []
    assert course.history.steps().tolist() == [0]
    course.frame(range(1, 9))
    course.back_to(3)
    course.kept.begin_run()
    assert spans(course.kept) == []
    assert len(heard) == 4


def test_same_way():
    settings: Any = ((0, "a"), (5, "a"), (9, "b"))
    first: Any = ((0, "a"),)
    assert until(settings, 8) == list(first)
    assert same_way(settings, first, 8)
    assert not same_way(settings, first, 9)


def test_splitting_and_extending_a_history_loses_no_row():
    history = History()
    history.reset(1, 2)
    table = np.random.default_rng(0).normal(size=(3000, 2))
    history.append(rows(np.arange(3000), 2, layer_gradient_norm=table))
    tail = history.split(1234)
    assert (history.last_step, tail.first_step, len(tail)) == (1234, 1235, 1765)
    np.testing.assert_array_equal(tail.column("layer_gradient_norm"), table[1235:])
    row = tail.row_at(2000)
    assert row is not None
    assert row.values["layer_gradient_norm"].tolist() == table[2000].tolist()
    history.extend(tail)
    np.testing.assert_array_equal(history.column("layer_gradient_norm"), table)
    assert history.steps().tolist() == list(range(3000))
    assert history.envelope("loss", 100).x[-1] == 2999


def test_in_the_window_the_future_stays_whatever_is_done(window, qtbot):
    session = window.session
    losses = session.history.column("loss")[:, 0]
    session.go_to(12)
    settle(window, qtbot)
    session.change("optimizer.learning_rate", 0.01)
    settle(window, qtbot)
    session.send(Operate())
    session.send(Train(steps=5))
    settle(window, qtbot)
    (run,) = session.kept_runs.others
    np.testing.assert_array_equal(run.rows.column("loss")[:, 0], losses[13:])
    assert session.kept_runs.in_reach == session.frame.step == 18
    session.send(Rewind(12))
    session.send(Run())  # in one parcel with the going back
    qtbot.waitUntil(lambda: session.running and 13 < session.frame.step < 18)
    session.toggle_running()
    settle(window, qtbot)
    assert run in session.kept_runs.others
    assert session.kept_runs.in_reach == 18
    session.send(Reset())
    settle(window, qtbot)
    assert list(session.kept_runs) == []


def test_a_run_left_behind_is_gone_back_to_from_the_menu_and_the_present_one_is_kept(window, qtbot):
    session = window.session
    losses = session.history.column("loss")[:, 0]
    menu = next(a.menu() for a in window.menus["train"].actions() if isinstance(a.menu(), KeptMenu))
    assert not menu.menuAction().isEnabled()
    session.go_to(12)
    settle(window, qtbot)
    session.change("optimizer.learning_rate", 0.01)
    session.send(Train(steps=5))
    settle(window, qtbot)
    other = session.history.column("loss")[:, 0]
    assert menu.menuAction().isEnabled()
    menu.aboutToShow.emit()
    entry = menu.actions()[0]
    assert entry.text() == "To step 30: learning rate of the optimizer 0.5"
    entry.trigger()
    frame = settle(window, qtbot)
    assert frame.step == 30
    assert session.system.optimizer.learning_rate == 0.5
    assert session.draft.system == session.system, "the form shows what runs"
    np.testing.assert_array_equal(session.history.column("loss")[:, 0], losses)
    (run,) = session.kept_runs
    assert run.last == 17
    session.retake(run)
    settle(window, qtbot)
    np.testing.assert_array_equal(session.history.column("loss")[:, 0], other)
    menu.aboutToShow.emit()
    menu.actions()[-1].trigger()
    assert list(session.kept_runs) == []
