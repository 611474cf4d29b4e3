"""Places as plain data: what is remembered, and what stands in a window of a width."""

import random

import pytest

from gui.panels.area import AREAS, Home
from gui.workspace.arrangement import ROOMY, first, from_text, lengths, shown, side_widths

HOMES = {
    "transport": Home("bottom"),
    "settings": Home("left"),
    "inspector": Home("right"),
    "diagnosis": Home("right", "inspector"),
    "loss": Home("right", "gradient_norms"),
    "gradient_norms": Home("right"),
    "input_scaling": Home("right", "gradient_norms"),
}


def scrambled(seed: int):
    """An arrangement after many things that a person does."""
    draw = random.Random(seed)
    found = first(HOMES)
    for _ in range(40):
        name = draw.choice(list(HOMES))
        area = draw.choice(AREAS)
        index = draw.randint(0, len(found.areas[area]))
        found = draw.choice(
            [
                found.moved(name, area, index, join=draw.random() < 0.5),
                found.shut(name),
                found.opened(name),
                found.floated(name, (10, 20, 300, 200)),
                found.docked(name),
                found.sized(area, draw.randint(50, 900)),
            ]
        )
    return found


@pytest.mark.parametrize("seed", range(20))
def test_every_panel_has_one_place_whatever_is_done(seed):
    found = scrambled(seed)
    placed = [name for area in AREAS for stack in found.areas[area] for name in stack.panels]
    assert sorted(placed) == sorted(HOMES)
    for width in (800, 2000):
        seen = [n for part in shown(found, width).values() for stack in part for n in stack.panels]
        assert sorted(seen) == sorted(HOMES.keys() - found.closed - found.floating.keys())


@pytest.mark.parametrize("seed", range(20))
def test_what_is_remembered_comes_back(seed):
    found = scrambled(seed)
    assert from_text(found.to_text(), HOMES) == found


@pytest.mark.parametrize("text", ["", "nonsense", "[]", "{}", '{"areas": 3}', '{"areas": {}}'])
def test_what_cannot_be_read_gives_the_first(text):
    assert from_text(text, HOMES) == first(HOMES)


def test_a_panel_that_is_new_since_then_stands_where_it_does_at_first():
    older = {name: home for name, home in HOMES.items() if name not in ("loss", "settings")}
    found = from_text(first(older).to_text(), HOMES)
    assert found.place_of("loss") == found.place_of("gradient_norms")
    assert found.place_of("settings") == ("left", 0)
    fewer = from_text(first(HOMES).to_text(), older)
    assert fewer.panels() == set(older)


def test_the_form_is_a_tab_where_three_columns_have_no_room():
    begin = first(HOMES)
    assert [stack.panels for stack in shown(begin, ROOMY)["left"]] == [("settings",)]
    narrow = shown(begin, ROOMY - 1)
    assert narrow["left"] == ()
    assert narrow["right"][1].panels == ("inspector", "diagnosis", "settings")
    assert narrow["right"][1].front == "inspector"


def test_the_canvas_keeps_its_share():
    begin = first(HOMES).sized("left", 900).sized("right", 700)
    widths = side_widths(begin, ["left", "right"], 1000)
    assert sum(widths.values()) <= 600
    assert widths["left"] > widths["right"] > 0
    assert side_widths(begin, ["left", "right"], 4000) == {"left": 900, "right": 700}


@pytest.mark.parametrize("total", [1, 7, 100, 333])
def test_lengths_fill_the_whole(total):
    assert sum(lengths([1.0, 2.5, 0.1], total)) == total
    assert lengths([], total) == []


def test_drawn_weights_are_shares_of_the_stacks_that_are_there():
    found = first(HOMES).weighted("right", {0: 100, 1: 300})
    upper, lower = found.areas["right"]
    assert lower.weight == pytest.approx(3 * upper.weight)
    assert upper.weight + lower.weight == pytest.approx(2.0)
