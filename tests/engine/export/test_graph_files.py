"""GraphML, DOT and JSON, read back with other programs' readers and held against the report."""

import json
from io import BytesIO
from typing import Any

import networkx as nx
import pytest

from engine.export import graph_files, report
from engine.export.formats import Material
from engine.observe.observer import Observer
from engine.recipes import embedding
from engine.recipes.recipe import of_frame
from engine.system import catalogue

SYSTEMS = ("d2l-mlp", "cs231n-gates", "autodiff-xy", "resnet-mlp")


@pytest.fixture(params=SYSTEMS)
def trainer(request: pytest.FixtureRequest) -> Observer:
    made = Observer(catalogue.load(request.param))
    made.train_step()
    return made


def graph_of(trainer: Observer, *, listed: bool = True) -> Any:
    arrays = graph_files.small_arrays(trainer) if listed else None
    frame = trainer.take_frame()
    material = Material(trainer.topology, frame, of_frame(trainer.topology, frame))
    return graph_files.graph_of(trainer.topology, frame, material.texts("g.json"), arrays)


def expected(trainer: Observer) -> tuple[dict[str, Any], dict[tuple[str, str, int], Any]]:
    """Nodes by name and edges by their ends, as the report has them."""
    table = report.make_report(trainer, [])
    names = {node["id"]: node["name"] for node in table["nodes"]}
    return (
        {node["name"]: node for node in table["nodes"]},
        {(names[e["source"]], names[e["target"]], e["position"]): e for e in table["edges"]},
    )


def test_json_holds_what_the_report_holds(trainer: Observer) -> None:
    nodes, edges = expected(trainer)
    table = json.loads(graph_files.to_json(graph_of(trainer)))
    assert {node["id"] for node in table["nodes"]} == set(nodes)
    for node in table["nodes"]:
        known = nodes[node["id"]]
        assert node["shape"] == known["shape"]
        assert node["group"] == known["group"]
        assert node.get("gradient_norm") == known["gradient_norm"]
        assert node.get("value") == known.get("value")
        assert node.get("gradient") == known.get("gradient")
    found = {(e["source"], e["target"], e["position"]): e for e in table["edges"]}
    assert set(found) == set(edges)
    for key, edge in found.items():
        assert edge.get("contribution_norm") == edges[key]["contribution_norm"]
        assert edge.get("contribution") == edges[key].get("contribution")
    assert nx.node_link_graph(table, edges="edges").number_of_edges() == len(edges)


def test_graphml_is_read_by_networkx(trainer: Observer) -> None:
    nodes, edges = expected(trainer)
    data = graph_files.to_graphml(graph_of(trainer))
    read = nx.read_graphml(BytesIO(data), force_multigraph=True)
    assert set(read.nodes) == set(nodes)
    assert read.number_of_edges() == len(edges)
    for name, known in read.nodes(data=True):
        assert known.get("gradient_norm") == nodes[name]["gradient_norm"]
        assert json.loads(known["shape"]) == nodes[name]["shape"]
        if "value" in nodes[name] and not isinstance(nodes[name]["value"], float):
            assert json.loads(known["value"]) == nodes[name]["value"]
    assert read.graph["System"] == trainer.system.name
    assert read.graph["Step"] == "1"


def test_dot_is_read_by_graphviz(trainer: Observer, capfd: pytest.CaptureFixture[str]) -> None:
    pygraphviz = pytest.importorskip("pygraphviz")
    nodes, edges = expected(trainer)
    text = graph_files.to_dot(graph_of(trainer)).decode("utf-8")
    read = pygraphviz.AGraph(string=text)
    assert set(read.nodes()) == set(nodes)
    assert read.number_of_edges() == len(edges)
    for node in read.nodes():
        norm = nodes[node]["gradient_norm"]
        assert (norm is None) == (not node.attr["gradient_norm"])
        assert norm is None or float(node.attr["gradient_norm"]) == norm
    groups = {node["group"].split("/")[0] for node in nodes.values() if node["group"]}
    assert {c.get_name() for c in read.subgraphs()} == {f"cluster_{name}" for name in groups}
    for node in read.nodes():
        assert json.loads(node.attr["array_shape"]) == nodes[node]["shape"]
    read.layout("dot")
    assert "unknown shape" not in capfd.readouterr().err, "it has its own attribute of that name"


@pytest.mark.parametrize("suffix", ["graphml", "dot", "json"])
def test_each_carries_its_recipe(trainer: Observer, suffix: str, tmp_path: Any) -> None:
    graph = graph_of(trainer)
    path = tmp_path / f"g.{suffix}"
    path.write_bytes(getattr(graph_files, f"to_{suffix}")(graph))
    found = embedding.read(path)
    assert found is not None
    assert found.split() == graph.graph[embedding.KEY].split()


def test_without_arrays_scalars_are_listed() -> None:
    """As the window has them: a frame knows no arrays."""
    trainer = Observer(catalogue.load("cs231n-gates"))
    trainer.finish_pass()
    nodes, edges = expected(trainer)
    graph = graph_of(trainer, listed=False)
    for name, known in graph.nodes(data=True):
        assert known["value"] == nodes[name]["value"]
        assert known.get("gradient") == nodes[name].get("gradient")
    for source, target, key, known in graph.edges(data=True, keys=True):
        assert known.get("contribution") == edges[source, target, key].get("contribution")


def test_numbers_that_are_not_finite_are_texts_in_json() -> None:
    trainer = Observer(catalogue.load("cs231n-gates"), parameters=None)
    trainer.finish_pass()
    graph = graph_of(trainer)
    graph.nodes[next(iter(graph))]["value_norm"] = float("nan")
    table = json.loads(graph_files.to_json(graph), parse_constant=pytest.fail)
    assert table["nodes"][0]["value_norm"] == "NaN"
