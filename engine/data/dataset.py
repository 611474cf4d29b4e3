"""``Dataset``: the form in which every source of data reaches the rest of the program."""

import dataclasses
import math
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from engine.support.errors import InputError
from engine.support.text import tr

CLASSIFICATION = "classification"
REGRESSION = "regression"
TASKS = (CLASSIFICATION, REGRESSION)


@dataclasses.dataclass(frozen=True, eq=False)
class Dataset:
    """Samples with their targets; the arrays are read-only.

    Attributes
    ----------
    name, title:
        The short name (``iris``), and the title shown to people.
    x:
        (samples, features) float64, finite, in the units of the source.
    y:
        (samples,) int64 class indices from 0 for classification, (samples, outputs) float64 for
        regression.
    task:
        "classification" or "regression".
    feature_names:
        One a column of ``x``.
    class_names:
        One a class, in the order of the indices; () for regression.
    image_shape:
        (channels, height, width) when the features are the pixels of a picture, row by row.
    sequence_shape:
        (steps, features of a step) when the features are a sequence, step by step.
    source, licence:
        Where the data come from and on what terms, for the screen.

    Raises
    ------
    InputError
        If the arrays are empty, don't fit each other or hold values that are not finite.
    """

    name: str
    title: str
    x: NDArray[np.float64]
    y: NDArray[Any]
    task: str
    feature_names: tuple[str, ...]
    class_names: tuple[str, ...] = ()
    image_shape: tuple[int, int, int] | None = None
    sequence_shape: tuple[int, int] | None = None
    source: str = ""
    licence: str = ""

    def __post_init__(self) -> None:
        if self.task not in TASKS:
            raise InputError(" | ".join(TASKS), repr(self.task), field="task")
        integers = self.task == CLASSIFICATION
        object.__setattr__(self, "x", _read_only(self.x, np.float64))
        object.__setattr__(self, "y", _read_only(self.y, np.int64 if integers else np.float64))
        object.__setattr__(self, "feature_names", tuple(self.feature_names))
        object.__setattr__(self, "class_names", tuple(self.class_names))
        self._check_features()
        self._check_targets()

    @property
    def samples(self) -> int:
        """The number of samples."""
        return int(self.x.shape[0])

    @property
    def features(self) -> int:
        """The number of features of a sample."""
        return int(self.x.shape[1])

    @property
    def outputs(self) -> int:
        """The number of classes, or of regression targets."""
        return len(self.class_names) if self.task == CLASSIFICATION else int(self.y.shape[1])

    def targets(self, dtype: DTypeLike = np.float64) -> NDArray[Any]:
        """Return the targets as a new (samples, outputs) array; classes are one-hot rows."""
        if self.task == REGRESSION:
            return np.array(self.y, dtype=dtype)
        hot: NDArray[Any] = np.zeros((self.samples, self.outputs), dtype=dtype)
        hot[np.arange(self.samples), self.y] = 1
        return hot

    def rows_at(self, indices: NDArray[np.integer[Any]]) -> "Dataset":
        """Return the data set of these samples (row numbers), in this order."""
        return dataclasses.replace(self, x=self.x[indices], y=self.y[indices])

    def _check_features(self) -> None:
        if self.x.ndim != 2 or 0 in self.x.shape:
            raise InputError(
                tr("x as a table of at least one sample and one feature"),
                tr("the shape {shape}").format(shape=self.x.shape),
                field="x",
            )
        if len(self.feature_names) != self.features:
            raise InputError(
                tr("{count} feature names").format(count=self.features),
                str(len(self.feature_names)),
                field="feature_names",
            )
        if self.image_shape is not None and math.prod(self.image_shape) != self.features:
            raise InputError(
                tr("an image shape of {count} pixels").format(count=self.features),
                str(self.image_shape),
                field="image_shape",
            )
        if self.sequence_shape is not None and math.prod(self.sequence_shape) != self.features:
            raise InputError(
                tr("a sequence shape of {count} numbers").format(count=self.features),
                str(self.sequence_shape),
                field="sequence_shape",
            )
        _check_finite(self.x, "x")

    def _check_targets(self) -> None:
        dimensions = 1 if self.task == CLASSIFICATION else 2
        if self.y.ndim != dimensions or len(self.y) != self.samples or 0 in self.y.shape:
            raise InputError(
                tr("one target for each of the {count} samples of x").format(count=self.samples),
                tr("the shape {shape}").format(shape=self.y.shape),
                field="y",
            )
        if self.task == REGRESSION:
            _check_finite(self.y, "y")
        elif self.y.min() < 0 or self.y.max() >= len(self.class_names):
            raise InputError(
                tr("class indices from 0 to {last}").format(last=len(self.class_names) - 1),
                tr("indices from {low} to {high}").format(low=self.y.min(), high=self.y.max()),
                field="y",
            )


def checked_seed(seed: int) -> int:
    """Return the seed, or raise ``InputError`` if it is negative."""
    if seed < 0:
        raise InputError(tr("a whole number of at least 0"), str(seed), field="seed")
    return seed


def random_of(seed: int, *purpose: int) -> np.random.Generator:
    """Return the generator of a seed for one purpose; other purposes get independent streams."""
    return np.random.default_rng([checked_seed(seed), *purpose])


def _check_finite(array: NDArray[np.float64], field: str) -> None:
    rows = np.flatnonzero(~np.isfinite(array).all(axis=1))
    if rows.size:
        bad = array[rows[0]]
        found = tr("{value} in {rows}").format(
            value=bad[~np.isfinite(bad)][0], rows=listed(rows.tolist(), tr("sample"), tr("samples"))
        )
        hint = tr("The first sample is number 0.")
        raise InputError(tr("finite numbers"), found, field=field, hint=hint)


def _read_only(array: NDArray[Any], dtype: DTypeLike) -> NDArray[Any]:
    """Return the array itself if it is read-only and owns its memory, else a read-only copy."""
    fits = array.dtype == dtype and array.flags.c_contiguous
    if fits and not array.flags.writeable and array.base is None:
        return array
    frozen = np.array(array, dtype=dtype, order="C")
    frozen.flags.writeable = False
    return frozen


def listed(numbers: list[int], one: str, many: str, most: int = 10) -> str:
    """Return a list of places in words, as "line 3" or "lines 3, 17 and 5 more"."""
    if len(numbers) == 1:
        return f"{one} {numbers[0]}"
    shown = numbers if len(numbers) <= most else numbers[:most]
    if len(shown) < len(numbers):
        rest = tr("{count} more").format(count=len(numbers) - len(shown))
        return tr("{places} and {last}").format(
            places=f"{many} {', '.join(map(str, shown))}", last=rest
        )
    return tr("{places} and {last}").format(
        places=f"{many} {', '.join(map(str, shown[:-1]))}", last=shown[-1]
    )
