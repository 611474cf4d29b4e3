"""The command: which tables, how long to measure, where the JSON goes."""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from tests.bench import picture, program, training_steps
from tests.bench.measure import Effort, one_processor
from tests.bench.report import Table, write
from tests.bench.workloads import WORKLOADS

SECTIONS = ("memory", "build", "start", "picture")


def main(argv: list[str]) -> int:
    """Print the tables; 1 where columns that must do the same do not."""
    arguments = parse(argv)
    effort = Effort(rounds=1, seconds=0.002, quick=True) if arguments.quick else Effort()
    if arguments.rounds:
        effort = Effort(arguments.rounds, effort.seconds, effort.quick)
    described = machine(effort)
    print(", ".join(f"{key} {value}" for key, value in described.items()))
    tables, wrong = [], []
    for table, problems in measured(arguments.only, effort):
        print(table.text(), flush=True)
        tables.append(table)
        wrong += problems
    if arguments.json:
        write(arguments.json, described, tables)
    for text in wrong:
        print(f"NOT EQUAL: {text}", file=sys.stderr)
    return 1 if wrong else 0


def measured(only: list[str], effort: Effort) -> Iterator[tuple[Table, list[str]]]:
    """Each table asked for, as it becomes ready."""
    names = [name for name in WORKLOADS if name in only]
    if names:
        with one_processor():
            found = training_steps.measure(names, effort)
        yield found
    if "memory" in only:
        yield program.memory(names or WORKLOADS), []
    if "build" in only:
        yield program.building(effort), []
    if "start" in only:
        with tempfile.TemporaryDirectory() as scratch:
            yield program.starting(effort, scratch), []
    if "picture" in only:
        yield picture.figures(effort), []


def parse(argv: list[str]) -> argparse.Namespace:
    """The options."""
    parser = argparse.ArgumentParser(prog="python3 -m tests.bench", description=__doc__)
    every = [*WORKLOADS, *SECTIONS]
    parser.add_argument(
        "--only", type=lambda text: text.split(","), default=every, help=",".join(every)
    )
    parser.add_argument("--rounds", type=int, help="interleaved rounds of each workload (15)")
    parser.add_argument("--json", type=Path, help="write all figures into this file")
    parser.add_argument("--quick", action="store_true", help="one tiny round: does it run at all?")
    arguments = parser.parse_args(argv)
    unknown = set(arguments.only) - set(every)
    if unknown:
        parser.error(f"--only knows {', '.join(every)}, not {', '.join(sorted(unknown))}")
    return arguments


def machine(effort: Effort) -> dict[str, Any]:
    """What the figures depend on."""
    return {
        "Python": platform.python_version(),
        "numpy": np.__version__,
        "BLAS": blas(),
        "processor": platform.machine(),
        "load": "–" if not hasattr(os, "getloadavg") else f"{os.getloadavg()[0]:.1f}",
        "processors": os.cpu_count(),
        "rounds": effort.rounds,
        "date": time.strftime("%Y-%m-%d"),
    }


def blas() -> str:
    """The BLAS that numpy loaded, its kernels and its threads."""
    from threadpoolctl import threadpool_info

    found = [one for one in threadpool_info() if one["user_api"] == "blas"]
    return "; ".join(
        f"{one['internal_api']} {one['version']} ({one.get('architecture', '?')}, "
        f"{one['num_threads']} thread{'s' if one['num_threads'] != 1 else ''})"
        for one in found
    )
