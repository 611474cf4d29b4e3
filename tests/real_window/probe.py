"""What the program under test shows, told to the test: read only, every input stays real.

Each question is one connection to a socket: a line of JSON in, a line of JSON out. The probe lives
on the program's GUI thread, so that an answer is one moment's.
"""

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QPoint, QRect, QSize, QSocketNotifier, QTimer
from PySide6.QtWidgets import (
    QAbstractItemView,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLineEdit,
    QMainWindow,
    QMenu,
    QMenuBar,
    QStyle,
    QStyleOptionComboBox,
    QStyleOptionFrame,
    QTabBar,
    QWidget,
)

TEXTS = ("text", "currentText", "title", "toPlainText", "windowTitle")
VALUES = ("isChecked", "value", "currentText", "text", "toPlainText")
INPUTS = (QLineEdit, QAbstractSpinBox, QComboBox)
LINE_MARGIN = 2  # what QLineEdit leaves at each side of its text
ROWS = 200  # of a list that are told


class Probe(QObject):
    """Answers what is on the screen."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self._server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._server.bind(f"{path}-")
        self._server.listen()
        Path(f"{path}-").rename(path)  # there only once it can be connected to
        self._notifier = QSocketNotifier(self._server.fileno(), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._answer)

    def _answer(self) -> None:
        connection, _ = self._server.accept()
        with connection, connection.makefile("rw", encoding="utf-8") as stream:
            question = json.loads(stream.readline())
            try:
                answer = {"answer": getattr(self, question["ask"])(*question["about"])}
            except Exception as error:  # the test is to fail, not the program
                answer = {"error": f"{type(error).__name__}: {error}"}
            stream.write(json.dumps(answer, default=plain) + "\n")

    def value(self, path: str) -> Any:
        """What a dotted path from the main window leads to: "session.frame.step", "width()"."""
        found: Any = main_window()
        for word in path.split("."):
            name, call, _ = word.partition("()")
            found = found[int(name)] if name.isdigit() else item(found, name)
            found = found() if call else found
        return found

    def screen(self) -> dict[str, Any]:
        """The screen, and what the desktop leaves of it to windows."""
        found = main_window().screen()
        return {
            "rect": found.geometry(),
            "available": found.availableGeometry(),
            "ratio": found.devicePixelRatio(),
        }

    def windows(self) -> list[dict[str, Any]]:
        """Every visible window with its frame."""
        return [
            {
                "title": window.windowTitle(),
                "kind": type(window).__name__,
                "frame": window.frameGeometry(),
                "rect": window.geometry(),
                "state": [flag.name for flag in window.windowState()],
                "active": window.isActiveWindow(),
            }
            for window in QApplication.topLevelWidgets()
            if window.isVisible()
        ]

    def widgets(self) -> list[dict[str, Any]]:
        """Every visible widget, tab, menu entry and row of a list."""
        focus = QApplication.focusWidget()
        found: list[dict[str, Any]] = []
        for window in QApplication.topLevelWidgets():
            if window.isVisible():
                found += walk(window, [], window.screen().geometry(), focus)
        return found

    def clipboard(self) -> dict[str, Any]:
        """What could be pasted: its text, and the size of its picture."""
        held = QApplication.clipboard()
        return {"text": held.text(), "picture": held.image().size()}

    def resting(self) -> int:
        """Return what tells one look of the window from another; 0 while work is going on."""
        window = main_window()
        canvas = window.canvas
        busy = canvas.preparing.busy or canvas._layouts.busy or canvas.placing.moving
        running = window.session.frame is not None and window.session.frame.running
        if busy or not (running or window.session.resting):
            return 0
        tops = [top for top in QApplication.topLevelWidgets() if top.isVisible()]
        shown = [w for top in tops for w in (top, *top.findChildren(QWidget)) if w.isVisible()]
        return hash(tuple((id(w), w.geometry().getRect()) for w in shown)) or 1


def main_window() -> Any:
    return next(w for w in QApplication.topLevelWidgets() if isinstance(w, QMainWindow))


def item(found: Any, name: str) -> Any:
    return found[name] if isinstance(found, dict) else getattr(found, name)


def plain(thing: Any) -> Any:
    """What JSON has no word for."""
    if isinstance(thing, QRect):
        return [thing.x(), thing.y(), thing.width(), thing.height()]
    if isinstance(thing, QSize):
        return [thing.width(), thing.height()]
    if isinstance(thing, QPoint):
        return [thing.x(), thing.y()]
    if hasattr(thing, "tolist"):
        return thing.tolist()
    return repr(thing)


def walk(
    widget: QWidget, within: list[str], clip: QRect, focus: QWidget | None
) -> Iterator[dict[str, Any]]:
    """Tell of a widget and of all in it."""
    rect = on_screen(widget, widget.rect())
    sight = rect.intersected(clip)
    told = {
        "kind": type(widget).__name__,
        "kinds": [kind.__name__ for kind in type(widget).__mro__ if issubclass(kind, QWidget)],
        "name": widget.objectName(),
        "accessible": widget.accessibleName(),
        "text": first(widget, TEXTS),
        "tip": widget.toolTip(),
        "value": first(widget, VALUES),
        "rect": rect,
        "sight": sight if sight.isValid() else None,
        "enabled": widget.isEnabled(),
        "focus": widget is focus,
        "within": within,
    }
    if isinstance(widget, INPUTS):
        told["room"], told["need"] = text_room(widget)
    yield told
    inner = [*within, widget.objectName() or type(widget).__name__]
    for kind, text, part, on, selected in parts(widget):
        place = on_screen(widget, part)
        seen = place.intersected(sight)
        yield told | {
            "kind": kind,
            "kinds": [kind],
            "name": "",
            "accessible": "",
            "text": text,
            "tip": "",
            "value": selected,
            "rect": place,
            "sight": seen if seen.isValid() else None,
            "enabled": on,
            "focus": False,
            "within": inner,
        }
    for child in widget.children():
        if isinstance(child, QWidget) and child.isVisible() and not child.isWindow():
            yield from walk(child, inner, sight, focus)


def parts(widget: QWidget) -> Iterator[tuple[str, str, QRect, bool, Any]]:
    """What can be clicked in a widget without being one."""
    if isinstance(widget, QTabBar):
        for k in range(widget.count()):
            if widget.isTabVisible(k):
                chosen = k == widget.currentIndex()
                yield "Tab", widget.tabText(k), widget.tabRect(k), widget.isTabEnabled(k), chosen
    elif isinstance(widget, (QMenu, QMenuBar)):
        for action in widget.actions():
            if action.isVisible() and not action.isSeparator():
                place = widget.actionGeometry(action)
                yield "Entry", action.text(), place, action.isEnabled(), action.isChecked()
    elif isinstance(widget, QAbstractItemView) and widget.model() is not None:
        model, root, port = widget.model(), widget.rootIndex(), widget.viewport()
        for row in range(min(model.rowCount(root), ROWS)):
            index = model.index(row, 0, root)
            place = widget.visualRect(index).translated(port.pos())
            chosen = index in widget.selectedIndexes()
            yield "Row", str(index.data() or ""), place, True, chosen


def on_screen(widget: QWidget, rect: QRect) -> QRect:
    return QRect(widget.mapToGlobal(rect.topLeft()), rect.size())


def first(widget: QWidget, names: tuple[str, ...]) -> Any:
    """What the first of its getters says that it has."""
    for name in names:
        getter = getattr(widget, name, None)
        if callable(getter):
            try:
                found = getter()
            except TypeError:  # a method of another meaning
                continue
            if isinstance(found, (str, int, float)):
                return found
    return ""


def text_room(widget: QWidget) -> tuple[QSize, QSize]:
    """The room that an input has for its text, and what the text needs."""
    if isinstance(widget, QComboBox) and not widget.isEditable():
        option = QStyleOptionComboBox()
        widget.initStyleOption(option)
        field = QStyle.SubControl.SC_ComboBoxEditField
        control = QStyle.ComplexControl.CC_ComboBox
        room = widget.style().subControlRect(control, option, field, widget).size()
        text = widget.currentText()
    else:
        line = widget if isinstance(widget, QLineEdit) else widget.findChild(QLineEdit)
        assert line is not None
        frame = QStyleOptionFrame()
        line.initStyleOption(frame)
        content = QStyle.SubElement.SE_LineEditContents
        room = line.style().subElementRect(content, frame, line).size()
        margins = line.textMargins()
        room -= QSize(2 * LINE_MARGIN + margins.left() + margins.right(), 0)
        text = line.displayText()
    metrics = widget.fontMetrics()
    height = metrics.tightBoundingRect(text).height()
    return room, QSize(metrics.horizontalAdvance(text), height)


def install(path: str, application: QApplication) -> None:
    """Answer as soon as the event loop runs."""
    QTimer.singleShot(0, application, lambda: setattr(application, "probe", Probe(path)))
