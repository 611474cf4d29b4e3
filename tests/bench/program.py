"""Memory of a training step, building large networks, and starting the program."""

from __future__ import annotations

import gc
import os
import statistics
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import numpy as np

from engine.system import system as systems
from engine.training.feed import Samples
from engine.training.setup import Training
from gui.bootstrap.environment import ROOT
from tests.bench.columns import BY_HAND, case_of
from tests.bench.measure import Effort, median_of
from tests.bench.ours import Ours
from tests.bench.report import Row, Table
from tests.bench.workloads import WORKLOADS

DOMAIN = np.lib.tracemalloc_domain
MOST = 1000  # repetitions that one table may ask for


def memory(names: Iterable[str]) -> Table:
    """Bytes of arrays that live while a step is recorded, ours against hand-written."""
    table = Table("Memory of a recorded training step")
    for name in names:
        workload = WORKLOADS[name]
        case = case_of(workload)
        ours = array_bytes(
            partial(Ours, workload, record=True), except_for=lambda column: column.history_bytes()
        )
        by_hand = array_bytes(
            partial(BY_HAND[name], case, record=True),
            except_for=lambda column: column.history.table.nbytes,
        )
        table.rows.append(Row(f"{name} ÷ numpy", ours / 1e6, "MB", by_hand / 1e6, 1.5))
    table.notes.append(
        "Arrays alive after two steps (tracemalloc, numpy's domain): parameters, gradients, "
        "buffers and the batch as it is fed; without the history."
    )
    return table


def array_bytes(
    make: Callable[[], Any], except_for: Callable[[Any], int] = lambda column: 0
) -> int:
    """Bytes of numpy arrays that a column holds after two steps."""
    gc.collect()
    tracemalloc.start()
    try:
        column = make()
        column.step()
        column.step()
        gc.collect()
        only = tracemalloc.DomainFilter(inclusive=True, domain=DOMAIN)
        shot = tracemalloc.take_snapshot().filter_traces([only])
        return sum(trace.size for trace in shot.traces) - except_for(column)
    finally:
        tracemalloc.stop()


def building(effort: Effort) -> Table:
    """Build, differentiate and compile a deep network, and how that grows with its nodes."""
    table = Table("Building, differentiating and compiling")
    layers = 30 if effort.quick else 300
    took = median_of(lambda: deep(layers, 64), 3)
    table.rows.append(Row(f"MLP of {layers} layers of 64", took, "s", goal=0.5))
    counts = (20, 40) if effort.quick else (200, 1000, 4000)
    per_node, sizes = [], []
    for count in counts:
        sizes.append(deep(count, 4).compiled_nodes)
        per_node.append(median_of(partial(deep, count, 4), 3) / sizes[-1])
    table.rows.append(
        Row(
            f"a node of {sizes[-1]} against one of {sizes[0]}",
            1e6 * per_node[-1],
            "µs",
            1e6 * per_node[0],
            1.5,
            note="linear where 1",
        )
    )
    middle = ", ".join(f"{n}: {1e6 * t:.1f} µs" for n, t in zip(sizes, per_node))
    table.notes.append(f"Time a node of the forward graph: {middle}.")
    return table


class deep:  # noqa: N801  reads as a function: what matters is that it was built
    """A network of equal layers made ready to train."""

    def __init__(self, layers: int, units: int) -> None:
        starts = range(0, layers, MOST)
        table = {
            "dtype": "float32",
            "layers": [
                *(self._some(number, min(MOST, layers - number), units) for number in starts),
                {"type": "linear", "name": "output"},
            ],
        }
        batch = Samples(np.ones((8, units), np.float32), np.eye(2, dtype=np.float32)[[0, 1] * 4])
        self.training = Training(systems.from_table(table), {}, batch)

    @staticmethod
    def _some(number: int, count: int, units: int) -> dict[str, Any]:
        settings = {"type": "linear", "units": units, "activation": "tanh"}
        return {**settings, "repeat": count, "name": f"from{number}_"}

    @property
    def compiled_nodes(self) -> int:
        """Nodes of the forward graph."""
        return self.training.begin(0).forward_nodes


def starting(effort: Effort, scratch: str) -> Table:
    """From the command to its end, or to the first painted window; warm."""
    table = Table("Starting")
    repeats = 1 if effort.quick else 5
    main = [sys.executable, str(ROOT / "main.py")]
    for words, goal in ((["list"], 0.4), (["run", "d2l-mlp", "--steps", "0"], 0.8)):
        run_once([*main, *words])
        busy = processor_seconds()
        took = statistics.median(run_once([*main, *words])[0] for _ in range(repeats))
        busy = (processor_seconds() - busy) / repeats
        note = f"{busy:.2f} s of a processor"
        table.rows.append(Row(f"main.py {' '.join(words)}", took, "s", goal=goal, note=note))
    _painted(scratch)
    busy = processor_seconds()
    paints = [_painted(scratch) for _ in range(repeats)]
    note = f"{(processor_seconds() - busy) / repeats:.2f} s of a processor"
    first, whole = (statistics.median(column) for column in zip(*paints))
    table.rows.append(Row("window, first paint", first, "s"))
    table.rows.append(Row("window painted with its graph", whole, "s", goal=1.5, note=note))
    table.notes += [
        "Wall time of a process of its own, offscreen; the first start not counted.",
        "A busy machine stretches it, but not the time of a processor.",
    ]
    return table


def _painted(scratch: str) -> tuple[float, float]:
    """Seconds to the first paint and to the one with numbers; settings and cache are its own."""
    homes = dict.fromkeys(("XDG_CONFIG_HOME", "XDG_CACHE_HOME"), scratch)
    command = [sys.executable, "-m", "tests.bench.painted", repr(time.time())]
    words = run_once(command, **homes)[1].split()
    return float(words[-2]), float(words[-1])


def processor_seconds() -> float:
    """Processor time of all child processes that have ended: what a busy machine cannot stretch."""
    times = os.times()
    return times.children_user + times.children_system


def run_once(command: list[str], **variables: str) -> tuple[float, str]:
    """Run a process; return its seconds and what it printed."""
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", **variables}
    began = time.perf_counter()
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=True
    )
    return time.perf_counter() - began, done.stdout
