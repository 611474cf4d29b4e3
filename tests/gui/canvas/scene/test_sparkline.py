"""The line of gradient norms on a closed group's card."""

import dataclasses

import numpy as np
import pytest

from gui.canvas.graph.visible import summarise, trend_layers
from gui.canvas.scene.sparkline import KEPT, Trends, across
from tests.gui.fakes import fake_frame, fake_scalars, fake_topology


def frame_with(topology, step, rows=1, norms=None, **changes):
    frame = fake_frame(topology, step=step)
    scalars = fake_scalars(topology, step, frame.layer_gradient_norm, rows)
    if norms is not None:
        scalars = dataclasses.replace(scalars, layer_gradient_norm=np.asarray(norms, float))
    return dataclasses.replace(frame, scalars=scalars, **changes)


@pytest.fixture
def topology():
    return fake_topology("deep-mlp:3")


def test_the_last_steps_are_kept_in_order(topology):
    trends = Trends()
    for step in (10, 20, 30, 200):
        trends.add_frame(frame_with(topology, step, rows=10 if step < 200 else 170))
    assert trends.steps.tolist() == list(range(200 - KEPT + 1, 201))
    assert trends.norms.shape == (KEPT, 3)


def test_a_frame_shown_twice_counts_once(topology):
    trends, frame = Trends(), frame_with(topology, 5, rows=5)
    assert trends.add_frame(frame)
    trends.add_frame(frame)
    assert trends.steps.tolist() == [1, 2, 3, 4, 5]


def test_going_back_takes_what_came_after(topology):
    trends = Trends()
    trends.add_frame(frame_with(topology, 9, rows=9))
    none = dataclasses.replace(frame_with(topology, 4, rows=0), rewound=True)
    assert trends.add_frame(none)
    assert trends.steps.tolist() == [1, 2, 3, 4]
    trends.add_frame(dataclasses.replace(frame_with(topology, 0, rows=0), rewound=True))
    assert len(trends.steps) == 0
    trends.add_frame(dataclasses.replace(frame_with(topology, 3, rows=2), generation=2))
    assert trends.steps.tolist() == [2, 3]


def test_a_group_of_layers_has_their_norm_together(topology):
    trends = Trends()
    trends.add_frame(
        frame_with(topology, 2, rows=2, norms=[[3.0, 4.0, 1.0], [3e-200, 4e-200, 1.0]])
    )
    np.testing.assert_allclose(trends.of((0, 1)), [5.0, 5e-200], rtol=1e-12)


def test_heights_are_logarithmic_with_a_decade_at_least(topology):
    trends = Trends()
    norms = [[1e-4, 1.0, 1.0], [1e-2, 10**0.1, 0.0], [1.0, 1.0, np.inf]]
    trends.add_frame(frame_with(topology, 3, rows=3, norms=norms))
    heights = trends.heights([(0,), (1,), (2,)])
    np.testing.assert_allclose(heights[:, 0], [0.0, 0.5, 1.0], atol=1e-12)
    np.testing.assert_allclose(heights[:, 1], [0.45, 0.55, 0.45], atol=1e-12)
    assert heights[0, 2] == 0.5
    assert np.isnan(heights[1:, 2]).all()  # zero and Inf have no place on a logarithmic scale


def test_the_newest_step_is_at_the_right_end():
    assert across(1).tolist() == [1.0]
    assert across(KEPT)[0] == 0.0
    assert (np.diff(across(9)) > 0).all()


def test_cards_of_whole_layers_have_a_line_and_its_end_is_their_norm(topology):
    visible = summarise(topology, frozenset())
    frame = frame_with(topology, 1)
    trends = Trends()
    trends.add_frame(frame)
    norms, _ = visible.node_norms(frame)
    groups = [node for node in visible.nodes if node.group is not None]
    assert [node.index for node in groups] == list(visible.trends)
    for node in groups:
        layers = trend_layers(topology, node)
        np.testing.assert_allclose(trends.of(layers)[-1], norms[node.index])


def test_a_part_of_a_layer_and_a_group_without_parameters_have_none(topology):
    (node, *_) = (n for n in summarise(topology, frozenset()).nodes if n.group is not None)
    part = dataclasses.replace(node, norm_of=node.norm_of[:1], parameters=1)
    assert trend_layers(topology, part) == ()
    assert trend_layers(topology, dataclasses.replace(node, parameters=0)) == ()
