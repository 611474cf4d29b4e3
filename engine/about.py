"""What the program is called, and its version, as pyproject.toml states it."""

import tomllib
from functools import cache
from pathlib import Path

PROGRAM = "Gradient Flow Explorer"
_PROJECT = Path(__file__).resolve().parent.parent / "pyproject.toml"


@cache
def program_version() -> str:
    """Return the version that pyproject.toml states."""
    table = tomllib.loads(_PROJECT.read_text(encoding="utf-8"))
    return str(table["project"]["version"])
