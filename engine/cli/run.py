"""``main.py run``: train without a window; numbers and pictures into files."""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import sys
from collections.abc import Sequence

from engine.cli import arguments, export_options, picture_options
from engine.cli.progress import Progress
from engine.cli.results import Results, check_targets
from engine.export.formats import Format, Material
from engine.export.graph_files import small_arrays
from engine.messages.frame import Frame, Scalars
from engine.observe.observer import Observer
from engine.recipes import recipe as recipes
from engine.recipes import replay
from engine.recipes.recipe import Recipe
from engine.support.cancellation import Interrupt, watched
from engine.support.errors import InputError
from engine.support.figures import figure, whole
from engine.support.streams import say
from engine.support.text import tr
from engine.training.evaluation import Evaluation
from engine.training.parameter_files import told_missing


def run(options: argparse.Namespace, formats: Sequence[Format]) -> int:
    """Train as the options say; return the exit status."""
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
    check_targets(options, files)
    trainer = replay.make_trainer(recipe)
    if missing := told_missing(trainer.topology.not_given):
        say(f"{recipe.parameters}: {missing}", sys.stderr)
    order = options.order or int(recipe.picture.get("order", 0))
    if files and order:
        trainer.show_order(order)
    recipe = picture_options.placed(options, recipe, trainer.topology)
    export_options.check_plots(files, trainer.topology)
    frames: list[Frame] = []
    with contextlib.closing(Results(options, trainer, frames)) as results:
        with Progress(steps) as progress, Interrupt() as interrupt:

            def ended(step: int) -> bool:
                progress.show(step)
                results.write_some()
                return interrupt.wanted

            kept = course if moves else ()
            replay.advance(trainer, recipe, steps, kept=kept, ended=ended, frames=frames)
        evaluation = trainer.evaluate()
        results.write_all()
    _summarise(options, trainer, evaluation)
    failed = results.failed
    if files:
        failed |= not _export(files, trainer, recipe, frames, results.scalars)
    return 2 if failed else interrupt.status


def _check_given(options: argparse.Namespace) -> None:
    """Refuse a file without a name, which would be passed over in silence."""
    for name in ("params", "batch"):
        if getattr(options, name) == "":
            raise InputError(tr("the name of a file"), "''", field=f"--{name}")


def _export(
    files: list[export_options.Wanted],
    trainer: Observer,
    recipe: Recipe,
    frames: list[Frame],
    scalars: list[Scalars],
) -> bool:
    """Write the pictures; what there is to say of them goes to standard error.

    Returns whether all could be written.
    """
    listed = any(file.format.kind == "data" for file in files)
    arrays = small_arrays(trainer) if listed else None
    own = trainer.step == recipe.step
    if own:  # a picture's own step: at the operation where it stood
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
        notes, errors = export_options.write(files, material)
    for note in [*notes, *map(str, errors)]:
        say(note, sys.stderr)
    return not errors


def _summarise(
    options: argparse.Namespace, trainer: Observer, evaluation: Evaluation | None
) -> None:
    """Print what came of it, out of the report's way."""
    stream = sys.stderr if "-" in (options.report, options.metrics) else sys.stdout
    objective, loss = trainer.objective_and_loss()
    text = tr("{system}: step {step}, objective {objective}, loss {loss}")
    if not trainer.topology.has_samples:
        text = tr("{system}: step {step}, objective {objective}")
    say(
        text.format(
            system=trainer.system.name,
            step=whole(trainer.step),
            objective=figure(objective, 6),
            loss=figure(loss, 6),
        ),
        stream,
    )
    if evaluation is not None:
        text = tr("held-out samples: {samples}, loss {loss}").format(
            samples=whole(evaluation.samples), loss=figure(evaluation.loss, 6)
        )
        if evaluation.accuracy is not None:
            text += tr(", accuracy {accuracy:.2f} %").format(accuracy=100 * evaluation.accuracy)
        say(text, stream)
    for finding in trainer.diagnose():
        say(f"{finding.rule} · {finding.where}: {finding.evidence}", stream)
