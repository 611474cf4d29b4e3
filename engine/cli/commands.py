"""The command line: list, run, check, sweep. Results on standard output, the rest on error."""

from __future__ import annotations

import argparse
import dataclasses
import io
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from engine.cli import arguments, export_options, picture_options
from engine.cli.options import SWEEP_PLOTS, make_parser
from engine.cli.progress import Progress
from engine.export import metrics, report
from engine.export.formats import Format, Material
from engine.export.graph_files import small_arrays
from engine.messages.frame import Frame, Scalars
from engine.observe.observer import Observer
from engine.recipes import recipe as recipes
from engine.recipes import replay
from engine.recipes.recipe import Recipe
from engine.support import blas_threads, streams
from engine.support.cancellation import Interrupt, orderly_end, watched
from engine.support.errors import EngineError, InputError
from engine.support.figures import figure, whole
from engine.support.json_text import json_text
from engine.support.text import tr
from engine.support.whole_files import write_whole
from engine.system import catalogue
from engine.training.evaluation import Evaluation
from engine.training.parameter_files import told_missing

Formats = Sequence[Format]
RESULTS = ("report", "dump", "metrics")
INTERRUPTED = 130


def main(argv: list[str], formats: Formats = ()) -> int:
    """Run one command and return the exit status.

    0 done, 1 a check failed, 2 bad arguments or input (one line on standard error), 130 ended by
    Ctrl-C with what there is. ``formats`` are what it can export (see ``gui.export.formats``).
    """
    commands = {"list": _list, "run": _run, "check": _check, "sweep": _sweep}
    try:
        options = make_parser(formats).parse_args(argv)
        if getattr(options, "threads", None):
            blas_threads.use(options.threads)
        with orderly_end():
            return commands[options.verb](options, formats)
    except EngineError as error:
        print(" ".join(str(error).split()), file=sys.stderr)
        return 2


def _list(options: argparse.Namespace, formats: Formats) -> int:
    return catalogue.show(as_json=options.json)


def _run(options: argparse.Namespace, formats: Formats) -> int:
    files = export_options.wanted(options, formats)
    recipe = picture_options.drawn(options, arguments.recipe_of(options))
    _check_given(options)
    given = {"parameters": options.params, "batch": options.batch}
    recipe = dataclasses.replace(recipe, **{k: v for k, v in given.items() if v is not None})
    steps = export_options.last_step(options, recipe)
    moves = any(file.format.kind == "animation" for file in files)
    if moves:
        course = export_options.animated(recipe, steps)
        recipe = recipe.drawn(from_step=course[0], to_step=course[-1], every=course.step)
    _check_targets(options, files)
    trainer = replay.make_trainer(recipe)
    if missing := told_missing(trainer.topology.not_given):
        print(f"{recipe.parameters}: {missing}", file=sys.stderr)
    order = options.order or int(recipe.picture.get("order", 0))
    if files and order:
        trainer.show_order(order)
    recipe = picture_options.placed(options, recipe, trainer.topology)
    export_options.check_plots(files, trainer.topology)
    with Progress(steps) as progress, Interrupt() as interrupt:

        def ended(step: int) -> bool:
            progress.show(step)
            return interrupt.wanted

        frames = replay.advance(trainer, recipe, steps, kept=course if moves else (), ended=ended)
    scalars = [*(frame.scalars for frame in frames), trainer.recorder.take_rows()]
    evaluation = trainer.evaluate()
    _write_results(options, trainer, scalars)
    _summarise(options, trainer, evaluation)
    if files:
        _export(files, trainer, recipe, frames, scalars)
    return interrupt.status


def _export(
    files: list[export_options.Wanted],
    trainer: Observer,
    recipe: Recipe,
    frames: list[Frame],
    scalars: list[Scalars],
) -> None:
    """Write the exports asked for; their notes go to standard error."""
    listed = any(file.format.kind == "data" for file in files)
    arrays = small_arrays(trainer) if listed else None
    own = trainer.step == recipe.step
    if own:  # at a picture's own step: the operation that it shows
        replay.stand_at(trainer, recipe.operation)
    else:
        recipe = recipe.drawn(trend=None, neurons_updates=None)
    frame = replay.frame_of(trainer, recipe, own=own)
    made = recipes.of_frame(trainer.topology, frame)
    picture = {**recipe.picture, **made.picture}
    made = dataclasses.replace(
        made, parameters=recipe.parameters, batch=recipe.batch, picture=picture
    )
    material = Material(trainer.topology, frame, made, frames, scalars, arrays)
    with Progress(0) as progress, watched(progress.watch):
        notes = export_options.write(files, material)
    for note in notes:
        print(note, file=sys.stderr)


def _write_results(options: argparse.Namespace, trainer: Observer, scalars: list[Scalars]) -> None:
    if options.dump:
        arrays = report.make_dump(trainer)
        write_whole(options.dump, lambda f: _savez(f, arrays))
    if options.metrics:
        names = [layer.name for layer in trainer.topology.layers]
        if options.metrics == "-":
            text = io.StringIO()
            metrics.write_metrics(text, names, scalars)
            _print_whole(text.getvalue())
        else:
            metrics.write_file(options.metrics, names, scalars)
    if options.report:
        text_report = json_text(report.make_report(trainer, scalars, options.order))
        _output(options.report, text_report)


def _savez(stream: Any, arrays: dict[str, Any]) -> None:
    np.savez(stream, allow_pickle=False, **arrays)


def _output(target: str, text: str) -> None:
    whole = text if text.endswith("\n") else text + "\n"
    if target == "-":
        _print_whole(whole)
    else:
        write_whole(target, lambda stream: stream.write(whole.encode("utf-8")))


def _print_whole(text: str) -> None:
    """Write and flush standard output, so that a failure is still reported with an exit status."""
    try:
        sys.stdout.write(streams.fit(text))
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        reason = error.strerror or str(error)
        expected = tr("an output that can be written")
        raise InputError(expected, reason, field=tr("standard output")) from None


def _check_given(options: argparse.Namespace) -> None:
    """Refuse an empty file name, which would pass for an option that was not given."""
    for name in ("params", "batch"):
        if getattr(options, name) == "":
            raise InputError(tr("the name of a file"), "''", field=f"--{name}")


def _check_targets(
    options: argparse.Namespace, files: Sequence[export_options.Wanted] = ()
) -> None:
    """Refuse a file that cannot be written before training, not after."""
    results = [(f"--{name}", getattr(options, name, None)) for name in RESULTS]
    taken: dict[Path, str] = {}
    if options.system is not None and options.system.lower().endswith(".toml"):
        taken[Path(options.system).resolve()] = tr("the system")
    for option, target in [*results, *((file.option, file.target) for file in files)]:
        if target is None or (target == "-" and option in ("--report", "--metrics")):
            continue
        folder = option == "--animate" and not Path(target).suffix
        if not _may_write(target, folder=folder):
            raise InputError(
                tr("a file in a folder that can be written"), repr(target), field=option
            )
        place = Path(target).resolve()
        if place in taken and (not place.exists() or place.is_file()):
            found = tr("{target!r}, which is that of {other}").format(
                target=target, other=taken[place]
            )
            raise InputError(tr("a file of its own"), found, field=option)
        taken[place] = option
    if options.report == getattr(options, "metrics", None) == "-":
        raise InputError(tr("one result on standard output"), tr("two"), field="--metrics")


def _may_write(target: str, *, folder: bool = False) -> bool:
    if target in ("", "-") or target.endswith(("/", os.sep)):
        return False
    try:
        path = Path(target).resolve()
        taken = path.is_dir() and not (folder and not any(path.iterdir()))
        return not taken and os.access(path.parent, os.W_OK)
    except OSError:
        return False


def _summarise(
    options: argparse.Namespace, trainer: Observer, evaluation: Evaluation | None
) -> None:
    """Print a summary of the run; to standard error where results take standard output."""
    stream = sys.stderr if "-" in (options.report, options.metrics) else sys.stdout
    objective, loss = trainer.objective_and_loss()
    text = tr("{system}: step {step}, objective {objective}, loss {loss}")
    if not trainer.topology.has_samples:
        text = tr("{system}: step {step}, objective {objective}")
    print(
        text.format(
            system=trainer.system.name,
            step=whole(trainer.step),
            objective=figure(objective, 6),
            loss=figure(loss, 6),
        ),
        file=stream,
    )
    if evaluation is not None:
        text = tr("held-out samples: {samples}, loss {loss}").format(
            samples=whole(evaluation.samples), loss=figure(evaluation.loss, 6)
        )
        if evaluation.accuracy is not None:
            text += tr(", accuracy {accuracy:.2f} %").format(accuracy=100 * evaluation.accuracy)
        print(text, file=stream)
    for finding in trainer.diagnose():
        print(f"{finding.rule} · {finding.where}: {finding.evidence}", file=stream)


def _check(options: argparse.Namespace, formats: Formats) -> int:
    from engine.analysis.check import check

    system = arguments.system_of(options)
    compared = failed = small = 0
    worst = 0.0
    try:
        for comparison in check(system):
            compared += 1
            failed += not comparison.passed
            small += not comparison.resolved
            worst = max(worst, comparison.error)
            if options.all or not comparison.passed:
                seen = tr("ok") if comparison.resolved else tr("small")
                verdict = seen if comparison.passed else tr("OFF")
                print(
                    f"{verdict}  order {comparison.order}  {comparison.name}: "
                    f"{figure(comparison.analytic, 9)} against "
                    f"{figure(comparison.numeric, 9)}, "
                    f"relative error {figure(comparison.error, 2)}"
                )
    except KeyboardInterrupt:
        return INTERRUPTED
    text = tr(
        "{system}: {passed} of {all} gradients agree, "
        "largest relative error beyond rounding {worst}"
    )
    if small:
        text += tr("; {small} too small beside rounding to say much (--all shows which)")
    passed = compared - failed
    counts = {"passed": whole(passed), "all": whole(compared), "small": whole(small)}
    print(text.format(system=system.name, worst=figure(worst, 2), **counts))
    return 1 if failed else 0


def _sweep(options: argparse.Namespace, formats: Formats) -> int:
    from engine.analysis.sweep import (
        MOST_SCALES,
        SweepPoint,
        ended,
        local_executor,
        parse_scales,
        sweep,
    )

    if options.scheduler:
        raise InputError(
            tr("a sweep on this machine"),
            repr(options.scheduler),
            field="--scheduler",
            hint=tr("Distributed sweeps are not available yet; leave the option out."),
        )
    files = export_options.wanted(options, formats, SWEEP_PLOTS)
    _check_targets(options, files)
    recipe = arguments.recipe_of(options)
    given = {"input_scale": options.input_scale, "theme": options.theme}
    recipe = recipe.drawn(**{**recipe.picture, **{k: v for k, v in given.items() if v}})
    system, wanted = recipe.system, str(recipe.picture.get("input_scale", ""))
    if system.is_expression:
        raise InputError(tr("a network with data"), tr("an expression"), field="system")
    try:
        scales = parse_scales(wanted)
    except ValueError:
        raise InputError(
            tr("FROM:TO:COUNT with positive ends (1e-100 to 1e100), at most {most} of them").format(
                most=MOST_SCALES
            ),
            repr(wanted),
            field="--input-scale",
        ) from None
    steps = recipe.step if options.steps is None else options.steps
    points: list[SweepPoint] = []
    total = 2 * len(scales)
    pool = local_executor(options.jobs)
    with Progress(total) as progress, Interrupt() as interrupt, ended(pool, interrupt) as executor:
        points.extend(
            sweep(
                system,
                scales,
                steps=steps,
                executor=executor,
                progress=lambda done, total: progress.show(done),
                cancelled=lambda: interrupt.wanted,
            )
        )
    points.sort(key=lambda point: (point.scale, point.compensated))
    rows = [dataclasses.asdict(point) for point in points]
    trainer = Observer(system)
    layers = [layer.name for layer in trainer.topology.layers]
    table = {"system": system.name, "steps": steps, "layers": layers, "points": rows}
    if options.report is not None or not files:
        _output(options.report or "-", json_text(table))
    if files:
        trainer.finish_pass()
        made = dataclasses.replace(recipe, step=steps, operation=None)
        material = Material(trainer.topology, trainer.take_frame(), made, extra=points)
        export_options.write(files, material)
    return interrupt.status
