"""Convolution: its numbers, its gradients as convolutions, its shapes and misfits."""

from typing import Any

import numpy as np
import pytest

from engine.observe.observer import Observer
from engine.support.errors import EngineError
from engine.system.build import build
from engine.system.system import System, from_table
from engine.training.feed import Samples

RANDOM = np.random.default_rng(0)


def system(*layers: dict[str, Any]) -> System:
    return from_table({
        "layers": [*layers, {"type": "flatten"}, {"type": "linear"}],
        "loss": {"type": "squared_error"}, "dtype": "float64",
    })  # fmt: skip


def finished(layer: dict[str, Any], x: Any, **parameters: Any) -> Observer:
    """x is (batch, channels, height, width)."""
    samples = Samples(x.reshape(len(x), -1), np.ones((len(x), 2)), picture=x.shape[1:])
    given = {f"conv2d1.{name}": array for name, array in parameters.items()}
    trainer = Observer(system({"type": "conv2d", **layer}), batch=samples, parameters=given)
    trainer.finish_pass()
    return trainer


def value(trainer: Observer, name: str) -> Any:
    """As (batch, channels, height, width)."""
    node = trainer.current.model.graph.value(name).id
    return trainer.current.value(node).transpose(3, 0, 1, 2)


def gradient(trainer: Observer, name: str) -> Any:
    found = trainer.current.gradient(trainer.current.model.graph.value(name).id)
    assert found is not None
    return found


def slid(x: Any, kernel: Any, stride: int, padding: int) -> Any:
    """The definition, window by window: x (b, in, h, w), kernel (out, in, k, k)."""
    x = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    size = kernel.shape[2]
    rows = range(0, x.shape[2] - size + 1, stride)
    columns = range(0, x.shape[3] - size + 1, stride)
    return np.array([
        [[[(x[b, :, i : i + size, j : j + size] * k).sum() for j in columns] for i in rows]
         for k in kernel]
        for b in range(len(x))
    ])  # fmt: skip


@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("padding", [0, 1, 2])
def test_it_computes_its_definition(stride: int, padding: int) -> None:
    x, kernel = RANDOM.normal(size=(2, 3, 6, 5)), RANDOM.normal(size=(4, 3, 3, 3))
    bias = RANDOM.normal(size=4)
    layer = {"channels": 4, "kernel_size": 3, "stride": stride, "padding": padding}
    trainer = finished(layer, x, weight=kernel, bias=bias)
    expected = slid(x, kernel, stride, padding) + bias[:, None, None]
    np.testing.assert_allclose(value(trainer, "conv2d1.z"), expected, rtol=1e-12, atol=1e-12)


def test_the_kernels_gradient_is_the_inputs_convolution_with_the_upstream_gradient() -> None:
    x = RANDOM.normal(size=(1, 2, 5, 5))
    trainer = finished({"channels": 3}, x)
    upstream = gradient(trainer, "conv2d1.z")[..., 0]  # (out, height, width) of the one sample
    found = gradient(trainer, "conv2d1.weight")
    for out in range(3):
        for channel in range(2):
            expected = slid(x[:, channel : channel + 1], upstream[None, None, out], 1, 0)[0, 0]
            np.testing.assert_allclose(found[out, channel], expected, rtol=1e-11, atol=1e-13)


def test_the_biases_gradient_is_the_upstream_gradient_summed_over_places_and_batch() -> None:
    trainer = finished({"channels": 3}, RANDOM.normal(size=(4, 1, 5, 5)))
    expected = gradient(trainer, "conv2d1.z").sum(axis=(1, 2, 3))
    np.testing.assert_allclose(gradient(trainer, "conv2d1.bias"), expected, rtol=1e-12, atol=1e-14)


def test_a_shifted_picture_gives_a_shifted_map() -> None:
    x = np.zeros((2, 1, 8, 8))
    x[0, 0, 2:4, 2:4] = x[1, 0, 3:5, 4:6] = RANDOM.normal(size=(2, 2))
    maps = value(finished({"channels": 2, "bias": False}, x), "conv2d1.z")
    np.testing.assert_allclose(maps[0, :, :5, :4], maps[1, :, 1:, 2:], rtol=1e-13, atol=1e-15)


def test_kernel_of_one_pixel_mixes_channels() -> None:
    x, kernel = RANDOM.normal(size=(2, 3, 4, 4)), RANDOM.normal(size=(5, 3, 1, 1))
    trainer = finished({"channels": 5, "kernel_size": 1, "bias": False}, x, weight=kernel)
    expected = np.einsum("oc,bchw->bohw", kernel[:, :, 0, 0], x)
    np.testing.assert_allclose(value(trainer, "conv2d1.z"), expected, rtol=1e-12, atol=1e-13)


def test_shapes_and_pytorchs_parameter_shapes() -> None:
    layer = {"type": "conv2d", "channels": 6, "kernel_size": 5, "stride": 2, "padding": 2}
    built = build(system(layer), ((3, 28, 28),), 2, 4)
    assert {p.name: p.shape for p in built.parameters[:2]} == {
        "conv2d1.weight": (6, 3, 5, 5), "conv2d1.bias": (6,),
    }  # fmt: skip
    assert built.graph.value("conv2d1.z").shape == (6, 14, 14, 4)


@pytest.mark.parametrize("spelling", ["channels", "out_channels", "filters", "units"])
def test_other_spellings_of_channels(spelling: str) -> None:
    built = build(system({"type": "conv2d", spelling: 4, "kernel": 2}), ((1, 4, 4),), 2, 1)
    assert built.parameters[0].shape == (4, 1, 2, 2)


@pytest.mark.parametrize(("layer", "shape", "message"), [
    ({"channels": 2, "kernel_size": 5}, (1, 4, 4), r"conv2d1.*larger than the padded.*1 × 4 × 4"),
    ({"channels": 2}, (64,), r"conv2d1.*pictures"),
])  # fmt: skip
def test_misfits_name_layer_shapes_and_way_out(
    layer: dict[str, Any], shape: Any, message: str
) -> None:
    with pytest.raises(EngineError, match=message):
        build(system({"type": "conv2d", **layer}), (shape,), 2, 3)


def test_data_without_pictures_says_so() -> None:
    table = {
        "layers": [{"type": "conv2d", "channels": 2}, {"type": "flatten"}, {"type": "linear"}],
        "data": {"source": "iris"},
    }
    with pytest.raises(EngineError, match=r"pictures.*samples of 4 features"):
        Observer(from_table(table))


@pytest.mark.parametrize("size", [8, 28])
def test_float32_is_near_float64(size: int) -> None:
    x = RANDOM.normal(size=(8, 1, size, size))
    kernel = RANDOM.normal(size=(4, 1, 3, 3))
    samples = Samples(x.reshape(8, -1), np.ones((8, 2)), picture=(1, size, size))
    chosen = system({"type": "conv2d", "channels": 4, "padding": 1})
    found = []
    for dtype in ("float64", "float32"):
        table = from_table({
            "layers": [{"type": "conv2d", "channels": 4, "padding": 1}, {"type": "flatten"},
                       {"type": "linear"}],
            "loss": {"type": "squared_error"}, "dtype": dtype,
        })  # fmt: skip
        trainer = Observer(table, batch=samples, parameters={"conv2d1.weight": kernel})
        trainer.finish_pass()
        found.append(gradient(trainer, "conv2d1.weight"))
    assert chosen.layers[0] == table.layers[0]
    np.testing.assert_allclose(found[1], found[0], rtol=2e-4, atol=2e-5 * np.abs(found[0]).max())
