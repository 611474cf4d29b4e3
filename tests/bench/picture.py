"""The figures of canvas, plots and window, which live beside their tests.

Each of these modules may have a function ``figures(quick)`` that returns rows (``report.Row``);
one that has none is left out with a note.
"""

from __future__ import annotations

import importlib

from tests.bench.measure import Effort
from tests.bench.report import Table

MODULES = ("test_bench_canvas", "test_bench_plots", "test_bench_window")


def figures(effort: Effort) -> Table:
    """One table of what they have."""
    from gui.app.application import make_application  # Qt only where something is painted

    table = Table("The picture")
    make_application()
    for name in MODULES:
        try:
            module = importlib.import_module(f"tests.bench.{name}")
        except ImportError as error:
            table.notes.append(f"{name}: skipped, {error.name} is not installed")
            continue
        if hasattr(module, "figures"):
            table.rows += module.figures(effort.quick)
        else:
            table.notes.append(f"{name}: no figures() yet; run it with pytest -m bench -s")
    return table
