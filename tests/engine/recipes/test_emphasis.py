"""What a picture brings out, by names and as its recipe keeps it; networkx knows the graph."""

import dataclasses
from typing import Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.messages.topology import Topology
from engine.observe.observer import Observer
from engine.recipes import replay
from engine.recipes.emphasis import asked, part_of, spans, watch_of
from engine.recipes.recipe import Recipe, parse, to_text
from engine.support.errors import InputError
from engine.system import catalogue


def topology_of(name: str) -> Topology:
    return Observer(catalogue.load(name)).topology


def graph_of(topology: Topology) -> "nx.MultiDiGraph[int]":
    graph: nx.MultiDiGraph[int] = nx.MultiDiGraph()
    graph.add_nodes_from(node.index for node in topology.nodes)
    for edge in topology.edges:
        graph.add_edge(edge.source, edge.target, key=edge.index)
    return graph


def wish(topology: Topology, **wishes: Any) -> Recipe:
    return asked(Recipe(catalogue.load(topology.system)), topology, wishes)


@given(st.sets(st.integers(0, 60)))
def test_spans_hold_each_node_once(nodes: set[int]) -> None:
    found = spans(nodes)
    held = [k for first, last in found for k in range(first, last + 1)]
    assert held == sorted(nodes)
    ends = [last for _, last in found]
    assert all(first > last + 1 for (first, _), last in zip(found[1:], ends, strict=False))


@pytest.mark.parametrize("name", ["d2l-mlp", "resnet-mlp", "lstm"])
@pytest.mark.parametrize("way", ["upstream", "downstream"])
def test_a_side_is_what_networkx_reaches(name: str, way: str) -> None:
    topology = topology_of(name)
    graph = graph_of(topology)
    reach = nx.ancestors if way == "upstream" else nx.descendants
    for node in topology.nodes[:: max(1, len(topology.nodes) // 7)]:
        recipe = wish(topology, **{way: node.name})
        part = part_of(topology, parse(to_text(recipe)).picture)
        assert part is not None
        nodes = reach(graph, node.index) | {node.index}
        assert part.nodes == nodes
        assert part.edges == {key for *_, key in graph.subgraph(nodes).edges(keys=True)}


def test_a_group_stands_for_all_that_is_in_it() -> None:
    topology = topology_of("lstm")
    inside = {node.index for node in topology.nodes if node.group[:2] == ("lstm", "t3")}
    part = part_of(topology, wish(topology, downstream="t3").picture)
    assert part is not None
    graph = graph_of(topology)
    assert part.nodes == inside.union(*(nx.descendants(graph, node) for node in inside))


def test_paths_lead_either_way() -> None:
    topology = topology_of("d2l-mlp")
    names = {node.name: node.index for node in topology.nodes}
    graph = graph_of(topology)
    paths = nx.all_simple_paths(nx.DiGraph(graph), names["x"], names["J"])
    expected = {node for path in paths for node in path}
    for ends in (("x", "J"), ("J", "x")):
        recipe = wish(topology, path=ends)
        part = part_of(topology, recipe.picture)
        assert part is not None
        assert part.nodes == expected
        assert recipe.picture["part_words"] == "Paths from x to J"


def test_a_name_too_far_from_all_of_many_gets_no_list_of_them() -> None:
    topology = topology_of("lstm")
    with pytest.raises(InputError) as told:
        wish(topology, upstream="zzzzzzzz")
    assert len(str(told.value)) < 120
    with pytest.raises(InputError, match=r"Did you mean 'lstm\.t3\.matmul1'\?"):
        wish(topology, upstream="lstm.t3.matmul11")


def test_neurons_are_those_of_small_dense_layers() -> None:
    topology = topology_of("deep-mlp")
    recipe = wish(topology, neurons=["output", "hidden2"])
    watch = watch_of(topology, recipe.picture)
    assert watch is not None
    assert {layer.group for layer in watch.layers} == {("hidden2",), ("output",)}
    everything = watch_of(topology, wish(topology, neurons=["all"]).picture)
    assert everything is not None
    assert everything.layers == topology.dense
    with pytest.raises(InputError, match="Did you mean 'hidden2'"):
        wish(topology, neurons=["hiden2"])


# -- to where a picture was made -----------------------------------------------------------------


@pytest.mark.parametrize(("step", "operations"), [(0, 0), (0, 4), (3, 0), (3, 7), (3, None)])
def test_following_a_recipe_is_stepping_by_hand(step: int, operations: int | None) -> None:
    """Live changes on the way, and in the very step: every number the same, bit by bit."""
    system = catalogue.load("d2l-mlp")
    slower = dataclasses.replace(
        system, optimizer=dataclasses.replace(system.optimizer, learning_rate=0.01)
    )
    changes = ((2, slower),) if step else ()
    by_hand = Observer(system)
    for _ in range(step):
        by_hand.train_step()
        if changes and by_hand.step == 2:
            by_hand.adopt(slower)
    if operations is not None and step:
        by_hand.rewind(step - 1)
        by_hand.operate()
    for _ in range(operations or 0):
        by_hand.operate()
    if operations is None:
        by_hand.finish_pass()
    recipe = Recipe(system, step, operations, changes)
    trainer = replay.make_trainer(recipe, generation=5)
    replay.follow(trainer, recipe)
    assert trainer.generation == 5
    assert (trainer.step, trainer.cursor) == (by_hand.step, by_hand.cursor)
    np.testing.assert_array_equal(trainer.theta, by_hand.theta)
    one, other = trainer.take_frame(), by_hand.take_frame()
    np.testing.assert_array_equal(one.value_norm, other.value_norm)
    np.testing.assert_array_equal(one.gradient_norm, other.gradient_norm)
    assert [k for k, _ in one.systems] == [k for k, _ in other.systems]


def test_a_frame_of_a_recipe_has_its_neurons() -> None:
    recipe = Recipe(catalogue.load("mindspore-mlp"), 2).drawn(neurons=[["hidden"]])
    trainer = replay.make_trainer(recipe)
    frames = replay.advance(trainer, recipe, 2, kept=(0, 2))
    weights = [frame.neurons[0].weights for frame in frames]
    assert (weights[0] != weights[1]).any()
    np.testing.assert_array_equal(weights[1], trainer.parameters["hidden.weight"])
    known = replay.frame_of(trainer, recipe.drawn(neurons_updates=False)).neurons[0]
    assert known.update is not None
    unknown = replay.frame_of(trainer, recipe.drawn(neurons_updates=False), own=True).neurons[0]
    assert unknown.update is None
