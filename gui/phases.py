"""The stages of a pass as a strip: what is done, where we stand, what is still to come.

One cell a stage (a layer forward, a layer backward, …). Cells carry their names while there is
room; with a hundred layers they are slivers, and the heading above says which one is on.
"""

import re
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from engine.frame import Operation, Phase, Topology
from engine.text import tr
from gui.theme import LIGHT, Theme

HEADING, CELL, GAP = 17.0, 18.0, 6.0
LEAST = {"batch": 76.0, "update": 58.0}


@dataclass(frozen=True)
class Stage:
    """Operations ``first`` … ``last`` (inclusive) that belong together."""

    phase: Phase
    name: str
    first: int
    last: int

    @property
    def short(self) -> str:
        """The name without the phase, which stands above."""
        return self.name.rpartition("·")[2].strip()


def stages_of(operations: tuple[Operation, ...]) -> tuple[Stage, ...]:
    """Return the runs of operations that share phase and stage, in order."""
    found: list[Stage] = []
    for index, operation in enumerate(operations):
        last = found[-1] if found else None
        if last and (last.phase, last.name) == (operation.phase, operation.stage):
            found[-1] = Stage(last.phase, last.name, last.first, index)
        else:
            found.append(Stage(operation.phase, operation.stage, index, index))
    return tuple(found)


def fitting(name: str, metrics: QFontMetricsF, width: float) -> str:
    """The name, or as much of its front as there is room for before its number (co…2)."""
    if metrics.horizontalAdvance(name) <= width:
        return name
    number = re.search(r"\d+$", name)
    if number:
        for kept in range(len(name) - len(number[0]) - 1, 0, -1):
            short = f"{name[:kept]}…{number[0]}"
            if metrics.horizontalAdvance(short) <= width:
                return short
        return number[0]
    return metrics.elidedText(name, Qt.TextElideMode.ElideRight, width)


def phase_word(phase: Phase) -> str:
    """The phase's name on screen."""
    words = {
        "batch": tr("mini-batch"),
        "forward": tr("forward"),
        "backward": tr("backward"),
        "update": tr("update"),
    }
    return words[phase]


class PhaseStrip(QWidget):
    """``asked(int)``: a click on a stage ahead asks for operations up to its last one."""

    asked = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = LIGHT
        self._stages: tuple[Stage, ...] = ()
        self._cells: list[QRectF] = []
        self._spans: list[tuple[Phase, QRectF]] = []
        self.done_count = 0
        self.running = False
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(tr("Stages of the pass"))

    def show_topology(self, topology: Topology) -> None:
        """Take the stages of another graph."""
        self._stages = stages_of(topology.operations)
        self.done_count = 0
        self._place()

    def show_cursor(self, cursor: int, running: bool) -> None:
        """Stand behind ``cursor`` operations of the pass."""
        if (cursor, running) != (self.done_count, self.running):
            self.done_count, self.running = cursor, running
            self.update()

    def apply_theme(self, theme: Theme) -> None:
        """Take on the colours."""
        self._theme = theme
        self.update()

    @property
    def current(self) -> Stage | None:
        """The stage of the operation done last; None before the first one."""
        done = self.done_count - 1
        return next((s for s in self._stages if s.first <= done <= s.last), None)

    def heading(self, phase: Phase) -> str:
        """The words above a phase: its name and, where we stand in it, which stage of how many."""
        mine = [stage for stage in self._stages if stage.phase == phase]
        current = self.current
        if current is None or current not in mine or self.running:
            return phase_word(phase)
        if len(mine) == 1:
            return phase_word(phase)
        place = tr("{place} of {count}").format(place=mine.index(current) + 1, count=len(mine))
        return f"{phase_word(phase)} · {current.short} ({place})"

    def sizeHint(self) -> QSize:
        return QSize(320, int(HEADING + CELL + 3))

    def resizeEvent(self, event) -> None:
        self._place()

    def _place(self) -> None:
        """Share the width: fixed for mini-batch and update, by number of stages for the rest."""
        phases: list[tuple[Phase, list[Stage]]] = []
        for stage in self._stages:
            if not phases or phases[-1][0] != stage.phase:
                phases.append((stage.phase, []))
            phases[-1][1].append(stage)
        free = self.width() - 2 - GAP * (len(phases) - 1)
        free -= sum(LEAST.get(phase, 0.0) for phase, _ in phases)
        total = sum(len(mine) for phase, mine in phases if phase not in LEAST) or 1
        x, self._cells, self._spans = 1.0, [], []
        for phase, mine in phases:
            width = LEAST.get(phase) or max(10.0, free * len(mine) / total)
            self._spans.append((phase, QRectF(x, 0, width, HEADING)))
            each = width / len(mine)
            for index in range(len(mine)):
                gap = 2.0 if each > 8 else 0.6
                self._cells.append(QRectF(x + index * each, HEADING, each - gap, CELL))
            x += width + GAP
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        small = self.font()
        small.setPointSizeF(max(7.0, small.pointSizeF() * 0.9))
        painter.setFont(small)
        metrics = QFontMetricsF(small)
        current = self.current
        for phase, span in self._spans:
            on = current is not None and current.phase == phase and not self.running
            painter.setPen(QColor(self._theme.text if on else self._theme.muted))
            text = metrics.elidedText(
                self.heading(phase), Qt.TextElideMode.ElideRight, span.width()
            )
            painter.drawText(span, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)
        for stage, cell in zip(self._stages, self._cells, strict=True):
            self._paint_cell(painter, metrics, stage, cell)
        painter.end()

    def _paint_cell(
        self, painter: QPainter, metrics: QFontMetricsF, stage: Stage, cell: QRectF
    ) -> None:
        theme = self._theme
        now = stage.first <= self.done_count - 1 <= stage.last and not self.running
        done = stage.last < self.done_count or self.running
        fill = QColor(theme.accent) if now else QColor(theme.border if done else theme.window)
        painter.setBrush(fill)
        painter.setPen(QColor(theme.accent if now else theme.border))
        radius = 3.0 if cell.width() > 8 else 0.5
        painter.drawRoundedRect(cell, radius, radius)
        if now and stage.last > stage.first:  # how far the stage itself has come
            share = (self.done_count - stage.first) / (stage.last - stage.first + 1)
            bar = QRectF(cell.left() + 2, cell.bottom() - 3, (cell.width() - 4) * share, 2)
            painter.fillRect(bar, QColor(theme.on_accent))
        if cell.width() > 18:
            painter.setPen(QColor(theme.on_accent if now else theme.text if done else theme.muted))
            text = fitting(stage.short, metrics, cell.width() - 6)
            painter.drawText(cell, Qt.AlignmentFlag.AlignCenter, text)

    def _stage_at(self, point: QPointF) -> Stage | None:
        for stage, cell in zip(self._stages, self._cells, strict=True):
            if cell.adjusted(0, -HEADING, 2, 2).contains(point):
                return stage
        return None

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        stage = self._stage_at(event.position())
        if stage is not None and event.button() == Qt.MouseButton.LeftButton:
            ahead = stage.last + 1 - (0 if self.running else self.done_count)
            if ahead > 0:
                self.asked.emit(ahead)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip:
            point = self.mapFromGlobal(event.globalPos())  # type: ignore[attr-defined]
            stage = self._stage_at(QPointF(point))
            if stage is not None:
                ahead = stage.last + 1 > self.done_count and not self.running
                hint = "\n" + tr("Click: go on to here") if ahead else ""
                QToolTip.showText(event.globalPos(), stage.name + hint, self)  # type: ignore[attr-defined]
            return True
        return super().event(event)
