"""Optimisers: sgd, rmsprop, adagrad, adam, adamw (see ``engine.optimizer.base``).

``make`` returns an optimiser for settings; each import below puts its classes into the registry
``OPTIMIZERS``.
"""

# The order is that of the menu.
# isort: off
from engine.optimizer.base import (
    OPTIMIZERS,
    Optimizer,
    OptimizerSettings,
    make,
    optimizer_of,
)
from engine.optimizer.sgd import SGD, SGDSettings
from engine.optimizer.rmsprop import RMSprop, RMSpropSettings
from engine.optimizer.adagrad import Adagrad, AdagradSettings
from engine.optimizer.adam import Adam, AdamSettings, AdamW, AdamWSettings

# isort: on

__all__ = [
    "OPTIMIZERS",
    "SGD",
    "Adagrad",
    "AdagradSettings",
    "Adam",
    "AdamSettings",
    "AdamW",
    "AdamWSettings",
    "Optimizer",
    "OptimizerSettings",
    "RMSprop",
    "RMSpropSettings",
    "SGDSettings",
    "make",
    "optimizer_of",
]
