"""Layers: what each appends, its parameters' shapes and symbols, and its numbers."""

from typing import Any

import numpy as np
import pytest

from engine.layers import types
from engine.layers.base import ACTIVATIONS
from engine.model.model import Model
from engine.observe.observer import Observer
from engine.support.errors import EngineError, InputError
from engine.system.build import build
from engine.system.system import System, from_table
from engine.training.feed import Samples


def system(*layers: dict[str, Any], **more: Any) -> System:
    table = {"layers": list(layers), "loss": {"type": "squared_error"}, "dtype": "float64", **more}
    return from_table(table)


def model(*layers: dict[str, Any], features: int = 3, outputs: int = 2, batch: int = 4) -> Model:
    return build(system(*layers), ((features,),), outputs, batch)


def shapes(built: Model) -> dict[str, tuple[int, ...]]:
    return {p.name: p.shape for p in built.parameters}


LINEAR = {"type": "linear", "units": 2}


def test_linear_has_pytorchs_shapes_and_the_books_symbols() -> None:
    built = model({"type": "linear", "units": 5}, LINEAR)
    assert shapes(built) == {
        "linear1.weight": (5, 3),
        "linear1.bias": (5,),
        "linear2.weight": (2, 5),
        "linear2.bias": (2,),
    }
    symbols = [built.graph.nodes[p.node].symbol for p in built.parameters]
    assert symbols == ["W⁽¹⁾", "b⁽¹⁾", "W⁽²⁾", "b⁽²⁾"]
    assert [layer.name for layer in built.layers] == ["linear1", "linear2"]
    assert built.graph.value("linear1.z").shape == (5, 4)


def test_linear_without_bias_and_with_the_targets_units() -> None:
    built = model({"type": "linear", "bias": False}, outputs=7)
    assert shapes(built) == {"linear1.weight": (7, 3)}


def test_linear_computes_wx_plus_b() -> None:
    weight, bias = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]), np.array([0.5, -0.5])
    x = np.array([[1.0, 0.0, -1.0], [2.0, 2.0, 2.0]])
    trainer = Observer(
        system(LINEAR),
        parameters={"linear1.weight": weight, "linear1.bias": bias},
        batch=Samples(x, np.zeros((2, 2))),
    )
    trainer.finish_pass()
    output = trainer.current.model.output
    assert output is not None
    np.testing.assert_array_equal(trainer.current.value(output), (x @ weight.T + bias).T)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_activation_is_there_as_an_option_and_as_a_layer(activation: str) -> None:
    batch = Samples(np.random.default_rng(0).normal(size=(5, 3)), np.zeros((5, 2)))
    within = system({**LINEAR, "activation": activation})
    alone = system(LINEAR, {"type": "activation", "activation": activation})
    results: list[Any] = []
    for one in (within, alone):
        trainer = Observer(one, batch=batch)
        trainer.train_step()
        trainer.take_frame()
        results.append(trainer.theta.copy())
    np.testing.assert_array_equal(results[0], results[1])


def test_softmax_is_over_the_features_of_each_sample() -> None:
    batch = Samples(np.random.default_rng(0).normal(size=(5, 3)), np.zeros((5, 2)))
    trainer = Observer(system({**LINEAR, "activation": "softmax"}), batch=batch)
    trainer.finish_pass()
    output = trainer.current.model.output
    assert output is not None
    np.testing.assert_allclose(trainer.current.value(output).sum(axis=0), np.ones(5), rtol=1e-14)


def test_identity_appends_no_node() -> None:
    plain, named = model(LINEAR), model({**LINEAR, "activation": "identity"})
    assert len(plain.graph) == len(named.graph)


def test_flatten_of_what_is_flat_appends_nothing_and_of_pictures_keeps_the_order() -> None:
    assert len(model({"type": "flatten"}, LINEAR).graph) == len(model(LINEAR).graph)
    built = build(system({"type": "flatten"}, LINEAR), ((2, 3),), 2, 4)
    assert built.graph.value("flatten1.h").shape == (6, 4)
    assert shapes(built)["linear1.weight"] == (2, 6)


def test_linear_on_pictures_says_that_flatten_helps() -> None:
    with pytest.raises(EngineError, match=r"linear1.*flatten") as caught:
        build(system(LINEAR), ((2, 3, 3),), 2, 4)
    assert "2 × 3 × 3 × 4" in str(caught.value)


def test_repeat_is_that_many_layers_with_names_that_count_on() -> None:
    built = model({"type": "linear", "units": 4, "repeat": 3, "name": "hidden"}, LINEAR)
    assert [layer.name for layer in built.layers] == ["hidden1", "hidden2", "hidden3", "linear1"]
    built = model({"type": "linear", "units": 4, "repeat": 2}, LINEAR)
    assert [layer.name for layer in built.layers] == ["linear1", "linear2", "linear3"]


def test_each_layer_is_a_group() -> None:
    built = model({"type": "linear", "units": 4, "activation": "tanh"}, LINEAR)
    assert built.graph.value("linear1.h").node.group == ("linear1",)
    assert built.graph.nodes[built.parameters[0].node].group == ("linear1",)
    assert built.graph.nodes[built.loss].group == ()


@pytest.mark.parametrize("name", ["a.b", "a/b"])
def test_names_that_would_be_ambiguous_are_refused(name: str) -> None:
    with pytest.raises(EngineError, match=r"layers\.0\.name"):
        model({**LINEAR, "units": 3, "name": name}, LINEAR, LINEAR)


def names(*layers: dict[str, Any]) -> list[str]:
    return [layer.name for layer in model(*layers, LINEAR).layers]


def test_a_number_that_another_layers_name_has_is_left_out_in_counting() -> None:
    assert names({**LINEAR, "name": "linear2"}, LINEAR) == ["linear2", "linear1", "linear3"]
    many = {**LINEAR, "name": "linear", "repeat": 2}
    assert names(LINEAR, many) == ["linear3", "linear1", "linear2", "linear4"]


def test_copies_of_a_name_that_ends_in_a_digit_do_not_read_as_other_layers() -> None:
    """conv1 twelve times was conv11 to conv112, and conv1 beside conv11 no name of its own."""
    many = {**LINEAR, "name": "conv1", "repeat": 12}
    other = {**LINEAR, "name": "conv11", "repeat": 2}
    found = names(many, other)
    assert found[:12] == [f"conv1.{copy}" for copy in range(1, 13)]
    assert found[12:] == ["conv11.1", "conv11.2", "linear1"]


@pytest.mark.parametrize("inner", [False, True])
def test_two_layers_of_one_name_are_refused_where_the_second_stands(inner: bool) -> None:
    layers = [{**LINEAR, "name": "hidden", "repeat": 3}, {**LINEAR, "name": "hidden2"}]
    place = "layers.1.name"
    if inner:
        layers, place = [LINEAR, {"type": "block", "layers": layers}], f"layers.1.{place}"
    with pytest.raises(InputError, match=r"hidden2.*as another layer") as caught:
        names(*layers)
    assert caught.value.field == place


def test_what_does_not_fit_inside_a_block_is_named_by_its_place_in_the_file() -> None:
    inner = {"type": "block", "layers": [LINEAR, {"type": "conv2d"}]}
    with pytest.raises(InputError, match="pictures") as caught:
        names(LINEAR, {"type": "residual", "layers": [inner]})
    assert caught.value.field == "layers.1.layers.0.layers.1"


def test_a_block_is_repeated_as_a_whole() -> None:
    inner = [{**LINEAR, "units": 5, "activation": "relu"}, {**LINEAR, "name": "narrow"}]
    built = model({"type": "block", "repeat": 2, "layers": inner}, LINEAR)
    assert list(shapes(built).items()) == [
        ("block1.linear1.weight", (5, 3)), ("block1.linear1.bias", (5,)),
        ("block1.narrow.weight", (2, 5)), ("block1.narrow.bias", (2,)),
        ("block2.linear1.weight", (5, 2)), ("block2.linear1.bias", (5,)),
        ("block2.narrow.weight", (2, 5)), ("block2.narrow.bias", (2,)),
        ("linear1.weight", (2, 2)), ("linear1.bias", (2,)),
    ]  # fmt: skip
    assert built.graph.value("block2.narrow.z").node.group == ("block2", "narrow")


@pytest.mark.parametrize(("initializer", "message"), [
    ("he", "he_normal"), ({"type": "normal", "sd": 1}, "std"), (3, "expected"),
    ({"type": "constant", "value": "x"}, "expected"),
])  # fmt: skip
def test_bad_initialisers_are_refused_with_the_nearest(initializer: Any, message: str) -> None:
    with pytest.raises(EngineError, match=message):
        system({**LINEAR, "initializer": initializer})


def test_an_initialiser_may_have_settings() -> None:
    made = Observer(
        system({**LINEAR, "initializer": {"type": "constant", "value": 0.25}}),
        batch=Samples(np.ones((1, 3)), np.ones((1, 2))),
    )
    assert made.parameters["linear1.weight"].tolist() == [[0.25] * 3] * 2
    assert made.parameters["linear1.bias"].tolist() == [0, 0]


def test_types_are_registered_under_their_names() -> None:
    assert {"linear", "activation", "flatten"} <= set(types())
    assert all(cls.type_name == name for name, cls in types().items())
