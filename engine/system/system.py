"""A system: all that a TOML file describes, as frozen, checked settings.

``load`` and ``parse_text`` read it, ``override`` changes one field, ``to_text`` and ``save``
write it back. Every error names the field, and the file and line where there is one.
"""

import dataclasses
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engine import layers as layer_types
from engine.layers.base import Layer
from engine.model.loss import LossSettings
from engine.optimizer import OPTIMIZERS, OptimizerSettings, SGDSettings
from engine.optimizer.clipping import Clipping
from engine.optimizer.schedule import SCHEDULES, Constant, Schedule
from engine.optimizer.schedule import formulas as schedule_formulas
from engine.settings import declaration
from engine.settings.choices import DTYPES
from engine.settings.declaration import Formula, rule_of, setting
from engine.settings.toml_lines import line_of, split_key
from engine.settings.toml_text import parse_toml
from engine.support.errors import InputError, nearest
from engine.support.reading import read_bytes
from engine.support.text import quote, tr
from engine.support.whole_files import write_whole

MOST_BYTES = 20_000_000  # of a system file: 20,000 layers take a tenth of it
_BY_NODE = ("parameters", "names")  # tables whose keys are names with dots


@dataclasses.dataclass(frozen=True)
class DataSettings:
    """The ``[data]`` table: what is trained on and in which portions."""

    source: str = setting(
        "",
        help=tr(
            "A built-in data set, a .csv or .npz file (arrays x and y), or a folder of IDX files."
        ),
    )
    target: str | int | None = setting(
        None, help=tr("CSV: the target's column by name or index; by default the last.")
    )
    x: list[Any] = setting([], help=tr("Samples given here, in place of a source: a list a row."))
    y: list[Any] = setting([], help=tr("The targets of the samples given here."))
    batch_size: int | str = setting(
        32, minimum=1, words=("full",), help=tr("Samples in a mini-batch, or all of them.")
    )
    standardize: bool = setting(
        True, help=tr("Whether features are shifted and scaled to mean 0 and deviation 1.")
    )
    standardize_target: bool = setting(
        False, help=tr("Whether a regression's targets are shifted and scaled likewise.")
    )
    validation: float = setting(
        0.2, minimum=0.0, maximum=0.95, help=tr("The share of samples held back from training.")
    )
    input_scale: float | None = setting(
        None, live=True, help=tr("A factor on the inputs, as a node of the graph when it is given.")
    )


def _optimizer_formulas() -> dict[str, Formula]:
    return {
        name: Formula(cls.formula, cls.source, cls.rule, cls.options, cls.longest_rule())
        for name, cls in OPTIMIZERS.items()
    }


@dataclasses.dataclass(frozen=True)
class Origin:
    """The file that a system was read from, and its text: to say on which line a field stands.

    ``changed`` are the keys overridden since: their values are not in the file.
    """

    file: str | None
    text: str
    changed: tuple[str, ...] = ()

    def _named_here(self, error: InputError, field: str) -> InputError:
        """Add to an error in a data file the line of this file that names it."""
        line = line_of(self.text, field or "data.source")
        if self.file is None or line is None:
            return error
        named = tr("It is named in {file}, line {line}.").format(file=self.file, line=line)
        return error.hinted(f"{error.hint} {named}".strip())

    def locate(self, error: InputError) -> InputError:
        """Return the error with the file and line of its field filled in.

        A line inside a multi-line expression becomes the file's.
        """
        field = error.field or ""
        if any(_overlap(field or "data.source", key) for key in self.changed):
            return error
        if error.file is not None and error.file != self.file:
            return self._named_here(error, field)
        start = line_of(self.text, field)
        if field != "expression" or error.line is None or start is None:
            return error.located(file=self.file, line=start)
        opening = self.text.splitlines()[start - 1].rstrip()
        skipped = 1 if opening.endswith(('"""', "'''")) else 0
        return error.moved_to(start + skipped + error.line - 1).located(file=self.file)


def _overlap(a: str, b: str) -> bool:
    """Whether one dotted name is the other or lies inside it."""
    return f"{a}.".startswith(f"{b}.") or f"{b}.".startswith(f"{a}.")


@dataclasses.dataclass(frozen=True)
class System:
    """Everything that defines a training run.

    A network has ``data`` and ``layers``; an expression system has ``expression`` and ``values``.
    ``folder`` is where relative paths of data files start (not part of the file).
    """

    name: str = setting("untitled", told=True, help=tr("The system's name."))
    title: str = setting("", told=True, help=tr("One line on what the system shows."))
    source: str = setting("", told=True, help=tr("The book or course that the system is from."))
    description: str = setting("", told=True, help=tr("What there is to see."))
    based_on: str = setting(
        "", told=True, help=tr("The system of the catalogue that this one was made from.")
    )
    seed: int = setting(0, minimum=0, help=tr("The seed of all random numbers."))
    dtype: str = setting("float32", choices=DTYPES, help=tr("The numbers' precision."))
    expression: str = setting("", help=tr("Formulas, one a line, such as f = (x + y) * z."))
    values: dict[str, Any] = setting({}, help=tr("The values of the expression's variables."))
    trainable: list[str] | None = setting(
        None, help=tr("The variables that training changes; by default all.")
    )
    data: DataSettings = setting(DataSettings)
    layers: tuple[Layer, ...] = setting((), variants=layer_types.types)
    loss: LossSettings = setting(LossSettings)
    optimizer: OptimizerSettings = setting(
        SGDSettings,
        variants=lambda: {name: cls.settings_type for name, cls in OPTIMIZERS.items()},
        formulas=_optimizer_formulas,
    )
    schedule: Schedule = setting(Constant, variants=lambda: SCHEDULES, formulas=schedule_formulas)
    clipping: Clipping = setting(Clipping)
    parameters: dict[str, Any] = setting({}, help=tr("Starting values of parameters, by name."))
    names: dict[str, str] = setting({}, help=tr("Names of nodes, such as the book's."))
    folder: Path | None = dataclasses.field(default=None, compare=False, repr=False)
    origin: "Origin | None" = dataclasses.field(default=None, compare=False, repr=False)

    def __post_init__(self) -> None:
        if self.is_expression and self.layers:
            raise InputError(tr("[[layers]] or an expression"), tr("both"), field="layers")
        self._check_kind()
        for node, name in self.names.items():
            if not name.strip() or "/" in name:
                raise InputError(tr("a name without slash"), repr(name), field=f"names.{node}")

    def _check_kind(self) -> None:
        """Refuse settings that only the other kind of system has: they would have no effect."""
        if self.layers and self.values:
            name = next(iter(self.values))
            raise InputError(
                tr("no values, as a network has no variables"), name, field=f"values.{name}"
            )
        if self.layers and self.trainable is not None:
            expected = tr("nothing, as a network has no variables")
            raise InputError(expected, str(self.trainable), field="trainable")
        sections = {"data": (self.data, DataSettings()), "loss": (self.loss, LossSettings())}
        for name, (section, usual) in sections.items():
            if self.is_expression and section != usual:
                expected = tr("no [{name}], as an expression is its own objective")
                expected = expected.format(name=name)
                found = ", ".join(declaration.to_table(section))
                raise InputError(expected, found, field=name)

    @property
    def is_expression(self) -> bool:
        """Whether the system is an expression rather than a network."""
        return bool(self.expression.strip())

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to build yet: it can be saved and edited, and not run."""
        return not self.layers and not self.is_expression

    def require_something(self) -> None:
        """Raise InputError where there is nothing to build."""
        if self.is_empty:
            raise InputError(tr("[[layers]] or an expression"), tr("neither"), field="layers")

    @property
    def called(self) -> str:
        """The name shown beside its numbers: "based on …" once a catalogue system was changed."""
        if self.based_on == self.name:
            return tr("based on {name}").format(name=self.name)
        return self.name

    def locate(self, error: InputError) -> InputError:
        """Return the error with the file and line of its field, where the system has a file."""
        return error if self.origin is None else self.origin.locate(error)


def from_table(
    table: Mapping[str, Any], folder: Path | None = None, origin: Origin | None = None
) -> System:
    """Check a table and make the system it describes; raises ``InputError`` with the field."""
    joined = {name: _joined(table[name]) for name in _BY_NODE if name in table}
    system = declaration.parse(System, {**table, **joined})
    return dataclasses.replace(system, folder=folder, origin=origin)


def _joined(table: Any, prefix: str = "") -> Any:
    """A table by node name: unquoted ``linear1.bias = …`` made nested tables, flattened here."""
    if not isinstance(table, Mapping):
        return table
    flat: dict[str, Any] = {}
    for name, value in table.items():
        inner = _joined(value, f"{prefix}{name}.")
        flat.update(inner if isinstance(value, Mapping) else {f"{prefix}{name}": inner})
    return flat


def parse_text(text: str, file: str | None = None, folder: Path | None = None) -> System:
    """Make the system that a TOML text describes; errors carry the file and the line."""
    origin = Origin(file, text)
    table = parse_toml(text, file)
    try:
        return from_table(table, folder, origin)
    except InputError as error:
        raise origin.locate(error) from None


def load(path: str | Path) -> System:
    """Read a system file (TOML, UTF-8).

    Raises
    ------
    InputError
        If the file cannot be read or what it says is not a system.
    """
    path = Path(path)
    raw = read_bytes(path, most=MOST_BYTES)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        found = tr("the byte {byte:#04x}").format(byte=raw[error.start])
        line = raw.count(b"\n", 0, error.start) + 1
        expected = tr("a text in UTF-8")
        raise InputError(expected, found, file=str(path), line=line) from None
    return parse_text(text, str(path), path.parent)


def to_table(system: System) -> dict[str, Any]:
    """Return the system as a table of what differs from the defaults."""
    return declaration.to_table(system, keep="name")


def to_text(system: System) -> str:
    """Return the system as TOML."""
    import tomli_w

    return tomli_w.dumps(to_table(system), multiline_strings=True)


def save(system: System, path: str | Path) -> None:
    """Write the system as TOML, whole or not at all; InputError where that is not possible.

    A data file beside the old system file is still found from the new one's folder.
    """
    there = moved(system, Path(path).absolute().parent)
    write_whole(path, lambda stream: stream.write(to_text(there).encode("utf-8")))


def moved(system: System, folder: Path) -> System:
    """Return the system with its relative data file named relative to another folder."""
    source = system.data.source
    if system.folder is None or not source or not (system.folder / source).exists():
        return system
    if Path(source).is_absolute() or system.folder.resolve() == folder.resolve():
        return system
    there = (system.folder / source).resolve()
    try:
        shown = os.path.relpath(there, folder.resolve())
    except ValueError:  # another drive
        shown = str(there)
    data = dataclasses.replace(system.data, source=Path(shown).as_posix())
    return dataclasses.replace(system, data=data, folder=folder)


def override(system: System, key: str, value: Any) -> System:
    """Return the system with one field changed, named by its dotted key.

    Changing the ``type`` of a section drops the settings that only the old type had.

    Raises
    ------
    InputError
        With the field, where there is no such field or it doesn't take the value.
    """
    parts = split_key(key)
    if parts and parts[0] in _BY_NODE:
        parts = [parts[0], *[".".join(parts[1:])][: len(parts) - 1]]
    if not parts:
        raise InputError(tr("the name of a setting"), repr(key))
    table = to_table(system)
    _check_key(System, parts, key, system)
    place = _descend(table, parts[:-1], system, key)
    if not isinstance(place, (dict, list)):
        raise InputError(tr("a table"), quote(place), field=key)
    if parts[-1] == "type" and isinstance(place, dict) and place.get("type") not in (None, value):
        place.clear()
    if isinstance(place, list):
        place[_index(parts[-1], len(place), key)] = value
    elif value is None:
        place.pop(parts[-1], None)
    else:
        place[parts[-1]] = value
    origin = system.origin
    if origin is not None:
        origin = dataclasses.replace(origin, changed=(*origin.changed, ".".join(parts)))
    return from_table(table, system.folder, origin)


def _descend(table: Any, parts: list[str], system: System, key: str) -> Any:
    for part in parts:
        if isinstance(table, list):
            table = table[_index(part, len(table), key)]
        elif isinstance(table, dict):
            inner = table.setdefault(part, {})
            if isinstance(inner, str):  # a variant by its name alone
                inner = table[part] = {"type": inner}
            table = inner
        else:
            raise InputError(tr("a table"), quote(table), field=key)
    return table


def _index(part: str, length: int, key: str) -> int:
    if part.isdecimal() and int(part) < length:
        return int(part)
    raise InputError(tr("an index below {length}").format(length=length), repr(part), field=key)


def _check_key(cls: type, parts: list[str], key: str, value: Any) -> None:
    """Refuse a key that leads nowhere before its absence is mistaken for an empty table."""
    fields = declaration.settings_of(cls)
    head, rest = parts[0], parts[1:]
    if head == "type" and not rest:
        return
    if head not in fields:
        raise InputError(tr("a known setting"), repr(head), field=key, hint=nearest(head, fields))
    inner = getattr(value, head)
    if rest and isinstance(inner, tuple) and rule_of(fields[head]).variants is not None:
        index = _index(rest[0], len(inner), key)
        if rest[1:]:
            _check_key(type(inner[index]), rest[1:], key, inner[index])
    elif rest and dataclasses.is_dataclass(inner):
        _check_key(type(inner), rest, key, inner)


def is_live(system: System, key: str) -> bool:
    """Whether a setting may change between two training steps without a rebuild.

    The type of a section stays as it was built, except the clipping's; the input scale is live
    where the graph has its node.
    """
    parts = key.split(".")
    holder: Any = system
    for part in parts[:-1]:
        holder = holder[int(part)] if isinstance(holder, tuple) else getattr(holder, part)
    field = declaration.settings_of(type(holder)).get(parts[-1])
    if field is None or not rule_of(field).live:
        return False
    return key != "data.input_scale" or system.data.input_scale is not None


def retold(system: System, words: System) -> System:
    """Return the system with the name, title and description of another one."""
    told = {
        n: getattr(words, n) for n, f in declaration.settings_of(System).items() if rule_of(f).told
    }
    return dataclasses.replace(system, **told)


def override_live(system: System, key: str, value: Any) -> System:
    """Return the system with a setting changed that may change during training.

    Raises
    ------
    InputError
        With the field: not a live setting, or not a valid value.
    """
    changed = override(system, key, value)
    if not is_live(system, key):
        raise InputError(
            tr("a setting that may change during training"),
            repr(key),
            field=key,
            hint=tr("Rebuild the system to change it."),
        )
    return changed
