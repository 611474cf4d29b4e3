"""``Feed``: the arrays that the graph's inputs get at each step.

In a data set a sample is a row (batch × features), in the graph a column (features × batch); the
transposition happens only here.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine import data
from engine.data.npz import read_npz
from engine.graph.shapes import Shape
from engine.layers.base import Takes, first_form
from engine.layers.block import last_layer
from engine.model.loss import CLASS_LOSSES
from engine.support.arrays import Array
from engine.support.errors import InputError, nearest
from engine.support.figures import figure
from engine.support.text import quote, tr
from engine.system.system import DataSettings, System


@dataclass(frozen=True)
class Samples:
    """Samples as rows: x (samples, features), y (samples, outputs), in the system's dtype.

    ``picture`` is (channels, height, width), ``sequence`` (steps, features), None where a row is
    not one.
    """

    x: Array
    y: Array
    picture: tuple[int, int, int] | None = None
    sequence: tuple[int, int] | None = None


class Feed:
    """Mini-batches of a system's data, each a pure function of the step.

    Attributes
    ----------
    train, validation:
        The samples to train on, and those held back (None if none are).
    sampler:
        Chooses the samples of each step's batch; all of them for a fixed batch.
    task:
        "classification" or "regression".
    class_names:
        Names of the classes, () for regression.
    input_shapes:
        The shape of a sample as the first layer takes it: one, or one a time step.
    picture:
        (channels, height, width) where a sample's features are the pixels of a picture.
    """

    def __init__(self, system: System, batch: Samples | None = None) -> None:
        dtype = np.dtype(system.dtype)
        self.class_names: tuple[str, ...] = ()
        self.validation: Samples | None = None
        self._form = first_form(system.layers) or "columns"
        if batch is not None:
            self.picture = batch.picture
            self.input_shapes = _shapes(self._form, batch.x.shape[1], batch.picture, batch.sequence)
            self.task = data.CLASSIFICATION if _one_hot(batch.y) else data.REGRESSION
            self.train = Samples(batch.x.astype(dtype), batch.y.astype(dtype))
            self.sampler = data.Sampler(len(batch.x), "full", system.seed)
            return
        dataset = _dataset(system)
        parts = data.split(dataset, _held_back(system), system.seed)
        if system.data.standardize and not system.data.x:
            parts, _ = data.standardize(parts, standardize_target=system.data.standardize_target)
        self.task = dataset.task
        self.class_names = dataset.class_names
        sequence, self.picture = dataset.sequence_shape, dataset.image_shape
        self.input_shapes = _shapes(self._form, dataset.features, dataset.image_shape, sequence)
        single = self._single_output(system, dataset)
        self.train = _samples(parts.train, dtype, single)
        if parts.validation is not None:
            self.validation = _samples(parts.validation, dtype, single)
        size = _batch_size(system, len(self.train.x))
        self.sampler = data.Sampler(len(self.train.x), size, system.seed)

    @property
    def outputs(self) -> int:
        """The number of elements of a target."""
        return int(self.train.y.shape[1])

    def columns(self, samples: Samples) -> tuple[list[Array], Array]:
        """Return samples as the graph takes them: its inputs, and y (outputs, batch)."""
        x = samples.x.T
        if self._form == "columns":
            return [x], samples.y.T
        if self._form == "picture":
            return [x.reshape(*self.input_shapes[0], -1)], samples.y.T
        if self._form == "tokens":
            features, count = self.input_shapes[0]
            return [x.reshape(count, features, -1).transpose(1, 0, 2)], samples.y.T
        return list(x.reshape(len(self.input_shapes), *self.input_shapes[0], -1)), samples.y.T

    def batch_of(self, step: int) -> tuple[list[Array], Array]:
        """Return the step's batch as the graph takes it."""
        rows = self.sampler.indices(step)
        return self.columns(Samples(self.train.x[rows], self.train.y[rows]))

    def batch_size_of(self, step: int) -> int:
        """Return how many samples the step's batch has."""
        return len(self.sampler.indices(step))

    def _single_output(self, system: System, dataset: data.Dataset) -> bool:
        """Whether there are two classes and one output: the target is the class itself, 0 or 1."""
        last = getattr(last_layer(system.layers), "units", None)
        return dataset.task == data.CLASSIFICATION and dataset.outputs == 2 and last == 1


def _batch_size(system: System, samples: int) -> int | str:
    """The batch size of the system; all samples where these are fewer than the default size."""
    size = system.data.batch_size
    unasked = size == DataSettings().batch_size and isinstance(size, int) and size > samples
    return "full" if unasked else size


def read_batch(path: str | Path, system: System) -> Samples:
    """Read a fixed batch (NPZ, arrays x and y): the batch of every step.

    x is (batch, features). y is (batch, outputs); where the targets are classes it may also be
    (batch,) or (batch, 1) of class indices, or of names of the data's classes.

    Raises
    ------
    InputError
        If the file cannot be read, x and y don't fit, or the system has no data.
    """
    file = str(path)
    if system.is_expression:
        raise InputError(tr("a network with data"), tr("an expression"), field="--batch")
    arrays = read_npz(Path(path), file)
    y = np.asarray(arrays.y)
    dataset = _dataset(system) if system.data.source or system.data.x else None
    by_class = system.loss.type in CLASS_LOSSES
    by_class = by_class or (dataset is not None and dataset.task == data.CLASSIFICATION)
    if by_class and (y.ndim == 1 or y.shape[1] == 1):
        y = _classes(y.reshape(-1), dataset, system, file)
    elif y.dtype.kind == "U":
        raise InputError(tr("numbers"), tr("texts"), file=file, field="y")
    elif y.ndim == 1:
        y = y[:, None]
    picture, sequence = arrays.image_shape, None
    if dataset is not None and dataset.features == arrays.x.shape[1]:
        picture, sequence = picture or dataset.image_shape, dataset.sequence_shape
    return Samples(np.asarray(arrays.x, np.float64), np.asarray(y, np.float64), picture, sequence)


def _shapes(
    form: Takes,
    features: int,
    picture: tuple[int, int, int] | None,
    sequence: tuple[int, int] | None,
) -> tuple[Shape, ...]:
    """The shapes of one sample as the first layer takes it, without the batch.

    A picture read as a sequence is read row by row; other samples are a sequence of numbers.
    """
    if form == "columns":
        return ((features,),)
    if form == "picture":
        if picture is None:
            raise InputError(
                tr("data of pictures, which the first layer takes"),
                tr("samples of {n} features").format(n=features),
                field="layers.0",
                hint=tr("Begin with another layer, or store x as (samples, height, width)."),
            )
        return (picture,)
    if sequence is None and picture is not None and picture[0] == 1:
        sequence = picture[1:]
    count, width = sequence or (features, 1)
    return ((width, count),) if form == "tokens" else ((width,),) * count


def _classes(
    y: NDArray[Any], dataset: data.Dataset | None, system: System, file: str
) -> NDArray[np.float64]:
    """Class indices or names as one-hot rows; as one column where the network has one output."""
    names = dataset.class_names if dataset is not None else ()
    if y.dtype.kind == "U":
        unknown = [name for name in y.tolist() if name not in names]
        if unknown:
            raise InputError(
                tr("names of classes"),
                repr(unknown[0]),
                file=file,
                field="y",
                hint=nearest(unknown[0], names),
            )
        y = np.array([names.index(name) for name in y.tolist()])
    units = getattr(last_layer(system.layers), "units", None)
    if units == 1:
        return y[:, None].astype(np.float64)
    wrong = y[(y != np.floor(y)) | (y < 0)]
    if wrong.size:
        raise InputError(
            tr("classes counted from 0"), figure(float(wrong[0])), file=file, field="y"
        )
    count = units or len(names) or int(y.max()) + 1
    if y.max() >= count:
        raise InputError(
            tr("classes from 0 to {last}").format(last=count - 1),
            figure(float(y.max())),
            file=file,
            field="y",
        )
    return np.eye(count)[y.astype(np.int64)]


def _one_hot(y: Array) -> bool:
    return bool(y.shape[1] > 1 and np.all((y == 0) | (y == 1)) and np.all(y.sum(axis=1) == 1))


def _held_back(system: System) -> float:
    """The fraction held back; of samples in the system file none, unless it is asked for."""
    share = system.data.validation
    return 0.0 if system.data.x and share == DataSettings().validation else share


def _dataset(system: System) -> data.Dataset:
    settings = system.data
    if settings.x:
        return _inline(system)
    if not settings.source:
        raise InputError(
            tr("a data set or a file"),
            tr("nothing"),
            field="data.source",
            hint=tr("Built in: {names}.").format(names=", ".join(data.names())),
        )
    return data.load(settings.source, target=settings.target, base=system.folder, seed=system.seed)


def _inline(system: System) -> data.Dataset:
    """The samples written in the system file itself."""
    if system.data.source:
        raise InputError(
            tr("a data source, or samples given here"),
            tr("both"),
            field="data.source",
            hint=tr("Leave one of them out."),
        )
    x = _table(system.data.x, "data.x")
    y = _table(system.data.y, "data.y")
    if len(x) != len(y):
        raise InputError(
            tr("as many targets as samples ({count})").format(count=len(x)),
            str(len(y)),
            field="data.y",
        )
    names = tuple(f"x{k}" for k in range(1, x.shape[1] + 1))
    try:
        return data.Dataset(system.name, system.title, x, y, data.REGRESSION, names)
    except InputError as error:
        raise error.under("data") from None


def _table(rows: list[Any], field: str) -> NDArray[np.float64]:
    try:
        array = np.asarray(rows)
        array = array.astype(np.float64) if array.dtype.kind in "fiu" else np.zeros(0)
    except (TypeError, ValueError):
        array = np.zeros(0)
    if array.ndim == 1:
        array = array[:, None]
    if array.ndim != 2 or array.size == 0:
        expected = tr("a list of equally long rows of numbers")
        raise InputError(expected, quote(rows), field=field)
    return array


def _samples(dataset: data.Dataset, dtype: np.dtype[Any], single: bool) -> Samples:
    y = dataset.y[:, None].astype(dtype) if single else dataset.targets(dtype)
    return Samples(np.ascontiguousarray(dataset.x.astype(dtype)), np.ascontiguousarray(y))
