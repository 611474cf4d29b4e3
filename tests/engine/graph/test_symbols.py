"""What nodes are called on screen: subscripts, and products as the books write them."""

import json
import math
from pathlib import Path

import pytest

from engine.cli import commands
from engine.graph.symbols import says, shown
from engine.observe.observer import Observer
from engine.system import catalogue

EXPRESSIONS = [e.name for e in catalogue.entries() if catalogue.load(e.name).expression]


@pytest.mark.parametrize(
    ("name", "drawn"),
    [("x0", "x₀"), ("w12", "w₁₂"), ("w_2", "w_2"), ("φ1", "φ₁"), ("x", "x"), ("x1y", "x1y"),
     ("a_b", "a_b"), ("x01", "x₀₁"), ("_1", "_1"), ("2", "2")],
)  # fmt: skip
def test_digits_at_the_end_of_a_name_are_a_subscript(name: str, drawn: str) -> None:
    assert shown(name) == drawn
    assert says(drawn, name)


def test_expressions_are_drawn_with_subscripts_and_reported_as_typed(tmp_path: Path) -> None:
    topology = Observer(catalogue.load("autodiff-xy")).topology
    assert {node.symbol for node in topology.nodes if node.kind == "parameter"} == {"x₀", "x₁"}
    assert [layer.title for layer in topology.layers] == ["x₀", "x₁"]
    assert [layer.name for layer in topology.layers] == ["x0", "x1"]
    words = " ".join(operation.words for operation in topology.operations)
    assert "x₀" in words
    assert "x0" not in words
    report = tmp_path / "report.json"
    assert commands.main(["run", "autodiff-xy", "--report", str(report)], ()) == 0
    names = {node["name"] for node in json.loads(report.read_text())["nodes"]}
    assert {"x0", "x1"} <= names


def test_what_an_expression_names_in_between_has_a_subscript_too() -> None:
    from engine.system.system import System

    system = System(name="two", expression="q1 = x + 1\nf = q1 * q1", values={"x": 2.0})
    topology = Observer(system).topology
    assert {"q₁", "f"} <= {node.symbol for node in topology.nodes}
    assert any(node.name == "q1" for node in topology.nodes)


@pytest.mark.parametrize("name", [entry.name for entry in catalogue.entries()])
def test_a_product_of_numbers_is_written_with_a_dot(name: str) -> None:
    """Formulas, local derivatives and what the backward pass says; ⊙ is for arrays alone."""
    topology = Observer(catalogue.load(name)).topology
    size = [math.prod(node.shape) for node in topology.nodes]
    texts = [edge.local for edge in topology.edges if size[edge.source] == size[edge.target] == 1]
    into: dict[int, list[int]] = {}
    for edge in topology.edges:
        into.setdefault(edge.target, []).append(edge.source)
    scalar = [size[k] == 1 and all(size[a] == 1 for a in into.get(k, ())) for k in range(len(size))]
    texts += [node.formula for node in topology.nodes if scalar[node.index]]
    if name in EXPRESSIONS:
        texts += [operation.words for operation in topology.operations]
    assert name not in EXPRESSIONS or len(texts) > 5
    assert not [text for text in texts if "⊙" in text]


def test_a_product_of_arrays_is_still_element_by_element() -> None:
    topology = Observer(catalogue.load("lstm")).topology
    assert any("⊙" in node.formula for node in topology.nodes)


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_of_an_expression_no_loss_is_told(
    name: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert commands.main(["run", name, "--steps", "2"], ()) == 0
    said = "".join(capsys.readouterr())
    assert "objective" in said
    assert "loss" not in said
    topology = Observer(catalogue.load(name)).topology
    assert not topology.has_samples
    words = " ".join(one.words + one.stage for one in topology.operations)
    assert "loss" not in words
    assert "epoch" not in words


def test_a_network_has_loss_and_epochs(capsys: pytest.CaptureFixture[str]) -> None:
    assert Observer(catalogue.load("d2l-mlp")).topology.has_samples
    assert commands.main(["run", "d2l-mlp"], ()) == 0
    assert "loss" in "".join(capsys.readouterr())
