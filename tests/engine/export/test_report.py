"""What a run leaves behind: report, dump and metrics, each exactly as interface.md has it."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.export.metrics import write_metrics
from engine.export.report import make_dump, make_report
from engine.observe.observer import Observer
from engine.support.errors import InputError
from engine.support.json_text import json_text
from engine.support.whole_files import write_whole
from engine.system import catalogue
from engine.system.system import System, from_table, override


def ran(system: System | str, steps: int = 0) -> Observer:
    trainer = Observer(catalogue.load(system) if isinstance(system, str) else system)
    trainer.finish_pass()
    for _ in range(steps):
        trainer.train_step()
    return trainer


def report_of(system: System | str, steps: int = 0, order: int = 0) -> dict[str, Any]:
    trainer = ran(system, steps)
    text = json_text(make_report(trainer, [trainer.recorder.take_rows()], order))
    found: dict[str, Any] = json.loads(text, parse_constant=pytest.fail)
    return found


NAMES = [entry.name for entry in catalogue.entries()]
EVERY = {
    **{name: catalogue.load(name) for name in NAMES},
    "no-gradient": System(expression="f = sign(x)", values={"x": 2}, dtype="float64"),
    "constant": System(expression="f = 3", dtype="float64"),
}


@pytest.mark.parametrize("system", EVERY.values(), ids=EVERY)
@pytest.mark.parametrize("order", [0, 1, 2])
def test_schema(system: System, order: int) -> None:
    report = report_of(system, steps=1, order=order)
    assert {
        "format", "system", "seed", "dtype", "step", "objective", "nodes", "edges", "layers",
        "history", "diagnosis",
    } <= set(report)  # fmt: skip
    assert (report["format"], report["step"]) == (1, 1)
    ids = {node["id"] for node in report["nodes"]}
    assert len(ids) == len(report["nodes"])
    assert len({node["name"] for node in report["nodes"]}) == len(ids)
    for node in report["nodes"]:
        assert {
            "id",
            "name",
            "op",
            "group",
            "shape",
            "order",
            "value_norm",
            "gradient_norm",
        } <= set(node)
        assert isinstance(node["group"], str)
        assert isinstance(node["shape"], list)
        assert 0 <= node["order"] <= order
        small = int(np.prod(node["shape"])) <= 64
        assert ("value" in node) == small
        if small:
            assert list(np.shape(node["value"])) == node["shape"]
        if node["gradient_norm"] is not None:
            assert ("gradient" in node) == small
    for edge in report["edges"]:
        assert {"source", "target", "position", "contribution_norm"} <= set(edge)
        assert {edge["source"], edge["target"]} <= ids
    for layer in report["layers"]:
        assert {"name", "parameters", "gradient_norm", "weight_norm", "update_ratio"} <= set(layer)
    history = report["history"]
    assert {"step", "objective", "loss", "layer_gradient_norm"} <= set(history)
    assert history["step"] == [0, 1]
    assert len(history["objective"]) == len(history["loss"]) == 2
    assert set(history["layer_gradient_norm"]) == {layer["name"] for layer in report["layers"]}
    assert all(len(column) == 2 for column in history["layer_gradient_norm"].values())
    for finding in report["diagnosis"]:
        assert {"rule", "where", "evidence", "remedy"} <= set(finding)


def by_name(report: dict[str, Any]) -> dict[str, Any]:
    return {node["name"]: node for node in report["nodes"]}


def test_numbers_of_cs231n_add_mul() -> None:
    report = report_of("cs231n-add-mul")
    nodes = by_name(report)
    assert report["objective"] == -12
    assert {name: nodes[name]["value"] for name in "xyzqf"} == {
        "x": -2, "y": 5, "z": -4, "q": 3, "f": -12,
    }  # fmt: skip
    assert {name: nodes[name]["gradient"] for name in "xyzqf"} == {
        "x": -4, "y": -4, "z": 3, "q": -4, "f": 1,
    }  # fmt: skip
    edges = {(e["source"], e["target"], e["position"]): e for e in report["edges"]}
    key = nodes["z"]["id"], nodes["f"]["id"], 1
    assert (edges[key]["contribution"], edges[key]["contribution_norm"]) == (3, 3)


def test_x_times_x_is_two_edges_in_the_report() -> None:
    report = report_of(System(expression="f = x * x", values={"x": 3}, dtype="float64"))
    assert [(e["position"], e["contribution"]) for e in report["edges"]] == [(0, 3), (1, 3)]


def test_an_edge_without_gradient_says_null() -> None:
    report = report_of("pytorch-241")
    nodes = by_name(report)
    target = nodes["y"]
    assert target["gradient_norm"] is None
    (edge,) = [e for e in report["edges"] if e["source"] == target["id"]]
    assert edge["contribution_norm"] is None
    assert "contribution" not in edge


def test_samples_are_columns_in_the_report() -> None:
    assert by_name(report_of("d2l-mlp"))["x"]["shape"] == [64, 32]


def test_order_2_holds_the_hessian_times_the_gradient() -> None:
    """f = x³: ½ (f′)² has the derivative f″ f′ = 6x · 3x² = 18 x³ = 144 at 2."""
    report = report_of(System(expression="f = x**3", values={"x": 2}, dtype="float64"), order=2)
    orders = {node["order"] for node in report["nodes"]}
    assert orders == {0, 1, 2}
    assert by_name(report)["x"]["gradient"] == 12
    assert any(node.get("value") == 144 for node in report["nodes"] if node["order"] == 2)


def test_not_finite_numbers_are_strings() -> None:
    system = System(expression="a = exp(x)\nf = a - a", values={"x": 1e6}, dtype="float64")
    report = report_of(system)
    assert report["objective"] == "NaN"
    assert by_name(report)["a"]["value"] == "Infinity"
    negative = report_of(System(expression="f = -exp(x)", values={"x": 1e6}, dtype="float64"))
    assert negative["objective"] == "-Infinity"
    assert json_text([float("nan"), (np.inf, {"a": -np.inf})]) == (
        '["NaN", ["Infinity", {"a": "-Infinity"}]]'
    )


def test_norms_in_the_report_do_not_underflow() -> None:
    system = System(expression="f = sum(x * 1e-30)", values={"x": [3.0, 4.0]}, dtype="float32")
    nodes = by_name(report_of(system))
    assert nodes["x"]["gradient_norm"] == pytest.approx(2**0.5 * 1e-30, rel=1e-6)


def test_dump_has_every_array_under_both_names() -> None:
    trainer = ran("d2l-mlp", steps=2)
    dump = make_dump(trainer)
    compiled = trainer.current
    nodes = compiled.model.graph.nodes[: compiled.forward_nodes]
    assert {f"value/{node.name}" for node in nodes} <= set(dump)
    for name in ("W⁽¹⁾", "linear1.weight"):
        assert dump[f"value/{name}"].shape == (32, 64)
        np.testing.assert_array_equal(dump[f"gradient/{name}"], dump["gradient/W⁽¹⁾"])
    assert {key for key in dump if key.startswith("parameter/")} == {
        "parameter/linear1.weight",
        "parameter/linear2.weight",
    }
    np.testing.assert_array_equal(dump["parameter/linear1.weight"], dump["value/W⁽¹⁾"])
    parts = [dump[key] for key in dump if key.startswith("contribution/W⁽²⁾/")]
    assert len(parts) == 2
    np.testing.assert_allclose(sum(parts), dump["gradient/W⁽²⁾"], rtol=1e-12, atol=1e-16)
    assert dump["contribution/h/o/1"].shape == (32, 32)


def test_metrics_have_a_row_a_step_and_the_columns_in_order() -> None:
    trainer = ran("d2l-mlp-bias", steps=3)
    scalars = trainer.recorder.take_rows()
    stream = io.StringIO()
    write_metrics(stream, [layer.name for layer in trainer.topology.layers], [scalars])
    rows = list(csv.DictReader(io.StringIO(stream.getvalue())))
    columns = list(rows[0])
    assert columns[:5] == ["step", "epoch", "objective", "loss", "learning_rate"]
    assert columns[5:11] == [
        f"{layer}.{kind}"
        for layer in ("linear1", "linear2")
        for kind in ("gradient_norm", "weight_norm", "update_ratio")
    ]
    assert [row["step"] for row in rows] == ["0", "1", "2", "3"]
    for row, objective in zip(rows, scalars.objective, strict=True):
        assert float(row["objective"]) == objective
        assert float(row["learning_rate"]) == 0.5


@pytest.mark.parametrize("steps", [0, 1, 5])
def test_update_ratio_is_the_norm_of_the_update_over_the_norm_before(steps: int) -> None:
    """Plain gradient descent: ‖Δθ‖ = η ‖∂J/∂θ‖."""
    system = override(catalogue.load("d2l-mlp"), "data.batch_size", "full")
    before = report_of(system, max(0, steps - 1))
    for old, new in zip(before["layers"], report_of(system, steps)["layers"], strict=True):
        expected = 0.5 * old["gradient_norm"] / old["weight_norm"] if steps else 0.0
        assert new["update_ratio"] == pytest.approx(expected, rel=1e-9)


def test_validation_is_measured_on_the_samples_held_back() -> None:
    validation = report_of("d2l-mlp", 20)["validation"]
    assert validation["samples"] == 359
    assert 0.5 < validation["accuracy"] <= 1
    assert "validation" not in report_of("pytorch-241")
    regression = from_table({
        "layers": [{"type": "linear"}], "data": {"source": "diabetes"},
        "loss": {"type": "mean_squared_error"},
    })  # fmt: skip
    assert report_of(regression)["validation"]["accuracy"] is None


def write(text: bytes) -> Callable[[Any], None]:
    return lambda stream: stream.write(text)


def test_files_are_written_whole_or_not_at_all(tmp_path: Path) -> None:
    target = tmp_path / "report.json"
    write_whole(target, write(b"one"))
    write_whole(target, write(b"two"))
    assert target.read_bytes() == b"two"
    assert [path.name for path in tmp_path.iterdir()] == ["report.json"]

    def fail(stream: Any) -> None:
        stream.write(b"half")
        raise OSError(28, "No space left on device")

    with pytest.raises(InputError, match=r"report\.json.*No space left"):
        write_whole(target, fail)
    assert target.read_bytes() == b"two"
    assert [path.name for path in tmp_path.iterdir()] == ["report.json"]
    with pytest.raises(InputError, match="none"):
        write_whole(tmp_path / "none" / "x", write(b""))


def test_a_link_stays_a_link_and_a_file_gets_the_usual_rights(tmp_path: Path) -> None:
    (tmp_path / "plain").touch()
    usual = (tmp_path / "plain").stat().st_mode
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "real")
    write_whole(link, write(b"text"))
    assert link.is_symlink()
    assert (tmp_path / "real").read_bytes() == b"text"
    assert (tmp_path / "real").stat().st_mode == usual


def test_the_nodes_of_order_0_are_the_forward_graph_whatever_is_asked_for() -> None:
    """What second order differentiates, ½ Σ ‖∂J/∂θ‖², is made of gradients and no part of it."""
    of = [report_of("d2l-mlp-bias", order=order)["nodes"] for order in (0, 1, 2)]
    forward = [[node["id"] for node in nodes if node["order"] == 0] for nodes in of]
    assert forward[0] == forward[1] == forward[2]
