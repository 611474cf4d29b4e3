"""Makes boards from a node's ``Pictures``: kernels, feature maps, samples, and pooling routing.

Samples, channels, rows and columns are counted from 0, as the axes of the arrays.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from engine.messages.pictures import Pictures, Pooling
from engine.support.figures import figure
from engine.support.text import tr
from gui.panels.pictures.model import Board, Cell, Link, Sheet

NARROW = 4  # up to so many columns the tiles flow instead: a narrow matrix leaves most space empty
LEAST_MARK = 6  # pixels per entry from which a frame leaves the entry's colour visible


@dataclass(frozen=True)
class Words:
    """Texts of a board: symbols of node, pooled node and objective, and why data are missing."""

    node: str
    objective: str
    source: str = ""
    no_value: str = ""
    no_gradient: str = ""

    @property
    def gradient(self) -> str:
        """The symbol of the node's gradient."""
        return f"∂{self.objective}/∂{self.node}"


def board_of(pictures: Pictures, words: Words, sample: int, channel: int | None = None) -> Board:
    """Return the board for these pictures; for a pooling with a ``channel`` its routing."""
    if pictures.kind == "kernels":
        return kernels(pictures, words)
    if pictures.kind == "samples" and pictures.shape[0] == 1:
        return samples(pictures, words, sample)
    if pictures.pooling is not None and channel is not None:
        return routing(pictures, pictures.pooling, words, sample, channel)
    return maps(pictures, words, sample)


def _pair(
    value: np.ndarray | None, gradient: np.ndarray | None, words: Words, *, grey: bool = False
) -> tuple[Sheet, Sheet]:
    return (
        Sheet(words.node, value, words.no_value, grey=grey),
        Sheet(words.gradient, gradient, words.no_gradient),
    )


def _numbers(cell: Cell, value: np.ndarray | None, gradient: np.ndarray | None) -> str:
    """Return value and gradient of an entry as text, as far as they are known."""
    at = cell[1:]
    parts = []
    if value is not None:
        parts.append(tr("value {number}").format(number=figure(float(value[at]))))
    if gradient is not None:
        parts.append(tr("gradient {number}").format(number=figure(float(gradient[at]))))
    where = tr("row {row}, column {column}").format(row=cell[2], column=cell[3])
    return f"{where}: {' · '.join(parts)}"


def kernels(pictures: Pictures, words: Words) -> Board:
    """Kernels as a matrix: output channels down, input channels across; few inputs flow in rows."""
    out, into, height, width = pictures.shape
    matrix = into > NARROW
    labels = [str(k) for k in range(out)]
    if not matrix and into > 1:
        labels = [f"{k},{i}" for k in range(out) for i in range(into)]
    arrays = [
        None if a is None else a.reshape(-1, height, width)
        for a in (pictures.value, pictures.gradient)
    ]

    def read(cell: Cell) -> str:
        which = tr("kernel out {out}, in {into}").format(out=cell[1] // into, into=cell[1] % into)
        return f"{which} · {_numbers(cell, arrays[0], arrays[1])}"

    return Board(
        _pair(arrays[0], arrays[1], words),
        labels=tuple(labels),
        columns=into if matrix else 0,
        heads=tuple(str(k) for k in range(into)) if matrix else (),
        what=tr("kernels"),
        read=read,
    )


def maps(pictures: Pictures, words: Words, sample: int) -> Board:
    """The feature maps of one sample, a tile per channel."""
    value, gradient = (
        None if a is None else a[..., sample] for a in (pictures.value, pictures.gradient)
    )
    grey = pictures.kind == "samples"
    return Board(
        _pair(value, gradient, words, grey=grey),
        labels=tuple(str(k) for k in range(pictures.shape[0])),
        what=tr("channels"),
        read=lambda cell: (
            f"{tr('channel {k}').format(k=cell[1])} · {_numbers(cell, value, gradient)}"
        ),
    )


def samples(pictures: Pictures, words: Words, chosen: int) -> Board:
    """The input pictures of a batch, in grey; the row of a recurrent time step is framed."""
    value, gradient = (
        None if a is None else a[0].transpose(2, 0, 1) for a in (pictures.value, pictures.gradient)
    )
    count = pictures.shape[3]
    targets = pictures.targets

    def read(cell: Cell) -> str:
        which = tr("sample {k}").format(k=cell[1])
        if targets:
            which += " " + tr("(target {target})").format(target=targets[cell[1]])
        return f"{which} · {_numbers(cell, value, gradient)}"

    return Board(
        _pair(value, gradient, words, grey=True),
        labels=targets or tuple(str(k) for k in range(count)),
        what=tr("samples"),
        read=read,
        chosen=chosen,
        choosable=True,
        row=pictures.row,
    )


def routing(pictures: Pictures, pooling: Pooling, words: Words, sample: int, channel: int) -> Board:
    """The routing of one channel of a max pooling: the pooled picture, its maxima, its gradient.

    The first row shows the forward pass, left to right; the second the backward pass.
    """
    before, back, after, upstream = (
        None if a is None else a[channel : channel + 1, :, :, sample]
        for a in (pooling.pooled, pooling.routed, pictures.value, pictures.gradient)
    )
    is_max = pooling.places is not None
    marks = _marks(pooling, before, channel, sample)
    lines = pooling.stride if pooling.stride == pooling.size else 0
    mark = " " + tr("□ maximum") if is_max else ""
    part = f"∂{words.objective}/∂{words.source}"
    name = tr("mean") if pooling.op == "avg_pool2d" else tr("max")
    reader = _Routing(pooling, sample, channel, before, back, after, upstream)
    own = Sheet(words.source + mark, before, words.no_value, marks=marks, lines=lines)
    routed = replace(own, title=f"→ {part}", tiles=back, words=words.no_gradient)
    return Board(
        (
            own,
            Sheet(f"{words.node} = {name}", after, words.no_value, entry=pooling.stride),
            replace(routed, least_mark=LEAST_MARK),
            Sheet(words.gradient, upstream, words.no_gradient, entry=pooling.stride),
        ),
        what=tr("channels"),
        read=reader.read,
        links=reader.links,
    )


def _marks(
    pooling: Pooling, before: np.ndarray | None, channel: int, sample: int
) -> np.ndarray | None:
    if pooling.places is None or before is None:
        return None
    marks = np.zeros(before.shape, bool)
    marks.reshape(-1)[pooling.places[channel, :, :, sample].reshape(-1)] = True
    return marks


@dataclass(frozen=True)
class _Routing:
    """The texts of a routing board's entries, and which entries and windows belong together."""

    pooling: Pooling
    sample: int
    channel: int
    before: np.ndarray | None
    back: np.ndarray | None
    after: np.ndarray | None
    upstream: np.ndarray | None

    def windows(self, row: int, column: int) -> list[tuple[int, int]]:
        """Return the pooling windows that contain an entry of the pooled picture."""
        size, stride = self.pooling.size, self.pooling.stride
        shape = next((a.shape[1:] for a in (self.after, self.upstream) if a is not None), (0, 0))
        across = [
            range(max(0, -(-(at - size + 1) // stride)), min(count, at // stride + 1))
            for at, count in zip((row, column), shape, strict=True)
        ]
        return [(i, j) for i in across[0] for j in across[1]]

    def links(self, cell: Cell) -> tuple[Link, ...]:
        """Return the entries to frame: of an entry its windows, of a window its entry."""
        sheet, _, row, column = cell
        stride, size = self.pooling.stride, self.pooling.size
        if sheet in (1, 3):
            window = row * stride, column * stride, size
            return ((0, window), (2, window), (1, (row, column, 1)), (3, (row, column, 1)))
        same = ((0, (row, column, 1)), (2, (row, column, 1)))
        of = self.windows(row, column)
        return same + tuple((k, (*window, 1)) for window in of for k in (1, 3))

    def read(self, cell: Cell) -> str:
        """Return what happens to the gradient at an entry or a window, as text."""
        return (self._window if cell[0] in (1, 3) else self._entry)(cell[2], cell[3])

    def _entry(self, row: int, column: int) -> str:
        text = _numbers((0, 0, row, column), self.before, None)
        windows = self.windows(row, column)
        gets = "" if self.back is None else figure(float(self.back[0, row, column]))
        if not windows:
            fate = tr("in no window")
        elif self.pooling.places is None:
            fate = tr("its share: 1/{count}").format(count=self.pooling.size**2)
        else:
            width = 0 if self.before is None else self.before.shape[2]
            places = self.pooling.places[self.channel, :, :, self.sample]
            won = [window for window in windows if places[window] == row * width + column]
            fate = tr("not its window's maximum")
            if won:
                fate = tr("maximum of window {window}").format(window=", ".join(map(str, won)))
        return f"{text} · {fate}" + (f" → {tr('gradient {number}').format(number=gets)}"
                                     if gets else "")  # fmt: skip

    def _window(self, i: int, j: int) -> str:
        parts = [tr("window ({i}, {j})").format(i=i, j=j)]
        if self.after is not None:
            parts.append(tr("value {number}").format(number=figure(float(self.after[0, i, j]))))
        upstream = None if self.upstream is None else float(self.upstream[0, i, j])
        places, before = self.pooling.places, self.before
        if upstream is not None:
            number = figure(upstream)
            if places is None:
                parts.append(
                    tr("gradient {number}, {share} to each of its {count} entries").format(
                        number=number,
                        share=figure(upstream / self.pooling.size**2),
                        count=self.pooling.size**2,
                    )
                )
            elif before is not None:
                row, column = divmod(int(places[self.channel, i, j, self.sample]), before.shape[2])
                words = tr("gradient {number}, all of it to row {row}, column {column}")
                parts.append(words.format(number=number, row=row, column=column))
        return " · ".join(parts)
