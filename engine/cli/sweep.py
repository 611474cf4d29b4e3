"""``main.py sweep``: train over a range of input scales."""

from __future__ import annotations

import argparse
import dataclasses
import sys
from collections.abc import Sequence

from engine.analysis.sweep import MOST_SCALES, SweepPoint, ended, local_executor, parse_scales
from engine.analysis.sweep import sweep as points_of
from engine.cli import arguments, export_options
from engine.cli.options import SWEEP_PLOTS
from engine.cli.progress import Progress
from engine.cli.results import check_targets, write_text
from engine.export.formats import Format, Material
from engine.observe.observer import Observer
from engine.support.cancellation import Interrupt
from engine.support.errors import InputError
from engine.support.json_text import json_text
from engine.support.streams import say
from engine.support.text import tr


def sweep(options: argparse.Namespace, formats: Sequence[Format]) -> int:
    """Train at every scale and write the table and the plots; return the exit status."""
    if options.scheduler:
        raise InputError(
            tr("a sweep on this machine"),
            repr(options.scheduler),
            field="--scheduler",
            hint=tr("Distributed sweeps are not available yet; leave the option out."),
        )
    files = export_options.wanted(options, formats, SWEEP_PLOTS)
    check_targets(options, files)
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
            points_of(
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
        write_text(options.report or "-", json_text(table))
    if files:
        trainer.finish_pass()
        made = dataclasses.replace(recipe, step=steps, operation=None)
        material = Material(trainer.topology, trainer.take_frame(), made, extra=points)
        _, errors = export_options.write(files, material)
        for error in errors:
            say(str(error), sys.stderr)
        if errors:
            return 2
    return interrupt.status
