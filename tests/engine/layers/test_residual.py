"""Residual blocks: the gradient at the sum, the identity's share, projections."""

from typing import Any

import numpy as np
import pytest

from engine.model.model import Model
from engine.observe.observer import Observer
from engine.support.errors import EngineError
from engine.system import catalogue
from engine.system.build import build
from engine.system.system import System, from_table
from engine.training.feed import Samples

LINEAR = {"type": "linear", "units": 4}
CONV = {"type": "conv2d", "channels": 2, "kernel_size": 3, "padding": 1}


def block(*layers: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "residual", "layers": list(layers), **more}


def system(*layers: dict[str, Any]) -> System:
    table = {"layers": list(layers), "loss": {"type": "squared_error"}, "dtype": "float64"}
    return from_table(table)


def finished(*layers: dict[str, Any]) -> Observer:
    random = np.random.default_rng(0)
    batch = Samples(random.normal(size=(6, 4)), random.normal(size=(6, 2)))
    trainer = Observer(system(*layers, {"type": "linear", "units": 2}), batch=batch)
    trainer.finish_pass()
    return trainer


def parts(trainer: Observer, source: int) -> list[Any]:
    return [trainer.current.contribution(e) for e in trainer.current.edges if e[0] == source]


def test_the_gradient_at_the_sum_goes_to_both_branches_alike() -> None:
    trainer = finished(block({**LINEAR, "activation": "tanh"}, LINEAR))
    graph = trainer.current.model.graph
    total = graph.value("residual1.sum").node
    upstream = trainer.current.gradient(total.id)
    for position, source in enumerate(total.inputs):
        carried = trainer.current.contribution((source, total.id, position))
        np.testing.assert_array_equal(carried, upstream)


def test_the_identitys_share_can_be_read_on_its_edge() -> None:
    trainer = finished(block(LINEAR, LINEAR))
    graph = trainer.current.model.graph
    x, total = graph.value("x").id, graph.value("residual1.sum").node
    assert x in total.inputs
    straight = trainer.current.contribution((x, total.id, total.inputs.index(x)))
    np.testing.assert_array_equal(straight, trainer.current.gradient(total.id))
    others = [p for p in parts(trainer, x) if p is not straight]
    gradient: Any = trainer.current.gradient(x)
    np.testing.assert_allclose(gradient, sum(others), rtol=1e-13, atol=1e-15)
    assert len(others) == 2


def test_a_branch_of_zeros_leaves_the_identity() -> None:
    trainer = finished(block(LINEAR, {**LINEAR, "initializer": "zeros"}))
    graph = trainer.current.model.graph
    out, x = (trainer.current.value(graph.value(n).id) for n in ("residual1.sum", "x"))
    np.testing.assert_array_equal(out, x)
    into = trainer.current.gradient(graph.value("x").id)
    np.testing.assert_array_equal(into, trainer.current.gradient(graph.value("residual1.sum").id))


def shapes(*layers: dict[str, Any], x: Any) -> tuple[Model, dict[str, Any]]:
    built = build(system(*layers, {"type": "flatten"}, {"type": "linear"}), (x,), 2, 3)
    return built, {p.name: p.shape for p in built.parameters}


def test_where_the_width_changes_the_input_is_projected() -> None:
    built, found = shapes(block({**LINEAR, "units": 7}), x=(4,))
    assert found["residual1.projection.weight"] == (7, 4)
    assert "residual1.projection.bias" not in found
    assert built.graph.value("residual1.sum").shape == (7, 3)
    assert "residual1.projection.weight" not in shapes(block(LINEAR), x=(4,))[1]


@pytest.mark.parametrize(("stride", "size"), [(1, 8), (2, 4), (3, 3)])
def test_pictures_are_projected_by_a_convolution_of_one_pixel(stride: int, size: int) -> None:
    built, found = shapes(block({**CONV, "stride": stride}), x=(1, 8, 8))
    assert found["residual1.projection.weight"] == (2, 1, 1, 1)
    assert built.graph.value("residual1.sum").shape == (2, size, size, 3)


def test_blocks_in_blocks_and_repeated_ones_have_names_of_their_own() -> None:
    inner = block({**LINEAR, "name": "a"}, name="inner")
    _, found = shapes(block(inner, {**LINEAR, "name": "b"}, name="outer", repeat=2), x=(4,))
    assert set(found) >= {
        f"outer{k}.{name}.weight" for k in (1, 2) for name in ("inner.a", "b")
    }  # fmt: skip


@pytest.mark.parametrize(("layers", "x", "message"), [
    ([block({"type": "flatten"})], (1, 4, 4), r"residual1.*one kind"),
    ([block()], (4,), r"layers.*inside the block"),
    ([block({"type": "conv2d", "channels": 2})], (4,), r"conv2d1.*pictures"),
])  # fmt: skip
def test_misfits_name_the_block(layers: list[Any], x: Any, message: str) -> None:
    with pytest.raises(EngineError, match=message):
        shapes(*layers, x=x)


def test_as_a_setting_of_a_linear_layer_it_is_the_block_around_it() -> None:
    setting = finished({**LINEAR, "activation": "tanh", "residual": True})
    around = finished(block({**LINEAR, "activation": "tanh"}))
    assert set(setting.parameters) == {
        "linear1.weight", "linear1.bias", "linear2.weight", "linear2.bias",
    }  # fmt: skip
    np.testing.assert_array_equal(setting.theta, around.theta)
    np.testing.assert_array_equal(setting.gradient, around.gradient)
    wider = finished({"type": "linear", "units": 6, "residual": True})
    assert wider.parameters["linear1.projection.weight"].shape == (6, 4)
    assert [layer.name for layer in wider.training.model.layers] == ["linear1", "linear2"]


@pytest.mark.parametrize("name", ["resnet-mlp", "resnet-cnn"])
def test_in_the_catalogue_every_sum_splits_equally(name: str) -> None:
    trainer = Observer(catalogue.load(name))
    trainer.finish_pass()
    graph = trainer.current.model.graph
    sums = [n for n in graph.nodes[: trainer.current.forward_nodes] if n.name.endswith(".sum")]
    assert len(sums) == (3 if name == "resnet-mlp" else 2)
    for total in sums:
        upstream = trainer.current.gradient(total.id)
        for position, source in enumerate(total.inputs):
            edge = (source, total.id, position)
            np.testing.assert_array_equal(trainer.current.contribution(edge), upstream)
