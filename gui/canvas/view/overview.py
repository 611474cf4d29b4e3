"""The overview map: the whole graph in a corner, with a frame around the visible part."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from engine.support.text import tr
from gui.canvas.graph.geometry import Geometry
from gui.canvas.graph.neuron_plan import FOOTER, HEADER
from gui.canvas.view.overview_image import MapImage
from gui.canvas.view.view import WHEEL_STEP, GraphView
from gui.colour.magnitude import with_alpha

# Largest size, in pixels and as a share of the view, whose middle stays free.
LARGEST, SHARE = QSize(220, 150), 0.34
LEAST_SIDE, LEAST_FRAME = 44, 11
MARGIN, PADDING = 10, 6
# With more than this share of the graph in sight the map is not needed.
ENOUGH = 0.6
# An arrow key moves by this share of the visible part.
STRIDE, ZOOM = 0.15, 1.25


class Overview(QWidget):
    """The map in the lower right corner of a view whose graph does not fit.

    Where it would cover the texts of a neuron view, it takes the first free corner. Dragging the
    frame pans, a click centres, the wheel zooms; ``take_keyboard`` gives it the focus, Esc
    returns it.
    """

    takes_escape = takes_arrows = True

    def __init__(self, view: GraphView) -> None:
        super().__init__(view)
        self._view, self._scene = view, view.graph
        self._wanted = True
        self._image = MapImage()
        self._grip: QPointF | None = None
        self._bounds: tuple[Geometry, QRectF] | None = None
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.ArrowCursor)
        self.setAccessibleName(tr("Overview map"))
        self.setToolTip(
            tr("Overview: drag the frame to move, click to centre, turn the wheel to zoom; M: keys")
        )
        self.hide()
        view.installEventFilter(self)
        self._scene.changed_look.connect(self._look_changed)
        for bar in (view.horizontalScrollBar(), view.verticalScrollBar()):
            bar.valueChanged.connect(self._moved)
            bar.rangeChanged.connect(self._moved)

    def want(self, wanted: bool) -> None:
        """Set whether the user wants the map (View menu)."""
        self._wanted = wanted
        self._moved()

    def take_keyboard(self) -> None:
        """Take the keyboard focus; the map is shown as long as it has it."""
        if self._scene.placement is not None and self._scene.nodes:
            self._arrange()
            self.show()
            self.setFocus(Qt.FocusReason.ShortcutFocusReason)

    # -- the visible part---------------------------------------------------------------------

    def seen_share(self) -> float:
        """Return the share of the graph's area that is in sight, from 0 to 1."""
        whole, seen = self._content(), self._view.visible_rect()
        part = whole.intersected(seen)
        area = whole.width() * whole.height()
        return part.width() * part.height() / area if area else 1.0

    def _content(self) -> QRectF:
        if self._scene.placement is None or not len(self._scene.nodes):
            return QRectF()
        geometry = self._scene.geometry
        if self._bounds is None or self._bounds[0] is not geometry:
            self._bounds = (geometry, geometry.bounds())
        return self._bounds[1]

    def _moved(self) -> None:
        """Update after the view has moved, or shows another graph."""
        there = self._scene.placement is not None and len(self._scene.nodes) > 0
        needed = there and self._wanted and self.seen_share() < ENOUGH
        if needed or (there and self.hasFocus()):
            self._arrange()
            self.setVisible(True)
            self.update()
        else:
            self.setVisible(False)

    def _look_changed(self) -> None:
        self._moved()

    def _arrange(self) -> None:
        """Set the map's size by the graph's shape, and its corner."""
        content = self._content()
        if content.isEmpty():
            return
        area = self._view.viewport()
        width, height = (int(SHARE * side) for side in (area.width(), area.height()))
        room = LARGEST.boundedTo(QSize(width, height)) - QSize(2 * PADDING, 2 * PADDING)
        size = content.size().scaled(room, Qt.AspectRatioMode.KeepAspectRatio).toSize()
        size = size.expandedTo(QSize(LEAST_SIDE, LEAST_SIDE))
        size += QSize(2 * PADDING, 2 * PADDING)
        self.setGeometry(self._free_corner(size))

    def _free_corner(self, size: QSize) -> QRect:
        """Return the corner in which the map covers the least of the neuron views' texts."""
        view = self._view.viewport().geometry()
        room = view.adjusted(MARGIN, MARGIN, -MARGIN, -MARGIN)
        left, top = room.left(), room.top()
        right, bottom = room.right() + 1 - size.width(), room.bottom() + 1 - size.height()
        corners = [
            QRect(QPoint(x, y), size)
            for x, y in ((right, bottom), (left, bottom), (right, top), (left, top))
        ]
        words = self._words()

        def covered(corner: QRect) -> float:
            shared = [one.intersected(QRectF(corner.translated(-view.topLeft()))) for one in words]
            return sum(one.width() * one.height() for one in shared)

        return min(corners, key=covered)  # of equal ones the first

    def _words(self) -> list[QRectF]:
        """Return the rectangles of the neuron views' texts, in pixels of the viewport."""
        visible = self._scene.visible
        if visible is None or all(node.board is None for node in visible.nodes):
            return []
        across = self._view.viewportTransform()
        found = []
        for place, node in enumerate(visible.nodes):
            if node.board is None:
                continue
            left, top, right, bottom = self._scene.geometry.node_box[place].tolist()
            strips = (
                QRectF(left, top, right - left, HEADER),
                QRectF(left, bottom - FOOTER, right - left, FOOTER),
            )
            found += [across.mapRect(strip) for strip in strips]
        return found

    def _area(self) -> QRectF:
        """The rectangle of the graph on the map."""
        room = QRectF(self.rect()).adjusted(PADDING, PADDING, -PADDING, -PADDING)
        content = self._content()
        size = content.size().scaled(room.size(), Qt.AspectRatioMode.KeepAspectRatio)
        area = QRectF(QPointF(), size)
        area.moveCenter(room.center())
        return area

    def _scale(self) -> float:
        """Pixels of the map for one scene unit."""
        content, area = self._content(), self._area()
        wide, high = content.width(), content.height()
        return float(area.width() / wide if wide * area.height() > high else area.height() / high)

    def to_scene(self, point: QPointF) -> QPointF:
        """Return the point of the scene for a point of the map."""
        return self._content().center() + (point - self._area().center()) / self._scale()

    def seen_on_map(self) -> QRectF:
        """Return the frame around the visible part, on the map."""
        seen, scale = self._view.visible_rect(), self._scale()
        middle = self._area().center() + (seen.center() - self._content().center()) * scale
        frame = QRectF(0, 0, seen.width() * scale, seen.height() * scale)
        frame.moveCenter(middle)
        return frame

    def _visible_frame(self) -> QRectF:
        """Return the frame, at least large enough to be seen and dragged."""
        frame = self.seen_on_map()
        more = [max(0.0, LEAST_FRAME - side) / 2 for side in (frame.width(), frame.height())]
        return frame.adjusted(-more[0], -more[1], more[0], more[1])

    # -- mouse and keys ----------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Start to drag the frame; a press beside it first centres it on the pointer."""
        if event.button() != Qt.MouseButton.LeftButton:
            return
        frame, point = self._visible_frame(), event.position()
        self._grip = point - frame.center() if frame.contains(point) else QPointF()
        self._drag(point)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Pan the view with the pointer."""
        if self._grip is not None:
            self._drag(event.position())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End the drag."""
        self._grip = None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Treat a double click as two clicks."""
        self.mousePressEvent(event)

    def _drag(self, point: QPointF) -> None:
        assert self._grip is not None
        self._view.centre_on(self.to_scene(point - self._grip))

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom the view around its middle."""
        self._view.zoom_by(WHEEL_STEP ** (event.angleDelta().y() or event.angleDelta().x()))
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows pan, + and − zoom, Home fits the graph, Esc returns the focus."""
        ways = {
            Qt.Key.Key_Left: (-STRIDE, 0.0),
            Qt.Key.Key_Right: (STRIDE, 0.0),
            Qt.Key.Key_Up: (0.0, -STRIDE),
            Qt.Key.Key_Down: (0.0, STRIDE),
        }
        key, view = Qt.Key(event.key()), self._view
        if key in ways:
            seen, (across, down) = view.visible_rect(), ways[key]
            view.centre_on(seen.center() + QPointF(across * seen.width(), down * seen.height()))
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            view.zoom_by(ZOOM)
        elif key == Qt.Key.Key_Minus:
            view.zoom_by(1 / ZOOM)
        elif key == Qt.Key.Key_Home:
            view.fit()
        elif key in (Qt.Key.Key_Escape, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            view.setFocus(Qt.FocusReason.OtherFocusReason)
        else:
            event.ignore()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Repaint: the frame shows the keyboard focus."""
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Hide the map unless the graph does not fit."""
        super().focusOutEvent(event)
        self._moved()

    # -- painting ----------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the graph, then the frame around the visible part."""
        scene, theme = self._scene, self._scene.palette_.theme
        if scene.placement is None or scene.tones is None or self._content().isEmpty():
            return
        focused = self.hasFocus()
        painter = QPainter(self)
        try:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(QColor(theme.accent if focused else theme.border), 1 + focused))
            painter.setBrush(with_alpha(theme.surface, 0.94))
            edge = 0.5 + focused / 2
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(edge, edge, -edge, -edge), 6, 6)
            area = self._area()
            painter.drawImage(area, self._picture(area))
            painter.setClipRect(QRectF(self.rect()).adjusted(2, 2, -2, -2))
            frame = self._visible_frame()
            painter.setPen(QPen(QColor(theme.surface), 4.0))  # a halo: nodes may have its colour
            painter.setBrush(with_alpha(theme.accent, 0.12))
            painter.drawRoundedRect(frame, 2, 2)
            painter.setPen(QPen(QColor(theme.accent), 1.8))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(frame, 2, 2)
        finally:
            painter.end()

    def _picture(self, area: QRectF) -> QImage:
        scene = self._scene
        assert scene.tones is not None
        ratio = self.devicePixelRatioF()
        self._image.place(scene.geometry, area.size() * ratio)
        return self._image.coloured(scene.tones, scene.palette_)

    def eventFilter(self, view: QObject, event: QEvent) -> bool:
        """Stay in the corner when the view is resized."""
        if event.type() == QEvent.Type.Resize:
            self._moved()
        return super().eventFilter(view, event)
