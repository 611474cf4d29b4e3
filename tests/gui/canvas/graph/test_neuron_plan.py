"""Places, hits and strengths of a neuron view, without a window."""

import numpy as np
import pytest

from gui.canvas.graph.neuron_plan import NeuronPlan, Quick, Spot, limit_of, strengths


@pytest.mark.parametrize("shape", [(1, 2), (8, 4), (64, 64), (10, 64)])
def test_lines_lead_from_input_to_output_and_none_is_steep(shape):
    plan = NeuronPlan(*shape)
    assert plan.lines.shape == (shape[0] * shape[1], 4)
    x1, y1, x2, y2 = plan.lines[1]  # W[0, 1]
    assert (x1, y1) == plan.place_of(Spot("input", 0, 1))
    assert (x2, y2) == plan.place_of(Spot("output", 0, 0))
    rise = np.abs(plan.lines[:, 3] - plan.lines[:, 1])
    assert (rise <= plan.span).all()
    inside = plan.lines[:, [1, 3]]
    assert inside.min() >= plan.top
    assert inside.max() <= plan.top + plan.inner + 28


def test_dots_of_a_full_layer_do_not_touch():
    plan = NeuronPlan(64, 64)
    assert 2 * plan.radius < plan.pitch
    assert plan.height < 600


def test_every_weight_can_be_reached_in_its_neurons_fan():
    plan, strength = NeuronPlan(64, 64), np.zeros(64 * 64)
    for row in range(64):
        fan = plan.fan(Spot("output", row))
        assert fan.sum() == 64
        for column in range(64):
            x1, y1, x2, y2 = plan.lines[row * 64 + column]
            t = 0.1
            spot = plan.spot_at(x1 + (x2 - x1) * t, y1 + (y2 - y1) * t, strength, fan)
            assert spot == Spot("weight", row, column)


def test_of_lines_that_cross_the_strongest_is_meant():
    plan = NeuronPlan(2, 2)  # W[0, 1] and W[1, 0] cross in the middle
    middle = (plan.lines[1, 1] + plan.lines[1, 3]) / 2
    for strongest in (1, 2):
        strength = np.full(4, 0.1)
        strength[strongest] = 0.9
        assert plan.spot_at(0.0, middle, strength) == Spot("weight", *divmod(strongest, 2))


def test_a_point_beside_everything_means_nothing():
    plan = NeuronPlan(2, 2)
    assert plan.spot_at(0.0, plan.top - 30, np.ones(4)) is None
    assert plan.spot_at(plan.span, 0.0, np.ones(4)) is None


def test_neurons_are_hit_at_their_dots():
    plan = NeuronPlan(8, 4)
    for spot in (Spot("input", 0, 3), Spot("output", 7, 0)):
        x, y = plan.place_of(spot)
        assert plan.spot_at(x + 2, y - 2, np.ones(32)) == spot


def test_arrows_stop_at_the_ends():
    plan = NeuronPlan(3, 2)
    assert plan.beside(Spot("weight", 0, 0), "right") == Spot("weight", 1, 0)
    assert plan.beside(Spot("weight", 0, 0), "down") == Spot("weight", 0, 1)
    assert plan.beside(Spot("weight", 0, 0), "up") is None
    assert plan.beside(Spot("output", 2, 0), "down") is None
    assert plan.beside(Spot("output", 2, 0), "left") == Spot("input", 0, 1)
    assert plan.beside(Spot("input", 0, 1), "right") == Spot("output", 1, 0)
    assert plan.beside(Spot("input", 0, 1), "enter") is None


@pytest.mark.parametrize(
    ("largest", "limit"), [(0.31, 0.5), (0.5, 0.5), (0.51, 1.0), (7e-9, 1e-8), (12.0, 20.0)]
)
def test_full_colour_is_a_round_number_that_holds_all(largest, limit):
    values = np.array([[-largest, largest / 3], [np.nan, np.inf]])
    assert limit_of(values) == pytest.approx(limit)


def test_full_colour_of_nothing_is_one():
    assert limit_of(None) == limit_of(np.zeros(3)) == limit_of(np.array([np.nan])) == 1.0


def test_strengths_are_shares_of_full_colour():
    found = strengths(np.array([[0.5, -1.0], [0.0, np.inf]]), 1.0)
    np.testing.assert_array_equal(found, [0.5, 1.0, 0.0, np.nan])


def test_the_quick_lines_have_the_strongest_on_top_and_leave_zeros_out():
    plan = NeuronPlan(2, 2)
    quick = Quick(plan, 100, 80)
    colours = np.array([0xFF000001, 0xFF000002, 0xFF000003, 0], np.uint32)
    pixels = quick.draw(colours, np.array([0.2, 0.5, 0.9, 0.0]))
    assert pixels.shape == (80, 100)
    assert set(np.unique(pixels)) == {0, 0xFF000001, 0xFF000002, 0xFF000003}
    # W[0, 1] and W[1, 0] cross in the middle: the stronger one is seen there.
    assert (pixels[:, 50] == 0xFF000003).sum() == 1
    # Every line has one pixel in each column, unless a stronger one hides it.
    assert ((pixels != 0).sum(axis=0) >= 1).all()
