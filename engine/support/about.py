"""What the program says of itself: name and version, as pyproject.toml states it."""

import tomllib
from functools import cache

from engine.support.places import ROOT

PROGRAM = "Gradient Flow Explorer"
_PROJECT = ROOT / "pyproject.toml"


@cache
def program_version() -> str:
    """Return the version that pyproject.toml states."""
    table = tomllib.loads(_PROJECT.read_text(encoding="utf-8"))
    return str(table["project"]["version"])
