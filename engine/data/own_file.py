"""The user's own file as a data set: decides on the task and what the targets mean."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.data.csv_table import read_table
from engine.data.dataset import CLASSIFICATION, REGRESSION, Dataset
from engine.data.npz import Arrays, read_npz
from engine.support.errors import InputError
from engine.support.figures import figure
from engine.support.reading import open_file
from engine.support.text import tr

MOST_CLASSES = 20
SUFFIXES = (".csv", ".npz")


def find_file(source: str, base: Path | None) -> Path:
    """Return the path of a file named relative to ``base`` (None: the working directory).

    Raises
    ------
    InputError
        If it doesn't exist or can't be read.
    """
    path = Path(source).expanduser() if base is None else base / Path(source).expanduser()
    if base is not None and not path.exists():
        raise InputError(
            tr("a file"),
            tr("none of that name"),
            file=source,
            hint=tr("Looked in {folder!r}.").format(folder=str(path.parent)),
        )
    with open_file(path, source):
        return path


def load_file(
    source: str, base: Path | None, target: str | int | None, task: str | None
) -> Dataset:
    """Read a .csv or .npz file as a data set, all of it in memory.

    The task, unless it is given, is

    - for a text target: classification;
    - for a CSV's numeric target: classification if all values are whole, there are from 2 to 20
      different ones, and on average at least two samples have each; else regression;
    - for an NPZ's y of whole-number or boolean dtype and one column: the same rule, or
      classification whenever the file has class_names; for y of floating-point dtype: regression;
    - for an NPZ's y of several columns: classification if every row is one-hot, else regression.

    Classes are numbered in the order of their values or texts; with class_names, y holds the
    indices into them.

    Raises
    ------
    InputError
        Naming the file, the line or array, and what was expected and found.
    """
    path = find_file(source, base)
    if path.suffix.lower() == ".csv":
        table = read_table(path, source, target, task)
        task = task or _task_of_column(table.target)
        y, class_names = _targets(table.target, task, (), source)
        feature_names, image_shape, x = table.feature_names, None, table.x
    else:
        if target is not None:
            expected = tr("no target column for an NPZ file, whose array y is the target")
            raise InputError(expected, repr(target), file=source, field="data.target")
        arrays = read_npz(path, source)
        task = task or _task_of_arrays(arrays)
        y, class_names = _targets(arrays.y, task, arrays.class_names, source)
        feature_names, image_shape, x = feature_names_of(arrays), arrays.image_shape, arrays.x
    x.flags.writeable = False
    try:
        return Dataset(
            name=path.stem,
            title=path.name,
            x=x,
            y=y,
            task=task,
            feature_names=feature_names,
            class_names=class_names,
            image_shape=image_shape,
            source=source,
        )
    except InputError as error:
        raise error.located(file=source) from error


def feature_names_of(arrays: Arrays) -> tuple[str, ...]:
    """Return the names in an NPZ file, or "x1", "x2", … where it has none."""
    return arrays.feature_names or tuple(f"x{i + 1}" for i in range(arrays.x.shape[1]))


def class_indices(y: NDArray[Any], classes: int, shown: str) -> NDArray[np.int64]:
    """Return class indices (samples,) from indices or one-hot rows of a known number of classes.

    Raises
    ------
    InputError
        If y holds anything else.
    """
    if y.ndim == 2 and y.shape[1] == classes and _is_one_hot(y):
        return np.asarray(y.argmax(axis=1), dtype=np.int64)
    flat = _column(y)
    valid = flat is not None and flat.dtype.kind in "fiub"
    if flat is None or not valid or (flat != np.floor(flat)).any():
        found = f"{y.dtype} {y.shape}"
    elif flat.min() < 0 or flat.max() >= classes:
        found = tr("indices from {low} to {high}").format(
            low=figure(flat.min()), high=figure(flat.max())
        )
    else:
        return flat.astype(np.int64)
    expected = tr("class indices from 0 to {last}, or one-hot rows").format(last=classes - 1)
    raise InputError(expected, found, file=shown, field="y")


def regression_targets(y: NDArray[Any], shown: str) -> NDArray[np.float64]:
    """Return targets (samples, outputs), or raise ``InputError`` if they are texts."""
    if y.dtype.kind == "U":
        raise InputError(tr("numbers as targets"), tr("texts"), file=shown, field="y")
    return y.reshape(len(y), -1).astype(np.float64)


def _task_of_column(target: NDArray[Any]) -> str:
    if target.dtype.kind == "U":
        return CLASSIFICATION
    if (target != np.floor(target)).any():
        return REGRESSION
    distinct = len(np.unique(target))
    few = 2 <= distinct <= MOST_CLASSES and 2 * distinct <= len(target)
    return CLASSIFICATION if few else REGRESSION


def _task_of_arrays(arrays: Arrays) -> str:
    column = _column(arrays.y)
    if column is None:
        return CLASSIFICATION if _is_one_hot(arrays.y) else REGRESSION
    if column.dtype.kind == "U" or (arrays.class_names and column.dtype.kind in "iub"):
        return CLASSIFICATION
    return REGRESSION if column.dtype.kind == "f" else _task_of_column(column.astype(np.float64))


def _targets(
    y: NDArray[Any], task: str, class_names: tuple[str, ...], shown: str
) -> tuple[NDArray[Any], tuple[str, ...]]:
    """Return y as a data set of this task holds it, and the names of the classes."""
    if task == REGRESSION:
        return regression_targets(y, shown), ()
    column = _column(y)
    if class_names and (column is None or column.dtype.kind != "U"):
        return class_indices(y, len(class_names), shown), class_names
    if column is None:
        if not _is_one_hot(y):
            expected = tr("one column of classes, or one-hot rows")
            raise InputError(expected, str(y.shape), file=shown, field="y")
        return y.argmax(axis=1), tuple(str(i) for i in range(y.shape[1]))
    values, indices = np.unique(column, return_inverse=True)
    if len(values) < 2:
        found = tr("only {value}").format(value=_named(values[0]))
        raise InputError(tr("at least two classes"), found, file=shown, field="data.target")
    return indices, tuple(_named(value) for value in values)


def _named(value: Any) -> str:
    whole = not isinstance(value, (str, np.bool_)) and value == np.floor(value)
    return str(int(value)) if whole else str(value)


def _column(y: NDArray[Any]) -> NDArray[Any] | None:
    """Return y as (samples,) if it has one column, else None."""
    return y.reshape(-1) if y.ndim == 1 or y.shape[1] == 1 else None


def _is_one_hot(y: NDArray[Any]) -> bool:
    if y.dtype.kind not in "fiub":
        return False
    return bool((((y == 0) | (y == 1)).all(axis=1) & (y.sum(axis=1) == 1)).all())
