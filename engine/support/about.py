"""The program's name, version (from pyproject.toml) and usage, for ``--help`` and the window."""

import tomllib
from functools import cache

from engine.support.places import ROOT

PROGRAM = "Gradient Flow Explorer"
HELP = """Gradient Flow Explorer: see the gradient flow through a network while it trains.

python3 main.py [SYSTEM]       open the window, on a catalogue name, a .toml file or a picture
python3 main.py list           the catalogue of systems
python3 main.py run SYSTEM     train without a window; numbers and pictures into files
python3 main.py check SYSTEM   every gradient against central differences
python3 main.py sweep SYSTEM   train over a range of input scales

`run --help` shows the options of run, and so for the others; `--version` the version."""
_PROJECT = ROOT / "pyproject.toml"


@cache
def program_version() -> str:
    """Return the version that pyproject.toml states."""
    table = tomllib.loads(_PROJECT.read_text(encoding="utf-8"))
    return str(table["project"]["version"])
