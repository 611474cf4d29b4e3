"""Numbers that the networks must reach at the catalogue's defaults."""

import dataclasses
from typing import Any

import numpy as np
import pytest

from engine.observe.observer import Observer
from engine.optimizer.clipping import Clipping
from engine.system import catalogue
from engine.system.system import System, from_table, override
from engine.training.feed import Samples

DEPTH, WIDTH, BATCH = 30, 512, 256


def changed(name: str, **settings: Any) -> System:
    """A system of the catalogue with settings by dotted key (__ for the dot)."""
    system = catalogue.load(name)
    for key, value in settings.items():
        system = override(system, key.replace("__", "."), value)
    return system


def trained(system: System, steps: int) -> Observer:
    trainer = Observer(system)
    for _ in range(steps):
        trainer.train_step()
    return trainer


def measured(trainer: Observer) -> Any:
    found = trainer.evaluate()
    assert found is not None
    return found


# --- accuracy held out -----------------------------------------------------------------------

EPOCH = 45
LEAST = {
    "lenet-digits": (12 * EPOCH, 0.97),
    "resnet-cnn": (24 * EPOCH, 0.95),  # Adam at 0.01 still swings by 2 % after 12
    "resnet-mlp": (12 * EPOCH, 0.95),
    "batchnorm-mlp": (8 * EPOCH, 0.95),
    "deep-mlp": (12 * EPOCH, 0.95),
    "rnn-bptt": (12 * EPOCH, 0.94),
    "lstm": (12 * EPOCH, 0.94),
    "gru": (12 * EPOCH, 0.94),
    "tree-net": (300, 0.97),
}


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("name", LEAST)
def test_accuracy_on_what_is_held_out(name: str, seed: int) -> None:
    steps, least = LEAST[name]
    found = measured(trained(changed(name, seed=seed), steps))
    assert found.accuracy >= least
    assert found.samples >= 140


# --- the norm of the backward pass through 30 ReLU layers ------------------------------------


def backward_norms(initializer: str, seed: int) -> Any:
    """‖∂J/∂h‖ of each of 30 ReLU layers, first to last, before any training.

    The targets are so large that what comes back from the loss is their noise: independent of
    the network and from sample to sample, as the derivation supposes.
    """
    linear = {"type": "linear", "units": WIDTH, "initializer": initializer}
    hidden = {**linear, "name": "hidden", "repeat": DEPTH, "activation": "relu"}
    system = from_table({
        "layers": [hidden, linear], "loss": {"type": "squared_error"}, "dtype": "float32",
        "seed": seed,
    })  # fmt: skip
    random = np.random.default_rng([seed, 9])
    x, y = random.normal(size=(BATCH, WIDTH)), 1e4 * random.normal(size=(BATCH, WIDTH))
    trainer = Observer(system, batch=Samples(x, y))
    trainer.finish_pass()
    graph = trainer.current.model.graph
    found = [trainer.current.gradient(graph.value(f"hidden{k}.h").id) for k in range(1, DEPTH + 1)]
    return np.array([np.linalg.norm(one) for one in found if one is not None])


@pytest.mark.slow
@pytest.mark.parametrize(("initializer", "factor"), [
    ("he_normal", 1.0), ("xavier_normal", 1 / np.sqrt(2)),
])  # fmt: skip
def test_from_layer_to_layer_he_keeps_the_norm_and_xavier_divides_it_by_root_2(
    initializer: str, factor: float
) -> None:
    """Variance 2/n keeps E‖∂J/∂h‖², 1/n halves it, at width 512 and batch 256.

    What is constant is the expectation. In one network the number of active ReLUs of a layer
    varies by 1/√512, which moves the ratio of two neighbouring layers by 2 %; so the root mean
    square over ten seeds is compared, layer by layer, and the mean factor of each network alone.
    """
    norms = np.array([backward_norms(initializer, seed) for seed in range(10)])
    rms = np.sqrt((norms**2).mean(axis=0))
    np.testing.assert_allclose(rms[:-1] / rms[1:], factor, rtol=0.02)
    np.testing.assert_allclose((rms[0] / rms[-1]) ** (1 / (DEPTH - 1)), factor, rtol=0.002)
    each = (norms[:, 0] / norms[:, -1]) ** (1 / (DEPTH - 1))
    np.testing.assert_allclose(each, factor, rtol=0.02)


# --- thirty sigmoid layers -------------------------------------------------------------------


def first_and_last(**settings: Any) -> tuple[float, float]:
    """The gradient's norm in the first and last of 30 hidden layers of deep-mlp, at the start."""
    trainer = Observer(changed(
        "deep-mlp", layers__0__repeat=DEPTH, layers__0__activation="sigmoid",
        layers__0__initializer="xavier_uniform", **settings,
    ))  # fmt: skip
    trainer.finish_pass()
    norms = trainer.take_frame().layer_gradient_norm
    assert len(norms) == DEPTH + 1
    return float(norms[0]), float(norms[-1])


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_sigmoid_vanishes_by_far_more_than_a_million(dtype: str) -> None:
    first, last = first_and_last(dtype=dtype)
    assert 0 < first < 1e-6 * last


@pytest.mark.parametrize("normalization", ["batch", "layer"])
def test_residual_connections_and_normalisation_bring_it_back_within_100(
    normalization: str,
) -> None:
    first, last = first_and_last(layers__0__residual=True, layers__0__normalization=normalization)
    assert last / 100 < first < last * 100


@pytest.mark.slow
def test_and_then_it_learns_where_it_did_not() -> None:
    sigmoid = {"layers__0__repeat": DEPTH, "layers__0__activation": "sigmoid"}
    plain = measured(trained(changed("deep-mlp", **sigmoid), 300))
    remedies = {"layers__0__residual": True, "layers__0__normalization": "layer"}
    cured = measured(trained(changed("deep-mlp", **sigmoid, **remedies), 300))
    assert plain.accuracy < 0.2
    assert cured.accuracy > 0.7


def test_clipping_is_a_remedy_of_deep_mlp_too() -> None:
    system = changed(
        "deep-mlp", layers__0__initializer={"type": "normal", "std": 1.0}, clipping__type="norm"
    )
    trainer = Observer(system)
    trainer.train_step()
    scalars = trainer.recorder.take_rows()
    assert min(scalars.gradient_norm_before_clipping) > 100
    np.testing.assert_allclose(scalars.gradient_norm_after_clipping, 1, rtol=1e-5)


# --- the adding problem ----------------------------------------------------------------------


def adding(name: str, steps: int, seed: int) -> list[float]:
    """Held-out mean squared error every 100 steps; always answering 1 has 1/6."""
    trainer = Observer(changed(name, seed=seed))
    found = []
    for step in range(1, steps + 1):
        trainer.train_step()
        if step % 100 == 0:
            found.append(measured(trainer).loss)
    return found


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1])
def test_the_lstm_solves_the_adding_problem_where_the_rnn_of_its_size_does_not(seed: int) -> None:
    """T = 40, 32 units, 900 steps: the LSTM below 0.02, the RNN above 0.1 all the way."""
    assert adding("adding-lstm", 900, seed)[-1] < 0.02
    assert min(adding("adding-rnn", 900, seed)) > 0.1


def test_the_two_of_the_adding_problem_differ_in_the_recurrent_layer_alone() -> None:
    plain, gated = catalogue.load("adding-rnn"), catalogue.load("adding-lstm")
    told = {key: getattr(plain, key) for key in ("name", "title", "description")}
    assert dataclasses.replace(gated, layers=plain.layers, **told) == plain
    assert gated.layers[1:] == plain.layers[1:]
    rnn, lstm = (dataclasses.asdict(system.layers[0]) for system in (plain, gated))
    assert {key for key in lstm if lstm[key] != rnn[key]} == {"name"}


# --- clipping --------------------------------------------------------------------------------


def test_clipping_3_and_a_tenth_to_norm_1() -> None:
    gradient = np.array([3.0, 0.1])
    before, after = Clipping("norm", 1.0).apply(gradient)
    assert gradient.round(5).tolist() == [0.99944, 0.03331]
    assert before == pytest.approx(3.00167, abs=5e-6)
    assert after == pytest.approx(1, rel=1e-15)
