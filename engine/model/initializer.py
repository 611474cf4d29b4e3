"""Initialisers: what the parameters are before training.

An initialiser is one frozen class with its settings and its formula; a subclass with a ``name``
is in the registry ``INITIALIZERS``. ``fill`` draws a weight; the ``of_…`` methods say what draws a
layer's other parameters (bias, recurrent weights, embedding) under the same choice. In the formulas
fan_in and fan_out are the numbers of inputs of an output and of outputs of an input, counted as
PyTorch counts them.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, TypeAlias, cast

import numpy as np

from engine.settings.declaration import Formula, parse_variant, setting
from engine.support.arrays import Floats
from engine.support.errors import InputError
from engine.support.text import tr

Shape: TypeAlias = tuple[int, ...]

INITIALIZERS: dict[str, type["Initializer"]] = {}

_GAIN = {
    "above": 0.0,
    "help": tr("Multiplies the spread; 5/3 suits tanh and √2 ReLU, 1 the identity and sigmoid."),
}


@dataclass(frozen=True)
class Initializer(ABC):
    """Base of all initialisers."""

    name: ClassVar[str]
    formula: ClassVar[str]
    source: ClassVar[str]

    def __init_subclass__(cls, **keywords: Any) -> None:
        super().__init_subclass__(**keywords)
        INITIALIZERS[cls.name] = cls

    @abstractmethod
    def fill(self, shape: Shape, rng: np.random.Generator) -> Floats:
        """Return a new float64 array of this shape.

        Raises
        ------
        InputError
            If the formula needs fan_in or fan_out and the shape has fewer than two axes.
        """

    def of_bias(self, weight: Shape) -> "Initializer":
        """Return the initialiser of the bias that belongs to a weight of this shape."""
        return Zeros()

    def of_recurrent(self, units: int) -> tuple["Initializer", "Initializer"]:
        """Return the initialisers of the weights and of the biases of a recurrent layer."""
        return self, Zeros()

    def of_embedding(self) -> "Initializer":
        """Return the initialiser of an embedding's table (tokens, units)."""
        return self

    def of_projection(self) -> "Initializer":
        """Return the initialiser of the projection in a layer's identity path."""
        return HeNormal()


def fans(shape: Shape) -> tuple[int, int]:
    """Return fan_in and fan_out of a weight (out, in) or (out, in, height, width).

    >>> fans((64, 3, 5, 5))
    (75, 1600)

    Raises
    ------
    InputError
        For fewer than two axes.
    """
    if len(shape) < 2:
        raise InputError(
            tr("a weight with at least two axes"),
            tr("shape {shape}").format(shape=shape),
            field="initializer",
            hint=tr("Use zeros, constant, normal or uniform for a vector."),
        )
    receptive = math.prod(shape[2:])
    return shape[1] * receptive, shape[0] * receptive


def fill(name: str, shape: Shape, rng: np.random.Generator, **settings: Any) -> Floats:
    """Return a new float64 array by the named initialiser with these settings.

    >>> fill("constant", (2,), np.random.default_rng(0), value=3.0)
    array([3., 3.])

    Raises
    ------
    InputError
        For an unknown name or setting, a wrong value, or a shape that has no fans.
    """
    return parse_initializer({"type": name, **settings}).fill(shape, rng)


def parse_initializer(values: Mapping[str, Any] | str, where: str = "initializer") -> Initializer:
    """Return the initialiser of a name, or of a table with a ``type`` and settings.

    Raises
    ------
    InputError
        With the dotted field, for an unknown name or setting or a wrong value.
    """
    return cast(Initializer, parse_variant(INITIALIZERS, values, where))


def formulas() -> dict[str, Formula]:
    """Return what each initialiser computes, by name."""
    return {name: Formula(cls.formula, cls.source) for name, cls in INITIALIZERS.items()}


def _normal(shape: Shape, rng: np.random.Generator, std: float) -> Floats:
    return rng.standard_normal(shape) * std


def _uniform(shape: Shape, rng: np.random.Generator, bound: float) -> Floats:
    return rng.uniform(-bound, bound, shape)


def _over(numerator: float, fan: int) -> float:
    """Return √(numerator / fan); 0 for a weight without entries."""
    return math.sqrt(numerator / fan) if fan else 0.0


@dataclass(frozen=True)
class XavierUniform(Initializer):
    """Keeps the variance of activations and of gradients about equal for a symmetric activation."""

    name = "xavier_uniform"
    formula = tr("U(−a, a),  a = gain √(6 / (fan_in + fan_out))")
    source = "Glorot & Bengio 2010; torch.nn.init.xavier_uniform_"

    gain: float = setting(1.0, **_GAIN)

    def fill(self, shape: Shape, rng: np.random.Generator) -> Floats:
        """Return U(−a, a)."""
        return _uniform(shape, rng, self.gain * _over(6.0, sum(fans(shape))))


@dataclass(frozen=True)
class XavierNormal(Initializer):
    """As ``XavierUniform``, normally distributed."""

    name = "xavier_normal"
    formula = tr("N(0, σ²),  σ = gain √(2 / (fan_in + fan_out))")
    source = "Glorot & Bengio 2010; torch.nn.init.xavier_normal_"

    gain: float = setting(1.0, **_GAIN)

    def fill(self, shape: Shape, rng: np.random.Generator) -> Floats:
        """Return N(0, σ²)."""
        return _normal(shape, rng, self.gain * _over(2.0, sum(fans(shape))))


@dataclass(frozen=True)
class HeUniform(Initializer):
    """Keeps the variance of activations through ReLU layers."""

    name = "he_uniform"
    formula = tr("U(−a, a),  a = √(6 / fan_in)")
    source = "He et al. 2015; torch.nn.init.kaiming_uniform_ (fan_in, relu)"

    def fill(self, shape: Shape, rng: np.random.Generator) -> Floats:
        """Return U(−a, a)."""
        return _uniform(shape, rng, _over(6.0, fans(shape)[0]))


@dataclass(frozen=True)
class HeNormal(Initializer):
    """As ``HeUniform``, normally distributed."""

    name = "he_normal"
    formula = tr("N(0, σ²),  σ = √(2 / fan_in)")
    source = "He et al. 2015; torch.nn.init.kaiming_normal_ (fan_in, relu)"

    def fill(self, shape: Shape, rng: np.random.Generator) -> Floats:
        """Return N(0, σ²)."""
        return _normal(shape, rng, _over(2.0, fans(shape)[0]))


@dataclass(frozen=True)
class LecunUniform(Initializer):
    """Keeps the variance of activations through linear and SELU layers."""

    name = "lecun_uniform"
    formula = tr("U(−a, a),  a = √(3 / fan_in)")
    source = "LeCun et al. 1998, Efficient BackProp; torch kaiming_uniform_ (fan_in, linear)"

    def fill(self, shape: Shape, rng: np.random.Generator) -> Floats:
        """Return U(−a, a)."""
        return _uniform(shape, rng, _over(3.0, fans(shape)[0]))


@dataclass(frozen=True)
class LecunNormal(Initializer):
    """As ``LecunUniform``, normally distributed (not truncated)."""

    name = "lecun_normal"
    formula = tr("N(0, σ²),  σ = √(1 / fan_in)")
    source = "LeCun et al. 1998, Efficient BackProp; torch kaiming_normal_ (fan_in, linear)"

    def fill(self, shape: Shape, rng: np.random.Generator) -> Floats:
        """Return N(0, σ²)."""
        return _normal(shape, rng, _over(1.0, fans(shape)[0]))


@dataclass(frozen=True)
class PytorchDefault(Initializer):
    """PyTorch's default initialisation of a layer, its bias included."""

    name = "pytorch_default"
    formula = tr(
        "W, b ~ U(−a, a),  a = 1/√fan_in;  in recurrent layers a = 1/√units;  embeddings N(0, 1)"
    )
    source = "reset_parameters of torch.nn.Linear, Conv2d, RNNBase, Embedding"

    def fill(self, shape: Shape, rng: np.random.Generator) -> Floats:
        """Return U(−a, a)."""
        return _uniform(shape, rng, _over(1.0, fans(shape)[0]))

    def of_bias(self, weight: Shape) -> Initializer:
        """Return U(−a, a) with the fan_in of the weight."""
        return Uniform(_over(1.0, fans(weight)[0]))

    def of_recurrent(self, units: int) -> tuple[Initializer, Initializer]:
        """Return U(−a, a) with a = 1/√units for all."""
        return Uniform(_over(1.0, units)), Uniform(_over(1.0, units))

    def of_embedding(self) -> Initializer:
        """Return N(0, 1)."""
        return Normal(1.0)

    def of_projection(self) -> Initializer:
        """Return this initialiser: in PyTorch the projection is a layer like others."""
        return self


@dataclass(frozen=True)
class Normal(Initializer):
    """The same spread whatever the shape."""

    name = "normal"
    formula = tr("N(0, σ²),  σ = std")
    source = "torch.nn.init.normal_"

    std: float = setting(0.01, minimum=0.0, help=tr("σ: the standard deviation."))

    def fill(self, shape: Shape, rng: np.random.Generator) -> Floats:
        """Return N(0, std²)."""
        return _normal(shape, rng, self.std)


@dataclass(frozen=True)
class Uniform(Initializer):
    """The same symmetric range whatever the shape."""

    name = "uniform"
    formula = tr("U(−a, a),  a = bound")
    source = "torch.nn.init.uniform_ (with −bound, bound)"

    bound: float = setting(0.1, minimum=0.0, help=tr("a: the largest magnitude."))

    def fill(self, shape: Shape, rng: np.random.Generator) -> Floats:
        """Return U(−bound, bound)."""
        return _uniform(shape, rng, self.bound)


@dataclass(frozen=True)
class Zeros(Initializer):
    """All zero; only for biases: hidden units with equal weights stay equal to each other."""

    name = "zeros"
    formula = tr("0")
    source = "torch.nn.init.zeros_"

    def fill(self, shape: Shape, rng: np.random.Generator) -> Floats:
        """Return zeros; the random state is not advanced."""
        return np.zeros(shape)


@dataclass(frozen=True)
class Constant(Initializer):
    """All the same value."""

    name = "constant"
    formula = tr("value")
    source = "torch.nn.init.constant_"

    value: float = setting(0.0, help=tr("The value of every entry."))

    def fill(self, shape: Shape, rng: np.random.Generator) -> Floats:
        """Return the constant; the random state is not advanced."""
        return np.full(shape, self.value)


@dataclass(frozen=True)
class Orthogonal(Initializer):
    """Keeps the length of every vector (of a square weight), however many layers there are."""

    name = "orthogonal"
    formula = tr("gain · Q,  Q from the QR decomposition of N(0, 1),  QᵀQ = I or QQᵀ = I")
    source = "Saxe, McClelland, Ganguli 2014; torch.nn.init.orthogonal_"

    gain: float = setting(1.0, **_GAIN)

    def fill(self, shape: Shape, rng: np.random.Generator) -> Floats:
        """Return Q (out, all other axes), reshaped to the weight's shape."""
        fans(shape)
        rows, columns = shape[0], math.prod(shape[1:])
        tall = rng.standard_normal((max(rows, columns), min(rows, columns)))
        q, r = np.linalg.qr(tall)
        q *= np.where(np.diagonal(r) < 0, -1.0, 1.0)  # makes Q uniform over all rotations
        oriented = q if rows >= columns else q.T
        return np.ascontiguousarray(self.gain * oriented).reshape(shape)
