"""All that a graph needs before it can be shown, worked out off the GUI thread.

A graph of some thousand nodes takes seconds to be summarised, measured and placed. A thread does
that; what was on screen before stays there, alive, until the result is taken over whole.
"""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtWidgets import QLabel, QWidget

from engine.frame import Topology
from engine.neurons import Dense
from engine.text import tr
from gui.canvas import layout
from gui.canvas.geometry import Geometry, geometry_of
from gui.canvas.layout_worker import LayoutWorker
from gui.canvas.look import Look, look_of, picture_of, shows_numbers
from gui.canvas.motion import Arrangement
from gui.canvas.picture import Picture, Placement
from gui.canvas.visible import Path, VisibleGraph, summarise

# So many nodes are summarised, and so many visible ones placed, faster than a frame takes.
SUMMARISED_AT_ONCE, PLACED_AT_ONCE = 800, 120
# A graph that is there sooner needs no words.
NOTICE_MS = 150


@dataclass(frozen=True)
class Prepared:
    """A graph ready to be shown. ``good``: the placement is the best there is.

    ``request`` is what the layout process is asked with where a better one can be expected.
    """

    visible: VisibleGraph
    looks: list[Look]
    picture: Picture
    placement: Placement
    geometry: Geometry
    good: bool
    request: bytes | None


class Abandoned(Exception):  # noqa: N818  nothing is wrong
    """Nobody waits for the result any more."""


def prepare(
    topology: Topology,
    opened: frozenset[Path],
    boards: Mapping[Path, Dense] | None,
    cache: layout.Cache,
    checkpoint: Callable[[], None] = lambda: None,
) -> Prepared:
    """Summarise, measure and place a graph. ``checkpoint`` may raise ``Abandoned``."""
    return _placed(summarise(topology, opened, boards), cache, checkpoint)


def _placed(visible: VisibleGraph, cache: layout.Cache, checkpoint: Callable[[], None]) -> Prepared:
    checkpoint()
    numbers = shows_numbers(visible.topology)
    looks = [look_of(visible.topology, seen, numbers=numbers) for seen in visible.nodes]
    picture = picture_of(visible, looks)
    checkpoint()
    known = cache.get(picture)
    placement = known or layout.quick(picture)
    checkpoint()
    geometry = geometry_of(looks, placement)
    visible.warm()
    ask = known is None and layout.worth_asking(picture)
    request = layout.encode(picture) if ask else None
    return Prepared(visible, looks, picture, placement, geometry, known is not None, request)


class Preparing(QObject):
    """Prepares one graph at a time and has it shown; the last one asked for wins.

    Lives on the GUI thread. A small graph is shown before ``ask`` returns; meanwhile, with a
    larger one, everything else goes on.

    Parameters
    ----------
    show:
        Called with what is prepared and what stood there when it was asked for.
    """

    _done = Signal(int, object)

    def __init__(
        self,
        cache: layout.Cache,
        layouts: LayoutWorker,
        view: QWidget,
        show: Callable[[Prepared, Arrangement | None], None],
    ) -> None:
        super().__init__(view)
        self._cache, self._layouts, self._show = cache, layouts, show
        self.number = 0
        self.busy = False
        self._before: Arrangement | None = None
        self._threads: list[threading.Thread] = []
        self._turn = threading.Lock()
        self._view, self._notice = view, QLabel(view)
        self._notice.setObjectName("notice")
        self._notice.setMargin(8)
        self._notice.setAutoFillBackground(True)
        self._notice.hide()
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(NOTICE_MS)
        self._soon.timeout.connect(self._say)
        self._done.connect(self._take, Qt.ConnectionType.QueuedConnection)

    def ask(
        self,
        topology: Topology,
        opened: frozenset[Path],
        boards: Mapping[Path, Dense] | None = None,
        before: Arrangement | None = None,
    ) -> None:
        """Prepare a graph in place of whatever was asked before."""
        self.cancel()
        self.number += 1
        self._before = before
        self._layouts.cancel()
        visible = None
        if len(topology.nodes) <= SUMMARISED_AT_ONCE:
            visible = summarise(topology, opened, boards)
            if len(visible.nodes) <= PLACED_AT_ONCE:
                self._deliver(_placed(visible, self._cache, lambda: None))
                return
        shown = len(topology.nodes) if visible is None else len(visible.nodes)
        self._notice.setText(tr("Laying out {n} nodes… Esc cancels").format(n=f"{shown:,}"))
        self._soon.start()
        self.busy = True
        self._begin(
            self.number,
            lambda checkpoint: (
                prepare(topology, opened, boards, self._cache, checkpoint)
                if visible is None
                else _placed(visible, self._cache, checkpoint)
            ),
        )

    def _begin(self, number: int, make: Callable[[Callable[[], None]], Prepared]) -> None:
        def check() -> None:
            if number != self.number or not self.busy:
                raise Abandoned

        def work() -> None:
            with self._turn:
                try:
                    check()
                    found = make(check)
                    check()
                except Abandoned:
                    return
            self._done.emit(number, found)

        self._threads = [thread for thread in self._threads if thread.is_alive()]
        thread = threading.Thread(target=work, name="preparing a graph", daemon=True)
        self._threads.append(thread)
        thread.start()

    def cancel(self) -> bool:
        """Forget what is being prepared; True where something was."""
        waiting, self.busy = self.busy, False
        self._soon.stop()
        self._notice.hide()
        return waiting

    def close(self) -> None:
        """End the threads; nothing comes after it."""
        self.cancel()
        for thread in self._threads:
            thread.join()
        self._threads = []

    def _take(self, number: int, found: Prepared) -> None:
        if number == self.number and self.cancel():
            self._deliver(found)

    def _deliver(self, found: Prepared) -> None:
        before, self._before = self._before, None
        self._show(found, before)
        if found.request is not None:
            self._layouts.ask(self.number, found.picture, found.request)

    def _say(self) -> None:
        self._notice.adjustSize()
        self._notice.move((self._view.width() - self._notice.width()) // 2, 16)
        self._notice.raise_()
        self._notice.show()
