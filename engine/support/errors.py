"""The errors of the engine: their messages name the place, what was expected and what was found."""

import difflib
from collections.abc import Iterable
from typing import Any

from engine.support.text import shortened, tr, visible

# Characters of a message's parts: a file may have quoted a megabyte. Lists of names are long.
_LONGEST_FIELD, _LONGEST_FOUND, _LONGEST_LIST = 120, 240, 800
_LONGEST_NAME = 120  # of a misspelt name whose neighbours are looked for


class EngineError(Exception):
    """Base of all errors whose message is meant for the user; ``str()`` is one plain line."""


class GraphError(EngineError):
    """A graph that cannot be built or differentiated as asked."""


class ShapeError(GraphError):
    """Shapes that do not fit an operation; names the operation and all shapes."""


class RunError(EngineError):
    """A kernel that raised while the plan ran; names the node and its formula."""


class UsageError(EngineError):
    """Command-line arguments that are not understood."""


class InputError(EngineError):
    """A file, field or argument that is not what was expected.

    Parameters
    ----------
    expected, found:
        Phrases that complete "expected …, found …".
    file, line, field:
        Where: a path, a 1-based line number, a dotted field name; each may be None.
    hint:
        A sentence with the way out, for instance the nearest valid name.
    """

    def __init__(
        self,
        expected: str,
        found: str,
        *,
        file: str | None = None,
        line: int | None = None,
        field: str | None = None,
        hint: str = "",
    ) -> None:
        self.expected = expected
        self.found = found
        self.file = file
        self.line = line
        self.field = field
        self.hint = hint
        super().__init__(expected, found)

    def under(self, where: str) -> "InputError":
        """Return the same error with its field prefixed by a section, unless it is already."""
        field = self.field or ""
        if where and field != where and not field.startswith(f"{where}."):
            field = f"{where}.{field}" if field else where
        return self._with(field=field or None)

    def hinted(self, hint: str) -> "InputError":
        """Return the same error with another hint."""
        return self._with(hint=hint)

    def moved_to(self, line: int) -> "InputError":
        """Return the same error on another line."""
        return self._with(line=line)

    def blamed_on(self, file: str, field: str) -> "InputError":
        """Return the same error at a field of another file, in place of its own place."""
        return self._with(file=file, line=None, field=field)

    def located(
        self, *, file: str | None = None, line: int | None = None, field: str | None = None
    ) -> "InputError":
        """Return the same error with the places filled in that were not known yet."""
        return self._with(
            file=self.file or file,
            line=self.line if self.line is not None else line,
            field=self.field or field,
        )

    def _with(self, **changes: Any) -> "InputError":
        """Return the same error with other places or another hint."""
        kept = {"file": self.file, "line": self.line, "field": self.field, "hint": self.hint}
        return InputError(self.expected, self.found, **{**kept, **changes})

    def __str__(self) -> str:
        place = [self.file] if self.file else []
        if self.line is not None:
            place.append(tr("line {line}").format(line=self.line))
        if self.field:
            place.append(shortened(self.field, _LONGEST_FIELD))
        body = tr("expected {expected}, found {found}").format(
            expected=shortened(self.expected, _LONGEST_LIST),
            found=shortened(self.found, _LONGEST_FOUND),
        )
        text = f"{', '.join(place)}: {body}" if place else body
        hint = shortened(self.hint, _LONGEST_LIST)
        return visible(f"{text}. {hint}" if hint else text)


def nearest(name: str, valid: Iterable[str], *, choices: bool = True) -> str:
    """Return the hint "Did you mean …?" for a misspelt name, or ``choices`` where none is near."""
    names = list(valid)
    close = (
        difflib.get_close_matches(name, names, n=1, cutoff=0.6) if len(name) < _LONGEST_NAME else []
    )
    if close:
        return tr("Did you mean {name!r}?").format(name=close[0])
    return tr("Choose from {names}.").format(names=", ".join(names)) if choices and names else ""
