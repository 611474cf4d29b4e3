"""A list of layers as tables: put in, copied, moved and taken out at any depth, under own names."""

from typing import Any

import pytest

from engine.layers import types
from engine.system.system import from_table
from gui.session.layer_tables import (
    as_container,
    containers,
    duplicated,
    inserted,
    may_move,
    moved,
    new_table,
    removed,
    renamed,
)


def layer(name: str, *inside: Any) -> dict[str, Any]:
    if inside:
        return {"type": "block", "name": name, "layers": list(inside)}
    return {"type": "linear", "name": name}


def shape(tables: list[dict[str, Any]]) -> str:
    """The names, those inside a block in brackets."""
    return " ".join(
        t["name"] + (f"[{shape(t['layers'])}]" if "layers" in t else "") for t in tables
    )


TABLES = [layer("a"), layer("b", layer("c"), layer("d", layer("e"))), layer("f")]


def test_nothing_changes_the_tables_that_are_given():
    before = shape(TABLES)
    inserted(TABLES, (1, 0), layer("x"))
    removed(TABLES, (1, 1, 0))
    moved(TABLES, (0,), (1, 1))
    assert shape(TABLES) == before == "a b[c d[e]] f"


@pytest.mark.parametrize(
    ("source", "target", "found", "there"),
    [
        ((0,), (3,), "b[c d[e]] f a", (2,)),
        ((2,), (0,), "f a b[c d[e]]", (0,)),
        ((0,), (1, 1), "b[c a d[e]] f", (0, 1)),
        ((2,), (1, 1, 0), "a b[c d[f e]]", (1, 1, 0)),
        ((1, 0), (0,), "c a b[d[e]] f", (0,)),
        ((1, 0), (1, 2), "a b[d[e] c] f", (1, 1)),
        ((1, 0), (1, 1, 1), "a b[d[e c]] f", (1, 0, 1)),
        ((1, 1), (2,), "a b[c] d[e] f", (2,)),
    ],
)
def test_a_layer_is_moved_before_another(source, target, found, there):
    assert may_move(TABLES, source, target)
    tables, path = moved(TABLES, source, target)
    assert (shape(tables), path) == (found, there)


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ((1,), (1,)),  # where it is
        ((1,), (2,)),  # behind itself
        ((1,), (1, 0)),  # into itself
        ((1,), (1, 1, 0)),
        ((1, 1, 0), (0,)),  # a block's last layer
    ],
)
def test_what_changes_nothing_or_empties_a_block_is_no_move(source, target):
    assert not may_move(TABLES, source, target)


@pytest.mark.parametrize(
    ("name", "beside", "found"),
    [
        ("a", [], "a"),
        ("a", ["a"], "a2"),
        ("conv1", ["conv1", "conv2"], "conv3"),
        ("", [""], ""),
    ],
)
def test_a_copys_name_counts_on(name, beside, found):
    assert renamed({"name": name}, [{"name": one} for one in beside])["name"] == found


def test_a_copy_of_a_repeated_layer_meets_none_of_its_copies():
    tables = duplicated([{"type": "linear", "name": "h", "repeat": 3}], (0,))
    assert [table["name"] for table in tables] == ["h", "h4"]


def test_a_layer_moved_beside_one_of_its_name_gets_another():
    tables, _ = moved([layer("a"), layer("b", layer("a"), layer("c"))], (1, 0), (2,))
    assert shape(tables) == "a b[c] a2"


@pytest.mark.parametrize("kind", types())
@pytest.mark.parametrize("path", [(0,), (1, 1), (1, 1, 0)])
def test_every_type_of_layer_can_be_added_anywhere(kind, path):
    table = new_table(kind, TABLES, path)
    assert from_table({"layers": inserted(TABLES, path, table)}).layers
    assert ("layers" in table) == (kind in containers())


@pytest.mark.parametrize(
    ("before", "kind", "size"),
    [
        ([{"type": "conv2d", "channels": 5}, {"type": "max_pool2d"}], "conv2d", 5),
        ([{"type": "conv2d", "channels": 5}, {"type": "flatten"}], "linear", 32),
        ([{"type": "conv2d"}], "conv2d", 16),
        ([{"type": "linear", "units": 7}, {"type": "dropout"}], "linear", 7),
        ([{"type": "block", "layers": [{"type": "conv2d", "channels": 3}]}], "conv2d", 3),
        ([], "linear", 32),
    ],
)
def test_a_new_block_takes_what_flows_in(before, kind, size):
    for block in containers():
        table = new_table(block, before, (len(before),))
        assert {inner["type"] for inner in table["layers"]} == {kind}
        assert {inner.get("channels", inner.get("units")) for inner in table["layers"]} == {size}


def test_before_a_convolution_a_new_block_takes_pictures():
    assert new_table("residual", [{"type": "conv2d"}], (0,))["layers"][0]["type"] == "conv2d"


def test_a_layer_becomes_the_block_around_it():
    tables = [{"type": "conv2d", "name": "stem", "repeat": 2, "channels": 4}]
    block = as_container("residual", tables, (0,))
    inside = [{"type": "conv2d", "channels": 4}]
    assert block == {"type": "residual", "name": "stem", "repeat": 2, "layers": inside}
    assert as_container("block", [block], (0,)) == {**block, "type": "block"}
