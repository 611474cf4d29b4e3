"""The workloads in JAX: one jitted step with the norms of everything.

A zero is added to whatever is recorded; the gradient of that zero is the gradient there, and XLA
removes the additions.
"""

from __future__ import annotations

from typing import Any

import jax  # type: ignore[import-not-found]
import jax.numpy as jnp  # type: ignore[import-not-found]
import numpy as np

from tests.bench.references.models import model_of
from tests.bench.rows import rows_of
from tests.bench.workloads import Case

VERSION = f"JAX {jax.__version__}"


class JaxOperations:
    """``models.Operations`` by jax.numpy."""

    tanh = staticmethod(jnp.tanh)
    sigmoid = staticmethod(jax.nn.sigmoid)
    relu = staticmethod(jax.nn.relu)

    @staticmethod
    def linear(x: Any, weight: Any, bias: Any) -> Any:
        return x @ weight.T + bias

    @staticmethod
    def add_product(z: Any, x: Any, weight: Any) -> Any:
        return z + x @ weight.T

    @staticmethod
    def layer_norm(x: Any, weight: Any, bias: Any) -> Any:
        centred = x - x.mean(axis=1, keepdims=True)
        variance = (centred**2).mean(axis=1, keepdims=True)
        return centred / jnp.sqrt(variance + 1e-5) * weight + bias

    @staticmethod
    def conv2d(x: Any, weight: Any, bias: Any, padding: int) -> Any:
        z = jax.lax.conv(x, weight, (1, 1), "VALID" if padding == 0 else "SAME")
        return z + bias[:, None, None]

    @staticmethod
    def max_pool(x: Any) -> Any:
        window = (1, 1, 2, 2)
        return jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, window, window, "VALID")

    @staticmethod
    def alias(x: Any) -> Any:
        return x

    @staticmethod
    def split(x: Any) -> Any:
        return jnp.split(x, 4, axis=1)

    @staticmethod
    def sum_squares(x: Any) -> Any:
        return (x * x).sum()

    @staticmethod
    def mean_squared_error(o: Any, y: Any) -> Any:
        return ((o - y) ** 2).mean()

    @staticmethod
    def cross_entropy(o: Any, y: Any) -> Any:
        return -(y * jax.nn.log_softmax(o)).sum(axis=1).mean()


class Jax:
    """A workload in JAX; the first call compiles."""

    def __init__(self, case: Case, *, record: bool) -> None:
        x, y = rows_of(case)
        self.record, self.case = record, case
        inputs = [jnp.asarray(one) for one in x]
        self.x, self.y = inputs if case.workload.sequence else inputs[0], jnp.asarray(y)
        self.parameters = {name: jnp.asarray(array) for name, array in case.start.items()}
        self.result: Any = (jnp.zeros(()), jnp.zeros(0), {})
        self._step = jax.jit(self._make(), donate_argnums=0)

    def _make(self) -> Any:
        case = self.case
        model, ops, rate = model_of(case), JaxOperations(), case.workload.rate
        shapes: list[Any] = []

        def note(value: Any) -> Any:
            shapes.append(value.shape)
            return value

        if self.record:
            jax.eval_shape(
                lambda p, x, y: model(ops, p, x, y, note), self.parameters, self.x, self.y
            )

        def objective(p: Any, x: Any, zeros: Any, y: Any) -> Any:
            waiting = iter(zeros)
            keep = (lambda v: v + next(waiting)) if self.record else (lambda v: v)
            return model(ops, p, x, y, keep)

        def step(p: Any, x: Any, y: Any) -> Any:
            zeros = [jnp.zeros(shape, jnp.float32) for shape in shapes]
            wanted = (0, 1, 2) if case.inputs else (0, 2)
            loss, found = jax.value_and_grad(objective, wanted)(p, x, zeros, y)
            slopes = found[0]
            row = jnp.zeros(0)
            if self.record:
                row = jnp.stack([jnp.sqrt(jnp.sum(g * g)) for g in jax.tree.leaves(found)])
            return {k: p[k] - rate * slopes[k] for k in p}, (loss, row, slopes)

        return step

    def step(self) -> None:
        """One training step, waited for."""
        self.parameters, self.result = self._step(self.parameters, self.x, self.y)
        self.result[0].block_until_ready()

    def loss(self) -> float:
        """The objective of the last forward pass."""
        return float(self.result[0])

    def gradients(self) -> dict[str, np.ndarray]:
        """The parameters' gradients, by name."""
        return {name: np.asarray(array) for name, array in self.result[2].items()}

    def norms(self) -> np.ndarray:
        """The norms recorded last."""
        return np.asarray(self.result[1])
