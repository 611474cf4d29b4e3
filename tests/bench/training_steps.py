"""The issue's first table: µs a training step, ours against hand-written numpy, PyTorch and JAX."""

from __future__ import annotations

from collections.abc import Iterable

from tests.bench.columns import (
    GRADIENT_TOLERANCE,
    LOSS_TOLERANCE,
    STEPS,
    Agreement,
    Library,
    agreement,
    columns_of,
    counted,
    library,
)
from tests.bench.measure import Effort, Times, interleaved
from tests.bench.report import Row, Table, number
from tests.bench.workloads import WORKLOADS, Workload

LABELS = {
    "torch+": "PyTorch eager, retain_grad and norms of everything",
    "jax+": "jax.jit, norms of everything",
    "numpy+": "hand-written numpy, norms recorded",
    "numpy": "hand-written numpy, nothing recorded",
    "ours+": "ours, norms of every node and edge recorded",
    "ours": "ours, nothing recorded",
}

REMARKS = """\
Ours counts a norm for every node and every edge that a parameter reaches (what flows back to the
batch is computed when somebody looks, and by no column here); by hand each array is measured
once, however many edges carry it, and what never changes (∂J/∂L = 1) not at all.
By hand and in the libraries a norm is the root of a plain float32 sum of squares, which
underflows where ours does not.
PyTorch and JAX take LayerNorm (W4) as one operation and so record less of it.
All columns of a workload start from the same parameters; losses must agree to {loss:g}, gradients
to {gradient:g} of their largest entry, and every norm of ours must be among numpy's.
Ratios are medians of the rounds' own ratios; times are medians over the rounds, of the time
of one processor, to which the process is bound."""


def measure(names: Iterable[str], effort: Effort) -> tuple[Table, list[str]]:
    """Return the table, and what is wrong where columns do not do the same."""
    libraries = [] if effort.quick else [library("torch"), library("jax")]
    table = Table("A training step")
    wrong: list[str] = []
    times: dict[str, Times] = {}
    for name in names:
        workload = WORKLOADS[name]
        columns = columns_of(workload, libraries)
        found = agreement(columns, STEPS)
        wrong += [f"{name}, {text}" for text in found.wrong]
        times[name] = interleaved({key: counted(one) for key, one in columns.items()}, effort)
        table.rows += _rows(workload, times[name], found)
        table.notes.append(_note(workload, found))
    table.grid = _grid(times)
    table.notes += _remarks(libraries)
    return table, wrong


def _rows(workload: Workload, times: Times, found: Agreement) -> list[Row]:
    ours = 1e6 * times.median("ours+")
    name, goals = workload.name, workload.goals

    def against(label: str, column: str, goal: float | None, *, at_least: bool = False) -> Row:
        # from the rounds' own ratios, so that measured and reference are of one moment
        reference = ours / times.ratio("ours+", column)
        return Row(f"{name} {label}", ours, "µs", reference, goal, at_least)

    rows = [against("÷ numpy, both recording", "numpy+", goals.numpy)]
    if "torch+" in times:
        rows.append(against("PyTorch ÷ ours, both recording", "torch+", goals.torch, at_least=True))
    if "jax+" in times:
        # the goal is to be ahead wherever numpy itself is
        goal = 1.0 if times.ratio("jax+", "numpy+") > 1 else None
        rows.append(against("JAX ÷ ours, both recording", "jax+", goal, at_least=True))
    rows.append(against("recording ÷ not recording", "ours", goals.recording))
    return rows


def _note(workload: Workload, found: Agreement) -> str:
    counts = ", ".join(f"{key.rstrip('+')} {count}" for key, count in found.counts.items())
    lacking = ", ".join(f"{key.rstrip('+')} {n}" for key, n in found.missing.items() if n)
    return (
        f"{workload.name}: {workload.title}. Norms recorded: {counts}"
        f"{f'; of ours not in: {lacking}' if lacking else ''}. Largest difference of a loss over "
        f"{STEPS} steps {found.loss:.0e}, of a gradient at step 0 {found.gradient:.0e}."
    )


def _grid(times: dict[str, Times]) -> list[list[str]]:
    grid = [["µs a step, 1 thread", *times]]
    for column, label in LABELS.items():
        if any(column in one for one in times.values()):
            cells = [
                number(1e6 * one.median(column)) if column in one else "–" for one in times.values()
            ]
            grid.append([label, *cells])
    return grid


def _remarks(libraries: list[Library]) -> list[str]:
    return [
        *REMARKS.format(loss=LOSS_TOLERANCE, gradient=GRADIENT_TOLERANCE).splitlines(),
        *(one.note for one in libraries),
    ]
