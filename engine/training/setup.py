"""``Training``: data, parameters, compiled passes and optimiser of a system; what one step does.

It is given the step's number and has none of its own: ``Trainer`` decides which step comes when.
"""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

from engine.execution.affine_sums import Affines, find_affine
from engine.execution.norm_groups import FAST, Recording
from engine.execution.parameter_vectors import Vectors
from engine.execution.passes import Pass
from engine.graph.shapes import size
from engine.model.model import Model, start_values
from engine.optimizer import make, optimizer_of
from engine.support.arrays import Array
from engine.support.errors import GraphError, InputError
from engine.support.memory import require
from engine.support.text import tr
from engine.system.build import build
from engine.system.system import System
from engine.training.evaluation import Evaluation, Evaluator
from engine.training.feed import Feed, Samples
from engine.training.timeline import State


@contextmanager
def _no_collections() -> Iterator[None]:
    """A context without Python's garbage collection, for building, which makes many objects.

    Traversing them again and again takes a third of the time of building a large network.
    """
    before = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if before:
            gc.enable()


class Training:
    """What one training step of a system needs and does; ``Trainer`` has one.

    Attributes
    ----------
    system:
        The settings in force.
    feed:
        The data, or None for an expression system.
    vectors:
        All parameters and their gradients, flat and by name.
    statistics:
        Running averages by name (batch normalisation's), for evaluation.
    weight_norms, gradient_norms:
        Functions that return the L2 norms (layers,) of the layers' parameters and gradients.
    layer_parameters:
        For each layer the indices of its parameters in ``model.parameters``.

    Raises
    ------
    EngineError
        A system that cannot be built; the message says where it is wrong.
    """

    def __init__(
        self, system: System, parameters: Mapping[str, Any], batch: Samples | None
    ) -> None:
        self.system = system
        try:
            with _no_collections():
                self._set_up(parameters, batch)
        except InputError as error:
            raise system.locate(error) from None
        except MemoryError:
            raise GraphError(
                tr("{name} does not fit into memory: take fewer or smaller layers").format(
                    name=system.name
                )
            ) from None

    def _set_up(self, parameters: Mapping[str, Any], batch: Samples | None) -> None:
        system = self.system
        system.require_something()
        self.feed = None if system.is_expression else Feed(system, batch)
        self.model = self._build(self.batch_size(0))
        dtype = np.dtype(system.dtype)
        self._require_memory(dtype)
        rng = np.random.default_rng([system.seed, 1])
        start = start_values(self.model, system.parameters, rng, over=parameters)
        layers = {p.node: p.layer for p in self.model.parameters}
        # Only dtypes that BLAS multiplies gain. Node ids are the same for every batch size.
        joins = dtype in FAST
        self._affines = find_affine(self.model.graph, layers) if joins else Affines((), (), ())
        self.vectors = Vectors(self.model, start, dtype, self._affines.parameters)
        self.optimizer = make(system.optimizer, self.vectors.theta, self.vectors.update)
        parts = self.vectors.parts
        weights = [self.vectors.theta[part] for part in parts]
        updates = [self.optimizer.delta[part] for part in parts]
        self.weight_norms = Recording(weights).measure
        self.gradient_norms = Recording([self.vectors.gradient[part] for part in parts]).measure
        self._layers = [*weights, *updates]
        places = {parameter.name: k for k, parameter in enumerate(self.model.parameters)}
        self.layer_parameters = [
            [places[name] for name in layer.parameters] for layer in self.model.layers
        ]
        self._clipped = self.vectors.gradient
        self._holds_back = self.feed is not None and self.feed.validation is not None
        self._fixed_batch = self.feed is None or self.feed.sampler.steps_per_epoch == 1
        self._fed: Pass | None = None
        self._passes: dict[int, Pass] = {}
        self._compile(self.batch_size(0), self.model)
        self.statistics = {
            one.name: np.full(one.shape, one.start, self.vectors.theta.dtype)
            for one in self.model.statistics
        }
        self._evaluator = Evaluator(
            self.feed,
            lambda batch: self._build(batch, training=False),
            {**self.vectors.parameters, **self.statistics},
            system,
        )

    def batch_size(self, step: int) -> int:
        """Return how many samples the step's batch has; 0 for an expression system."""
        return self.feed.batch_size_of(step) if self.feed else 0

    def epoch(self, step: int) -> int:
        """Return the epoch that a step belongs to."""
        return self.feed.sampler.epoch(step) if self.feed else 0

    @property
    def steps_per_epoch(self) -> int:
        """How many steps an epoch has."""
        return self.feed.sampler.steps_per_epoch if self.feed else 1

    def evaluates(self, step: int) -> bool:
        """Whether the held-back samples are measured at a step: the first of each epoch."""
        return self._holds_back and step % self.steps_per_epoch == 0

    def learning_rate(self, step: int) -> float:
        """Return the learning rate of the update that ends a step."""
        return self.system.schedule.rate(self.system.optimizer.learning_rate, step)

    def learning_rates(self, steps: Iterable[int]) -> list[float]:
        """Return the learning rate of each of these steps' updates."""
        rate, base = self.system.schedule.rate, self.system.optimizer.learning_rate
        return [rate(base, step) for step in steps]

    def begin(self, step: int) -> Pass:
        """Feed the step's batch to the pass compiled for its size, and return that pass."""
        if self._fixed_batch and self._fed is not None:
            compiled = self._fed
        else:
            compiled = self._fed = self._compile(self.batch_size(step))
            if self.feed is not None:
                compiled.feed(*self.feed.batch_of(step))
        for number, mask in enumerate(compiled.model.masks):
            rng = np.random.default_rng([self.system.seed, 2, step, number])
            compiled.set_mask(mask, rng)
        if self.system.data.input_scale is not None:
            compiled.set_input_scale(self.system.data.input_scale)
        return compiled

    def clip(self, compiled: Pass) -> tuple[float, float] | None:
        """Prepare the gradient for ``update``, clipped where clipping is on.

        Returns its norm before and after clipping, None without clipping.
        """
        compiled.gather()
        clipping = self.system.clipping
        if clipping.type == "none":
            self._clipped = self.vectors.gradient
            return None
        self._clipped = self.vectors.gradient.copy()
        return clipping.apply(self._clipped)

    def update(self, step: int, compiled: Pass) -> None:
        """Update the parameters by the clipped gradient, and the running statistics.

        The caller has numpy's warnings off.
        """
        self.optimizer.advance(self._clipped, self.learning_rate(step))
        for one in compiled.model.statistics:
            running = self.statistics[one.name]
            value = one.factor * compiled.live(one.node)
            running += running.dtype.type(one.momentum) * (value - running)

    def change(self, system: System) -> None:
        """Use other live settings from now on."""
        self.optimizer.change(system.optimizer)
        self.system = system

    def evaluate(self) -> Evaluation | None:
        """Measure the held-back samples; None where there are none."""
        return self._evaluator.measure(self.system.data.input_scale)

    def state(self, step: int, update_ratio: Array) -> State:
        """Return a copy of all that the pass of a step depends on besides the system."""
        statistics = {name: array.copy() for name, array in self.statistics.items()}
        theta, optimizer = self.vectors.theta.copy(), self.optimizer.state()
        return State(step, theta, optimizer, statistics, update_ratio)

    def restore(self, state: State) -> None:
        """Restore exactly a state returned by ``state``."""
        self.vectors.theta[...] = state.theta
        self.optimizer.restore(state.optimizer)
        for name, array in state.statistics.items():
            self.statistics[name][...] = array

    def _require_memory(self, dtype: np.dtype[Any]) -> None:
        """Refuse a network whose parameters and values are more than the memory may hold.

        It needs at least its start values in float64, then parameters, gradient, update and what
        the optimiser keeps, and the values of a forward pass.
        """
        start = sum(size(parameter.shape) for parameter in self.model.parameters)
        values = sum(size(node.shape) for node in self.model.graph.nodes)
        kept = 3 + len(optimizer_of(self.system.optimizer).vectors)
        require(8 * start + dtype.itemsize * (kept * start + values), tr("a network"))

    def _build(self, batch: int, *, training: bool = True) -> Model:
        if self.feed is None:
            return build(self.system)
        shapes, outputs = self.feed.input_shapes, self.feed.outputs
        return build(self.system, shapes, outputs, batch, training=training)

    def _compile(self, batch: int, model: Model | None = None) -> Pass:
        if batch not in self._passes:
            dtype = np.dtype(self.system.dtype)
            model = model or self._build(batch)
            self._passes[batch] = Pass(model, dtype, self.vectors, self._layers, self._affines)
        return self._passes[batch]
