"""Declared settings: a dataclass field says its type, range, choices and help once.

The system file, ``--set`` on the command line and the form in the window are all read from the
declaration, so a new setting is one line in one place.
"""

import copy
import dataclasses
import functools
import math
import types
import typing
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, TypeVar

from engine.support.errors import InputError, nearest
from engine.support.figures import figure
from engine.support.text import quote, tr

T = TypeVar("T")

LARGEST_WHOLE = 10**18  # numpy's whole numbers end at 9.2·10¹⁸
NEXT_LINE = ",  "  # between the lines of a formula


@dataclasses.dataclass(frozen=True)
class Formula:
    """What a choice computes, shown beside the menu of choices.

    Attributes
    ----------
    text:
        The formula in the books' symbols, its lines joined by ``NEXT_LINE``.
    source:
        The source: a paper, a book, a function of PyTorch.
    by_settings:
        For variants whose settings change the formula: from settings to the formula.
    options:
        Name of a setting → the lines that it adds to the formula where it is on.
    longest:
        The formula with all options on, to reserve room for it on screen.
    """

    text: str
    source: str = ""
    by_settings: Callable[[Any], str] | None = None
    options: Mapping[str, str] = dataclasses.field(default_factory=dict)
    longest: str = ""

    def lines(self, settings: Any = None) -> list[str]:
        """Return the formula line by line, under these settings if they are given."""
        by_settings = self.by_settings if settings is not None else None
        text = by_settings(settings) if by_settings else self.text
        return tr(text).split(NEXT_LINE)


@dataclasses.dataclass(frozen=True)
class Rule:
    """What a setting accepts beyond its type.

    Attributes
    ----------
    help:
        One sentence for the tooltip and the documentation.
    choices:
        The valid names, or () for any.
    minimum, maximum:
        Inclusive bounds of a number.
    above:
        Exclusive lower bound of a number.
    live:
        True when a change takes effect at the next training step without a rebuild.
    told:
        True for a text for people (title, description): nothing is computed from it.
    words:
        Words accepted in place of a number (``batch_size = "full"``).
    variants:
        For a section, or a list of sections, whose ``type`` key picks the class of its settings:
        returns the classes by name; the first is the default. A variant may be given by
        its name alone.
    by_name:
        A variant with nothing but default settings is also written as its name alone.
    formulas:
        For choices and variants: returns what each of them computes, by name.
    """

    help: str = ""
    choices: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    above: float | None = None
    live: bool = False
    told: bool = False
    words: tuple[str, ...] = ()
    variants: Callable[[], Mapping[str, type]] | None = None
    by_name: bool = False
    formulas: Callable[[], Mapping[str, Formula]] | None = None


def setting(default: Any = dataclasses.MISSING, **rule: Any) -> Any:
    """Declare a dataclass field with a ``Rule``; keyword arguments are the rule's attributes.

    A default that is a class is called for each instance.
    """
    metadata = {"rule": Rule(**rule)}
    if isinstance(default, (list, dict)):
        return dataclasses.field(default_factory=lambda: type(default)(default), metadata=metadata)
    if isinstance(default, type):
        return dataclasses.field(default_factory=default, metadata=metadata)
    return dataclasses.field(default=default, metadata=metadata)


def rule_of(field: "dataclasses.Field[Any]") -> Rule:
    """Return the rule of a field declared by ``setting``."""
    rule = field.metadata.get("rule")
    return rule if isinstance(rule, Rule) else Rule()


def settings_of(cls: type) -> dict[str, "dataclasses.Field[Any]"]:
    """Return the fields of a settings class that ``setting`` declared, by name."""
    return {f.name: f for f in dataclasses.fields(cls) if "rule" in f.metadata}


def hints_of(cls: type) -> dict[str, Any]:
    """Return the types of a settings class's fields by name."""
    return _hints(typing.cast(Hashable, cls))


@functools.cache
def _hints(cls: Any) -> dict[str, Any]:
    return typing.get_type_hints(cls)


def parse(cls: type[T], values: Mapping[str, Any], where: str = "") -> T:
    """Make an instance from a mapping, checking every name, type, choice and range.

    A class may have a static ``spelt(values)`` that rewrites another common spelling first.

    Raises
    ------
    InputError
        With ``field`` set to the dotted name of the first offending entry.
    """
    fields = settings_of(cls)
    hints = hints_of(cls)
    values = getattr(cls, "spelt", dict)(values)
    for name in values:
        if name not in fields:
            raise InputError(
                tr("a known setting"),
                repr(name),
                field=_dotted(where, name),
                hint=nearest(name, fields),
            )
    checked = {
        name: check_value(
            hints[name], rule_of(fields[name]), _typed(fields[name], value), _dotted(where, name)
        )
        for name, value in values.items()
    }
    for name, field in fields.items():
        required = field.default is dataclasses.MISSING and (
            field.default_factory is dataclasses.MISSING
        )
        if required and name not in checked:
            raise InputError(
                tr("the setting {name!r}").format(name=name),
                tr("nothing"),
                field=_dotted(where, name),
            )
    try:
        return cls(**checked)
    except InputError as error:  # settings that don't fit each other
        raise error.under(where) from None


def check_value(hint: Any, rule: Rule, value: Any, where: str) -> Any:
    """Return the value as the declared type, or raise ``InputError`` naming the field."""
    if rule.variants is not None:
        return _parse_variants(hint, rule.variants(), value, where)
    kinds = _alternatives(hint)
    if dataclasses.is_dataclass(kinds[0]) and isinstance(value, Mapping):
        return parse(typing.cast(type, kinds[0]), value, where)
    if rule.words:
        if value in rule.words:
            return value
        kinds = tuple(kind for kind in kinds if kind is not str)
    if value is None and type(None) in kinds:
        return None
    for kind in kinds:
        accepted, converted = _convert(kind, value)
        if accepted:
            _check_rule(rule, converted, where)
            return converted
    raise InputError(_expectation(kinds, rule), quote(value), field=where)


def parse_variant(variants: Mapping[str, type], value: Any, where: str) -> Any:
    """Make the settings that a table with a ``type`` key describes, or a type's name alone.

    Without a ``type`` it is the first one.

    Raises
    ------
    InputError
        With the dotted field: no table, unknown type or setting, wrong value.
    """
    rule = Rule(choices=tuple(variants))
    if isinstance(value, str):
        return variants[check_value(str, rule, value, where)]()
    if not isinstance(value, Mapping):
        raise InputError(tr("a table"), quote(value), field=where)
    kind = check_value(str, rule, value.get("type", next(iter(variants))), _dotted(where, "type"))
    rest = {name: entry for name, entry in value.items() if name != "type"}
    return parse(variants[kind], rest, where)


def type_name(variants: Mapping[str, type], settings: Any) -> str:
    """Return the ``type`` under which these settings' class is known."""
    return next(name for name, cls in variants.items() if cls is type(settings))


def to_table(settings: Any, *, keep: str = "") -> dict[str, Any]:
    """Return settings as a table of plain values: what differs from the defaults, and ``type``.

    The inverse of ``parse``. A setting named ``keep`` stays even at its default. Variants are
    tables with a ``type``.
    """
    table: dict[str, Any] = {}
    for name, field in settings_of(type(settings)).items():
        value = getattr(settings, name)
        if name != keep and value == _default(field):
            continue
        variants = rule_of(field).variants
        if variants is not None:
            inner = _variant_tables(variants(), value)
            short = rule_of(field).by_name and list(inner) == ["type"]
            table[name] = inner["type"] if short else inner
        elif dataclasses.is_dataclass(value):
            table[name] = to_table(value)
        elif value is not None:
            table[name] = list(value) if isinstance(value, tuple) else copy.deepcopy(value)
    return table


def _variant_tables(variants: Mapping[str, type], value: Any) -> Any:
    if isinstance(value, tuple):
        return [_variant_tables(variants, one) for one in value]
    return {"type": type_name(variants, value), **to_table(value)}


def _typed(field: "dataclasses.Field[Any]", value: Any) -> Any:
    """Return a variant's table with the type that the setting has by default, if it names none."""
    variants = rule_of(field).variants
    if variants is None or not isinstance(value, Mapping) or "type" in value:
        return value
    default = _default(field)
    if not dataclasses.is_dataclass(default):
        return value
    return {"type": type_name(variants(), default), **value}


def _default(field: "dataclasses.Field[Any]") -> Any:
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return field.default


def _parse_variants(hint: Any, variants: Mapping[str, type], value: Any, where: str) -> Any:
    if typing.get_origin(hint) is not tuple:
        return parse_variant(variants, value, where)
    if not isinstance(value, Sequence) or isinstance(value, str):
        raise InputError(tr("a list of tables"), quote(value), field=where)
    return tuple(
        parse_variant(variants, one, _dotted(where, str(index))) for index, one in enumerate(value)
    )


def _dotted(where: str, name: str) -> str:
    return f"{where}.{name}" if where else name


def _alternatives(hint: Any) -> tuple[Any, ...]:
    if isinstance(hint, types.UnionType) or typing.get_origin(hint) is typing.Union:
        return typing.get_args(hint)
    return (hint,)


def _convert(kind: Any, value: Any) -> tuple[bool, Any]:
    origin = typing.get_origin(kind) or kind
    if origin is Any:
        return True, value
    if origin is bool:
        return isinstance(value, bool), value
    if origin is int:
        return isinstance(value, int) and not isinstance(value, bool), value
    if origin is float:
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return True, _as_float(value)
        return False, value
    if origin is str:
        return isinstance(value, str), value
    if origin in (tuple, list):
        return _convert_items(kind, origin, value)
    if origin is dict:
        return _convert_table(kind, value)
    return isinstance(value, kind), value


def _as_float(value: float) -> float:
    """Return a number as a float, infinite where it is too large for one."""
    try:
        return float(value)
    except OverflowError:
        return math.copysign(math.inf, value)


def _convert_table(kind: Any, value: Any) -> tuple[bool, Any]:
    if not isinstance(value, Mapping):
        return False, value
    inner = typing.get_args(kind)[1] if typing.get_args(kind) else Any
    converted = {name: _convert(inner, one) for name, one in value.items()}
    accepted = all(fits for fits, _ in converted.values())
    return accepted, {name: one for name, (_, one) in converted.items()}


def _convert_items(kind: Any, origin: type, value: Any) -> tuple[bool, Any]:
    if isinstance(value, str) or not isinstance(value, Sequence):
        return False, value
    arguments = [a for a in typing.get_args(kind) if a is not Ellipsis]
    items = []
    for item in value:
        accepted, converted = _convert(arguments[0], item) if arguments else (True, item)
        if not accepted:
            return False, value
        items.append(converted)
    return True, origin(items)


def _check_rule(rule: Rule, value: Any, where: str) -> None:
    if rule.choices and isinstance(value, str) and value not in rule.choices:
        raise InputError(
            tr("one of {names}").format(names=", ".join(rule.choices)),
            repr(value),
            field=where,
            hint=nearest(value, rule.choices, choices=False),  # the choices are named already
        )
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        low = rule.minimum is not None and value < rule.minimum
        low = low or (rule.above is not None and value <= rule.above)
        high = rule.maximum is not None and value > rule.maximum
        finite = abs(value) < LARGEST_WHOLE if isinstance(value, int) else math.isfinite(value)
        if low or high or not finite:
            words = _expectation((type(value),), rule, finite=not finite)
            raise InputError(words, quote(value), field=where)


def _expectation(kinds: tuple[Any, ...], rule: Rule, *, finite: bool = False) -> str:
    """Return what is expected in words; ``finite``: the value found is infinite or too large."""
    names = {
        bool: tr("true or false"),
        int: tr("a whole number"),
        float: tr("a finite number") if finite else tr("a number"),
        str: tr("a text"),
        tuple: tr("a list"),
        list: tr("a list"),
        dict: tr("a table"),
    }
    tables = {kind: names[dict] for kind in kinds if dataclasses.is_dataclass(kind)}
    words = [tables.get(k) or names.get(typing.get_origin(k) or k, "") for k in kinds]
    text = tr(" or ").join(w for w in words if w) or tr("another value")
    if finite and kinds == (int,):
        text += tr(" of at most 18 digits")
    if rule.choices:
        text = tr("one of {names}").format(names=", ".join(rule.choices))
    if rule.above is not None:
        text += tr(" above {bound}").format(bound=figure(rule.above))
    if rule.minimum is not None and rule.maximum is not None:
        low, high = figure(rule.minimum), figure(rule.maximum)
        return text + tr(" from {low} to {high}").format(low=low, high=high)
    if rule.minimum is not None:
        text += tr(" of at least {bound}").format(bound=figure(rule.minimum))
    if rule.maximum is not None:
        text += tr(" of at most {bound}").format(bound=figure(rule.maximum))
    if rule.words:
        text += tr(" or ") + tr(" or ").join(repr(word) for word in rule.words)
    return text
