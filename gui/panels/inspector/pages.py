"""The inspector's tabs: an array with statistics, numbers and histogram; an edge as a product."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyqtgraph as pg
from PySide6.QtWidgets import QLabel, QStackedWidget, QTabWidget, QVBoxLayout, QWidget

from engine.support.figures import figure, whole
from engine.support.norms import norm
from engine.support.text import tr
from gui.appearance.theme import LIGHT, Theme
from gui.panels.inspector.array_view import ArrayView
from gui.panels.inspector.ledger import LedgerView
from gui.panels.inspector.view_choice import ViewChoice, ViewSwitch
from gui.panels.pictures.page import PicturePage
from gui.plots.crosshair import CurveValue, Reading
from gui.plots.plot import Plot
from gui.widgets.rich_text import coloured, flowing, muted, show_rich

BINS = 48


@dataclass(frozen=True)
class Statistics:
    """Norms of an array and shares of special entries, as fractions of all entries."""

    l2: float
    rms: float
    largest: float
    zero: float
    nonfinite: float
    underflow: float


def statistics(array: np.ndarray, tiny: float) -> Statistics:
    """Return the statistics of an array; ``tiny`` is the smallest normal number of its dtype."""
    size = np.abs(array).ravel()
    finite = np.isfinite(size)
    count = max(1, size.size)
    l2 = norm(np.asarray(array))
    return Statistics(
        l2=l2,
        rms=l2 / count**0.5,
        largest=float(size[finite].max(initial=0.0)) if finite.any() else float("nan"),
        zero=float(np.count_nonzero(size == 0)) / count,
        nonfinite=float(np.count_nonzero(~finite)) / count,
        underflow=float(np.count_nonzero((size > 0) & (size < tiny))) / count,
    )


class Histogram(Plot):
    """The distribution of the entries, in the colours of their signs."""

    def __init__(self) -> None:
        super().__init__()
        self.label("left", tr("entries"))
        self.bars = pg.BarGraphItem(x=[], height=[], width=1.0)
        self.addItem(self.bars, ignoreBounds=True)
        self.edges, self.counts = np.empty(0), np.empty(0)
        self.reading_at = self._reading
        self.options.changed.connect(self._draw)
        self.table = lambda: (
            ["from", "to", "entries"],
            [self.edges[:-1], self.edges[1:], self.counts],
        )

    def show_entries(self, array: np.ndarray) -> None:
        """Count the finite entries in bins, one of whose edges is at zero."""
        finite = array[np.isfinite(array)].astype(float).ravel()
        if not finite.size:
            self.edges, self.counts = np.empty(0), np.empty(0)
        else:
            self.edges = bin_edges(float(finite.min()), float(finite.max()))
            self.counts = np.histogram(finite, self.edges)[0]
        self._draw()

    def _draw(self) -> None:
        if not len(self.counts):
            self.bars.setOpts(x=[], height=[])
            return
        middle = (self.edges[:-1] + self.edges[1:]) / 2
        colours = [self.theme.positive if m > 0 else self.theme.negative for m in middle]
        wide = float(self.edges[1] - self.edges[0])
        # On a logarithmic axis a bar of one entry needs a height too; an empty bin gets no bar.
        base = float(np.log10(0.5)) if self.options.log else 0.0
        tops = np.nan_to_num(self.to_view(self.counts), nan=base)
        self.bars.setOpts(
            x=middle, height=tops - base, y0=base, width=wide, brushes=colours,
            pen=self.theme.surface,
        )  # fmt: skip
        self.show_range((self.edges[0], self.edges[-1]), (base, float(tops.max())))
        words = tr("{count} entries from {low} to {high}")
        low, high = figure(float(self.edges[0]), 3), figure(float(self.edges[-1]), 3)
        self.describe(words.format(count=whole(self.counts.sum()), low=low, high=high))
        self.read_again()

    def _reading(self, x: float) -> Reading | None:
        """Return range and count of the bin at x, as text."""
        k = int(np.searchsorted(self.edges, x, side="right")) - 1
        if not 0 <= k < len(self.counts):
            return None
        low, high = (figure(float(edge), 3) for edge in self.edges[k : k + 2])
        middle = float(self.edges[k] + self.edges[k + 1]) / 2
        colour = self.theme.positive if middle > 0 else self.theme.negative
        count = float(self.counts[k])
        heading = tr("{low} to {high}").format(low=low, high=high)
        return Reading(middle, heading, (CurveValue(tr("entries"), colour, count, whole(count)),))


def bin_edges(low: float, high: float) -> np.ndarray:
    """Return about ``BINS`` equal bins from low to high, with an edge at 0 if 0 lies between."""
    if low == high:
        half = abs(low) * 0.5 or 0.5
        return np.linspace(low - half, low + half, 4)
    wide = (high - low) / BINS
    if low < 0 < high:
        first, last = np.floor(low / wide), np.ceil(high / wide)
        return np.arange(first, last + 1) * wide
    return np.linspace(low, high, BINS + 1)


class ArrayPage(QWidget):
    """The tab of a node's value or gradient; ``choice`` is the view that is used."""

    def __init__(self, choice: ViewChoice, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = LIGHT
        self.choice = choice
        self.switch = ViewSwitch(choice)
        self.norms = QLabel()
        self.norms.setWordWrap(True)
        show_rich(self.norms)
        self.view = ArrayView()
        self.histogram = Histogram()
        self.stack = QStackedWidget()
        self.stack.addWidget(self.view)
        self.stack.addWidget(self.histogram)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 4, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.switch)
        layout.addWidget(self.norms)
        layout.addWidget(self.stack, 1)
        self.array: np.ndarray | None = None
        self._tiny = 0.0

    def apply_theme(self, theme: Theme) -> None:
        self.theme = theme
        self.view.apply_theme(theme)
        self.histogram.apply_theme(theme)
        if self.array is not None:
            self.show_array(self.array, self._tiny)

    def show_words(self, words: str) -> None:
        """Show a sentence instead of numbers."""
        self.array = None
        self.norms.setText("")
        self.stack.setCurrentWidget(self.view)
        self.view.show_words(words)
        self.switch.hide()

    def show_array(self, array: np.ndarray, tiny: float) -> None:
        """Show an array; ``tiny`` is the smallest normal number of the dtype."""
        self.array, self._tiny = array, tiny
        self.switch.setVisible(array.size > 1)
        self.switch.show_choice(array)
        self.norms.setText(self._norms_text(statistics(array, tiny)))
        view = self.choice.of(array)
        if view == "histogram" and array.size > 1:
            self.stack.setCurrentWidget(self.histogram)
            self.histogram.show_entries(array)
        else:
            self.stack.setCurrentWidget(self.view)
            self.view.show_array(array, as_table=view == "numbers")

    def _norms_text(self, s: Statistics) -> str:
        if self.array is None or self.array.size == 1:
            return ""
        parts = [
            tr("norm {value}").format(value=f"<b>{figure(s.l2)}</b>"),
            tr("RMS {value}").format(value=figure(s.rms, 3)),
            tr("max |·| {value}").format(value=figure(s.largest, 3)),
            self._share(tr("exactly 0: {share}"), s.zero, ""),
            self._share(tr("underflow: {share}"), s.underflow, self.theme.warning),
            self._share(tr("not finite: {share}"), s.nonfinite, self.theme.error),
        ]
        return flowing(parts)

    def _share(self, words: str, share: float, alarm: str) -> str:
        text = words.format(share=percent(share))
        if share and alarm:
            return coloured(f"<b>{text}</b>", alarm)
        return text if share else muted(text, self.theme)


def percent(share: float) -> str:
    """A share as text that never rounds a non-zero share to 0 %, nor a partial one to 100 %.

    >>> percent(0.0), percent(0.482), percent(1e-6), percent(0.99999), percent(1.0)
    ('0', '48.2 %', '< 0.1 %', '> 99.9 %', '100 %')
    """
    if share in (0.0, 1.0):
        return "100 %" if share else "0"
    if share < 0.001:
        return "< 0.1 %"
    return "> 99.9 %" if share > 0.999 else f"{100 * share:.1f} %"


LEDGER, ROUTING = range(2)


class EdgePage(QTabWidget):
    """An edge as a product and as pictures, in two tabs; without pictures no tabs are shown."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setDocumentMode(True)
        self.ledger, self.pictures = LedgerView(), PicturePage()
        self.addTab(self.ledger, tr("Ledger"))
        self.addTab(self.pictures, tr("Routing"))
        self.setTabToolTip(LEDGER, tr("Upstream × local = contribution"))
        self.setTabToolTip(ROUTING, tr("Which entries of the pooled pictures get the gradient"))
        self.offer_pictures(False)

    def offer_pictures(self, offered: bool) -> None:
        """Show or hide the tab of pictures."""
        self.setTabVisible(ROUTING, offered)
        self.tabBar().setVisible(offered)
