"""Quantities of nodes against brute force over the entries, and against the layers' own numbers."""

import math

import numpy as np
import pytest

from engine.execution.gradient_graph import extended
from engine.messages.measured import Measured
from engine.observe.observer import Observer
from engine.observe.quantities import QUANTITIES, measured, quantity_of
from engine.support.errors import InputError
from engine.system import catalogue
from engine.system.system import override

# A dense net with a tanh, a convolutional one with ReLUs, float32 and groups, and an expression.
SYSTEMS = ("d2l-mlp", "lenet-digits", "rnn-bptt", "cs231n-gates")
ENTRYWISE = {
    "zeros": lambda v: float(v == 0),
    "nonfinite": lambda v: float(not math.isfinite(v)),
    "sign": lambda v: math.nan if math.isnan(v) else float(v > 0) - float(v < 0),
    "mean": float,
}


@pytest.fixture(scope="module")
def trainers():
    found = {name: Observer(catalogue.load(name)) for name in SYSTEMS}
    for trainer in found.values():
        trainer.train(2)
    return found


def brute(array, how):
    """The quantity of one array, entry by entry."""
    entries = [float(v) for v in np.asarray(array).ravel()]
    if how == "norm":
        return math.hypot(*entries)
    if how == "rms":
        return math.sqrt(math.fsum(v * v for v in entries) / len(entries))
    return math.fsum(ENTRYWISE[how](v) for v in entries) / len(entries)


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize(
    "name", [n for n, q in QUANTITIES.items() if q.source in ("gradient", "value")]
)
def test_every_quantity_is_that_of_the_entries(trainers, system, name):
    trainer = trainers[system]
    what, how = name.replace("weight", "value").split("-")
    found = measured(trainer, name)
    compiled = trainer.current
    for info in trainer.topology.nodes:
        array = compiled.value(info.id) if what == "value" else compiled.gradient(info.id)
        has = array is not None and (name != "weight-mean" or info.kind == "parameter")
        assert found.exists[info.index] == has
        if has:
            tolerance = 1e-12 if array.dtype == np.float64 else 2e-6
            size = float(np.abs(array).mean())
            assert found.values[info.index] == pytest.approx(
                brute(array, how), rel=tolerance, abs=tolerance * size
            )
        else:
            assert math.isnan(found.values[info.index])


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_the_update_ratio_compares_parameters_before_and_after(optimizer):
    system = override(catalogue.load("lenet-digits"), "optimizer.type", optimizer)
    system = override(system, "dtype", "float64")
    trainer = Observer(system)
    trainer.train(3)
    before = {name: array.copy() for name, array in trainer.parameters.items()}
    trainer.train(1)
    found = measured(trainer, "update-ratio")
    for parameter in trainer.current.model.parameters:
        change = trainer.parameters[parameter.name] - before[parameter.name]
        expected = np.linalg.norm(change) / np.linalg.norm(before[parameter.name])
        assert found.values[parameter.node] == pytest.approx(expected, rel=1e-9)
    assert found.exists.sum() == len(before)


def test_a_layers_update_ratio_is_the_one_that_is_plotted(trainers):
    trainer = Observer(catalogue.load("lenet-digits"))
    trainer.train(3)
    plotted = trainer.take_frame().scalars.layer_update_ratio[-1]
    found = measured(trainer, "update-ratio")
    layers = trainer.topology.layers
    index = np.array([node for layer in layers for node in layer.parameters])
    owner = np.repeat(np.arange(len(layers)), [len(layer.parameters) for layer in layers])
    ratios, ready = found.of_groups(len(layers), index, owner)
    assert ready.all()
    np.testing.assert_allclose(ratios, plotted, rtol=1e-5)


def test_no_update_no_ratio():
    trainer = Observer(catalogue.load("d2l-mlp"))
    trainer.finish_pass()
    assert not measured(trainer, "update-ratio").ready.any()
    trainer.train(2)
    assert measured(trainer, "update-ratio").ready.any()
    trainer.reset()
    assert not measured(trainer, "update-ratio").ready.any()


def test_a_state_gone_back_to_does_not_claim_a_ratio():
    """Restored from a checkpoint, the update that led to it is not known: none is shown."""
    trainer = Observer(catalogue.load("d2l-mlp"))
    trainer.train(3)
    expected = measured(trainer, "update-ratio").values
    trainer.train(5)
    trainer.rewind(3)  # replayed from a checkpoint before it
    found = measured(trainer, "update-ratio")
    np.testing.assert_array_equal(found.values, expected)
    trainer.rewind(0)
    assert not measured(trainer, "update-ratio").ready.any()


@pytest.mark.parametrize("name", list(QUANTITIES))
def test_what_is_not_computed_yet_is_not_ready(name):
    trainer = Observer(catalogue.load("d2l-mlp"))
    trainer.train(1)
    for _ in range(4):
        trainer.operate()  # the update, the batch and two operations of the forward pass
    found = measured(trainer, name)
    value, gradient = trainer.readiness.at(trainer.cursor)[:2]
    ready = {"value": value, "gradient": gradient, "update": np.ones_like(value)}
    np.testing.assert_array_equal(found.ready, ready[QUANTITIES[name].source] & found.exists)
    assert np.isnan(found.values[~found.ready]).all()


def test_nan_inf_and_zeros_are_counted():
    trainer = Observer(catalogue.load("cs231n-gates"))
    trainer.finish_pass()
    first = trainer.current.model.parameters[0]
    theta = trainer.parameters[first.name]
    for value, zeros, bad in ((0.0, 1, 0), (np.nan, 0, 1), (-np.inf, 0, 1)):
        theta[...] = value
        trainer.current.plan.stale = True
        assert measured(trainer, "value-zeros").values[first.node] == zeros
        assert measured(trainer, "value-nonfinite").values[first.node] == bad


def test_groups_of_several_nodes():
    """Shares are those of all elements together, not means of the members' shares."""
    flags = np.ones(3, bool)
    shares = Measured("", np.array([2.0, 0.0, 9.0]), np.array([2.0, 8.0, 9.0]), False, flags, flags)
    index, owner = np.array([0, 1, 2]), np.array([0, 0, 1])
    np.testing.assert_allclose(shares.of_groups(2, index, owner)[0], [2 / 10, 1.0])
    norms = Measured("", np.array([3.0, 4.0, 1e-200]), None, True, flags, flags)
    np.testing.assert_allclose(norms.of_groups(2, index, owner)[0], [5.0, 1e-200], rtol=1e-12)
    ratio = Measured("", np.array([3.0, 4.0, 0.0]), np.array([6.0, 8.0, 0.0]), True, flags, flags)
    np.testing.assert_allclose(ratio.of_groups(2, index, owner)[0], [0.5, 0.0])


def test_members_without_the_quantity_do_not_count():
    exists = np.array([True, False])
    found = Measured("", np.array([1.0, np.nan]), None, True, exists, exists)
    values, ready = found.of_groups(1, np.array([0, 1]), np.array([0, 0]))
    assert values.tolist() == [1.0]
    assert ready.all()


def test_frames_carry_only_what_was_asked_for(trainers):
    trainer = trainers["d2l-mlp"]
    assert trainer.take_frame().quantity is None
    frame = trainer.take_frame(quantity="value-zeros")
    assert frame.quantity.name == "value-zeros"
    with pytest.raises(ValueError, match="read-only"):
        frame.quantity.parts[0] = 1.0


def test_every_quantity_says_what_it_is():
    for name, quantity in QUANTITIES.items():
        assert quantity.name == name
        assert all((quantity.title, quantity.words, quantity.unit.format(objective="J")))
        assert quantity.symbol.format(objective="J")
    with pytest.raises(InputError, match="Did you mean 'gradient-norm'"):
        quantity_of("gradient-nrm")


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("name", ["value-rms", "value-zeros", "gradient-sign", "update-ratio"])
def test_gradient_nodes_have_the_quantities_of_their_values(name, order):
    """What a gradient node holds is its value, and the gradient that the flow brings there."""
    trainer = Observer(catalogue.load("cs231n-sigmoid"))
    trainer.train(1)
    forward = len(trainer.topology.nodes)
    trainer.show_order(order)
    frame = trainer.take_frame(quantity=name)
    graph = extended(trainer.current, order)
    found = frame.quantity
    assert found is not None
    assert len(found.values) == len(trainer.topology.nodes) == len(graph) > forward
    how = name.split("-")[1]
    for place in range(forward, len(graph)):
        if name == "update-ratio" or (name == "gradient-sign" and not graph.carries[place]):
            assert not found.exists[place]
        elif found.ready[place]:
            assert found.values[place] == pytest.approx(brute(graph.value(place), how), rel=1e-6)
