"""Self-attention and embeddings: by hand, with and without the division by √d."""

from typing import Any

import numpy as np
import pytest

from engine.observe.observer import Observer
from engine.support.errors import EngineError
from engine.system import catalogue
from engine.system.build import build
from engine.system.system import System, from_table, override
from engine.training.feed import Samples

TOKENS, FEATURES, UNITS, BATCH = 5, 3, 4, 6
RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(BATCH, TOKENS, FEATURES))
WEIGHTS = {
    f"self_attention1.weight_{letter}": RANDOM.normal(size=(UNITS, FEATURES)) for letter in "qkv"
}


def system(*layers: dict[str, Any]) -> System:
    return from_table({
        "layers": [*layers, {"type": "linear", "units": 2}],
        "loss": {"type": "squared_error"}, "dtype": "float64",
    })  # fmt: skip


def finished(x: Any = X, parameters: Any = WEIGHTS, **settings: Any) -> Observer:
    more = [{"type": "flatten"}] if settings.get("sequence") else []
    chosen = system({"type": "self_attention", "units": UNITS, **settings}, *more)
    batch = Samples(x.reshape(len(x), -1), np.ones((len(x), 2)), sequence=x.shape[1:])
    trainer = Observer(chosen, parameters=parameters, batch=batch)
    trainer.finish_pass()
    return trainer


def value(trainer: Observer, name: str) -> Any:
    return trainer.current.value(trainer.current.model.graph.value(f"self_attention1.{name}").id)


def gradient(trainer: Observer, name: str) -> Any:
    node = trainer.current.model.graph.value(f"self_attention1.{name}").id
    found = trainer.current.gradient(node)
    assert found is not None
    return found


@pytest.mark.parametrize("scaled", [True, False])
def test_it_computes_softmax_of_qk_over_root_d_times_v(scaled: bool) -> None:
    q, k, v = (X @ weight.T for weight in WEIGHTS.values())
    scores = q @ k.transpose(0, 2, 1) / (np.sqrt(UNITS) if scaled else 1)
    weights = np.exp(scores) / np.exp(scores).sum(axis=2, keepdims=True)
    trainer = finished(scaled=scaled)
    np.testing.assert_allclose(value(trainer, "weights").transpose(2, 0, 1), weights, rtol=1e-11)
    np.testing.assert_allclose(value(trainer, "out").transpose(2, 1, 0), weights @ v, rtol=1e-11)
    np.testing.assert_allclose(value(trainer, "h").T, (weights @ v).mean(axis=1), rtol=1e-10)


def test_each_token_shares_out_a_whole() -> None:
    np.testing.assert_allclose(value(finished(), "weights").sum(axis=1), 1, rtol=1e-13)


def test_the_scores_gradient_is_the_softmaxs_and_sums_to_zero_over_the_tokens_looked_at() -> None:
    trainer = finished()
    a, upstream = value(trainer, "weights"), gradient(trainer, "weights")
    expected = a * (upstream - (upstream * a).sum(axis=1, keepdims=True))
    np.testing.assert_allclose(gradient(trainer, "scores"), expected, rtol=1e-10, atol=1e-16)
    np.testing.assert_allclose(gradient(trainer, "scores").sum(axis=1), 0, atol=1e-14)


def test_the_division_by_root_d_is_on_the_gradients_way_to_the_queries() -> None:
    """From equal scores' gradients, the queries get 1/√d of what they get without."""
    small = {name: 1e-4 * weight for name, weight in WEIGHTS.items()}
    with_it, without = finished(parameters=small), finished(parameters=small, scaled=False)
    np.testing.assert_allclose(gradient(with_it, "scores"), gradient(without, "scores"), rtol=1e-3)
    for letter in "qk":
        np.testing.assert_allclose(
            gradient(with_it, letter) * np.sqrt(UNITS), gradient(without, letter), rtol=1e-3
        )


def test_tokens_in_another_order_have_their_outputs_in_that_order() -> None:
    order = [3, 0, 4, 1, 2]
    plain, shuffled = finished(), finished(X[:, order])
    np.testing.assert_allclose(
        value(shuffled, "out"), value(plain, "out")[:, order], rtol=1e-11, atol=1e-13
    )
    np.testing.assert_allclose(value(shuffled, "h"), value(plain, "h"), rtol=1e-11, atol=1e-13)


def test_every_tokens_output_may_go_on() -> None:
    trainer = finished(sequence=True)
    assert trainer.current.model.graph.value("flatten1.h").shape == (UNITS * TOKENS, BATCH)


def test_a_row_of_equal_scores_looks_at_all_alike_and_huge_ones_stay_finite() -> None:
    none = {**WEIGHTS, "self_attention1.weight_q": np.zeros((UNITS, FEATURES))}
    np.testing.assert_allclose(value(finished(parameters=none), "weights"), 0.2, rtol=1e-14)
    huge = {name: 1e3 * weight for name, weight in WEIGHTS.items()}
    trainer = finished(parameters=huge)
    assert np.isfinite(value(trainer, "weights")).all()
    assert np.isfinite(trainer.gradient).all()


def test_embedding_picks_a_row_of_its_weight_for_each_token() -> None:
    tokens = np.array([[0, 2, 1], [2, 2, 0]])
    chosen = system({"type": "embedding", "units": 4}, {"type": "flatten"})
    weight = RANDOM.normal(size=(3, 4))
    batch = Samples(np.eye(3)[tokens].reshape(2, -1), np.ones((2, 2)), sequence=(3, 3))
    trainer = Observer(chosen, parameters={"embedding1.weight": weight}, batch=batch)
    trainer.finish_pass()
    graph = trainer.current.model.graph
    found = trainer.current.value(graph.value("embedding1.h").id)
    np.testing.assert_array_equal(found.transpose(2, 1, 0), weight[tokens])
    into: Any = trainer.current.gradient(graph.value("embedding1.weight").id)
    upstream = trainer.current.gradient(graph.value("embedding1.h").id)
    assert upstream is not None
    expected = np.zeros((3, 4))
    np.add.at(expected, tokens, upstream.transpose(2, 1, 0))
    np.testing.assert_allclose(into, expected, rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize("kind", ["self_attention", "embedding"])
def test_what_is_no_sequence_is_refused_in_words(kind: str) -> None:
    chosen = system({"type": "linear", "units": 4}, {"type": kind, "units": 4})
    with pytest.raises(EngineError, match=rf"{kind}1.*sequence \(features, steps, batch\)"):
        build(chosen, ((3,),), 2, BATCH)


def saturation(name: str) -> tuple[float, float]:
    """How much of itself a token gives to its favourite, and ‖∂J/∂S‖, before any training."""
    chosen = override(catalogue.load(name), "layers.0.initializer", {"type": "normal", "std": 1.0})
    trainer = Observer(chosen)
    trainer.finish_pass()
    favourite = float(np.mean(trainer.current.value(node(trainer, "weights")).max(axis=1)))
    scores = trainer.current.gradient(node(trainer, "scores"))
    assert scores is not None
    return favourite, float(np.linalg.norm(scores))


def node(trainer: Observer, name: str) -> int:
    return trainer.current.model.graph.value(f"attention.{name}").id


def test_without_the_scaling_the_softmax_saturates_and_its_gradient_is_smaller() -> None:
    """With queries and keys of unit weights, d = 64: the mechanism of the paper's footnote 4."""
    scaled, unscaled = saturation("attention"), saturation("attention-unscaled")
    assert unscaled[0] > 0.9 > 0.7 > scaled[0]
    assert unscaled[1] < scaled[1] / 2


@pytest.mark.slow
def test_with_the_scaling_it_learns_to_look_and_without_it_sticks() -> None:
    accuracy = {}
    for name in ("attention", "attention-unscaled"):
        trainer = Observer(catalogue.load(name))
        for _ in range(400):
            trainer.train_step()
        measured = trainer.evaluate()
        assert measured is not None
        assert measured.accuracy is not None
        accuracy[name] = measured.accuracy
    assert accuracy["attention"] >= 0.99
    assert accuracy["attention-unscaled"] <= 0.9
