"""One scale a run, whatever came first: single operations, whole steps, or running."""

import numpy as np
import pytest

from engine.messages.commands import Operate, Pause, Run, Speed, Train
from engine.observe.observer import Observer
from engine.observe.quantities import GRADIENT_NORM, QUANTITIES
from engine.system import catalogue
from gui.canvas.colours.colouring import Colouring
from gui.colour.magnitude import Mark
from tests.gui.rig import dismiss, open_system, settle, shown_window, system_of, wait

SYSTEMS = ("d2l-mlp", "deep-mlp", "cs231n-gates", "rnn-bptt", "batchnorm-mlp", "lenet-digits")
# Nodes have no update before the first one.
STEPS = 2


def by_operations(trainer):
    while trainer.step < STEPS:
        trainer.operate()
        yield trainer


def by_steps(trainer):
    for _ in range(STEPS):
        trainer.train_step()
        yield trainer


def by_running(trainer):
    trainer.train(40)
    yield trainer


WAYS = (by_operations, by_steps, by_running)


def colouring_after(name, way, quantity=GRADIENT_NORM):
    """What a window has that shows each frame of training, from the first operation on."""
    trainer = Observer(catalogue.load(name), 1)
    colouring = Colouring()
    colouring.begin_run(trainer.topology.smallest_normal)
    colouring.take_frame(trainer.take_frame(quantity=quantity))
    for there in way(trainer):
        colouring.take_frame(there.take_frame(quantity=quantity))
    return colouring, trainer


@pytest.mark.parametrize("name", SYSTEMS)
def test_every_way_to_train_gives_the_same_scale(name):
    found = [colouring_after(name, way)[0] for way in WAYS]
    assert not found[0].scale.provisional
    assert found[0].scale == found[1].scale == found[2].scale


@pytest.mark.parametrize("quantity", [name for name in QUANTITIES if name != GRADIENT_NORM])
def test_other_quantities_likewise(quantity):
    found = [colouring_after("batchnorm-mlp", way, quantity)[0] for way in WAYS]
    assert len({colouring.node_scale for colouring in found}) == 1
    assert len({colouring.scale for colouring in found}) == 1
    if QUANTITIES[quantity].kind == "magnitude":
        assert not found[0].node_scale.provisional


def test_a_quantity_that_is_chosen_late_is_anchored_where_it_was_chosen():
    trainer = Observer(catalogue.load("d2l-mlp"), 1)
    trainer.take_frame()
    trainer.train(5)
    frame = trainer.take_frame(quantity="value-norm")
    assert frame.quantity is not None
    np.testing.assert_array_equal(
        frame.first["value-norm"], frame.quantity.values[frame.quantity.exists]
    )
    trainer.train(30)
    later = trainer.take_frame(quantity="value-norm")
    assert later.first["value-norm"] is frame.first["value-norm"]


@pytest.mark.parametrize("way", ["operations", "steps", "running", "at once"])
def test_the_window_has_that_scale(qtbot, tmp_path, way):
    """Whatever is pressed first, also while the system is being built."""
    expected = colouring_after("mindspore-mlp", by_steps)[0].scale
    window = shown_window(tmp_path)
    if way == "at once":
        window.session.open(system_of("mindspore-mlp"))
        window.session.send(Train(steps=1))
        wait(qtbot, lambda: window.session.frame is not None and window.session.frame.step == 1)
    else:
        open_system(window, qtbot, "mindspore-mlp")
    topology = window.session.topology
    assert topology is not None
    if way == "operations":
        window.session.send(Operate(len(topology.operations) + 3))
    elif way == "steps":
        window.session.send(Train(steps=2))
    elif way == "running":
        window.session.send(Speed(full=True))
        window.session.send(Run())
        wait(qtbot, lambda: (window.session.history.last_step or 0) > 100)
        window.session.send(Pause())
    settle(window, qtbot)
    assert window.canvas.scale == expected
    dismiss(window)


def test_within_the_first_pass_the_scale_is_provisional():
    trainer = Observer(catalogue.load("d2l-mlp"), 1)
    colouring = Colouring()
    colouring.begin_run(trainer.topology.smallest_normal)
    states = []
    while trainer.step == 0:
        colouring.take_frame(trainer.take_frame())
        states.append(colouring.scale.provisional)
        trainer.operate()
    assert states == [True] * (len(states) - 1) + [False]


def test_nobody_looks_and_nothing_is_kept():
    trainer = Observer(catalogue.load("d2l-mlp"), 1)
    trainer.train(3)
    assert trainer._first == {}


def test_a_pass_without_a_number_anchors_no_scale():
    trainer = Observer(catalogue.load("d2l-mlp"), 1)
    trainer.take_frame()
    trainer.theta[:] = np.nan
    trainer.finish_pass()
    frame = trainer.take_frame()
    assert np.isnan(frame.gradient_norm[frame.gradient_ready]).any()
    assert all(np.isfinite(values).any() for values in frame.first.values())


def test_after_a_second_of_running_deep_mlp_is_on_its_scale():
    """Its gradients fall by more than two decades in a thousand steps."""
    colouring, trainer = colouring_after("deep-mlp", by_steps)
    trainer.train(1000)
    frame = trainer.take_frame()
    codes = colouring.scale.buckets(frame.gradient_norm[frame.gradient_ready])
    assert (codes < Mark.BELOW).all()
