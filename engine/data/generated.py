"""Data sets that are computed from a seed: classes in the plane, a noisy line, sequences, trees.

Class indices run 0, 1, …, 0, 1, … through the samples, so that classes are as equal as can be.
"""

import itertools
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from engine.support.arrays import Floats

# From samples, noise and a random generator to x (samples, features) and y: class indices
# (samples,), or regression targets (samples, 1).
Generator = Callable[[int, float, np.random.Generator], tuple[Floats, NDArray[np.generic]]]


def moons(
    samples: int, noise: float, random: np.random.Generator
) -> tuple[Floats, NDArray[np.generic]]:
    """Two half circles of radius 1 that reach into each other.

    Class 0 is (cos t, sin t), class 1 is (1 - cos t, 1/2 - sin t), for t from 0 to π.
    """
    label, part = _positions(samples, 2)
    t = np.pi * part
    upper = np.column_stack([np.cos(t), np.sin(t)])
    lower = np.column_stack([1 - np.cos(t), 0.5 - np.sin(t)])
    points = np.where(label[:, None] == 0, upper, lower)
    return points + noise * random.normal(size=points.shape), label


def circles(
    samples: int, noise: float, random: np.random.Generator
) -> tuple[Floats, NDArray[np.generic]]:
    """A circle of radius 1, class 0, around one of radius 1/2, class 1."""
    label, _ = _positions(samples, 2)
    angle = 2 * np.pi * (np.arange(samples) // 2) / (-(-samples // 2))
    radius = np.where(label == 0, 1.0, 0.5)
    points = np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])
    return points + noise * random.normal(size=points.shape), label


def spirals(
    samples: int, noise: float, random: np.random.Generator
) -> tuple[Floats, NDArray[np.generic]]:
    """Three arms as in CS231n's case study; the noise is in the angle, in radians.

    Arm k is (r sin θ, r cos θ) with r from 0 to 1 and θ from 4k to 4k + 4.
    """
    label, radius = _positions(samples, 3)
    angle = 4 * (label + radius) + noise * random.normal(size=samples)
    return np.column_stack([radius * np.sin(angle), radius * np.cos(angle)]), label


def xor(
    samples: int, noise: float, random: np.random.Generator
) -> tuple[Floats, NDArray[np.generic]]:
    """Clouds around the corners of the unit square; class 1 where one coordinate is 1.

    Four samples without noise are the truth table.
    """
    corner = np.arange(samples) % 4
    bits = np.column_stack([corner // 2, corner % 2])
    return bits + noise * random.normal(size=bits.shape), bits.sum(axis=1) % 2


def linear(
    samples: int, noise: float, random: np.random.Generator
) -> tuple[Floats, NDArray[np.generic]]:
    """y = 2 x₁ - 3.4 x₂ + 4.2 + noise with standard normal x, as in Dive into Deep Learning 3.3."""
    x = random.normal(size=(samples, 2))
    y = x @ np.array([[2.0], [-3.4]]) + 4.2
    return x, y + noise * random.normal(size=y.shape)


def _positions(samples: int, classes: int) -> tuple[NDArray[np.int64], Floats]:
    """Return each sample's class and how far along its class it lies, from 0 to 1."""
    number = np.arange(samples)
    label = number % classes
    sizes = np.bincount(label, minlength=classes)
    return label, (number // classes) / np.maximum(sizes[label] - 1, 1)


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
    """Tokens of a key and a value each, then a key alone: the label is the value of that key.

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
    """Tournaments of rock, paper and scissors over the tree (((1 2) (3 4)) (5 6)); who wins.

    Each leaf is a one-hot sign, each inner node the sign that beats the other one, the label the
    root's. (rock paper) scissors is scissors, and rock (paper scissors) is rock: the label is in
    the structure, not in the signs alone. No tournament occurs twice until all 729 have occurred.
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
