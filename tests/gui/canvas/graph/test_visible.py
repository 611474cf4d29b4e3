"""The visible graph: closed groups as one node, edges aggregated, magnitudes as promised."""

import dataclasses

import numpy as np
import pytest

from gui.canvas.graph.visible import default_opened, group_paths, opened_for, summarise
from tests.gui.fakes import fake_frame, fake_topology, frozen

ALL = "all"


def test_a_small_graph_is_open_and_a_large_one_closed():
    small, large = fake_topology("d2l-mlp"), fake_topology("deep-mlp")
    assert len(summarise(small, default_opened(small)).nodes) == len(small.nodes)
    closed = summarise(large, default_opened(large))
    assert len(closed.nodes) == 50 + 3
    assert [n.operations for n in closed.nodes if n.group][:2] == [3, 3]


def test_every_topology_edge_is_shown_once_or_inside_a_group():
    topology = fake_topology("deep-mlp:5")
    visible = summarise(topology, opened_for(topology, "linear3"))
    shown = [edge for seen in visible.edges for edge in seen.edges]
    assert len(shown) == len(set(shown))
    inside = {
        e.index for e in topology.edges if visible.shown_as[e.source] == visible.shown_as[e.target]
    }
    assert set(shown) | inside == set(range(len(topology.edges)))


def test_a_closed_group_takes_the_norm_of_its_parameters():
    topology = fake_topology("deep-mlp:5")
    visible = summarise(topology, frozenset())
    frame = fake_frame(topology)
    norms, ready = visible.node_norms(frame)
    group = next(n for n in visible.nodes if n.group == ("linear2",))
    parameters = [n.index for n in topology.nodes if n.name in ("linear2.weight", "linear2.bias")]
    assert group.norm_of == tuple(parameters)
    assert norms[group.index] == pytest.approx(np.linalg.norm(frame.gradient_norm[parameters]))
    assert ready.tolist() == visible.node_exists.tolist() or ready.all()


def test_norms_of_groups_survive_squares_that_would_underflow():
    topology = fake_topology("deep-mlp:3")
    frame = fake_frame(topology)
    frame = dataclasses.replace(frame, gradient_norm=frozen(np.full(len(topology.nodes), 1e-200)))
    visible = summarise(topology, frozenset())
    group = next(n for n in visible.nodes if n.group)
    assert visible.node_norms(frame)[0][group.index] == pytest.approx(2**0.5 * 1e-200)


def test_a_group_is_pending_until_all_its_parameters_are_known():
    topology = fake_topology("deep-mlp:3")
    visible = summarise(topology, frozenset())
    group = next(n for n in visible.nodes if n.group == ("linear3",))
    before = fake_frame(topology, cursor=1)
    assert not visible.node_norms(before)[1][group.index]
    assert visible.node_norms(fake_frame(topology))[1][group.index]


def test_nan_in_one_parameter_is_nan_in_its_group():
    topology = fake_topology("deep-mlp:3")
    frame = fake_frame(topology)
    norms = frame.gradient_norm.copy()
    norms[1] = np.nan
    visible = summarise(topology, frozenset())
    frame = dataclasses.replace(frame, gradient_norm=frozen(norms))
    assert np.isnan(visible.node_norms(frame)[0][1])


def test_nested_groups_open_from_the_outside_in():
    topology = fake_topology("deep-mlp:4")
    nodes = tuple(
        dataclasses.replace(n, group=("block", *n.group)) if n.group else n for n in topology.nodes
    )
    topology = dataclasses.replace(topology, nodes=nodes)
    assert group_paths(topology)[0] == ("block",)
    outer = summarise(topology, frozenset({("block",)}))
    assert [c.path for c in outer.clusters] == [("block",)]
    assert {n.group for n in outer.nodes if n.group} == {
        ("block", f"linear{k}") for k in range(1, 5)
    }
    inner = summarise(topology, opened_for(topology, "linear2"))
    assert [(c.path, c.parent) for c in inner.clusters] == [
        (("block",), None),
        (("block", "linear2"), 0),
    ]


def grouped(*groups):
    """A topology of as many layers as there are groups, each layer's nodes in its group."""
    topology = fake_topology(f"deep-mlp:{len(groups)}")
    names = {f"linear{k}": group for k, group in enumerate(groups, start=1)}
    nodes = tuple(
        dataclasses.replace(n, group=names[n.group[0]]) if n.group else n for n in topology.nodes
    )
    return dataclasses.replace(topology, nodes=nodes)


def test_at_first_groups_that_hold_groups_are_open_and_the_inner_ones_closed():
    """A recurrent layer shows its time steps, also where the whole graph has few nodes."""
    topology = grouped(*(("rnn", f"t{k}") for k in range(1, 4)))
    assert len(topology.nodes) <= 40
    assert default_opened(topology) == {("rnn",)}


def test_groups_of_one_depth_in_one_group_open_together_or_not_at_all():
    """Forty steps in stretches of five: all eight stretches stay closed, not some of them."""
    steps = [("rnn", f"t{k // 5 * 5 + 1}-{k // 5 * 5 + 5}", f"t{k + 1}") for k in range(40)]
    assert default_opened(grouped(*steps)) == {("rnn",)}
    assert len(default_opened(grouped(*steps[:10]))) == 3  # ten steps are few enough


def test_an_unknown_group_is_refused():
    with pytest.raises(KeyError):
        opened_for(fake_topology("deep-mlp:3"), "linear9")


def test_the_same_input_twice_stays_two_edges():
    topology = fake_topology("cs231n-add-mul")
    twice = dataclasses.replace(topology.edges[1], source=topology.edges[0].source)
    topology = dataclasses.replace(topology, edges=(topology.edges[0], twice, *topology.edges[2:]))
    visible = summarise(topology, frozenset())
    assert [e.edges for e in visible.edges[:2]] == [(0,), (1,)]
