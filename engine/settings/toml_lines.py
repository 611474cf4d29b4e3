"""On which line of a TOML text a field stands (the parser of the standard library doesn't say)."""

import re

from engine.support.errors import InputError
from engine.support.text import tr

_HEADER = re.compile(r"^\s*(\[\[?)\s*([^\]]+?)\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(
    r"""^\s*((?:[\w\-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w\-]+|"[^"]*"|'[^']*'))*)\s*="""
)
_TWICE = ("Cannot overwrite a value", "Cannot mutate immutable namespace")
_INLINE = re.compile(r"^\s*\{")
_INNER = re.compile(r"""[{,]\s*([\w\-]+)\s*=""")
_PART = re.compile(r"""[\w\-]+|"[^"]*"|'[^']*'""")


def line_of(text: str, field: str) -> int | None:
    """Return the 1-based line of a dotted field, or of the nearest table around it, or None.

    >>> line_of('seed = 1\\n[[layers]]\\nunits = 3\\n[[layers]]\\nunits = 0\\n', "layers.1.units")
    5
    """
    found = _lines(text)
    parts = field.split(".")
    while parts:
        if ".".join(parts) in found:
            return found[".".join(parts)]
        parts.pop()
    return None


def invalid_toml(text: str, reason: str) -> InputError:
    """Return the error for a text that ``tomllib`` refuses, with its reason and line."""
    expected, line = tr("a valid TOML file"), None
    place = re.search(r" \(at line (\d+), column (\d+)\)$", reason)
    if place is not None:
        reason, line = reason[: place.start()], int(place[1])
    twice = reason in _TWICE or reason.startswith("Cannot declare")
    if twice and line is not None and line <= len(text.splitlines()):
        key = text.splitlines()[line - 1].partition("=")[0].strip()
        expected, reason = tr("each setting once"), tr("{key} again").format(key=key)
    return InputError(expected, reason, line=line)


def _lines(text: str) -> dict[str, int]:
    lines: dict[str, int] = {}
    counts: dict[str, int] = {}
    table: list[str] = []
    inside = array = ""
    count = 0
    for number, line in enumerate(text.splitlines(), start=1):
        if inside:
            inside = "" if inside in line else inside
            continue
        if array:
            if _INLINE.match(line):
                lines[f"{array}.{count}"] = number
                lines.update((f"{array}.{count}.{k}", number) for k in _INNER.findall(line))
                count += 1
            array = "" if line.strip().startswith("]") else array
            continue
        header, key = _HEADER.match(line), _KEY.match(line)
        if header:
            table = _table(header[1] == "[[", split_key(header[2]), counts)
            lines.setdefault(".".join(table), number)
        elif key:
            lines.setdefault(".".join([*table, *split_key(key[1])]), number)
            rest = line[key.end() :]
            inside = _opened(rest)
            if rest.partition("#")[0].strip() == "[":  # the tables of an array follow, one a line
                array, count = ".".join([*table, *split_key(key[1])]), 0
    return lines


def split_key(dotted: str) -> list[str]:
    """Return the parts of a dotted key; a quoted part may hold dots itself."""
    return [part.strip("\"'") for part in _PART.findall(dotted)]


def _table(is_array: bool, parts: list[str], counts: dict[str, int]) -> list[str]:
    """The dotted path of a header, with the current index after each array of tables in it."""
    path: list[str] = []
    for position, part in enumerate(parts):
        path.append(part)
        key = ".".join(path)
        if is_array and position == len(parts) - 1:
            counts[key] = counts.get(key, -1) + 1
        if key in counts:
            path.append(str(counts[key]))
    return path


def _opened(rest: str) -> str:
    """The mark that ends a multi-line text opened on this line, or ""."""
    for mark in ('"""', "'''"):
        if rest.count(mark) == 1:
            return mark
    return ""
