"""Shares of what meets at a node: the identity path of a residual block beside the layers."""

import dataclasses

import numpy as np
import pytest

from engine.observe.observer import Observer
from engine.system import catalogue
from gui.canvas.graph.shares import edge_shares, share_text
from gui.canvas.graph.visible import default_opened, summarise
from gui.canvas.text.tooltips import edge_words
from tests.gui.fakes import fake_frame, fake_topology, frozen


@pytest.fixture(scope="module")
def resnet():
    trainer = Observer(catalogue.load("resnet-mlp"))
    trainer.finish_pass()
    topology = trainer.topology
    return trainer, summarise(topology, default_opened(topology)), trainer.take_frame()


def test_the_identity_paths_share_is_its_norm_over_the_sum_of_both(resnet):
    trainer, visible, frame = resnet
    shares = edge_shares(visible, frame)
    graph = trainer.current.model.graph
    start, total = graph.value("block1.h").id, graph.value("block2.sum").id
    leaving = [e for e in visible.edges if visible.topology.edges[e.edges[0]].source == start]
    norms = {
        target: np.linalg.norm(trainer.current.contribution((source, target, position)))
        for source, target, position in trainer.current.edges
        if source == start
    }
    assert len(leaving) == len(norms) == 2
    for edge in leaving:
        target = visible.topology.edges[edge.edges[0]].target
        expected = norms[target] / sum(norms.values())
        assert shares[edge.index] == pytest.approx(expected, rel=1e-12)
    identity = next(e for e in leaving if visible.topology.edges[e.edges[0]].target == total)
    assert shares[identity.index] > 0.9  # each block begins as little more than the identity
    words = edge_words(visible, identity, frame)
    assert f"share of what meets at h⁽³⁾: {share_text(shares[identity.index])}" in words


def test_an_edge_that_is_alone_has_no_share(resnet):
    _, visible, frame = resnet
    shares = edge_shares(visible, frame)
    edges, nodes = visible.topology.edges, visible.topology.nodes
    alone = next(e for e in visible.edges if nodes[edges[e.edges[0]].target].name == "L")
    assert np.isnan(shares[alone.index])
    assert "share" not in edge_words(visible, alone, frame)


def two_paths(left, right):
    """d2l-mlp: the weight W⁽²⁾ gets a contribution by the output and one by its norm."""
    topology = fake_topology("d2l-mlp")
    visible = summarise(topology, default_opened(topology))
    weight = next(n.index for n in topology.nodes if n.symbol == "W⁽²⁾")
    rows = [e.index for e in topology.edges if e.source == weight]
    frame = fake_frame(topology)
    norms = frame.contribution_norm.copy()
    norms[rows] = left, right
    frame = dataclasses.replace(frame, contribution_norm=frozen(norms))
    return [edge_shares(visible, frame)[visible.edge_shown_as[row]] for row in rows]


@pytest.mark.parametrize(("left", "right", "expected"), [
    (3.0, 1.0, [0.75, 0.25]), (3e-320, 1e-320, [0.75, 0.25]), (1e308, 1e308, [0.5, 0.5]),
    (0.0, 2.0, [0.0, 1.0]),
])  # fmt: skip
def test_shares_of_any_size(left, right, expected):
    np.testing.assert_allclose(two_paths(left, right), expected, rtol=1e-3)


@pytest.mark.parametrize(("left", "right"), [(0.0, 0.0), (np.nan, 1.0), (np.inf, 1.0)])
def test_where_there_is_nothing_to_share_there_is_no_share(left, right):
    assert np.isnan(two_paths(left, right)).all()


def test_a_pass_that_has_not_come_back_yet_has_no_shares():
    topology = fake_topology("d2l-mlp")
    visible = summarise(topology, default_opened(topology))
    assert np.isnan(edge_shares(visible, fake_frame(topology, cursor=1))).all()
