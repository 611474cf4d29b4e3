"""The recursive network: shared weights over a tree, backpropagation through structure."""

from typing import Any

import numpy as np
import pytest

from engine.observe.observer import Observer
from engine.recipes.recipe import open_system
from engine.support.errors import EngineError
from engine.system import catalogue
from engine.system.build import build
from engine.system.system import System, from_table, override
from engine.training.feed import Samples

UNITS, FEATURES, BATCH = 4, 3, 6


def system(tree: str = "((1 2) (3 4))", **more: Any) -> System:
    return from_table({
        "layers": [{"type": "tree", "units": UNITS, "tree": tree, **more},
                   {"type": "linear", "units": 2}],
        "loss": {"type": "squared_error"}, "dtype": "float64",
    })  # fmt: skip


def finished(tree: str = "((1 2) (3 4))", leaves: int = 4) -> Observer:
    random = np.random.default_rng(0)
    x = random.normal(size=(BATCH, leaves * FEATURES))
    batch = Samples(x, np.ones((BATCH, 2)), sequence=(leaves, FEATURES))
    trainer = Observer(system(tree), batch=batch)
    trainer.finish_pass()
    return trainer


def value(trainer: Observer, name: str) -> Any:
    return trainer.current.value(trainer.current.model.graph.value(name).id)


def test_states_are_computed_from_the_leaves_to_the_root() -> None:
    trainer = finished("((1 (2 3)) 4)")
    w, left, right, b = (
        trainer.parameters[f"tree1.{n}"]
        for n in ("weight_in", "weight_left", "weight_right", "bias")
    )

    def join(low: Any, high: Any) -> Any:
        return np.tanh(left @ low + right @ high + b[:, None])

    inputs = [trainer.current.value(node) for node in trainer.current.model.inputs]
    h1, h2, h3, h4 = (np.tanh(w @ x) for x in inputs)
    expected = join(join(h1, join(h2, h3)), h4)
    np.testing.assert_allclose(value(trainer, "tree1.node1-4.h"), expected, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("tree", ["((1 2) (3 4))", "(((1 2) 3) 4)", "(4 (2 (3 1)))"])
def test_every_position_contributes_to_the_shared_weights(tree: str) -> None:
    trainer = finished(tree)
    compiled = trainer.current
    for name, count in (("weight_in", 4), ("weight_left", 3), ("weight_right", 3), ("bias", 3)):
        node = compiled.model.graph.value(f"tree1.{name}").id
        edges = [edge for edge in compiled.edges if edge[0] == node]
        parts: list[Any] = [compiled.contribution(edge) for edge in edges]
        gradient: Any = compiled.gradient(node)
        assert len(parts) == count
        np.testing.assert_allclose(gradient, sum(parts), rtol=1e-12, atol=1e-16)


def test_the_deeper_a_leaf_the_more_matrices_its_gradient_has_passed() -> None:
    trainer = finished("(((1 2) 3) 4)")
    graph = trainer.current.model.graph
    names = [f"tree1.{n}.h" for n in ("node1-2", "node1-3", "node1-4")]
    sizes = [np.linalg.norm(trainer.current.gradient(graph.value(n).id)) for n in names]  # type: ignore[arg-type]
    assert sizes[0] < sizes[2]
    groups = [graph.value(name).node.group for name in names]
    assert groups == [("tree1", f"node{n}") for n in ("1-2", "1-3", "1-4")]


def test_another_tree_over_the_same_leaves_has_another_output() -> None:
    one, other = finished("((1 2) (3 4))"), finished("(((1 2) 3) 4)")
    np.testing.assert_array_equal(one.theta, other.theta)
    assert one.objective_and_loss() != other.objective_and_loss()


def test_leaves_that_are_not_in_the_tree_are_left_out() -> None:
    trainer = finished("(1 3)")
    model = trainer.current.model
    assert trainer.current.gradient(model.inputs[1]) is None
    assert trainer.current.gradient(model.inputs[2]) is not None


def test_leaves_left_out_are_no_hindrance_to_held_back_samples() -> None:
    tree = override(open_system("tree-net"), "layers.0.tree", "((1 2) (3 4))")
    trainer = Observer(tree)
    trainer.train(1)
    assert trainer.evaluate() is not None


@pytest.mark.parametrize("tree", [
    "", "1", "(1)", "(1 2", "1 2", "(1 2 3)", "(1 1)", "(0 1)", "(a b)", "((1 2)) 3", "(1 2) 3",
    "(-1 2)", "()",
])  # fmt: skip
def test_what_is_no_binary_tree_is_refused_with_an_example(tree: str) -> None:
    with pytest.raises(EngineError, match=r"tree.*\(\(1 2\) \(3 4\)\)"):
        system(tree)


def test_a_leaf_that_the_data_does_not_have() -> None:
    with pytest.raises(EngineError, match=r"tree1.*leaf 4.*3 steps"):
        build(system(), ((FEATURES,),) * 3, 2, BATCH)


def test_a_deep_tree_is_no_problem() -> None:
    tree = "1"
    for leaf in range(2, 151):
        tree = f"({tree} {leaf})"
    built = build(system(tree), ((1,),) * 150, 2, 2)
    assert built.graph.value("tree1.node1-150.h").shape == (UNITS, 2)


@pytest.mark.slow
def test_tree_net_learns_tournaments_that_it_has_not_seen() -> None:
    """One shared rule, applied five times: held-out tournaments are all decided right."""
    trainer = Observer(catalogue.load("tree-net"))
    for _ in range(300):
        trainer.train_step()
    measured = trainer.evaluate()
    assert measured is not None
    assert measured.accuracy is not None
    assert measured.accuracy >= 0.97
