"""Initialisers: spread and fans as PyTorch's, orthogonality, settings."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.model.initializer import INITIALIZERS, fans, fill, parse_initializer
from engine.settings.declaration import rule_of, settings_of
from engine.support.errors import InputError
from engine.system.build import build
from engine.system.system import from_table

RECORDED = Path(__file__).parents[2] / "fixtures" / "initial_torch.json"
LINEAR, KERNEL = (300, 200), (40, 30, 5, 3)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_fans_are_counted_as_pytorch_counts_them() -> None:
    assert fans(LINEAR) == (200, 300)
    assert fans(KERNEL) == (30 * 15, 40 * 15)
    for shape in ((), (7,)):
        with pytest.raises(InputError, match="at least two axes"):
            fans(shape)


# The standard deviation by the formula of the paper, for fan_in and fan_out.
SPREADS = {
    "xavier_uniform": lambda fan_in, fan_out: math.sqrt(2 / (fan_in + fan_out)),
    "xavier_normal": lambda fan_in, fan_out: math.sqrt(2 / (fan_in + fan_out)),
    "he_uniform": lambda fan_in, _: math.sqrt(2 / fan_in),
    "he_normal": lambda fan_in, _: math.sqrt(2 / fan_in),
    "lecun_uniform": lambda fan_in, _: math.sqrt(1 / fan_in),
    "lecun_normal": lambda fan_in, _: math.sqrt(1 / fan_in),
    "pytorch_default": lambda fan_in, _: math.sqrt(1 / (3 * fan_in)),
    "normal": lambda *_: 0.01,
    "uniform": lambda *_: 0.1 / math.sqrt(3),
}


@pytest.mark.parametrize("name", SPREADS)
@pytest.mark.parametrize("shape", [LINEAR, KERNEL])
def test_spread_and_range(name: str, shape: tuple[int, ...]) -> None:
    spread = SPREADS[name](*fans(shape))
    weights = fill(name, shape, rng())
    assert weights.shape == shape
    assert weights.dtype == np.float64
    assert weights.std() == pytest.approx(spread, rel=0.02)
    assert abs(weights.mean()) < 5 * spread / math.sqrt(weights.size)
    largest = np.abs(weights).max() / spread
    if "uniform" in name or name == "pytorch_default":
        assert 1.73 < largest <= math.sqrt(3)
    else:
        assert largest > 3.5


def test_gain_and_other_settings() -> None:
    for name in ("xavier_uniform", "xavier_normal", "orthogonal"):
        plain, twice = fill(name, (4, 5), rng()), fill(name, (4, 5), rng(), gain=2)
        np.testing.assert_allclose(twice, 2 * plain)
    assert fill("normal", (100, 100), rng(), std=3.0).std() == pytest.approx(3.0, rel=0.03)
    assert np.abs(fill("uniform", (1000,), rng(), bound=2.0)).max() == pytest.approx(2, rel=0.01)
    assert fill("constant", (2, 2), rng(), value=-1.5).tolist() == [[-1.5, -1.5]] * 2
    assert not fill("zeros", (3,), rng()).any()


@pytest.mark.parametrize("shape", [(6, 6), (8, 3), (3, 8), (4, 2, 3, 3), (1, 5)])
def test_orthogonal(shape: tuple[int, ...]) -> None:
    weights = fill("orthogonal", shape, rng())
    flat = weights.reshape(shape[0], -1)
    product = flat @ flat.T if flat.shape[0] <= flat.shape[1] else flat.T @ flat
    np.testing.assert_allclose(product, np.eye(len(product)), atol=1e-12)
    assert weights.shape == shape
    assert weights.flags.c_contiguous


def test_orthogonal_prefers_no_direction() -> None:
    entries = [fill("orthogonal", (2, 2), rng(seed))[0, 0] for seed in range(400)]
    assert abs(np.mean(entries)) < 0.12  # QR without the signs of R has them nearly all negative


@pytest.mark.parametrize("name", INITIALIZERS)
def test_every_initializer(name: str) -> None:
    cls = INITIALIZERS[name]
    assert cls.formula
    assert cls.source
    assert all(rule_of(field).help for field in settings_of(cls).values())
    first, again, other = (fill(name, (5, 4), rng(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert name in ("zeros", "constant") or not np.array_equal(first, other)
    assert fill(name, (0, 4), rng()).shape == (0, 4)
    assert fill(name, (4, 0), rng()).shape == (4, 0)


def test_names_of_the_interface() -> None:
    assert set(INITIALIZERS) == {
        *("xavier_uniform", "xavier_normal", "he_uniform", "he_normal"),
        *("lecun_uniform", "lecun_normal", "normal", "uniform"),
        *("zeros", "constant", "orthogonal", "pytorch_default"),
    }


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ("he_norml", "layers.0.initializer"),
        (3, "layers.0.initializer"),
        ({"type": "normal", "std": -1}, "layers.0.initializer.std"),
        ({"type": "he_normal", "std": 1.0}, "layers.0.initializer.std"),
        ({"type": "nrmal"}, "layers.0.initializer.type"),
    ],
)
def test_wrong_names_and_settings_name_the_field(values: Any, field: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_initializer(values, "layers.0.initializer")
    assert caught.value.field == field


def test_tables_and_names() -> None:
    assert parse_initializer("normal") == parse_initializer({"type": "normal", "std": 0.01})


# Layer, form of the samples: as the layers of initial_torch.json are made.
LAYERS: dict[str, tuple[dict[str, Any], tuple[tuple[int, ...], ...]]] = {
    "linear": ({"units": 30}, ((20,),)),
    "conv2d": ({"channels": 8, "kernel_size": 5}, ((3, 9, 9),)),
    "rnn": ({"units": 16}, ((7,),) * 3),
    "lstm": ({"units": 16}, ((7,),) * 3),
    "gru": ({"units": 16}, ((7,),) * 3),
    "embedding": ({"units": 9}, ((11, 4),)),
}


def beginnings(kind: str, initializer: str) -> dict[str, tuple[tuple[int, ...], Any]]:
    """The shapes and initialisers of a layer's parameters, as the builder asks for them."""
    settings, shapes = LAYERS[kind]
    layer = {"type": kind, "initializer": initializer, **settings}
    end = [] if kind in ("linear", "rnn", "lstm", "gru") else [{"type": "flatten"}]
    table = {
        "name": "one", "data": {"x": [[1.0]], "y": [1.0]}, "loss": {"type": "squared_error"},
        "layers": [layer, *end, {"type": "linear", "name": "last"}],
    }  # fmt: skip
    model = build(from_table(table), shapes, outputs=1, batch=2)
    return {
        p.name.partition(".")[2]: (p.shape, p.start)
        for p in model.parameters
        if not p.name.startswith("last.")
    }


@pytest.mark.parametrize("kind", LAYERS)
def test_pytorch_default_draws_what_pytorch_draws(kind: str) -> None:
    """Bounds and quantiles of weights and biases, recorded from PyTorch's own layers."""
    found = beginnings(kind, "pytorch_default")
    recorded = json.loads(RECORDED.read_text())
    theirs = recorded["layers"][kind]
    assert {name: list(shape) for name, (shape, _) in found.items()} == {
        name: one["shape"] for name, one in theirs.items()
    }
    random = rng()
    for name, (shape, start) in found.items():
        drawn = np.concatenate([start.fill(shape, random).ravel() for _ in range(60)])
        quantiles = np.array(theirs[name]["quantiles"])
        spread = quantiles[-2] - quantiles[1]
        ours = np.quantile(drawn, recorded["shares"])
        np.testing.assert_allclose(ours[1:-1], quantiles[1:-1], atol=0.05 * spread)
        if kind != "embedding":  # a uniform distribution ends at its bound
            np.testing.assert_allclose(ours, quantiles, atol=0.05 * spread)
            fan = 16 if kind in ("rnn", "lstm", "gru") else fans(found["weight"][0])[0]
            assert np.abs(drawn).max() <= 1 / math.sqrt(fan) >= np.abs(quantiles).max() - 1e-6


@pytest.mark.parametrize("kind", ["linear", "conv2d", "rnn"])
def test_other_initializers_leave_the_bias_at_zero(kind: str) -> None:
    for name, (shape, start) in beginnings(kind, "normal").items():
        assert start.fill(shape, rng()).any() == (not name.startswith("bias"))


def test_the_identity_path_is_drawn_as_the_layer_asks() -> None:
    inner = [{"type": "linear", "units": 5}]
    for block in (
        {"type": "residual", "layers": inner, "initializer": "pytorch_default"},
        {"type": "linear", "units": 5, "residual": True, "initializer": "pytorch_default"},
    ):
        table = {
            "name": "one", "data": {"x": [[1.0]], "y": [1.0]}, "loss": {"type": "squared_error"},
            "layers": [block, {"type": "linear"}],
        }  # fmt: skip
        model = build(from_table(table), ((3,),), outputs=1, batch=2)
        path = next(p for p in model.parameters if p.name.endswith("projection.weight"))
        assert path.start == INITIALIZERS["pytorch_default"]()


def test_against_pytorch() -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed: nothing to compare with")
    for shape in (LINEAR, KERNEL):
        tensor = torch.empty(shape, dtype=torch.float64)
        for ours, theirs, options in (
            ("xavier_uniform", "xavier_uniform_", {}),
            ("xavier_normal", "xavier_normal_", {}),
            ("he_uniform", "kaiming_uniform_", {"nonlinearity": "relu"}),
            ("he_normal", "kaiming_normal_", {"nonlinearity": "relu"}),
            ("lecun_uniform", "kaiming_uniform_", {"nonlinearity": "linear"}),
            ("lecun_normal", "kaiming_normal_", {"nonlinearity": "linear"}),
        ):
            getattr(torch.nn.init, theirs)(tensor, **options)
            assert fill(ours, shape, rng()).std() == pytest.approx(float(tensor.std()), rel=0.03)
