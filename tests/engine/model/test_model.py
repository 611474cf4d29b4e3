"""From a system to a graph with roles: names, symbols, loss and regulariser, starting values."""

from typing import Any

import numpy as np
import pytest

from engine.model.model import Model, start_values
from engine.observe.observer import Observer
from engine.support.errors import EngineError, InputError
from engine.system import catalogue
from engine.system.build import build
from engine.system.system import System, from_table

LINEAR = {"type": "linear"}


def system(**more: Any) -> System:
    return from_table({"layers": [{"type": "linear", "units": 5}, LINEAR], **more})


def model(features: int = 3, outputs: int = 2, batch: int = 4, **more: Any) -> Model:
    return build(system(**more), ((features,),), outputs, batch)


def name_of(built: Model, node: int | None) -> str:
    assert node is not None
    return built.graph.nodes[node].name


def test_roles_without_a_regulariser() -> None:
    built = model()
    assert (name_of(built, built.inputs[0]), name_of(built, built.y)) == ("x", "y")
    assert built.objective == built.loss
    assert name_of(built, built.loss) == "L"
    assert name_of(built, built.output) == "linear2.z"
    assert built.input_scale is None
    assert built.graph.nodes[built.loss].inputs == (built.output, built.y)


def test_samples_are_columns() -> None:
    built = model(features=3, outputs=2, batch=4)
    assert built.y is not None
    assert built.graph.nodes[built.inputs[0]].shape == (3, 4)
    assert built.graph.nodes[built.y].shape == (2, 4)


def test_regulariser_is_over_weights_not_biases_and_part_of_the_graph() -> None:
    built = model(loss={"l2": 0.1})
    graph = built.graph
    assert name_of(built, built.objective) == "J"
    s = graph.value("s").node
    assert set(graph.nodes[built.objective].inputs) == {built.loss, s.id}
    weights = {p.name: p.node for p in built.parameters if p.name.endswith("weight")}
    reached = {c[0] for w in weights.values() for c in graph.consumers(w)}
    assert {graph.value(f"{name}.norm").id for name in weights} <= reached
    biases = [p.node for p in built.parameters if p.name.endswith("bias")]
    assert all(len(graph.consumers(bias)) == 1 for bias in biases)
    assert all(len(graph.consumers(weight)) == 2 for weight in weights.values())


def test_input_scale_is_a_node_only_where_it_is_given() -> None:
    built = model(data={"source": "iris", "input_scale": 3.0})
    assert name_of(built, built.input_scale) == "input_scale"
    scaled = built.graph.value("x_scaled").node
    assert scaled.inputs == (built.inputs[0], built.input_scale)
    assert "x_scaled" not in model().graph


def test_names_replace_names_and_symbols_on_the_screen_but_not_parameters_names() -> None:
    built = model(names={"linear1.weight": "W⁽¹⁾", "linear1.z": "z", "L": "ℓ", "x": "input"})
    assert built.graph.value("z").node.symbol == "z"
    assert built.graph.nodes[built.parameters[0].node].name == "W⁽¹⁾"
    assert built.parameters[0].name == "linear1.weight"
    assert name_of(built, built.inputs[0]) == "input"
    assert name_of(built, built.loss) == "ℓ"


@pytest.mark.parametrize(("names", "message"), [
    ({"linear1.weigth": "W"}, r"names\.linear1\.weigth.*linear1\.weight"),
    ({"linear1.weight": "W", "linear2.weight": "W"}, "'W'"),
    ({"linear1.weight": "x"}, "'x'"),
])  # fmt: skip
def test_names_that_lead_nowhere_or_meet_are_refused(names: Any, message: str) -> None:
    with pytest.raises(EngineError, match=message):
        model(names=names)


@pytest.mark.parametrize("outputs", [1, 3, 7])
def test_a_last_layer_without_units_has_as_many_as_the_target(outputs: int) -> None:
    loss = {"type": "squared_error"}
    built = model(outputs=outputs, loss=loss)
    assert built.output is not None
    assert built.graph.nodes[built.output].shape == (outputs, 4)


def test_a_wrong_number_of_outputs_comes_with_the_remedy() -> None:
    layers = [{"type": "linear", "units": 4}]
    with pytest.raises(EngineError, match=r"expected 3 outputs.*found 4.*[Ll]eave out units"):
        build(from_table({"layers": layers}), ((3,),), 3, 4)


def test_a_loss_that_does_not_fit_names_those_that_do() -> None:
    with pytest.raises(InputError, match=r"loss\.type.*mean_squared_error"):
        model(outputs=1)


def test_starting_values_by_each_of_the_three_names() -> None:
    d2l = build(catalogue.load("d2l-mlp"), ((64,),), 10, 4)
    ones = np.ones((32, 64))
    for name in ("linear1.weight", "W⁽¹⁾", "W1"):
        start = start_values(d2l, {name: ones}, np.random.default_rng(0))
        np.testing.assert_array_equal(start["linear1.weight"], ones)


def test_giving_one_parameter_leaves_the_others_as_they_were() -> None:
    built = model()
    free = start_values(built, {}, np.random.default_rng(3))
    given = start_values(built, {"linear1.weight": np.zeros((5, 3))}, np.random.default_rng(3))
    np.testing.assert_array_equal(given["linear2.weight"], free["linear2.weight"])
    assert free["linear1.weight"].any()
    assert not given["linear1.weight"].any()


@pytest.mark.parametrize(("given", "message"), [
    ({"linear1.weigth": np.zeros((5, 3))}, r"linear1\.weigth.*linear1\.weight"),
    ({"linear1.weight": np.zeros((3, 5))}, r"5 × 3.*3 × 5"),
    ({"linear1.bias": 3.0}, r"\(5\).*scalar"),
    ({"linear1.bias": ["a"] * 5}, r"linear1\.bias"),
])  # fmt: skip
def test_starting_values_that_do_not_fit(given: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        start_values(model(), given, np.random.default_rng(0))


@pytest.mark.parametrize("name", [entry.name for entry in catalogue.entries()])
def test_every_node_of_the_catalogue_is_reached_and_named_once(name: str) -> None:
    compiled = Observer(catalogue.load(name)).current
    built, nodes = compiled.model, compiled.model.graph.nodes[: compiled.forward_nodes]
    names = [node.name for node in nodes]
    assert len(names) == len(set(names))
    reached = {built.objective}
    for node in reversed(nodes):
        if node.id in reached:
            reached.update(node.inputs)
    assert reached == set(range(len(nodes)))
