"""The stages of a pass as a strip of cells: which are done, the present one, and those to come.

A cell is a stage (a layer forward, a layer backward, …). Cells show their names if all of them fit;
otherwise only those of the present phase do, and the other phases become narrow. With a hundred
layers no name fits, and the heading above the strip names the present stage.
"""

from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from engine.messages.topology import Operation, Phase, Topology
from engine.support.text import tr
from gui.appearance.theme import LIGHT, Theme

HEADING, CELL, GAP = 17.0, 18.0, 6.0
ALONE = ("batch", "update")  # phases with one stage, which is always named
LEAST_CELL, BESIDE_NAME = 7.0, 11.0


@dataclass(frozen=True)
class Stage:
    """The operations ``first`` … ``last`` (inclusive) of a layer in one phase."""

    phase: Phase
    name: str
    first: int
    last: int

    @property
    def short(self) -> str:
        """The name without the phase, which the heading shows."""
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


@dataclass(frozen=True)
class PhaseWidths:
    """The smallest width of a phase in pixels, and the widths of its cells with names."""

    phase: Phase
    least: float
    names: list[float]


def share_width(
    phases: list[PhaseWidths], room: float, focus: Phase
) -> tuple[list[list[float]], set[Phase]]:
    """Share ``room`` pixels; return the cells' widths by phase, and the phases that show names."""
    alone = {one.phase for one in phases if one.phase in ALONE}
    layered = [one for one in phases if one.phase not in alone]
    free = room - sum(sum(one.names) for one in phases if one.phase in alone)
    wanted = {one.phase: sum(one.names) for one in layered}
    slim = {one.phase: max(one.least, LEAST_CELL * len(one.names)) for one in layered}
    in_focus = {**slim, focus: wanted[focus]} if focus in wanted else slim
    named = set()
    for choice, these in ((wanted, set(wanted)), (in_focus, {focus} & set(wanted))):
        if these and sum(choice.values()) <= free:
            named, sizes = these, dict(choice)
            break
    else:
        sizes = {one.phase: float(len(one.names)) for one in layered}
        scale = max(0.0, free) / max(1.0, sum(sizes.values()))
        sizes = {phase: size * scale for phase, size in sizes.items()}
    spare = max(0.0, free - sum(sizes.values())) / max(1, len(named))
    widths = []
    for one in phases:
        names, more = one.names, spare / len(one.names)
        if one.phase in alone:
            widths.append(names)
        elif one.phase in named:
            widths.append([name + more for name in names])
        else:
            widths.append([sizes[one.phase] / len(names)] * len(names))
    return widths, named | alone


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
    """The strip; emits ``asked(int)``, the operations up to the end of a clicked later stage."""

    asked = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = LIGHT
        self._stages: tuple[Stage, ...] = ()
        self._cells: list[QRectF] = []
        self._spans: list[tuple[Phase, QRectF]] = []
        self._named: set[Phase] = set()  # phases whose cells show their names
        self.done_count = 0
        self.running = False
        self.update_words = ""  # the formulas of the update, for its tooltip
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(tr("Stages of the pass"))

    def show_topology(self, topology: Topology) -> None:
        """Show the stages of another graph."""
        self._stages = stages_of(topology.operations)
        self.done_count = 0
        self._place()

    def show_cursor(self, cursor: int, running: bool) -> None:
        """Show that ``cursor`` operations of the pass are done."""
        if (cursor, running) != (self.done_count, self.running):
            before = self._focus
            self.done_count, self.running = cursor, running
            if self._focus != before:
                self._place()
            self.update()

    def apply_theme(self, theme: Theme) -> None:
        """Use the colours of a theme."""
        self._theme = theme
        self.update()

    @property
    def current(self) -> Stage | None:
        """The stage of the last operation that was done; None before the first."""
        done = self.done_count - 1
        return next((s for s in self._stages if s.first <= done <= s.last), None)

    @property
    def _focus(self) -> Phase:
        """The phase that gets the most width: the present one, or backward while training."""
        current = self.current
        if self.running or (current is not None and current.phase in ("backward", "update")):
            return "backward"
        return "forward"

    def heading(self, phase: Phase) -> str:
        """Return the text above a phase: its name and, in the present phase, stage k of n."""
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
        """Compute the cells' widths, and which phases show their names."""
        metrics = QFontMetricsF(self._small())
        phases: list[PhaseWidths] = []
        for stage in self._stages:
            if not phases or phases[-1].phase != stage.phase:
                least = metrics.horizontalAdvance(phase_word(stage.phase)) + 4
                phases.append(PhaseWidths(stage.phase, least, []))
            phases[-1].names.append(metrics.horizontalAdvance(stage.short) + BESIDE_NAME)
        room = self.width() - 2 - GAP * (len(phases) - 1)
        widths, self._named = share_width(phases, room, self._focus)
        x, self._cells, self._spans = 1.0, [], []
        for one, cells in zip(phases, widths, strict=True):
            self._spans.append((one.phase, QRectF(x, 0, sum(cells), HEADING)))
            for width in cells:
                gap = 2.0 if width > 8 else min(0.6, width / 3)
                self._cells.append(QRectF(x, HEADING, width - gap, CELL))
                x += width
            x += GAP
        self.update()

    def _small(self) -> QFont:
        small = self.font()
        small.setPointSizeF(max(7.0, small.pointSizeF() * 0.9))
        return small

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        small = self._small()
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
            self._paint_cell(painter, stage, cell)
        painter.end()

    def _paint_cell(self, painter: QPainter, stage: Stage, cell: QRectF) -> None:
        theme = self._theme
        now = stage.first <= self.done_count - 1 <= stage.last and not self.running
        done = stage.last < self.done_count or self.running
        fill = QColor(theme.accent) if now else QColor(theme.border if done else theme.window)
        painter.setBrush(fill)
        painter.setPen(QColor(theme.accent if now else theme.border))
        radius = 3.0 if cell.width() > 8 else 0.5
        painter.drawRoundedRect(cell, radius, radius)
        if now and stage.last > stage.first:  # the part of the present stage that is done
            share = (self.done_count - stage.first) / (stage.last - stage.first + 1)
            bar = QRectF(cell.left() + 2, cell.bottom() - 3, (cell.width() - 4) * share, 2)
            painter.fillRect(bar, QColor(theme.on_accent))
        if stage.phase in self._named:
            painter.setPen(QColor(theme.on_accent if now else theme.text if done else theme.muted))
            painter.drawText(cell, Qt.AlignmentFlag.AlignCenter, stage.short)

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
                lines = [stage.name]
                if stage.phase == "update" and self.update_words:
                    lines.append(self.update_words)
                if ahead:
                    lines.append(tr("Click: go on to here"))
                QToolTip.showText(event.globalPos(), "\n".join(lines), self)  # type: ignore[attr-defined]
            return True
        return super().event(event)
