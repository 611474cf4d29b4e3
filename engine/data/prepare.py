"""Prepares a data set for training: the validation split, and standardised features."""

import dataclasses

import numpy as np
from numpy.typing import NDArray

from engine.data.dataset import CLASSIFICATION, REGRESSION, Dataset, random_of
from engine.support.errors import InputError
from engine.support.text import tr


@dataclasses.dataclass(frozen=True)
class Split:
    """The part to train on and the part held back, which is None when nothing is held back."""

    train: Dataset
    validation: Dataset | None


def split(dataset: Dataset, fraction: float, seed: int) -> Split:
    """Shuffle the samples and hold a fraction of them back for validation.

    round(samples · fraction) samples are held back, but at least one and never all. For
    classification each class gives its proportional share (rounded by largest remainder) and keeps
    at least one sample to train on, so fewer are held back where classes are that small. Every
    sample is in exactly one part. Fraction 0 holds nothing back and keeps the order.

    Raises
    ------
    InputError
        If the fraction is not in [0, 1), or there are too few samples to divide.
    """
    if not 0 <= fraction < 1:
        raise InputError(
            tr("a fraction of at least 0 and below 1"), str(fraction), field="data.validation"
        )
    if fraction == 0:
        return Split(dataset, None)
    strata = dataset.y if dataset.task == CLASSIFICATION else np.zeros(dataset.samples, np.int64)
    sizes = np.bincount(strata)
    held = _shares(sizes, fraction)
    if not held.any():
        raise InputError(
            tr("at least two samples, and of one class, to hold some back"),
            tr("{count} samples").format(count=dataset.samples),
            field="data.validation",
            hint=tr("Set validation to 0."),
        )
    order = random_of(seed, 1, 1).permutation(dataset.samples)
    back = np.zeros(dataset.samples, dtype=bool)
    for stratum, count in enumerate(held):
        back[np.flatnonzero(strata[order] == stratum)[:count]] = True
    return Split(dataset.rows_at(order[~back]), dataset.rows_at(order[back]))


def _shares(sizes: NDArray[np.int64], fraction: float) -> NDArray[np.int64]:
    """Return how many of each stratum are held back."""
    quota = sizes * fraction
    limit = np.minimum(np.ceil(quota).astype(np.int64), np.maximum(sizes - 1, 0))
    held: NDArray[np.int64] = np.minimum(np.floor(quota).astype(np.int64), limit)
    wanted = max(1, round(float(sizes.sum()) * fraction))
    for stratum in np.argsort(held - quota, kind="stable"):
        if held.sum() < wanted and held[stratum] < limit[stratum]:
            held[stratum] += 1
    return held


@dataclasses.dataclass(frozen=True, eq=False)
class Standardization:
    """The map (value - mean) / scale that gives features mean 0 and standard deviation 1.

    Features that one weight reads in turn share their mean and scale: the pixels of a channel,
    and a feature of a sequence over all its steps. Scaled one by one, pixels that are nearly
    always blank would become the largest numbers.

    Attributes
    ----------
    mean, scale:
        (features,) float64 in the features' own units. The scale is the population standard
        deviation of the training part, and 1 for a feature that is constant there.
    target_mean, target_scale:
        (outputs,) the same for regression targets; 0 and 1 where these are left as they are.
    """

    mean: NDArray[np.float64]
    scale: NDArray[np.float64]
    target_mean: NDArray[np.float64]
    target_scale: NDArray[np.float64]

    @classmethod
    def fit(cls, train: Dataset, *, standardize_target: bool = False) -> "Standardization":
        """Measure the training part.

        Raises
        ------
        InputError
            If the targets of a classification are to be standardised.
        """
        if standardize_target and train.task != REGRESSION:
            raise InputError(
                tr("a regression, whose targets are numbers"),
                tr("classes"),
                field="data.standardize_target",
            )
        mean, scale = _moments(*_shared(train))
        target_mean, target_scale = np.zeros(train.outputs), np.ones(train.outputs)
        if standardize_target:
            target_mean, target_scale = _moments(train.y)
        for array in (mean, scale, target_mean, target_scale):
            array.flags.writeable = False
        return cls(mean, scale, target_mean, target_scale)

    def apply(self, dataset: Dataset) -> Dataset:
        """Return the data set in standard units."""
        y = dataset.y
        if dataset.task == REGRESSION:
            y = (y - self.target_mean) / self.target_scale
        return dataclasses.replace(dataset, x=(dataset.x - self.mean) / self.scale, y=y)

    def invert(self, dataset: Dataset) -> Dataset:
        """Return the data set back in its own units."""
        y = self.invert_targets(dataset.y) if dataset.task == REGRESSION else dataset.y
        return dataclasses.replace(dataset, x=dataset.x * self.scale + self.mean, y=y)

    def invert_targets(self, targets: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return predictions, (samples, outputs), in the targets' own units."""
        return targets * self.target_scale + self.target_mean


def standardize(parts: Split, *, standardize_target: bool = False) -> tuple[Split, Standardization]:
    """Standardise both parts by the mean and standard deviation of the training part alone.

    Regression targets are left in their own units unless ``standardize_target`` is set; targets far
    from 1, as those of ``diabetes`` around 150, need it to train at usual learning rates.
    """
    moments = Standardization.fit(parts.train, standardize_target=standardize_target)
    held = None if parts.validation is None else moments.apply(parts.validation)
    return Split(moments.apply(parts.train), held), moments


def _shared(dataset: Dataset) -> tuple[NDArray[np.float64], tuple[int, ...]]:
    """Return x as (samples, a, b), and the axes over which features share their moments."""
    if dataset.image_shape is not None:
        return dataset.x.reshape(dataset.samples, dataset.image_shape[0], -1), (0, 2)
    if dataset.sequence_shape is not None:
        return dataset.x.reshape(dataset.samples, *dataset.sequence_shape), (0, 1)
    return dataset.x, (0,)


def _moments(
    x: NDArray[np.float64], axes: tuple[int, ...] = (0,)
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return mean and deviation of each feature over these axes.

    They are computed in units of the feature's largest magnitude: squares of very large or small
    values would over- or underflow, and a constant column becomes one of exact ones, whose
    deviation is exactly 0.
    """
    peak = np.abs(x).max(axis=axes, keepdims=True)
    unit = np.where(peak > 0, peak, 1.0)
    relative = x / unit
    mean = relative.mean(axis=axes, keepdims=True) * unit
    scale = relative.std(axis=axes, keepdims=True) * unit
    scale = np.where(scale == 0, 1.0, scale)
    return _each(mean, x.shape[1:]), _each(scale, x.shape[1:])


def _each(moment: NDArray[np.float64], shape: tuple[int, ...]) -> NDArray[np.float64]:
    """Return one entry a feature, where features share one."""
    return np.broadcast_to(moment[0], shape).reshape(-1).copy()
