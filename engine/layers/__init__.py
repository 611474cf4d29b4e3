"""The layers, one file each; importing this package registers them all."""

import importlib
import pkgutil

from engine.layers.base import LAYERS, Layer, types

__all__ = ["LAYERS", "Layer", "types"]

for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_module.name}")
