"""The rows of a kept run as a file, for a saved session, and back."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np

from engine.support.errors import InputError
from engine.support.reading import read_bytes
from engine.support.text import tr
from engine.support.whole_files import write_bytes
from gui.history.chunks import CHUNK, Chunk
from gui.history.history import LAYERED, MEGABYTE, SCALARS, History

MOST_ROW_BYTES = 32 * MEGABYTE  # of one run in a file: more rows are thinned, as plots thin them
MOST_BYTES = 2 * MOST_ROW_BYTES
Parts = list[tuple[Chunk, int]]


def write_rows(path: Path, parts: Parts, layers: int) -> None:
    """Write the rows of ``History.parts`` to an NPZ file, whole or not at all.

    Raises
    ------
    InputError
        Where the file cannot be written.
    """
    whole = [chunk.cut(count) for chunk, count in parts if count]
    chunks = [chunk for chunk, _ in History.of_chunks(whole, layers, MOST_ROW_BYTES).parts()]
    columns = len(SCALARS) + len(LAYERED) * layers
    nothing = [np.empty((0, columns))]
    stream = io.BytesIO()
    np.savez(
        stream,
        counts=np.array([chunk.count for chunk in chunks], np.int64),
        levels=np.array([chunk.level for chunk in chunks], np.int64),
        step=np.concatenate([np.empty(0, np.int64), *(c.step[: c.count] for c in chunks)]),
        epoch=np.concatenate([np.empty(0, np.int64), *(c.epoch[: c.count] for c in chunks)]),
        floats=np.concatenate(nothing + [c.floats[: c.count] for c in chunks]),
    )
    write_bytes(path, stream.getvalue())


def read_rows(path: Path) -> History:
    """Return the history that ``write_rows`` wrote.

    Raises
    ------
    InputError
        Where the file cannot be read or does not hold such rows.
    """
    data = read_bytes(path, most=MOST_BYTES)
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as archive:
            if sum(info.file_size for info in archive.zip.infolist()) > MOST_BYTES:
                raise ValueError(tr("more than is ever written"))
            return _history({name: archive[name] for name in archive.files})
    except InputError:
        raise
    except Exception as error:  # a damaged archive fails in as many ways as numpy and zip have
        raise InputError(tr("the rows of a run"), str(error), file=str(path)) from None


def _history(arrays: dict[str, np.ndarray]) -> History:
    counts, levels, floats = arrays["counts"], arrays["levels"], arrays["floats"]
    step, epoch = arrays["step"], arrays["epoch"]
    whole = (counts, levels, step, epoch)
    if any(a.dtype != np.int64 or a.ndim != 1 for a in whole) or floats.dtype != np.float64:
        raise ValueError(tr("arrays of another kind"))
    rows, columns = floats.shape
    layers, rest = divmod(columns - len(SCALARS), len(LAYERED))
    fitting = len(step) == len(epoch) == counts.sum() == rows and len(counts) == len(levels)
    if rest or layers < 0 or not fitting or (rows and (np.diff(step) <= 0).any()):
        raise ValueError(tr("arrays that do not fit each other"))
    if ((counts < 1) | (counts > CHUNK) | (levels < 0)).any():
        raise ValueError(tr("chunks of another size"))
    chunks, start = [], 0
    for count, level in zip(counts.tolist(), levels.tolist(), strict=True):
        chunk, here = Chunk(columns, level), slice(start, start + count)
        chunk.count = count
        chunk.step[:count], chunk.epoch[:count] = step[here], epoch[here]
        chunk.floats[:count] = floats[here]
        chunk.finish()
        chunks.append(chunk)
        start += count
    return History.of_chunks(chunks, layers, MOST_BYTES)
