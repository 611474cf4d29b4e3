"""The catalogue of built-in data sets."""

import dataclasses

from engine.data import generated
from engine.data.dataset import CLASSIFICATION, REGRESSION
from engine.support.text import tr

_UCI = "UCI Machine Learning Repository"
_CC_BY = "CC BY 4.0"


@dataclasses.dataclass(frozen=True)
class Entry:
    """A built-in data set of the catalogue.

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
    class_names:
        The names of a generated set's classes where they are not numbers.
    sequence_shape:
        (steps, features of a step) if the samples are generated.
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
    class_names: tuple[str, ...] = ()
    sequence_shape: tuple[int, int] | None = None


def catalogue() -> tuple[Entry, ...]:
    """Return the built-in data sets; a new one is a line here, and its file if it is stored."""
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
        _sequence(
            "adding",
            tr("The adding problem: the sum of two marked numbers"),
            2000,
            (),
            generator=generated.adding,
            shape=(generated.ADDING_STEPS, 2),
        ),
        _sequence(
            "tokens",
            tr("Tokens: which value went with the last key?"),
            2000,
            tuple(str(i) for i in range(generated.TOKENS)),
            generator=generated.tokens,
            shape=(generated.TOKENS + 1, 2 * generated.TOKENS),
        ),
        _sequence(
            "trees",
            tr("Trees: who wins a tournament of rock, paper and scissors?"),
            729,
            generated.SIGNS,
            generator=generated.trees,
            shape=(generated.TREE_LEAVES, len(generated.SIGNS)),
        ),
    )


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


def _sequence(
    name: str,
    title: str,
    samples: int,
    class_names: tuple[str, ...],
    *,
    generator: generated.Generator,
    shape: tuple[int, int],
) -> Entry:
    """Return the entry of a set of sequences that is computed from the seed."""
    return Entry(
        name,
        title,
        CLASSIFICATION if class_names else REGRESSION,
        samples=samples,
        features=shape[0] * shape[1],
        classes=len(class_names),
        source=tr("computed from the seed"),
        generator=generator,
        class_names=class_names,
        sequence_shape=shape,
    )
