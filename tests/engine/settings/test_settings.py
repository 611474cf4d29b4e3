"""Declared settings: every wrong name, type and range is refused with its place."""

import dataclasses
from typing import Any

import pytest

from engine.settings.declaration import (
    Rule,
    check_value,
    parse,
    rule_of,
    setting,
    settings_of,
    to_table,
)
from engine.support.errors import InputError


@dataclasses.dataclass(frozen=True)
class Inner:
    width: int = setting(2, minimum=1, maximum=9)


@dataclasses.dataclass(frozen=True)
class Round:
    radius: float = setting(1.0, above=0.0)


@dataclasses.dataclass(frozen=True)
class Square:
    side: float = setting(1.0)
    tag: str = setting("")


SHAPES = {"round": Round, "square": Square}


@dataclasses.dataclass(frozen=True)
class Outer:
    kind: str = setting("a", choices=("alpha", "beta", "a"), help="Which one.")
    share: float = setting(0.5, minimum=0.0, maximum=1.0, live=True)
    size: int | str = setting(3, minimum=1, words=("full",))
    limit: float | None = setting(None)
    flag: bool = setting(False)
    items: list[Any] = setting([])
    texts: dict[str, str] = setting({})
    pair: tuple[float, ...] = setting((0.9, 0.999))
    inner: Inner = setting(Inner)
    shape: Round | Square = setting(Round, variants=lambda: SHAPES)
    shapes: tuple[Round | Square, ...] = setting((), variants=lambda: SHAPES)
    hidden: int = 7


GOOD: list[tuple[str, Any, Any]] = [
    ("kind", "beta", "beta"),
    ("share", 1, 1.0),
    ("size", "full", "full"),
    ("size", 12, 12),
    ("limit", 3, 3.0),
    ("flag", True, True),
    ("items", [1, "a"], [1, "a"]),
    ("pair", [1, 2], (1.0, 2.0)),
    ("inner", {"width": 4}, Inner(4)),
    ("shape", {"type": "square", "side": 2}, Square(2.0)),
    ("shape", {"radius": 2}, Round(2.0)),
    ("shapes", [{"type": "square"}, {}], (Square(), Round())),
]


@pytest.mark.parametrize(("name", "value", "expected"), GOOD)
def test_good_values_arrive_as_declared(name: str, value: Any, expected: Any) -> None:
    found = getattr(parse(Outer, {name: value}), name)
    assert found == expected
    assert type(found) is type(expected)


BAD: list[tuple[dict[str, Any], str, str]] = [
    ({"knid": "a"}, "knid", "kind"),
    ({"hidden": 1}, "hidden", "known setting"),
    ({"kind": "alhpa"}, "kind", "alpha"),
    ({"kind": 3}, "kind", "alpha, beta"),
    ({"share": 1.5}, "share", "1"),
    ({"share": float("nan")}, "share", "nan"),
    ({"share": float("inf")}, "share", "expected a finite number from 0 to 1, found inf"),
    ({"share": "0.5"}, "share", "a number"),
    ({"share": True}, "share", "true"),
    ({"size": "half"}, "size", "'full'"),
    ({"size": 0}, "size", "at least 1"),
    ({"size": 2.0}, "size", "whole number"),
    ({"size": True}, "size", "true"),
    ({"flag": 1}, "flag", "true or false"),
    ({"flag": "true"}, "flag", "true or false"),
    ({"items": "abc"}, "items", "a list"),
    ({"pair": ["a"]}, "pair", "a list"),
    ({"texts": {"a": 3}}, "texts", "3"),
    ({"inner": {"width": 10}}, "inner.width", "9"),
    ({"inner": {"widht": 1}}, "inner.widht", "width"),
    ({"inner": 3}, "inner", "3"),
    ({"shape": {"type": "sqare"}}, "shape.type", "square"),
    ({"shape": {"type": "round", "side": 1}}, "shape.side", "radius"),
    ({"shape": {"radius": 0}}, "shape.radius", "above 0"),
    ({"shape": "roud"}, "shape", "round"),  # a name alone is a table with this type
    ({"shape": 3}, "shape", "a table"),
    ({"shapes": {"type": "round"}}, "shapes", "a list of tables"),
    ({"shapes": [{}, {"radius": -1}]}, "shapes.1.radius", "above 0"),
    ({"shapes": [3]}, "shapes.0", "a table"),
]


@pytest.mark.parametrize(("values", "field", "text"), BAD, ids=[str(case[0]) for case in BAD])
def test_bad_values_are_refused_with_field_and_expectation(
    values: dict[str, Any], field: str, text: str
) -> None:
    with pytest.raises(InputError) as caught:
        parse(Outer, values)
    assert (caught.value.field or "").startswith(field)
    assert text in str(caught.value)
    assert "\n" not in str(caught.value)


def test_where_comes_before_the_field() -> None:
    with pytest.raises(InputError) as caught:
        parse(Outer, {"inner": {"width": 0}}, "top")
    assert caught.value.field == "top.inner.width"


def test_a_setting_without_a_default_is_needed() -> None:
    @dataclasses.dataclass(frozen=True)
    class Needy:
        must: int = setting()

    with pytest.raises(InputError, match="must"):
        parse(Needy, {})
    assert parse(Needy, {"must": 1}).must == 1


def test_defaults_are_not_shared() -> None:
    first, second = parse(Outer, {}), parse(Outer, {})
    first.items.append(1)
    assert second.items == []


def test_to_table_is_what_differs_and_goes_back() -> None:
    assert to_table(Outer()) == {"shape": {"type": "round"}} or to_table(Outer()) == {}
    changed = parse(Outer, {
        "size": "full", "inner": {"width": 5}, "shape": {"type": "square", "tag": "x"},
        "shapes": [{"type": "round", "radius": 3}], "pair": [0.1, 0.2], "limit": 2,
    })  # fmt: skip
    assert parse(Outer, to_table(changed)) == changed
    assert to_table(changed)["size"] == "full"
    assert to_table(Outer(), keep="kind")["kind"] == "a"


def test_rules_can_be_asked_for_by_forms() -> None:
    fields = settings_of(Outer)
    assert "hidden" not in fields
    assert rule_of(fields["share"]) == Rule(minimum=0.0, maximum=1.0, live=True)
    assert rule_of(fields["kind"]).help == "Which one."


def test_long_values_are_cut_in_messages() -> None:
    with pytest.raises(InputError) as caught:
        check_value(int, Rule(), list(range(1000)), "field")
    assert len(str(caught.value)) < 200
