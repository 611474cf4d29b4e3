"""Data to train on: built-in and generated sets, a person's own files, parts and mini-batches.

Arrays here have one sample a row; whoever feeds the graph, where samples are columns, transposes
once at the door.
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
