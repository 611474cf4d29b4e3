"""The layers, one file each; importing this package registers them all."""

import importlib
import pkgutil

from engine.layers.base import LAYERS, Layer

__all__ = ["LAYERS", "Layer", "types"]


def types() -> dict[str, type[Layer]]:
    """Return the layer types by name."""
    return dict(LAYERS)


for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_module.name}")
