"""Mini-batches drawn uniformly without replacement, a function of the step alone."""

import numpy as np
from numpy.typing import NDArray

from engine.data.dataset import checked_seed, random_of
from engine.support.arrays import read_only
from engine.support.errors import InputError
from engine.support.text import tr

FULL = "full"


class Sampler:
    """Which samples make up the batch of which step.

    Step t belongs to epoch t // steps_per_epoch. Each epoch goes once through a permutation of all
    samples, drawn from the generator seeded with (seed, epoch); so every sample is used exactly
    once an epoch, any step can be had again without its history, and the last batch of an epoch is
    smaller when the batch size doesn't divide the number of samples. A batch of all samples keeps
    their order, since there is nothing to draw.

    Parameters
    ----------
    samples:
        The number of samples, at least 1.
    batch_size:
        Samples in a batch, or "full" for all.
    seed:
        A whole number of at least 0.

    Raises
    ------
    InputError
        For a batch larger than the set, and for numbers out of range.

    Examples
    --------
    >>> sampler = Sampler(5, 2, seed=0)
    >>> [len(sampler.indices(step)) for step in range(sampler.steps_per_epoch)]
    [2, 2, 1]
    """

    def __init__(self, samples: int, batch_size: int | str, seed: int) -> None:
        if samples < 1:
            raise InputError(tr("at least one sample"), str(samples), field="data.source")
        self.samples = samples
        self.batch_size = _checked(batch_size, samples)
        self.seed = checked_seed(seed)
        self.steps_per_epoch = -(-samples // self.batch_size)
        self._drawn_epoch = -1
        self._drawn = read_only(np.arange(samples))

    def epoch(self, step: int) -> int:
        """Return the epoch, counted from 0, to which a step belongs."""
        return step // self.steps_per_epoch

    def indices(self, step: int) -> NDArray[np.intp]:
        """Return the row numbers, read-only, of the batch of a step counted from 0."""
        if step < 0:
            raise InputError(tr("a step of at least 0"), str(step), field="step")
        if self.batch_size == self.samples:
            return self._drawn
        epoch, position = divmod(step, self.steps_per_epoch)
        if epoch != self._drawn_epoch:
            self._drawn = read_only(random_of(self.seed, epoch).permutation(self.samples))
            self._drawn_epoch = epoch
        return self._drawn[position * self.batch_size : (position + 1) * self.batch_size]


def _checked(batch_size: int | str, samples: int) -> int:
    if batch_size == FULL:
        return samples
    whole = isinstance(batch_size, (int, np.integer)) and not isinstance(batch_size, bool)
    if not whole or not 1 <= int(batch_size) <= samples:
        raise InputError(
            tr("a whole number from 1 to {samples}, the number of samples").format(samples=samples),
            repr(batch_size),
            field="data.batch_size",
            hint=tr('"full" takes all samples.'),
        )
    return int(batch_size)
