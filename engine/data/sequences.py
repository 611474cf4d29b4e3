"""Sequences that are computed from a seed: the adding problem, a lookup of tokens, and trees.

Samples are rows of steps · features numbers, step by step. Nothing here is noisy: ``noise`` is the
standard deviation of what is added to every number, 0 by default.
"""

import itertools

import numpy as np
from numpy.typing import NDArray

from engine.support.arrays import Floats

ADDING_STEPS = 40
TOKENS = 4  # keys, values, and pairs of both
TREE_LEAVES = 6
SIGNS = ("rock", "paper", "scissors")


def adding(
    samples: int, noise: float, random: np.random.Generator
) -> tuple[Floats, NDArray[np.generic]]:
    """Steps of (value in [0, 1], marker); the target is the sum of the two marked values.

    One marker is in the first half of the steps and one in the second. Always answering 1 has a
    mean squared error of 1/6. Hochreiter & Schmidhuber 1997, in the form of Le, Jaitly & Hinton
    2015.
    """
    half = ADDING_STEPS // 2
    x = np.zeros((samples, ADDING_STEPS, 2))
    x[:, :, 0] = random.random((samples, ADDING_STEPS))
    each = np.arange(samples)
    marked = random.integers(half, size=(2, samples)) + np.array([[0], [half]])
    x[each, marked, 1] = 1.0
    target = x[each, marked, 0].sum(axis=0)[:, None]
    return _rows(x, noise, random), target


def tokens(
    samples: int, noise: float, random: np.random.Generator
) -> tuple[Floats, NDArray[np.generic]]:
    """Tokens of a key and a value each, and last a key alone: which value went with that key?

    A token is the one-hot key beside the one-hot value; each key occurs once, and the label is the
    number of the value. Only by comparing the last token with the others can it be found.
    """
    label = np.arange(samples) % TOKENS
    order = random.permuted(np.tile(np.arange(TOKENS), (samples, 1)), axis=1)
    values = random.integers(TOKENS, size=(samples, TOKENS))
    place = random.integers(TOKENS, size=samples)
    each = np.arange(samples)
    values[each, place] = label
    one_hot = np.eye(TOKENS)
    x = np.zeros((samples, TOKENS + 1, 2 * TOKENS))
    x[:, :-1, :TOKENS] = one_hot[order]
    x[:, :-1, TOKENS:] = one_hot[values]
    x[:, -1, :TOKENS] = one_hot[order[each, place]]
    return _rows(x, noise, random), label


def trees(
    samples: int, noise: float, random: np.random.Generator
) -> tuple[Floats, NDArray[np.generic]]:
    """Tournaments of rock, paper and scissors over the tree (((1 2) (3 4)) (5 6)): who wins?

    Each leaf is a one-hot sign, each inner node the sign that beats the other one, the label the
    root's. (rock paper) scissors is scissors, and rock (paper scissors) is rock: the label is in
    the structure, not in the signs alone. No tournament is there twice until all of the 729 are.
    """
    leaves = np.array(list(itertools.product(range(len(SIGNS)), repeat=TREE_LEAVES)))
    champion = _winner(
        _winner(_winner(leaves[:, 0], leaves[:, 1]), _winner(leaves[:, 2], leaves[:, 3])),
        _winner(leaves[:, 4], leaves[:, 5]),
    )
    by_label = [random.permutation(np.flatnonzero(champion == k)) for k in range(len(SIGNS))]
    label = np.arange(samples) % len(SIGNS)
    chosen = [by_label[k][i % len(by_label[k])] for i, k in zip(np.arange(samples) // 3, label)]
    x = np.eye(len(SIGNS))[leaves[np.array(chosen, dtype=np.int64)]]
    return _rows(x, noise, random), label


def _winner(a: NDArray[np.int64], b: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the sign that beats the other: paper rock, scissors paper, rock scissors."""
    return np.where((a + 1) % len(SIGNS) == b, b, a)


def _rows(x: Floats, noise: float, random: np.random.Generator) -> Floats:
    """Return the steps of each sample side by side, with noise added."""
    flat = x.reshape(len(x), -1)
    return flat + noise * random.normal(size=flat.shape) if noise else flat
