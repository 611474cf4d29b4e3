"""The options of an export: one form, of which each kind shows the rows it needs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QWidget,
)

from engine.export.formats import Format, Kind
from engine.recipes.replay import chosen_steps
from engine.support.errors import EngineError
from engine.support.figures import whole
from engine.support.text import tr
from gui.canvas.picture.page import SCREEN_DPI, possible_scale
from gui.export import animation
from gui.export.formats import formats
from gui.plots.plot_entries import entries
from gui.widgets.dialog import WholeText
from gui.widgets.inputs import ComboBox, SpinBox

MOST_STEPS = 1_000_000
FIRST_PICTURES = 60  # number of animation frames that is proposed


class Fields(QWidget):
    """The form; ``plots`` are the names of the available plots.

    Signals: ``changed``: the picture looks different; ``resized``: only its size is different.
    """

    changed = Signal()
    resized = Signal()

    def __init__(self, kind: Kind, step: int, plots: Sequence[str], parent: QWidget) -> None:
        super().__init__(parent)
        self.kind, self._plots = kind, plots
        # the picture's size at one pixel per scene unit, (0, 0) until it is known
        self.natural = (0.0, 0.0)
        self._make()
        self._make_steps(step)
        self._lay_out()
        self._connect()

    def _make(self) -> None:
        self.format = ComboBox(self)
        for one in formats():
            if one.kind == self.kind:
                self.format.addItem(one.title, one.suffixes[0])
        self.plot = ComboBox(self)
        for entry in entries():
            if entry.name in self._plots:
                self.plot.addItem(entry.title, entry.name)
        self.part = ComboBox(self)
        self.part.addItem(tr("the whole graph"), True)
        self.part.addItem(tr("the part on screen"), False)
        self.background = ComboBox(self)
        self.background.addItem(tr("of the theme"), "theme")
        self.background.addItem(tr("white"), "white")
        self.background.addItem(tr("transparent"), "transparent")
        self.legend = QCheckBox(tr("legend"), self)
        self.caption = QCheckBox(tr("system, seed and step"), self)
        for box in (self.legend, self.caption):
            box.setChecked(True)
        self.scale = SpinBox(self)
        self.scale.setRange(1, 8)
        self.scale.setValue(1 if self.kind == "animation" else 2)
        self.scale.setSuffix("×")
        self.tiles = QCheckBox(tr("several files where it is too large"), self)
        self.size_label = WholeText(parent=self, role="muted")

    def _make_steps(self, step: int) -> None:
        def box(low: int, high: int, value: int) -> SpinBox:
            made = SpinBox(self)
            made.setRange(low, high)
            made.setValue(value)
            return made

        last = step or 50
        self.first = box(0, MOST_STEPS, 0)
        self.last = box(0, MOST_STEPS, last)
        self.every = box(1, MOST_STEPS, max(1, last // FIRST_PICTURES))
        self.fps = box(1, 50, animation.DEFAULT_FPS)
        self.fps.setSuffix(tr(" pictures/s"))
        self.length = QLabel(self)
        self.length.setProperty("role", "muted")
        for field, name in (
            (self.first, tr("First step")),
            (self.last, tr("Last step")),
            (self.every, tr("One picture in so many steps")),
            (self.fps, tr("Speed")),
        ):
            field.setAccessibleName(name)

    def _lay_out(self) -> None:
        self.form = form = QFormLayout(self)
        form.setContentsMargins(0, 0, 0, 0)
        drawn = self.kind in ("picture", "animation")
        lines: list[tuple[bool, str, QWidget]] = [
            (self.kind == "plot", tr("Plot"), self.plot),
            (True, tr("Format"), self.format),
            (drawn, tr("Show"), self.part),
            (self.kind == "animation", tr("Steps"), self._row(self.first, "–", self.last)),
            (self.kind == "animation", tr("Every"), self._row(self.every, tr("steps"))),
            (self.kind == "animation", tr("Speed"), self._row(self.fps, self.length)),
            (drawn, tr("Background"), self.background),
            (drawn, tr("With"), self._row(self.legend, self.caption)),
            (drawn, tr("Size"), self.scale),
            (self.kind == "picture", "", self.tiles),
            (drawn, "", self.size_label),
        ]
        for wanted, name, widget in lines:
            if wanted:
                form.addRow(name, widget)
            else:
                widget.hide()

    def _row(self, *parts: QWidget | str) -> QWidget:
        row = QWidget(self)
        box = QHBoxLayout(row)
        box.setContentsMargins(0, 0, 0, 0)
        for part in parts:
            box.addWidget(QLabel(part, row) if isinstance(part, str) else part)
        box.addStretch(1)
        return row

    def _connect(self) -> None:
        for box in (self.part, self.background, self.format, self.plot):
            box.activated.connect(lambda _: self._tell())
        for switch in (self.legend, self.caption):
            switch.toggled.connect(lambda _: self._tell())
        for field in (self.scale, self.first, self.last, self.every, self.fps):
            field.valueChanged.connect(lambda _: self.show_size())
        self.tiles.toggled.connect(lambda _: self.show_size())

    def _tell(self) -> None:
        self.show_size()
        self.changed.emit()

    # -- the present choice ------------------------------------------------------------------

    @property
    def chosen(self) -> Format:
        """The chosen format."""
        own = [one for one in formats() if one.kind == self.kind]
        return own[self.format.currentIndex()]

    def picture(self) -> dict[str, Any]:
        """The chosen options as values of the recipe's picture."""
        if self.kind in ("data", "plot"):
            return {"seen": None}
        options: dict[str, Any] = {
            "background": self.background.currentData(),
            "dpi": float(self.scale.value() * SCREEN_DPI),
            "legend": self.legend.isChecked(),
            "caption": self.caption.isChecked(),
            "tiles": self.tiles.isChecked() if self.kind == "picture" else None,
        }
        if self.part.currentData():
            options["seen"] = None
        if self.kind == "animation":
            options |= {"from_step": self.first.value(), "to_step": self.last.value()}
            options |= {"every": self.every.value(), "fps": self.fps.value()}
        return options

    def steps(self) -> range | None:
        """The steps of an animation; raises InputError where there are none or too many."""
        if self.kind != "animation":
            return None
        return chosen_steps(self.first.value(), self.last.value(), self.every.value())

    # -- the resulting size ------------------------------------------------------------------

    def show_size(self) -> None:
        """Show the resulting size, and whether it is smaller than requested."""
        self.scale.setEnabled(self.chosen.pixels)
        self.tiles.setEnabled(self.chosen.pixels)
        self._show_length()
        self.size_label.setText(self._size())
        self.resized.emit()

    def _size(self) -> str:
        width, height = self.natural
        if not self.chosen.pixels:
            return tr("sharp at every size")
        if not width:
            return ""
        wanted = self.scale.value()
        scale = possible_scale(width, height, wanted)
        if self.kind == "animation":
            scale = animation.film_scale(width, height, self._count(), wanted)
        elif scale < wanted and self.tiles.isChecked():
            size = tr("{width} × {height} pixels").format(
                width=whole(width * wanted), height=whole(height * wanted)
            )
            return size + " · " + tr("in tiles: too large for one file")
        text = tr("{width} × {height} pixels").format(
            width=whole(width * scale), height=whole(height * scale)
        )
        if scale < wanted:
            text += " · " + tr("scaled to {scale:.2f}×: more would be too large").format(
                scale=scale
            )
        return text

    def _count(self) -> int:
        try:
            return len(self.steps() or ())
        except EngineError:
            return 0

    def _show_length(self) -> None:
        count = self._count()
        if not count:
            self.length.setText(tr("no pictures, or too many"))
            return
        text = tr("{count} pictures, {seconds:.1f} s")
        self.length.setText(text.format(count=whole(count), seconds=count / self.fps.value()))
