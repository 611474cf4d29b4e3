"""The troubles of a frame: the diagnosis and the window's jumps agree on what they are."""

import dataclasses

import numpy as np
import pytest

from engine.messages.frame import Frame
from engine.messages.topology import Topology
from engine.observe import trouble
from engine.observe.observer import Observer
from engine.system import catalogue
from engine.system.system import System, from_table, override


def seen(system: System) -> tuple[Topology, Frame]:
    trainer = Observer(system)
    trainer.finish_pass()
    return trainer.topology, trainer.take_frame()


def deep(layers: int, activation: str, initializer: object) -> System:
    system = override(catalogue.load("deep-mlp"), "layers.0.repeat", layers)
    system = override(system, "layers.0.activation", activation)
    return override(system, "layers.0.initializer", initializer)


def names(topology: Topology, nodes: list[int]) -> list[str]:
    return [topology.nodes[node].name for node in nodes]


def test_a_gradient_vanishes_where_it_is_a_ten_thousandth_of_the_last_layer_s() -> None:
    norms = np.array([0.9e-4, 1.1e-4, 0.5e-4, 1.0])
    assert trouble.vanishing(norms).tolist() == [True, False, True, False]
    assert not trouble.vanishing(norms[1:]).any()  # the first layer learns
    assert not trouble.vanishing(np.array([0.0, 1.0])).any()
    assert not trouble.vanishing(np.array([0.0, np.nan, 1.0])).any()


def test_a_gradient_explodes_where_it_grows_or_dwarfs_its_weights() -> None:
    grown = np.array([2e3, 0.5, 1.5e3, 1.0])
    assert trouble.exploding(grown, np.full(4, 1e9)).tolist() == [True, False, True, False]
    flat = np.array([1.0, 1.0, 1.0])
    assert trouble.exploding(flat, np.array([1.0, 0.9e-3, 0.0])).tolist() == [False, True, False]


def test_every_layer_whose_gradient_vanishes_is_a_place_to_go() -> None:
    topology, frame = seen(deep(30, "sigmoid", "xavier_uniform"))
    found = names(topology, trouble.troubled(topology, frame, "vanishing"))
    weights = [topology.layers[k].parameters[0] for k in range(len(topology.layers))]
    last = frame.layer_gradient_norm[-1]
    below = [k for k, norm in enumerate(frame.layer_gradient_norm) if norm / last < 1e-4]
    assert found == names(topology, [weights[k] for k in below])
    assert found[0] == "hidden1.weight"
    assert len(found) > 3
    (finding,) = [f for f in frame.findings if f.kind == "vanishing"]
    assert topology.nodes[finding.places[0].node].name == "hidden1.weight"


@pytest.mark.parametrize("kind", ["vanishing", "exploding", "dead", "non-finite"])
def test_health_and_expressions_have_no_troubles(kind: trouble.Trouble) -> None:
    for name in ("d2l-mlp", "deep-mlp", "cs231n-gates"):
        assert trouble.troubled(*seen(catalogue.load(name)), kind) == [], name


@pytest.mark.parametrize(
    ("system", "kind"),
    [
        (deep(30, "relu", {"type": "normal", "std": 1.0}), "exploding"),
        (deep(8, "sigmoid", "xavier_uniform"), "vanishing"),
        (deep(20, "sigmoid", "xavier_uniform"), "vanishing"),
        (override(catalogue.load("single-neuron"), "dtype", "float32"), "dead"),
    ],
)
def test_the_diagnosis_fires_where_there_is_a_place_to_go(
    system: System, kind: trouble.Trouble
) -> None:
    topology, frame = seen(system)
    fired = any(finding.kind == kind for finding in frame.findings)
    assert fired == bool(trouble.troubled(topology, frame, kind))


def test_all_dead_layers_are_places_also_those_not_listed() -> None:
    """A bias of −100 silences every unit of five layers; the findings name three of them."""
    layer = {"type": "linear", "units": 4, "activation": "relu", "repeat": 5}
    system = from_table(
        {"layers": [layer, {"type": "linear"}], "loss": {"type": "squared_error"},
         "data": {"source": "diabetes"}, "seed": 1}
    )  # fmt: skip
    plain = Observer(system)
    biases = {k: np.full_like(v, -100) for k, v in plain.parameters.items() if "bias" in k}
    trainer = Observer(system, parameters=biases)
    trainer.finish_pass()
    frame = trainer.take_frame()
    dead = trouble.troubled(trainer.topology, frame, "dead")
    relus = [node.index for node in trainer.topology.nodes if node.op == "relu"]
    assert dead == relus
    assert len([f for f in frame.findings if f.kind == "dead"]) == 3


def test_every_node_that_holds_nan_or_infinity_is_a_place() -> None:
    system = System(expression="a = log(x)\nb = a * y\nf = b + z", values={"x": -1, "y": 2, "z": 3})
    topology, frame = seen(system)
    bad = names(topology, trouble.troubled(topology, frame, "non-finite"))
    assert {"a", "b", "f"} <= set(bad)
    assert "z" not in bad
    waiting = dataclasses.replace(
        frame,
        value_ready=np.zeros_like(frame.value_ready),
        gradient_ready=np.zeros_like(frame.gradient_ready),
    )
    assert trouble.troubled(topology, waiting, "non-finite") == []
