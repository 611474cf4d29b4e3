"""Data to train on: built-in and generated sets, the user's own files, splits and mini-batches.

Arrays here have one sample a row. In the graph samples are columns: ``engine.training.feed``
transposes, and nothing else does.
"""

from engine.data.batches import Sampler
from engine.data.catalogue import Entry, catalogue
from engine.data.dataset import CLASSIFICATION, REGRESSION, Dataset
from engine.data.prepare import Split, Standardization, split, standardize
from engine.data.sources import load, load_batch, names

__all__ = [
    "CLASSIFICATION",
    "REGRESSION",
    "Dataset",
    "Entry",
    "Sampler",
    "Split",
    "Standardization",
    "catalogue",
    "load",
    "load_batch",
    "names",
    "split",
    "standardize",
]
