"""The workloads in PyTorch, eager: ``retain_grad`` on everything, norms in one foreach call."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch  # type: ignore[import-not-found]
from torch.nn import functional  # type: ignore[import-not-found]

from tests.bench.references.models import model_of
from tests.bench.rows import rows_of
from tests.bench.workloads import Case

VERSION = f"PyTorch {torch.__version__}"
torch.set_num_threads(1)


class TorchOperations:
    """``models.Operations`` by torch."""

    linear = staticmethod(functional.linear)
    tanh = staticmethod(torch.tanh)
    sigmoid = staticmethod(torch.sigmoid)
    relu = staticmethod(torch.relu)
    mean_squared_error = staticmethod(functional.mse_loss)
    cross_entropy = staticmethod(functional.cross_entropy)

    @staticmethod
    def add_product(z: Any, x: Any, weight: Any) -> Any:
        return torch.addmm(z, x, weight.t())

    @staticmethod
    def layer_norm(x: Any, weight: Any, bias: Any) -> Any:
        return functional.layer_norm(x, x.shape[1:], weight, bias)

    @staticmethod
    def conv2d(x: Any, weight: Any, bias: Any, padding: int) -> Any:
        return functional.conv2d(x, weight, bias, padding=padding)

    @staticmethod
    def max_pool(x: Any) -> Any:
        return functional.max_pool2d(x, 2)

    @staticmethod
    def alias(x: Any) -> Any:
        return x.view_as(x)

    @staticmethod
    def split(x: Any) -> Any:
        return x.chunk(4, 1)

    @staticmethod
    def sum_squares(x: Any) -> Any:
        flat = x.view(-1)
        return flat.dot(flat)


class Torch:
    """A workload in PyTorch."""

    def __init__(self, case: Case, *, record: bool) -> None:
        x, y = rows_of(case)
        self.record, self.rate, self.model = record, case.workload.rate, model_of(case)
        self.inputs = [torch.tensor(one).requires_grad_(case.inputs) for one in x]
        self.x = self.inputs if case.workload.sequence else self.inputs[0]
        # indices of classes are the faster of the two forms that cross_entropy takes
        self.y = torch.tensor(y.argmax(axis=1) if case.workload.classes else y)
        self.parameters = {
            name: torch.tensor(array).requires_grad_() for name, array in case.start.items()
        }
        self.every = list(self.parameters.values())
        self.kept: list[Any] = []
        self.ops = TorchOperations()
        self.row = torch.zeros(0)
        self.objective = torch.zeros(())

    def _keep(self, value: Any) -> Any:
        if value.requires_grad:  # what only the batch goes into has none
            value.retain_grad()
            self.kept.append(value)
        return value

    def step(self) -> None:
        """Forward, backward, norms of every gradient, SGD."""
        self.kept = []
        for one in (*self.inputs, *self.every):
            one.grad = None
        keep = self._keep if self.record else _leave
        self.objective = self.model(self.ops, self.parameters, self.x, self.y, keep)
        self.objective.backward()
        slopes = [one.grad for one in self.every]
        with torch.no_grad():
            if self.record:
                found = [one.grad for one in (*self.kept, *self.inputs) if one.grad is not None]
                self.row = torch.stack(torch._foreach_norm(found + slopes))
            torch._foreach_add_(self.every, slopes, alpha=-self.rate)

    def loss(self) -> float:
        """The objective of the last forward pass."""
        return float(self.objective.detach())

    def gradients(self) -> dict[str, np.ndarray]:
        """The parameters' gradients, by name."""
        return {name: one.grad.numpy().copy() for name, one in self.parameters.items()}

    def norms(self) -> np.ndarray:
        """The norms recorded last."""
        return self.row.numpy()


def _leave(value: Any) -> Any:
    return value
