"""``load``: a data set by built-in name or path, whatever its format."""

import dataclasses
import math
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.data import generated
from engine.data.catalogue import Entry, catalogue
from engine.data.dataset import CLASSIFICATION, TASKS, Dataset, random_of
from engine.data.idx import load_folder
from engine.data.npz import read_npz
from engine.data.own_file import (
    SUFFIXES,
    class_indices,
    feature_names_of,
    find_file,
    load_file,
    regression_targets,
)
from engine.support.errors import InputError, nearest
from engine.support.places import RESOURCES
from engine.support.text import tr

FOLDER = RESOURCES / "data"


def names() -> tuple[str, ...]:
    """Return the names of the built-in data sets."""
    return tuple(entry.name for entry in catalogue())


def load(
    source: str,
    *,
    target: str | int | None = None,
    task: str | None = None,
    base: Path | None = None,
    seed: int = 0,
    samples: int | None = None,
    noise: float | None = None,
) -> Dataset:
    """Return the data set of a built-in name, of a .csv or .npz file, or of a folder of IDX files.

    Parameters
    ----------
    target:
        CSV: the target's column, by name or index from 0 (negative: from the end); default the
        last.
    task:
        "classification" or "regression", for files whose targets allow both; see ``load_file`` for
        what is decided without it.
    base:
        The folder that a path is relative to; None is the working directory.
    seed, samples, noise:
        Generated sets: the seed, how many samples (at least 4), and the standard deviation of the
        noise in the set's own units.

    Raises
    ------
    InputError
        For an unknown name, for parameters that the source doesn't have, and for whatever is wrong
        in a file, naming file, line, column, what was expected and what was found.

    Examples
    --------
    >>> load("iris").class_names
    ('setosa', 'versicolor', 'virginica')
    """
    if task is not None and task not in TASKS:
        hint = nearest(task, TASKS)
        raise InputError(" | ".join(TASKS), repr(task), field="data.task", hint=hint)
    entry = {entry.name: entry for entry in catalogue()}.get(source)
    if entry is None or entry.generator is None:
        _refuse(tr("a generated set"), source, {"data.samples": samples, "data.noise": noise})
    if entry is None:
        folder = _folder(source, base)
        if folder is not None:
            _refuse(tr("a CSV file"), source, {"data.target": target})
            _refuse_regression(task)
            return load_folder(folder, source)
        _check_path(source)
        return load_file(source, base, target, task)
    _refuse(tr("a file"), source, {"data.target": target})
    if task not in (None, entry.task):
        raise InputError(entry.task, repr(task), field="data.task")
    if entry.generator is None:
        return _stored(entry)
    x, y = _computed_arrays(entry, entry.generator, seed, samples, noise)
    class_names = entry.class_names or tuple(str(i) for i in range(entry.classes))
    return _dataset(entry, x, y, _computed_names(entry), class_names)


def load_batch(source: str, like: Dataset, *, base: Path | None = None) -> Dataset:
    """Return the arrays x and y of an NPZ file as a batch in place of samples of ``like``.

    x must have its features; y its targets, where classes are indices or one-hot rows. The batch
    keeps its names and its classes, also those that don't occur in it.

    Raises
    ------
    InputError
        If the file can't be read or doesn't fit.
    """
    arrays = read_npz(find_file(source, base), source)
    if arrays.x.shape[1] != like.features:
        expected = tr("{count} features").format(count=like.features)
        raise InputError(expected, str(arrays.x.shape[1]), file=source, field="x")
    y: NDArray[Any]
    if like.task == CLASSIFICATION:
        y = class_indices(arrays.y, like.outputs, source)
    else:
        y = regression_targets(arrays.y, source)
        if y.shape[1] != like.outputs:
            expected = tr("{count} outputs").format(count=like.outputs)
            raise InputError(expected, str(y.shape[1]), file=source, field="y")
    return dataclasses.replace(like, x=arrays.x, y=y)


def _folder(source: str, base: Path | None) -> Path | None:
    """Return the folder of that name, relative to ``base``; None where there is none."""
    path = Path(source).expanduser()
    path = path if base is None else base / path
    try:
        return path if source and path.is_dir() else None
    except (OSError, ValueError):
        return None


def _check_path(source: str) -> None:
    if source.lower().endswith(SUFFIXES):
        return
    raise InputError(
        tr("a built-in data set, the path of a .csv or .npz file, or of a folder of IDX files"),
        repr(source),
        field="data.source",
        hint=nearest(source, names()),
    )


def _refuse_regression(task: str | None) -> None:
    if task not in (None, CLASSIFICATION):
        raise InputError(CLASSIFICATION, repr(task), field="data.task")


def _refuse(owner: str, source: str, given: dict[str, object]) -> None:
    for field, value in given.items():
        if value is not None:
            expected = tr("{owner} as the source of this setting").format(owner=owner)
            raise InputError(expected, repr(source), field=field)


def _stored(entry: Entry) -> Dataset:
    path = FOLDER / f"{entry.name}.npz"
    arrays = read_npz(path, str(path))
    y = arrays.y if entry.classes else regression_targets(arrays.y, str(path))
    return _dataset(entry, arrays.x, y, feature_names_of(arrays), arrays.class_names)


def _computed_names(entry: Entry) -> tuple[str, ...]:
    """Return x1, x2, … for points, and x1.1, x1.2, … (step, feature) for sequences."""
    if entry.sequence_shape is None:
        return tuple(f"x{i + 1}" for i in range(entry.features))
    steps, features = entry.sequence_shape
    return tuple(f"x{t + 1}.{i + 1}" for t in range(steps) for i in range(features))


def _computed_arrays(
    entry: Entry,
    generator: generated.Generator,
    seed: int,
    samples: int | None,
    noise: float | None,
) -> tuple[NDArray[np.float64], NDArray[Any]]:
    count = entry.samples if samples is None else samples
    level = entry.noise if noise is None else noise
    if count < 4:
        raise InputError(tr("at least 4 samples"), str(count), field="data.samples")
    if not (math.isfinite(level) and level >= 0):
        raise InputError(tr("a number of at least 0"), str(level), field="data.noise")
    return generator(count, level, random_of(seed, 2, 2))


def _dataset(
    entry: Entry,
    x: NDArray[np.float64],
    y: NDArray[Any],
    feature_names: tuple[str, ...],
    class_names: tuple[str, ...],
) -> Dataset:
    return Dataset(
        name=entry.name,
        title=entry.title,
        x=x,
        y=y,
        task=entry.task,
        feature_names=feature_names,
        class_names=class_names,
        image_shape=entry.image_shape,
        sequence_shape=entry.sequence_shape,
        source=entry.source,
        licence=entry.licence,
    )
