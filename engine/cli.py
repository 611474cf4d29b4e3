"""The command line: list, run, check, sweep. Results on standard output, the rest on error."""

from __future__ import annotations

import argparse
import dataclasses
import io
import json
import os
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from engine import arguments, catalogue, report
from engine.errors import EngineError, InputError
from engine.evaluate import Evaluation
from engine.feed import read_batch
from engine.files import write_whole
from engine.frame import Scalars
from engine.interrupt import Interrupt
from engine.progress import Progress
from engine.system import System
from engine.text import tr
from engine.trainer import Trainer

Draw = Callable[..., Any]
INTERRUPTED = 130


def main(argv: list[str], draw: Draw) -> int:
    """Run one command and return the exit status.

    0 done, 1 a check failed, 2 bad arguments or input (one line on standard error), 130 ended by
    Ctrl-C with what there is. ``draw`` draws the graph into a file (see ``gui.canvas.export``).
    """
    commands = {"list": _list, "run": _run, "check": _check, "sweep": _sweep}
    try:
        options = arguments.make_parser().parse_args(argv)
        return commands[options.verb](options, draw)
    except EngineError as error:
        print(" ".join(str(error).split()), file=sys.stderr)
        return 2


def _list(options: argparse.Namespace, draw: Draw) -> int:
    entries = catalogue.entries()
    if options.json:
        rows = [{"name": e.name, "title": e.title, "source": e.source} for e in entries]
        print(json.dumps(rows, ensure_ascii=False, indent=2))
        return 0
    width = max(len(entry.name) for entry in entries)
    for entry in entries:
        print(f"{entry.name:{width}}  {entry.title}  ({entry.source})")
    return 0


def _run(options: argparse.Namespace, draw: Draw) -> int:
    system = arguments.system_of(options)
    _check_targets(options)
    trainer = _trainer(options, system)
    with Progress(options.steps) as progress, Interrupt() as interrupt:
        trainer.finish_pass()
        while trainer.step < options.steps and not interrupt.wanted:
            trainer.train_step()
            progress.show(trainer.step)
    scalars = [trainer.recorder.take()]
    evaluation = trainer.evaluate()
    _write_results(options, trainer, scalars)
    _draw(options, draw, trainer)
    _summarise(options, trainer, evaluation)
    return INTERRUPTED if interrupt.wanted else 0


def _trainer(options: argparse.Namespace, system: System) -> Trainer:
    batch = None if options.batch is None else read_batch(options.batch, system)
    if options.params is None:
        return Trainer(system, batch=batch)
    given = arguments.read_parameters(options.params)
    try:
        return Trainer(system, parameters=given, batch=batch)
    except InputError as error:
        if (error.field or "").startswith("parameters."):
            raise error.located(file=options.params) from None
        raise


def _write_results(options: argparse.Namespace, trainer: Trainer, scalars: list[Scalars]) -> None:
    if options.dump:
        arrays = report.make_dump(trainer)
        write_whole(options.dump, lambda f: _savez(f, arrays))
    if options.metrics:
        text = io.StringIO()
        names = [layer.name for layer in trainer.topology.layers]
        report.write_metrics(text, names, scalars)
        _output(options.metrics, text.getvalue())
    if options.report:
        text_report = report.to_json(report.make_report(trainer, scalars, options.order))
        _output(options.report, text_report)


def _savez(stream: Any, arrays: dict[str, Any]) -> None:
    np.savez(stream, allow_pickle=False, **arrays)


def _output(target: str, text: str) -> None:
    whole = text if text.endswith("\n") else text + "\n"
    if target == "-":
        sys.stdout.write(whole)
    else:
        write_whole(target, lambda stream: stream.write(whole.encode("utf-8")))


def _check_targets(options: argparse.Namespace) -> None:
    """Refuse a file that cannot be written before training, not after."""
    for name in ("report", "dump", "metrics", "png", "svg", "pdf"):
        target = getattr(options, name, None)
        if target is None or (target == "-" and name in ("report", "metrics")):
            continue
        if not _may_write(target):
            raise InputError(
                tr("a file in a folder that can be written"), repr(target), field=f"--{name}"
            )
    if options.report == getattr(options, "metrics", None) == "-":
        raise InputError(tr("one result on standard output"), tr("two"), field="--metrics")


def _may_write(target: str) -> bool:
    if target in ("", "-"):
        return False
    try:
        path = Path(target).resolve()
        return not path.is_dir() and os.access(path.parent, os.W_OK)
    except OSError:
        return False


def _draw(options: argparse.Namespace, draw: Draw, trainer: Trainer) -> None:
    targets = [t for t in (options.png, options.svg, options.pdf) if t]
    if not targets:
        return
    frame = trainer.take_frame()
    for kind in ("png", "svg", "pdf"):
        target = getattr(options, kind)
        if target:
            draw(
                trainer.topology,
                frame,
                Path(target),
                dpi=options.dpi,
                theme=options.theme,
                expand=options.expand,
            )


def _summarise(
    options: argparse.Namespace, trainer: Trainer, evaluation: Evaluation | None
) -> None:
    """Print what came of it, out of the report's way."""
    stream = sys.stderr if "-" in (options.report, options.metrics) else sys.stdout
    objective, loss = trainer.objective_and_loss()
    print(
        tr("{system}: step {step}, objective {objective:.6g}, loss {loss:.6g}").format(
            system=trainer.system.name, step=trainer.step, objective=objective, loss=loss
        ),
        file=stream,
    )
    if evaluation is not None:
        text = tr("held-out samples: {samples}, loss {loss:.6g}").format(
            samples=evaluation.samples, loss=evaluation.loss
        )
        if evaluation.accuracy is not None:
            text += tr(", accuracy {accuracy:.2%}").format(accuracy=evaluation.accuracy)
        print(text, file=stream)
    for finding in trainer.diagnose():
        print(f"{finding.rule} · {finding.where}: {finding.evidence}", file=stream)


def _check(options: argparse.Namespace, draw: Draw) -> int:
    from engine.check import check

    system = arguments.system_of(options)
    compared = failed = 0
    worst = 0.0
    try:
        for comparison in check(system):
            compared += 1
            failed += not comparison.passed
            worst = max(worst, comparison.error)
            if options.all or not comparison.passed:
                verdict = tr("ok") if comparison.passed else tr("OFF")
                print(
                    f"{verdict}  order {comparison.order}  {comparison.name}: "
                    f"{comparison.analytic:.9g} against {comparison.numeric:.9g}, "
                    f"relative error {comparison.error:.2g}"
                )
    except KeyboardInterrupt:
        return INTERRUPTED
    print(
        tr(
            "{system}: {passed} of {all} gradients agree, largest relative error {worst:.2g}"
        ).format(system=system.name, passed=compared - failed, all=compared, worst=worst)
    )
    return 1 if failed else 0


def _sweep(options: argparse.Namespace, draw: Draw) -> int:
    from engine.sweep import SweepPoint, local_executor, parse_scales, sweep

    if options.scheduler:
        raise InputError(
            tr("a sweep on this machine"),
            repr(options.scheduler),
            field="--scheduler",
            hint=tr("Distributed sweeps are not available yet; leave the option out."),
        )
    _check_targets(options)
    system = arguments.system_of(options)
    if system.is_expression:
        raise InputError(tr("a network with data"), tr("an expression"), field="system")
    try:
        scales = parse_scales(options.input_scale)
    except ValueError:
        raise InputError(
            tr("FROM:TO:COUNT with positive ends"), repr(options.input_scale), field="--input-scale"
        ) from None
    points: list[SweepPoint] = []
    total = 2 * len(scales)
    pool = local_executor(options.jobs)
    with Progress(total) as progress, Interrupt() as interrupt, _ended(pool) as executor:
        points.extend(
            sweep(
                system,
                scales,
                steps=options.steps,
                executor=executor,
                progress=lambda done, total: progress.show(done),
                cancelled=lambda: interrupt.wanted,
            )
        )
    points.sort(key=lambda point: (point.scale, point.compensated))
    rows = [dataclasses.asdict(point) for point in points]
    layers = [layer.name for layer in Trainer(system).topology.layers]
    table = {"system": system.name, "steps": options.steps, "layers": layers, "points": rows}
    _output(options.report, report.to_json(table))
    return INTERRUPTED if interrupt.wanted else 0


@contextmanager
def _ended(executor: Executor) -> Iterator[Executor]:
    """Shut the pool down without waiting for what was cancelled."""
    try:
        yield executor
    finally:
        executor.shutdown(wait=True, cancel_futures=True)
