"""System files: errors with line and nearest name, round trips, overriding one field."""

import dataclasses
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.analysis.check import check
from engine.layers.base import ACTIVATIONS
from engine.model.initializer import INITIALIZERS
from engine.model.loss import LOSSES
from engine.observe.observer import Observer
from engine.optimizer import OPTIMIZERS
from engine.optimizer.schedule import SCHEDULES
from engine.support.errors import InputError
from engine.system import catalogue
from engine.system.system import (
    System,
    from_table,
    is_live,
    load,
    override,
    parse_text,
    save,
    to_table,
    to_text,
)

TEXT = """\
name = "net"
seed = 3

[data]
source = "iris"

[[layers]]
type = "linear"
units = 8

[[layers]]
type = "linear"

[optimizer]
type = "adam"
learning_rate = 0.1

[names]
"linear1.weight" = "W"
"""

# what to replace, by what, on which line the message points, what else it says
MISTAKES = [
    ("name =", "nmae =", 1, ["nmae", "'name'"]),
    ('"net"', "3", 1, ["a text", "3"]),
    ("seed = 3", "seed = -1", 2, ["seed", "at least 0", "-1"]),
    ("seed = 3", "seed = true", 2, ["seed", "true"]),
    ("seed = 3", "seed = 1.5", 2, ["whole number", "1.5"]),
    ("seed = 3", 'dtype = "float23"', 2, ["dtype", "float32"]),
    ("[data]", "[dta]", 4, ["dta", "'data'"]),
    ("source =", "sorce =", 5, ["data.sorce", "'source'"]),
    ('"iris"', '["iris"]', 5, ["data.source", "a text"]),
    ("units = 8", "units = 0", 9, ["layers.0.units", "at least 1"]),
    ("units = 8", 'units = "8"', 9, ["layers.0.units", "'8'"]),
    ("units = 8", "unit = 8", 9, ["layers.0.unit", "'units'"]),
    ("units = 8", 'activation = "rleu"', 9, ["layers.0.activation", "relu"]),
    ("units = 8", 'initializer = "he_norml"', 9, ["he_normal"]),
    ('"adam"', '"adan"', 15, ["optimizer.type", "adam"]),
    ("learning_rate", "learning_rte", 16, ["optimizer.learning_rte", "'learning_rate'"]),
    ("0.1", "-0.1", 16, ["optimizer.learning_rate", "-0.1"]),
    ("0.1", "nan", 16, ["optimizer.learning_rate", "nan"]),
    ('type = "adam"', 'type = "sgd"\nnesterov = true', 16, ["optimizer.nesterov", "momentum"]),
]


@pytest.mark.parametrize(("old", "new", "line", "words"), MISTAKES, ids=[m[1] for m in MISTAKES])
def test_mistakes_are_named_with_file_line_and_remedy(
    old: str, new: str, line: int, words: list[str]
) -> None:
    assert old in TEXT
    with pytest.raises(InputError) as caught:
        parse_text(TEXT.replace(old, new, 1), "net.toml")
    message = str(caught.value)
    assert message.startswith(f"net.toml, line {line}")
    for word in words:
        assert word in message
    assert "\n" not in message


# found only when the graph is built, and still in the file
LATE_MISTAKES = [
    ('"iris"', '"irsi"', 5, ["data.source", "iris"]),
    ('"iris"', '"iris"\nbatch_size = 1000', 6, ["data.batch_size", "120"]),
    ('"linear1.weight"', '"linear1.weigth"', 18, ["linear1.weigth", "'linear1.weight'"]),
    ("[names]", "[parameters]", 18, ["linear1.weight"]),
    ('[[layers]]\ntype = "linear"\n\n', '[[layers]]\ntype = "linear"\nunits = 4\n\n', 11, ["3"]),
]


@pytest.mark.parametrize(("old", "new", "line", "words"), LATE_MISTAKES)
def test_what_is_found_at_building_points_into_the_file_too(
    old: str, new: str, line: int, words: list[str]
) -> None:
    text = TEXT.replace(old, new, 1)
    assert text != TEXT
    with pytest.raises(InputError) as caught:
        Observer(parse_text(text, "net.toml"))
    message = str(caught.value)
    assert message.startswith("net.toml, line ")
    assert abs(int(message.removeprefix("net.toml, line ").split(",")[0].split(":")[0]) - line) <= 2
    for word in words:
        assert word in message


def test_an_expressions_line_is_a_line_of_the_file() -> None:
    text = 'name = "e"\nexpression = """\nq = x * y\nf = q +\n"""\n[values]\nx = 1\ny = 2\n'
    with pytest.raises(InputError, match=r"^e\.toml, line 4"):
        Observer(parse_text(text, "e.toml"))


@pytest.mark.parametrize("text", ["", "seed = 1", '[data]\nsource = "iris"', "layers = []"])
def test_with_neither_layers_nor_expression_there_is_nothing_to_run(text: str) -> None:
    """It is a system that one may go on writing, in a file and in the window."""
    system = parse_text(text)
    assert system.is_empty
    assert parse_text(to_text(system)) == system
    with pytest.raises(InputError, match="neither"):
        Observer(system)
    with pytest.raises(InputError, match="neither"):
        next(iter(check(system)))


def test_both_layers_and_expression() -> None:
    with pytest.raises(InputError, match="both"):
        parse_text('expression = "f = x"\n' + TEXT)


@pytest.mark.parametrize("text", ["a", "a =", '[a\nb = "', "a = 1\na = 2", "\x00"])
def test_what_is_no_toml_is_one_line_with_the_file(text: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_text(text, "x.toml")
    assert str(caught.value).startswith("x.toml")
    assert "\n" not in str(caught.value)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    for content, name in ((None, "none.toml"), (b"\xff\xfe", "latin.toml")):
        path = tmp_path / name
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(InputError, match=name):
            load(path)
    with pytest.raises(InputError):
        load(tmp_path)


def test_a_byte_order_mark_is_no_mistake(tmp_path: Path) -> None:
    path = tmp_path / "net.toml"
    path.write_bytes(b"\xef\xbb\xbf" + TEXT.encode())
    assert load(path).name == "net"


LAYER = st.fixed_dictionaries(
    {"type": st.just("linear")},
    optional={
        "units": st.integers(1, 9),
        "bias": st.booleans(),
        "activation": st.sampled_from(ACTIVATIONS),
        "initializer": st.sampled_from(sorted(INITIALIZERS)),
        "repeat": st.integers(1, 4),
    },
)
RATES = st.floats(1e-6, 10)
TABLES = st.fixed_dictionaries(
    {"layers": st.lists(LAYER, min_size=1, max_size=3)},
    optional={
        "name": st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
        "description": st.text(st.characters(exclude_categories=["Cs"]), max_size=30),
        "seed": st.integers(0, 2**31),
        "dtype": st.sampled_from(["float64", "float32", "float16"]),
        "data": st.fixed_dictionaries(
            {},
            optional={
                "source": st.sampled_from(["iris", "digits"]),
                "batch_size": st.one_of(st.just("full"), st.integers(1, 99)),
                "input_scale": st.floats(-1e3, 1e3),
                "validation": st.floats(0, 0.9),
                "x": st.lists(st.lists(st.floats(-9, 9), min_size=2, max_size=2), max_size=2),
            },
        ),
        "loss": st.fixed_dictionaries({"type": st.sampled_from(LOSSES), "l2": st.floats(0, 1)}),
        "optimizer": st.builds(
            lambda kind, rate: {"type": kind, "learning_rate": rate},
            st.sampled_from(sorted(OPTIMIZERS)),
            RATES,
        ),
        "schedule": st.builds(lambda kind: {"type": kind}, st.sampled_from(sorted(SCHEDULES))),
        "names": st.dictionaries(st.text("abc.1", min_size=1), st.text("W⁽¹⁾", min_size=1)),
    },
)


@given(table=TABLES)
@settings(max_examples=60, deadline=None)
def test_text_and_back_is_the_same_system(table: dict[str, Any]) -> None:
    system = from_table(table)
    again = parse_text(to_text(system))
    assert again == system
    assert to_text(again) == to_text(system)
    assert from_table(to_table(system)) == system


@pytest.mark.parametrize("name", [entry.name for entry in catalogue.entries()])
def test_the_catalogue_survives_the_round_trip(name: str, tmp_path: Path) -> None:
    system = catalogue.load(name)
    save(system, tmp_path / "copy.toml")
    assert load(tmp_path / "copy.toml") == system
    assert [path.name for path in tmp_path.iterdir()] == ["copy.toml"]


def test_saving_where_it_cannot_be_leaves_nothing(tmp_path: Path) -> None:
    system = parse_text(TEXT)
    for place in (tmp_path / "none" / "x.toml", tmp_path):
        with pytest.raises(InputError, match="written"):
            save(system, place)
    assert list(tmp_path.iterdir()) == []


OVERRIDES: list[tuple[str, Any, Any]] = [
    ("optimizer.learning_rate", 0.5, lambda s: s.optimizer.learning_rate == 0.5),
    ("layers.0.units", 32, lambda s: s.layers[0].units == 32 and s.layers[1].units is None),
    ("layers.1.activation", "tanh", lambda s: s.layers[1].activation == "tanh"),
    ("data.batch_size", "full", lambda s: s.data.batch_size == "full"),
    ("data.input_scale", 10.0, lambda s: s.data.input_scale == 10),
    ("loss.l2", 0.1, lambda s: s.loss.l2 == 0.1),
    ("clipping.type", "norm", lambda s: s.clipping.type == "norm"),
    ("schedule.type", "cosine", lambda s: type(s.schedule) is SCHEDULES["cosine"]),
    ("seed", 9, lambda s: s.seed == 9),
    ("names", {}, lambda s: s.names == {}),
]


@pytest.mark.parametrize(("key", "value", "holds"), OVERRIDES, ids=[o[0] for o in OVERRIDES])
def test_override_changes_one_field_and_nothing_else(key: str, value: Any, holds: Any) -> None:
    system = parse_text(TEXT)
    changed = override(system, key, value)
    assert holds(changed)
    assert not holds(system)
    top = key.split(".")[0]
    same = [f.name for f in dataclasses.fields(System) if f.name not in (top, "origin")]
    assert all(getattr(changed, name) == getattr(system, name) for name in same)


def test_another_type_drops_what_only_the_old_one_had() -> None:
    system = override(parse_text(TEXT), "optimizer.beta1", 0.5)
    changed = override(system, "optimizer.type", "sgd")
    assert changed.optimizer == OPTIMIZERS["sgd"].settings_type()
    same = override(system, "optimizer.type", "adam")
    assert same == system


def test_none_goes_back_to_the_default() -> None:
    system = override(parse_text(TEXT), "data.input_scale", 3.0)
    assert override(system, "data.input_scale", None) == parse_text(TEXT)


@pytest.mark.parametrize("key", [
    "sed", "optimizer.lr", "layers.7.units", "layers.x.units", "layers.-1.units", "data..source",
    "optimizer.learning_rate.deep", "folder", "__class__", "layers.0.unit", "",
])  # fmt: skip
def test_keys_that_lead_nowhere_are_refused(key: str) -> None:
    with pytest.raises(InputError):
        override(parse_text(TEXT), key, 1)


def test_what_may_change_between_two_steps() -> None:
    system = parse_text(TEXT)
    live = ("optimizer.learning_rate", "clipping.type", "clipping.threshold")
    assert all(is_live(system, key) for key in live)
    rebuilt = ("optimizer.type", "layers.0.units", "seed", "dtype", "data.input_scale", "loss.type")
    assert not any(is_live(system, key) for key in rebuilt)
    assert is_live(override(system, "data.input_scale", 1.0), "data.input_scale")
