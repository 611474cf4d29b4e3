"""On which line of a TOML text a field stands (the parser of the standard library doesn't say)."""

import re

_HEADER = re.compile(r"^\s*(\[\[?)\s*([^\]]+?)\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(
    r"""^\s*((?:[\w\-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w\-]+|"[^"]*"|'[^']*'))*)\s*="""
)
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


def _lines(text: str) -> dict[str, int]:
    lines: dict[str, int] = {}
    counts: dict[str, int] = {}
    table: list[str] = []
    inside = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if inside:
            inside = "" if inside in line else inside
            continue
        header, key = _HEADER.match(line), _KEY.match(line)
        if header:
            table = _table(header[1] == "[[", split_key(header[2]), counts)
            lines.setdefault(".".join(table), number)
        elif key:
            lines.setdefault(".".join([*table, *split_key(key[1])]), number)
            inside = _opened(line[key.end() :])
    return lines


def split_key(dotted: str) -> list[str]:
    """Return the parts of a dotted key; a quoted part may hold dots itself."""
    return [part.strip("\"'") for part in _PART.findall(dotted)]


def _table(is_array: bool, parts: list[str], counts: dict[str, int]) -> list[str]:
    """The path of a header, with the running index after each array of tables on the way."""
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
