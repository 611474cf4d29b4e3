"""Gradient nodes as the window sees them: names, numbers, and when they are computed."""

import itertools

import numpy as np
import pytest

from engine.export import graph_files
from engine.messages.frame import Detail
from engine.observe.observer import Observer
from engine.recipes.recipe import of_frame
from engine.support.errors import InputError
from engine.system import catalogue
from engine.system.system import System, override

NAMES = [entry.name for entry in catalogue.entries()]
TOO_LARGE = "adding-lstm"
H = 1e-5


def shown(system: System, order: int, **start) -> Observer:
    trainer = Observer(system, **start)
    trainer.show_order(order)
    return trainer


def with_64_bits(name: str) -> System:
    return override(catalogue.load(name), "dtype", "float64")


def node_of(trainer: Observer, symbol: str):
    return next(node for node in trainer.topology.nodes if node.symbol == symbol)


def detail_of(trainer: Observer, symbol: str) -> Detail:
    trainer.inspect(node_of(trainer, symbol).index)
    detail = trainer.take_frame().detail
    assert detail is not None
    return detail


def value_of(trainer: Observer, symbol: str) -> np.ndarray:
    return np.array(detail_of(trainer, symbol).value)


def gradient_at(system: System, parameters: dict) -> dict[str, np.ndarray]:
    trainer = Observer(system, parameters=parameters)
    trainer.finish_pass()
    return {name: np.array(found) for name, found in trainer.training.vectors.gradients.items()}


def test_a_closed_form_to_second_order():
    system = System(expression="f = x**3", values={"x": 2}, dtype="float64")
    trainer = shown(system, 2)
    trainer.finish_pass()
    assert value_of(trainer, "∂f/∂x") == 12  # 3x²
    assert value_of(trainer, "S") == 72  # ½ (3x²)²
    assert value_of(trainer, "∂S/∂x") == 144  # 6x · 3x²


@pytest.mark.parametrize("name", ["d2l-mlp", "d2l-mlp-bias"])
def test_gradient_nodes_hold_central_differences_of_the_objective(name):
    system = with_64_bits(name)
    trainer = shown(system, 1)
    trainer.finish_pass()
    start = {key: np.array(array) for key, array in trainer.parameters.items()}
    rng = np.random.default_rng(0)
    for parameter in trainer.current.model.parameters:
        symbol = trainer.topology.nodes[parameter.node].symbol
        value = value_of(trainer, f"∂J/∂{symbol}")
        way = rng.standard_normal(value.shape)
        ends = []
        for sign in (1, -1):
            moved = {**start, parameter.name: start[parameter.name] + sign * H * way}
            other = Observer(system, parameters=moved)
            other.finish_pass()
            ends.append(other.objective_and_loss()[0])
        assert np.vdot(value, way) == pytest.approx((ends[0] - ends[1]) / (2 * H), rel=1e-6)


@pytest.mark.parametrize("name", ["d2l-mlp", "d2l-mlp-bias", "attention"])
def test_second_order_holds_the_hessian_times_the_gradient(name):
    system = with_64_bits(name)
    trainer = shown(system, 2)
    trainer.finish_pass()
    start = {key: np.array(array) for key, array in trainer.parameters.items()}
    gradient = gradient_at(system, start)
    length = np.sqrt(sum(np.sum(g**2) for g in gradient.values()))
    ends = [
        gradient_at(system, {k: start[k] + sign * H / length * gradient[k] for k in start})
        for sign in (1, -1)
    ]
    for parameter in trainer.current.model.parameters:
        symbol = trainer.topology.nodes[parameter.node].symbol
        value = value_of(trainer, f"∂S/∂{symbol}")
        expected = (ends[0][parameter.name] - ends[1][parameter.name]) * length / (2 * H)
        assert np.allclose(value, expected, rtol=1e-5, atol=1e-8 * np.abs(expected).max())


@pytest.mark.parametrize("name", NAMES)
def test_every_system_shows_its_gradient_graph(name):
    trainer = shown(catalogue.load(name), 1)
    trainer.finish_pass()
    frame, topology = trainer.take_frame(), trainer.topology
    assert topology.order == 1
    assert topology.counts == (len(topology.forward), len(topology.nodes))
    assert len(frame.value_norm) == len(frame.gradient_ready) == len(topology.nodes)
    assert len(frame.contribution_norm) == len(topology.edges)
    assert frame.value_ready.all()
    held: set[int] = set()
    for node in topology.nodes[topology.counts[0] :]:
        held.update(node.gradient_of)
        for k in node.gradient_of:
            assert frame.gradient_norm[node.index] == pytest.approx(frame.gradient_norm[k])
            assert node.differentiable
    assert held == {node.index for node in topology.forward if node.differentiable}


@pytest.mark.parametrize("name", [name for name in NAMES if name != TOO_LARGE])
def test_every_smaller_system_shows_second_order(name):
    trainer = shown(catalogue.load(name), 2)
    trainer.finish_pass()
    frame, topology = trainer.take_frame(), trainer.topology
    assert topology.counts[0] < topology.counts[1] < topology.counts[2] <= 2000
    assert topology.counts[2] == len(topology.nodes)
    assert frame.value_ready.all()
    assert np.isfinite(frame.value_norm).all()


def test_a_large_graph_is_refused_second_order_with_its_size():
    trainer = Observer(catalogue.load(TOO_LARGE))
    assert trainer.topology.highest_order == 1
    with pytest.raises(InputError, match="2128"):
        trainer.show_order(2)
    assert trainer.topology.order == 0


@pytest.mark.parametrize("name", ["d2l-mlp", "autodiff-xy", "rnn-bptt", "attention"])
def test_stepping_walks_the_gradient_graph(name):
    whole = shown(catalogue.load(name), 1)
    whole.finish_pass()
    final = whole.take_frame().value_norm
    trainer = shown(catalogue.load(name), 1)
    topology = trainer.topology
    count = topology.counts[0]
    inputs: dict[int, list[int]] = {node.index: [] for node in topology.nodes}
    for edge in topology.edges:
        inputs[edge.target].append(edge.source)
    holder = {k: node.index for node in topology.nodes[count:] for k in node.gradient_of}
    before = trainer.take_frame().value_ready[count:]
    assert not before.any()
    for operation in topology.operations[:-1]:
        trainer.operate()
        frame = trainer.take_frame()
        ready = frame.value_ready
        assert frame.lit is not None
        assert topology.operations[frame.lit] is operation
        newly = {int(k) + count for k in np.flatnonzero(ready[count:] & ~before)}
        assert newly <= set(operation.nodes)
        if operation.phase == "backward":
            assert ready[holder[operation.nodes[0]]]
        else:
            assert not newly
        for node in np.flatnonzero(ready).tolist():
            assert ready[inputs[node]].all()
        assert np.array_equal(frame.value_norm[ready], final[ready], equal_nan=True)
        before = ready[count:]
    assert before.all()


def test_second_order_is_known_once_the_pass_is_whole():
    trainer = shown(catalogue.load("autodiff-xy"), 2)
    again = np.array([node.order == 2 for node in trainer.topology.nodes])
    while not trainer.complete:
        assert not trainer.take_frame().value_ready[again].any()
        trainer.operate()
    assert trainer.take_frame().value_ready[again].all()


def test_what_is_no_gradient_has_no_gradient_norm():
    trainer = shown(catalogue.load("d2l-mlp"), 1)
    trainer.finish_pass()
    frame = trainer.take_frame()
    slope = next(n for n in trainer.topology.nodes if n.order and n.formula == "1 − h ⊙ h")
    assert not slope.differentiable
    assert frame.value_ready[slope.index]
    assert not frame.gradient_ready[slope.index]
    assert np.isnan(frame.gradient_norm[slope.index])
    for edge in trainer.topology.edges:
        if slope.index in (edge.source, edge.target):
            assert not frame.contribution_ready[edge.index]


def test_an_edge_of_the_gradient_graph_carries_its_source():
    trainer = shown(catalogue.load("d2l-mlp"), 1)
    trainer.finish_pass()
    frame = trainer.take_frame()
    rows = [e for e in trainer.topology.edges if trainer.topology.nodes[e.target].order]
    carried = [edge for edge in rows if edge.differentiable]
    assert carried
    for edge in carried:
        assert frame.contribution_norm[edge.index] == frame.value_norm[edge.source]


def test_one_array_can_be_the_gradient_of_several_nodes():
    topology = shown(System(expression="f = a + b", values={"a": 1, "b": 2}), 1).topology
    (one,) = topology.nodes[3:]
    assert {topology.nodes[k].symbol for k in one.gradient_of} == {"a", "b", "f"}


def test_groups_are_those_of_the_forward_graph():
    topology = shown(catalogue.load("resnet-mlp"), 2).topology
    paths = {node.group for node in topology.forward}
    for order, mark in ((1, "∂ "), (2, "∂² ")):
        own = {node.group for node in topology.nodes if node.order == order}
        assert own <= {tuple(mark + name for name in path) for path in paths}


def test_going_back_to_the_forward_graph_leaves_nothing_behind():
    trainer = Observer(catalogue.load("lstm"))
    before = trainer.topology
    for order in (2, 1, 0):
        trainer.show_order(order)
    assert trainer.topology == before
    assert len(trainer.take_frame().value_norm) == len(before.nodes)


def test_nodes_keep_their_places_from_order_to_order():
    trainer = Observer(catalogue.load("d2l-mlp"))
    seen = [trainer.topology]
    for order in (1, 2):
        trainer.show_order(order)
        seen.append(trainer.topology)
    for less, more in itertools.pairwise(seen):
        assert more.nodes[: len(less.nodes)] == less.nodes
        assert more.edges[: len(less.edges)] == less.edges


def test_looking_changes_no_training():
    plain, seen = (
        Observer(catalogue.load("d2l-mlp")),
        shown(catalogue.load("d2l-mlp"), 2),
    )
    for _ in range(60):  # over the end of an epoch, where the batch is smaller
        plain.train_step()
        seen.train_step()
        frame = seen.take_frame()
        assert frame.value_ready.all()
    assert np.array_equal(plain.theta, seen.theta)


def test_numbers_are_those_of_the_step_after_each_update():
    trainer = shown(with_64_bits("d2l-mlp"), 2)
    for _ in range(3):
        trainer.train_step()
        frame = trainer.take_frame()
        flat = np.array(trainer.gradient)
        total = node_of(trainer, "S").index
        assert frame.scalar_value is not None
        assert frame.scalar_value[total] == pytest.approx(0.5 * flat @ flat, rel=1e-12)


def test_a_gradient_has_a_ledger_in_second_order():
    trainer = shown(with_64_bits("d2l-mlp"), 2)
    trainer.finish_pass()
    detail = detail_of(trainer, "∂J/∂z")
    assert detail.gradient is not None
    assert detail.value is not None
    assert detail.gradient.shape == detail.value.shape
    (row,) = detail.ledger  # ∂J/∂x is made from it as well, and no part of S
    edge = trainer.topology.edges[row.edge]
    assert edge.source == detail.node
    assert trainer.topology.nodes[edge.target].formula == "∂J/∂z xᵀ"
    assert row.contribution is not None
    assert np.allclose(row.contribution, detail.gradient)  # the only row is the whole sum
    assert detail.residual is not None
    assert detail.residual < 1e-12


def test_a_selection_that_is_gone_is_no_error():
    trainer = shown(catalogue.load("d2l-mlp"), 2)
    trainer.finish_pass()
    trainer.inspect(len(trainer.topology.nodes) - 1)
    trainer.show_order(0)
    assert trainer.take_frame().detail is None


def test_a_graph_file_holds_the_gradient_nodes_and_says_the_order():
    trainer = shown(catalogue.load("single-neuron"), 2)
    trainer.finish_pass()
    arrays = graph_files.small_arrays(trainer)
    frame = trainer.take_frame()
    recipe = of_frame(trainer.topology, frame)
    assert recipe.picture["order"] == 2
    assert "order" not in of_frame(Observer(trainer.system).topology, frame).picture
    graph = graph_files.graph_of(trainer.topology, frame, {}, arrays)
    assert len(graph) == trainer.topology.counts[2]
    for node in trainer.topology.nodes[trainer.topology.counts[0] :]:
        known = graph.nodes[node.name]
        assert known["order"] == node.order
        assert known["gradient_of"] == [trainer.topology.nodes[k].name for k in node.gradient_of]
        for k in node.gradient_of if node.order == 1 else ():
            assert known["value"] == graph.nodes[trainer.topology.nodes[k].name]["gradient"]
