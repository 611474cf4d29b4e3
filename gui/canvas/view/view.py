"""The view of the scene: zoom at the cursor, pan, clicks, keys and tooltips."""

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QNativeGestureEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QApplication, QFrame, QGraphicsItem, QGraphicsView, QWidget

from gui.appearance.fonts import maths_font
from gui.canvas.graph.geometry import meets
from gui.canvas.raster.painter import Painter
from gui.canvas.scene.edge_item import HIT_WIDTH, EdgeItem
from gui.canvas.scene.edge_labels import corners
from gui.canvas.scene.node_item import FrameItem, NodeItem
from gui.canvas.scene.scene import GraphScene

SMALLEST, LARGEST, FITTED_LARGEST = 0.04, 10.0, 1.7
MARGIN = 26.0
WHEEL_STEP = 1.0015


class GraphView(QGraphicsView):
    """Shows a ``GraphScene`` and reports mouse and keys by signals, which ``Pointer`` handles.

    Signals
    -------
    picked(object): a node, edge or frame item was clicked, None for the background
    also_picked(object): the same with Ctrl held
    toggled(object): a group's card or frame is to open or close
    stepped(str): a key asks for the selection to move: next, previous, left, right, up, down,
        next-edge, previous-edge; or to toggle, clear
    menu_wanted(QPoint, object): where, in global coordinates; the item that was pointed at
    tip_wanted(QPoint, object): the pointer rests there on an item, or on none
    moved(): the pointer is over another point of the scene, ``pointed``
    hovered(object): the item that the pointer has come to, None for the background
    """

    picked = Signal(object)
    also_picked = Signal(object)
    toggled = Signal(object)
    stepped = Signal(str)
    menu_wanted = Signal(QPoint, object)
    tip_wanted = Signal(QPoint, object)
    hovered = Signal(object)
    moved = Signal()

    def __init__(self, scene: GraphScene, parent: QWidget | None = None) -> None:
        super().__init__(scene, parent)
        self.graph = scene
        self.empty_text = ""
        self.fitted = True
        self._press: QPoint | None = None
        self._panned = False
        self._under: QGraphicsItem | None = None
        self.pointed = QPointF()
        self.repainting = Painter(self, scene)
        scene.emptied.connect(self._point_at_nothing)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setRenderHint(QPainter.RenderHint.Antialiasing)
        self.setRenderHint(QPainter.RenderHint.TextAntialiasing)
        self.setOptimizationFlag(QGraphicsView.OptimizationFlag.DontSavePainterState)
        self.setViewportUpdateMode(QGraphicsView.ViewportUpdateMode.SmartViewportUpdate)
        self.setTransformationAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        self.setResizeAnchor(QGraphicsView.ViewportAnchor.AnchorViewCenter)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.viewport().setMouseTracking(True)  # hovering is reported without a pressed button

    # -- zoom and pan ------------------------------------------------------------------------

    @property
    def under(self) -> QGraphicsItem | None:
        """The item that the pointer is over."""
        return self._under

    @property
    def zoom(self) -> float:
        """Screen pixels for one scene unit."""
        return float(self.transform().m11())

    def zoom_by(self, factor: float, at: QPointF | None = None) -> None:
        """Zoom so that the point ``at`` (viewport coordinates; default the middle) stays."""
        point = at if at is not None else QPointF(self.viewport().rect().center())
        factor = min(max(self.zoom * factor, SMALLEST), LARGEST) / self.zoom
        scene_point = self._to_scene(point)
        self.scale(factor, factor)
        self._bring(scene_point, point)
        self.fitted = False

    def zoom_to(self, zoom: float) -> None:
        """Set the zoom (pixels per scene unit) around the middle."""
        self.zoom_by(zoom / self.zoom)

    def fit(self) -> None:
        """Show the whole graph, at most at the largest zoom for reading."""
        rect = self.graph.content_rect()
        self._make_room(rect)
        if rect.isEmpty():
            return
        wide = max(1.0, self.viewport().width() - 2 * MARGIN) / rect.width()
        high = max(1.0, self.viewport().height() - 2 * MARGIN) / rect.height()
        zoom = min(wide, high, FITTED_LARGEST)
        self.resetTransform()
        self.scale(zoom, zoom)
        self._bring(rect.center(), QPointF(self.viewport().rect().center()))
        self.fitted = True

    def hold(self, scene_point: QPointF, viewport_point: QPointF) -> None:
        """Scroll so that a point of the scene is at a place of the viewport, after a layout."""
        self._make_room(self.graph.content_rect())
        self._bring(scene_point, viewport_point)

    def on_screen(self, scene_point: QPointF) -> QPointF:
        """Return where a point of the scene is in the viewport, unrounded."""
        return self.viewportTransform().map(scene_point)

    def show_item(self, item: QGraphicsItem) -> None:
        """Scroll as little as needed to show the item."""
        self.ensureVisible(item.sceneBoundingRect(), 40, 40)

    def show_rect(self, rect: QRectF) -> None:
        """Scroll as little as needed to show a rectangle of the scene."""
        self.ensureVisible(rect, 0, 0)

    def show_at(self, box: QRectF, readable: float, comfortable: float) -> None:
        """Centre a box of the scene, at a zoom at which it can be read.

        If the whole graph is in view and readable, the view stays as it is.
        """
        if self.fitted and self.zoom >= readable:
            return
        if self.zoom < readable:
            self.zoom_to(comfortable)
        self.fitted = False
        self.hold(box.center(), QPointF(self.viewport().rect().center()))

    def centre_on(self, scene_point: QPointF) -> None:
        """Centre a point of the scene; the zoom stays."""
        self.fitted = False
        # Not QRect's integer centre, which is half a pixel off for even sizes.
        self._bring(scene_point, QRectF(self.viewport().rect()).center())

    def visible_rect(self) -> QRectF:
        """Return the part of the scene in the viewport."""
        return self.mapToScene(self.viewport().rect()).boundingRect()

    def _make_room(self, content: QRectF) -> None:
        """Enlarge the scene's rectangle so that the graph can be dragged nearly out of sight."""
        room = 4 * max(self.viewport().width(), self.viewport().height()) / max(self.zoom, 0.1)
        room = max(room, content.width(), content.height(), 1000.0)
        self.setSceneRect(content.adjusted(-room, -room, room, room))

    def _to_scene(self, point: QPointF) -> QPointF:
        inverse, _ = self.viewportTransform().inverted()
        return inverse.map(point)

    def _bring(self, scene_point: QPointF, viewport_point: QPointF) -> None:
        # Scroll bars have whole pixels: the error is at most half a pixel.
        off = self.on_screen(scene_point) - viewport_point
        across, down = self.horizontalScrollBar(), self.verticalScrollBar()
        across.setValue(across.value() + round(off.x()))
        down.setValue(down.value() + round(off.y()))

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom at the cursor, with or without Ctrl, which touchpads send when pinching."""
        delta = event.angleDelta().y() or event.angleDelta().x()
        self.zoom_by(WHEEL_STEP**delta, event.position())
        event.accept()

    def viewportEvent(self, event: QEvent) -> bool:
        """Handle pinch gestures and tooltip requests."""
        if isinstance(event, QNativeGestureEvent):
            if event.gestureType() == Qt.NativeGestureType.ZoomNativeGesture:
                self.zoom_by(1.0 + event.value(), event.position())
                return True
        elif isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            self.tip_wanted.emit(event.globalPos(), self.item_at(event.pos()))
            return True
        return super().viewportEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit the graph again unless the user has moved the view."""
        super().resizeEvent(event)
        if self.fitted:
            self.fit()

    # -- mouse -------------------------------------------------------------------------------

    def item_at(self, point: QPoint) -> QGraphicsItem | None:
        """Return the node or edge item at a point, or the frame whose title is there."""
        if self.graph.crowded:
            return item_near(self.graph, self.mapToScene(QRect(point, point)).boundingRect())
        frame: FrameItem | None = None
        edge: EdgeItem | None = None
        for part in self.items(point):
            item = self.graph.owner(part)
            titled = next((f for f in self.graph.frames if f.chip is item), None)
            if titled is not None:
                return titled
            if isinstance(item, NodeItem):
                return item
            if isinstance(item, EdgeItem):
                # Qt counts the inside of a bowed edge as part of its casing.
                edge = edge or (item if item.owns(part) else None)
            elif isinstance(item, FrameItem) and frame is None:
                frame = item if item.title_area().contains(self.mapToScene(point)) else None
        return edge or frame

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Remember the press, which becomes a click or a pan."""
        if event.button() in (Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton):
            self._press, self._panned = event.position().toPoint(), False
            event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Pan once the pointer has moved further than a click may."""
        if self._press is None:
            self.pointed = self._to_scene(event.position())
            self._point_at(self.item_at(event.position().toPoint()))
            self.moved.emit()
            return
        moved = event.position().toPoint() - self._press
        if self._panned or moved.manhattanLength() >= QApplication.startDragDistance():
            self._panned, self.fitted = True, False
            self.viewport().setCursor(Qt.CursorShape.ClosedHandCursor)
            across, down = self.horizontalScrollBar(), self.verticalScrollBar()
            across.setValue(across.value() - moved.x())
            down.setValue(down.value() - moved.y())
            self._press = event.position().toPoint()

    def leaveEvent(self, event: QEvent) -> None:
        """Clear the hovered item."""
        self._point_at(None)
        super().leaveEvent(event)

    def _point_at_nothing(self) -> None:
        self._point_at(None)

    def _point_at(self, item: QGraphicsItem | None) -> None:
        shapes = Qt.CursorShape
        shape = shapes.ArrowCursor if item is None else shapes.PointingHandCursor
        self.viewport().setCursor(shape)
        if item is not self._under:
            self._under = item
            self.hovered.emit(item)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Report a click if the press did not become a pan."""
        pressed, self._press = self._press, None
        self.viewport().setCursor(Qt.CursorShape.ArrowCursor)
        left = event.button() == Qt.MouseButton.LeftButton
        self.pointed = self._to_scene(event.position())
        if pressed is not None and not self._panned and left:
            also = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
            signal = self.also_picked if also else self.picked
            signal.emit(self.item_at(event.position().toPoint()))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Open or close a group."""
        item = self.item_at(event.position().toPoint())
        self.pointed = self._to_scene(event.position())
        if isinstance(item, FrameItem) or (
            isinstance(item, NodeItem) and item.seen.group is not None
        ):
            self.toggled.emit(item)
        event.accept()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Ask for the context menu; opened by a key it is for the selection."""
        by_mouse = event.reason() == QContextMenuEvent.Reason.Mouse
        item = self.item_at(event.pos()) if by_mouse else None
        self.menu_wanted.emit(event.globalPos(), item)

    # -- keys --------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Handle the keys that walk the graph; the window's shortcuts do not arrive here.

        Tab moves the focus to the next widget, as everywhere.
        """
        directions = {
            Qt.Key.Key_Left: "left",
            Qt.Key.Key_Right: "right",
            Qt.Key.Key_Up: "up",
            Qt.Key.Key_Down: "down",
            Qt.Key.Key_J: "next",
            Qt.Key.Key_K: "previous",
            Qt.Key.Key_L: "next-edge",
        }
        key = Qt.Key(event.key())
        control = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if key == Qt.Key.Key_L and shift and not control:
            self.stepped.emit("previous-edge")
        elif key in directions and not control:
            self.stepped.emit(directions[key])
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.stepped.emit("toggle")
        elif key == Qt.Key.Key_Escape:
            self.stepped.emit("clear")
        elif key == Qt.Key.Key_F and not control:
            self.fit()
        elif control and key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.zoom_by(1.25)
        elif control and key == Qt.Key.Key_Minus:
            self.zoom_by(0.8)
        elif control and key == Qt.Key.Key_0:
            self.zoom_to(1.0)
        else:
            event.ignore()

    # -- painting ----------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint a plain scene by Qt, a crowded one by the raster."""
        if not self.graph.crowded or self.graph.placement is None:
            super().paintEvent(event)
            return
        painter = QPainter(self.viewport())
        try:
            painter.fillRect(self.viewport().rect(), self.backgroundBrush())
            self.repainting.paint(painter)
        finally:
            painter.end()  # an open painter would crash the process at the next paint

    # -- empty state -------------------------------------------------------------------------

    def drawForeground(self, painter: QPainter, rect: QRectF | object) -> None:
        """Without a graph, write what to do."""
        if self.graph.nodes or not self.empty_text:
            return
        painter.save()
        painter.resetTransform()
        painter.setFont(maths_font(15))
        painter.setPen(self.graph.palette_.muted.color())
        area = self.viewport().rect().adjusted(40, 40, -40, -40)
        flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
        painter.drawText(area, int(flags), self.empty_text)
        painter.restore()


def item_near(scene: GraphScene, pixel: QRectF) -> QGraphicsItem | None:
    """Return the node or edge item at a pixel's rectangle, or the frame whose title is there."""
    box, geometry = corners(pixel), scene.geometry
    frames = [scene.frames[k] for k in np.flatnonzero(meets(geometry.frames, box)).tolist()]
    for frame in frames:
        if frame.chip.path().intersects(pixel):
            return frame
    for k in geometry.nodes_in(box).tolist():
        if scene.nodes[k].is_hit(pixel):
            return scene.nodes[k]
    for k in geometry.edges_in(box, HIT_WIDTH)[::-1].tolist():
        if scene.edges[k].is_hit(pixel):
            return scene.edges[k]
    titled = [frame for frame in frames if frame.title_area().contains(pixel.topLeft())]
    return max(titled, key=lambda frame: frame.zValue(), default=None)
