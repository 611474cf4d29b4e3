"""What measures a window from inside: a heartbeat of its thread, and events timed until painted."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import numpy as np
from PySide6.QtCore import (
    QCoreApplication,
    QEvent,
    QEventLoop,
    QObject,
    QPoint,
    QPointF,
    Qt,
    QTimer,
)
from PySide6.QtGui import QKeyEvent, QWheelEvent
from PySide6.QtWidgets import QWidget

DONE = QEvent.Type(QEvent.registerEventType())


def turn(seconds: float) -> None:
    """Let Qt's own event loop run, as in the program."""
    loop = QEventLoop()
    QTimer.singleShot(round(1000 * seconds), loop.quit)
    loop.exec()


def turn_until(condition: Callable[[], bool], most: float) -> None:
    """Let it run until something is so."""
    end = time.monotonic() + most
    while not condition():
        assert time.monotonic() < end, "the window did not get there"
        turn(0.02)


class Heartbeat:
    """A timer of 1 ms on the GUI thread.

    ``gaps`` are the seconds between two beats: as long as a slice of work held the thread, or
    another thread or program held the processor. ``work`` is the processor's time in each.
    """

    def __init__(self) -> None:
        self.gaps: list[float] = []
        self.work: list[float] = []
        self._last = self._now()
        self._timer = QTimer()
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._beat)
        self._timer.start(1)

    def stop(self) -> None:
        """No more beats."""
        self._timer.stop()

    def _beat(self) -> None:
        now = self._now()
        self.gaps.append(now[0] - self._last[0])
        self.work.append(now[1] - self._last[1])
        self._last = now

    @staticmethod
    def _now() -> tuple[float, float]:
        return time.perf_counter(), time.thread_time()


class Probe(QObject):
    """Posts events to a widget and takes the time until the widget was painted after each."""

    def __init__(self, widget: QWidget, make: Callable[[QWidget, int], QEvent]) -> None:
        super().__init__()
        self.delays: list[float] = []
        self._widget, self._make = widget, make
        self._posted: list[float] = []
        self._handled = self._painted = self._count = 0
        make(widget, 0)  # what Qt makes on the first event belongs to this thread
        widget.installEventFilter(self)

    def post(self) -> None:
        """From any thread."""
        event = self._make(self._widget, self._count)
        self._count += 1
        self._posted.append(time.perf_counter())
        QCoreApplication.postEvent(self._widget, event)

    def close(self) -> None:
        """Look at the widget no longer."""
        self._widget.removeEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Wheel, QEvent.Type.KeyPress):
            self._handled += 1
        elif event.type() == QEvent.Type.Paint and self._handled > self._painted:
            self._painted = self._handled
            # Handled as soon as all that is painted now is painted.
            QCoreApplication.postEvent(self, QEvent(DONE), Qt.EventPriority.HighEventPriority.value)
        return False

    def event(self, event: QEvent) -> bool:
        if event.type() != DONE:
            return super().event(event)
        now = time.perf_counter()
        self.delays += [now - began for began in self._posted[len(self.delays) : self._painted]]
        return True


class Poster:
    """A thread that posts events at times that have nothing to do with what the window does."""

    def __init__(self, probes: list[Probe]) -> None:
        self._probes = probes
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="poster")
        self._thread.start()

    def stop(self) -> None:
        """End the thread."""
        self._ending.set()
        self._thread.join()
        for probe in self._probes:
            probe.close()

    def _run(self) -> None:
        random = np.random.default_rng(0)
        while not self._ending.wait(float(random.uniform(0.03, 0.09))):
            self._probes[int(random.integers(len(self._probes)))].post()


def wheel_event(widget: QWidget, count: int) -> QEvent:
    """A notch of the wheel, in and out by turns, so that the graph stays on the screen."""
    middle = QPointF(widget.width() / 2, widget.height() / 2)
    turned = QPoint(0, 120 if count % 2 else -120)
    no_button, no_key = Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier
    return QWheelEvent(
        middle, middle, QPoint(), turned, no_button, no_key, Qt.ScrollPhase.NoScrollPhase, False
    )


def key_event(widget: QWidget, count: int) -> QEvent:
    """A digit typed, then taken back."""
    key = Qt.Key.Key_Backspace if count % 2 else Qt.Key.Key_1
    text = "\b" if count % 2 else "1"
    return QKeyEvent(QEvent.Type.KeyPress, key, Qt.KeyboardModifier.NoModifier, text)
