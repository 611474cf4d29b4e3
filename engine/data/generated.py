"""Data sets that are computed from a seed: plane pictures of classes, and a line with noise.

Class indices run 0, 1, …, 0, 1, … through the samples, so that classes are as equal as can be.
"""

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
