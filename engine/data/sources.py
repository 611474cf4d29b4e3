"""The catalogue of built-in data sets, and the one way to any data: ``load``."""

import dataclasses
import math
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.data import generated
from engine.data.dataset import CLASSIFICATION, REGRESSION, TASKS, Dataset, random_of
from engine.data.files import (
    SUFFIXES,
    class_indices,
    feature_names_of,
    find_file,
    load_file,
    regression_targets,
)
from engine.data.npz import read_npz
from engine.errors import InputError, nearest
from engine.text import tr

FOLDER = Path(__file__).resolve().parents[2] / "resources" / "data"
_UCI = "UCI Machine Learning Repository"
_CC_BY = "CC BY 4.0"


@dataclasses.dataclass(frozen=True)
class Entry:
    """A line of the catalogue.

    Attributes
    ----------
    samples, features:
        The size; of a generated set, ``samples`` is the default.
    classes:
        The number of classes, or 0 for regression.
    image_shape:
        (channels, height, width) if the features are pixels.
    generator, noise:
        The function that computes the set, and its default noise; None for a stored set, which is
        NAME.npz in resources/data, with its licence beside it.
    """

    name: str
    title: str
    task: str
    samples: int
    features: int
    classes: int = 0
    image_shape: tuple[int, int, int] | None = None
    source: str = ""
    licence: str = ""
    generator: generated.Generator | None = None
    noise: float = 0.0


def catalogue() -> tuple[Entry, ...]:
    """Return the built-in data sets; a new one is a line here (and its file, if it has one)."""
    return (
        Entry(
            "digits",
            tr("Handwritten digits, 8 × 8 pixels"),
            CLASSIFICATION,
            samples=1797,
            features=64,
            classes=10,
            image_shape=(1, 8, 8),
            source=f"E. Alpaydin and C. Kaynak (1998), {_UCI}",
            licence=_CC_BY,
        ),
        Entry(
            "iris",
            tr("Iris flowers of three species"),
            CLASSIFICATION,
            samples=150,
            features=4,
            classes=3,
            source=f"R. A. Fisher (1936), {_UCI}",
            licence=_CC_BY,
        ),
        Entry(
            "wine",
            tr("Wines of three cultivators"),
            CLASSIFICATION,
            samples=178,
            features=13,
            classes=3,
            source=f"S. Aeberhard and M. Forina (1992), {_UCI}",
            licence=_CC_BY,
        ),
        Entry(
            "diabetes",
            tr("Progression of diabetes within a year"),
            REGRESSION,
            samples=442,
            features=10,
            source="B. Efron, T. Hastie, I. Johnstone and R. Tibshirani (2004)",
            licence="BSD-3-Clause",
        ),
        _computed("moons", tr("Two moons"), 200, 2, generated.moons, 0.1),
        _computed("circles", tr("Two circles"), 200, 2, generated.circles, 0.05),
        _computed("spirals", tr("Three spiral arms"), 300, 3, generated.spirals, 0.2),
        _computed("xor", tr("Exclusive or (XOR)"), 200, 2, generated.xor, 0.1),
        _computed("linear", tr("A linear function with noise"), 1000, 0, generated.linear, 0.01),
    )


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
    """Return the data set of a built-in name, or of a .csv or .npz file.

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
        _check_path(source)
        return load_file(source, base, target, task)
    _refuse(tr("a file"), source, {"data.target": target})
    if task not in (None, entry.task):
        raise InputError(entry.task, repr(task), field="data.task")
    if entry.generator is None:
        return _stored(entry)
    x, y = _computed_arrays(entry, entry.generator, seed, samples, noise)
    feature_names = tuple(f"x{i + 1}" for i in range(x.shape[1]))
    return _dataset(entry, x, y, feature_names, tuple(str(i) for i in range(entry.classes)))


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


def _computed(
    name: str,
    title: str,
    samples: int,
    classes: int,
    generator: generated.Generator,
    noise: float,
) -> Entry:
    """Return the entry of a set of points in the plane that is computed from the seed."""
    return Entry(
        name,
        title,
        CLASSIFICATION if classes else REGRESSION,
        samples=samples,
        features=2,
        classes=classes,
        source=tr("computed from the seed"),
        generator=generator,
        noise=noise,
    )


def _check_path(source: str) -> None:
    if source.lower().endswith(SUFFIXES):
        return
    raise InputError(
        tr("a built-in data set or the path of a .csv or .npz file"),
        repr(source),
        field="data.source",
        hint=nearest(source, names()),
    )


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
        source=entry.source,
        licence=entry.licence,
    )
