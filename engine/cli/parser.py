"""The command line's parser: argparse with errors of one line, in plain words."""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from typing import Any, NoReturn

from engine.support.errors import UsageError, nearest
from engine.support.text import tr

MOST_LISTED = 6


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors are one line, raised as ``UsageError``.

    Options are written out in full: half a name that means one option today means two tomorrow.
    """

    def __init__(self, **keywords: Any) -> None:
        super().__init__(**keywords, allow_abbrev=False)
        self._negative_number_matcher = re.compile(r"-\.?\d")  # -0.5:0.5 is a value too

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Refuse what is left over where its verb is known, with the nearest option."""
        self._refuse_twice(args or ())
        found, rest = super().parse_known_args(args, namespace)
        if rest:
            name = rest[0].partition("=")[0]
            options = [option for option in self._option_string_actions if len(option) > 2]
            hint = f" {nearest(name, options, choices=False)}" if name.startswith("-") else ""
            text = tr("expected options of {prog}, found {found!r}.{hint}")
            self.error(text.format(prog=self.prog, found=rest[0], hint=hint.rstrip()))
        return found, rest

    def _refuse_twice(self, args: Sequence[str]) -> None:
        """Refuse an option whose first value would be passed over in silence."""
        for action in self._actions:
            given = [
                arg
                for arg in args
                if arg in action.option_strings or arg.partition("=")[0] in action.option_strings
            ]
            if len(given) > 1 and type(action).__name__ == "_StoreAction":
                self.error(tr("{option} is given twice").format(option=action.option_strings[-1]))

    def error(self, message: str) -> NoReturn:
        """Raise instead of printing the usage."""
        text = message.removeprefix("argument ")
        text += "" if text.endswith((".", "?")) else "."
        raise UsageError(tr("{text} See {prog} --help.").format(text=text, prog=self.prog))

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        """Refuse what is none of the choices, with the nearest one."""
        if action.choices is None or value in action.choices:
            return
        names = list(map(str, action.choices))
        listed = len(names) <= MOST_LISTED
        expected = tr("one of {names}") if listed else tr("a known name")
        hint = nearest(str(value), names, choices=not listed)
        text = tr("expected {expected}, found {value!r}. {hint}")
        expected = expected.format(names=", ".join(names))
        text = text.format(expected=expected, value=value, hint=hint)
        raise argparse.ArgumentError(action, text.rstrip())
