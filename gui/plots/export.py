"""Export of a plot as PNG, SVG, CSV or to the clipboard; files are written atomically."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QPoint, QRect, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QGuiApplication,
    QImage,
    QImageWriter,
    QKeySequence,
    QPaintDevice,
    QPainter,
    QPicture,
)
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import QFileDialog, QWidget

from engine.export.formats import Material
from engine.export.metrics import cell
from engine.recipes import embedding
from engine.support.errors import InputError
from engine.support.text import tr
from engine.support.whole_files import write_bytes
from gui.plots.plot import Plot
from gui.plots.plot_entries import recipe_of
from gui.svg.tidy import tidied

KINDS = ("png", "svg", "csv")
SCALE = 2
SCREEN_DPI = 96
MARGIN = 8


def ask_and_write(plot: Plot, kind: str) -> None:
    """Ask for a path and write there; a failure is reported through ``plot.problem``."""
    title = tr("Export plot as {kind}").format(kind=kind.upper())
    path, _ = QFileDialog.getSaveFileName(
        plot, title, f"{plot.file_stem}.{kind}", f"{kind.upper()} (*.{kind})"
    )
    if path:
        write(plot, path if path.lower().endswith(f".{kind}") else f"{path}.{kind}", kind)


def write(plot: Plot, path: str, kind: str) -> bool:
    """Write the plot and return whether that worked."""
    try:
        write_bytes(path, maker(plot, kind, texts_of(plot, Path(path)))())
    except InputError as error:
        plot.problem.emit(str(error))
        return False
    return True


def copy(plot: Plot) -> None:
    """Put the picture on the clipboard."""
    QGuiApplication.clipboard().setImage(picture(plot))


def texts_of(plot: Plot, path: Path) -> dict[str, str]:
    """Return the texts stored in the file: title, caption and, where it is known, the recipe."""
    found = recipe_of(plot)
    if found is None:
        return {name.capitalize(): text for name, text in plot.caption().items()}
    recipe, session = found
    assert session.topology is not None
    assert session.frame is not None
    folder = path.absolute().parent
    material = Material(session.topology, session.frame, recipe, folder=folder, kind="plot")
    return material.texts(path.name)


def maker(plot: Plot, kind: str, texts: Mapping[str, str]) -> Callable[[], bytes]:
    """Capture the plot's drawing, or its table, now; return a function that encodes the file.

    The capture needs the GUI thread; the returned function takes longer and may run on any thread.
    """
    if kind == "csv":
        return partial(csv_bytes, plot.table(), texts)
    strokes = DrawnPlot.of(plot)
    if kind == "svg":
        return lambda: embedding.into_svg(tidied(strokes.svg()), texts)
    return lambda: png_bytes(strokes.image(), texts)


def picture(plot: Plot, scale: float = SCALE) -> QImage:
    """Return an image of the plot with its legend and a caption, at ``scale`` pixels a unit."""
    return DrawnPlot.of(plot).image(scale)


@dataclass(frozen=True)
class DrawnPlot:
    """A plot's recorded paint commands: recorded on the GUI thread, drawn on any."""

    recording: QPicture
    size: QSize
    background: QColor

    @classmethod
    def of(cls, plot: Plot) -> DrawnPlot:
        """Record a plot with its legend and a caption; on the GUI thread."""
        size, recording = _size(plot), QPicture()
        painter = QPainter(recording)
        try:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            _draw(plot, painter, size)
        finally:
            painter.end()
        return cls(recording, size, QColor(plot.theme.surface))

    def image(self, scale: float = SCALE) -> QImage:
        """Return it as an image with ``scale`` pixels a unit."""
        image = QImage(self.size * scale, QImage.Format.Format_ARGB32)
        image.setDevicePixelRatio(scale)
        image.fill(self.background)
        self._play(image)
        return image

    def svg(self) -> bytes:
        """Return it as the SVG that Qt writes."""
        buffer = QBuffer()
        generator = QSvgGenerator()
        generator.setOutputDevice(buffer)
        generator.setSize(self.size)
        generator.setViewBox(QRect(QPoint(0, 0), self.size))
        generator.setResolution(SCREEN_DPI)  # or widgets come out smaller than their contents
        self._play(generator)
        return bytes(buffer.data().data())

    def _play(self, device: QPaintDevice) -> None:
        painter = QPainter(device)
        painter.fillRect(QRect(QPoint(0, 0), self.size), self.background)
        painter.drawPicture(0, 0, self.recording)
        painter.end()


def png_bytes(image: QImage, texts: Mapping[str, str]) -> bytes:
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    QImageWriter(buffer, QByteArray(b"PNG")).write(image)
    return embedding.into_png(bytes(buffer.data().data()), texts)


def csv_bytes(table: tuple[list[str], list[np.ndarray]], texts: Mapping[str, str]) -> bytes:
    """Return all the data behind the plot, not the thinned curve, with one row per step.

    Lines that begin with "#" precede the headings: numpy's loadtxt skips them, pandas does with
    ``comment="#"``.
    """
    headings, columns = table
    text = io.StringIO()
    text.write(embedding.comment_lines(texts, ".csv"))
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(map(cell, headings))
    writer.writerows(zip(*(column.tolist() for column in columns), strict=True))
    return text.getvalue().encode()


def _legends(plot: Plot) -> list[QWidget]:
    return [widget for widget in plot.legend_widgets if widget.isVisible()]


def _caption(plot: Plot) -> str:
    return " · ".join(f"{key} {text}" for key, text in plot.caption().items())


def _size(plot: Plot) -> QSize:
    height = plot.height() + sum(widget.height() for widget in _legends(plot)) + 2 * MARGIN
    height += plot.fontMetrics().height() + MARGIN if _caption(plot) else 0
    return QSize(plot.width() + 2 * MARGIN, height)


def _draw(plot: Plot, painter: QPainter, size: QSize) -> None:
    y = MARGIN
    for widget in _legends(plot):
        flags = QWidget.RenderFlag.DrawChildren
        widget.render(painter, QPoint(MARGIN, y), renderFlags=flags)
        y += widget.height()
    plot.view.setBorder(None)  # an exported picture shows no focus frame
    plot.render(painter, QRect(MARGIN, y, plot.width(), plot.height()))
    plot.show_focus()
    y += plot.height()
    painter.setPen(QColor(plot.theme.muted))
    painter.setFont(plot.font())
    place = QRect(MARGIN, y, size.width() - 2 * MARGIN, size.height() - y - MARGIN // 2)
    flags_text = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
    painter.drawText(place, flags_text, _caption(plot))


class ExportablePlot(Plot):
    """A panel's plot with export: copying, and writing files from its context menu."""

    def copy_contents(self) -> str:
        """Copy the plot's picture to the clipboard; called by the window's Ctrl+C."""
        copy(self)
        return tr("Plot copied")

    def make_actions(self) -> None:
        """Add copying and the formats to the context menu."""
        super().make_actions()
        copy_keys = QKeySequence(QKeySequence.StandardKey.Copy)
        native = QKeySequence.SequenceFormat.NativeText
        self.add_action(tr("Copy plot") + "\t" + copy_keys.toString(native), self.copy_contents)
        for kind in KINDS:
            text = tr("Export plot as {kind}…").format(kind=kind.upper())
            self.add_action(text, partial(ask_and_write, self, kind))
