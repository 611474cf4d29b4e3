"""Prepares a graph for the canvas off the GUI thread.

A graph of some thousand nodes takes seconds to be summarised, measured and placed. Meanwhile the
previous graph stays on screen and usable; the result is shown as a whole.
"""

from collections.abc import Callable, Mapping

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from engine.messages.topology import Dense, Topology
from engine.support.figures import whole
from engine.support.text import tr
from gui.canvas.graph.prepared import Prepared, prepare
from gui.canvas.graph.visible import GroupPath, VisibleGraph, summarise
from gui.canvas.layout import layouts as layout
from gui.canvas.layout.worker import LayoutWorker
from gui.canvas.view.motion import PlacedGraph
from gui.canvas.view.notice import Notice
from gui.widgets.background_work import BackgroundWork, Report

# Up to this many nodes, and visible nodes, preparing is faster than a frame: no thread then.
SUMMARISED_AT_ONCE, PLACED_AT_ONCE = 800, 64


class Preparing(QObject):
    """Prepares one graph at a time and has it shown; the last request wins.

    Lives on the GUI thread. A small graph is shown before ``ask`` returns; a larger one is
    prepared in the background.

    Parameters
    ----------
    show:
        Called with the prepared graph, and the placed graph at the time of the request.
    improve:
        Called with a better placement of the graph that is shown.
    """

    def __init__(
        self,
        cache: layout.Cache,
        layouts: LayoutWorker,
        view: QWidget,
        show: Callable[[Prepared, PlacedGraph | None], None],
        improve: Callable[[Prepared], None],
    ) -> None:
        super().__init__(view)
        self._cache, self._layouts = cache, layouts
        self._show, self._improve = show, improve
        self._shown: VisibleGraph | None = None
        self.number = 0
        self._before: PlacedGraph | None = None
        self.notice = Notice(view)
        self._work = BackgroundWork("preparing a graph", self)
        self._work.reported.connect(self._take)
        self._work.ended.connect(self.notice.end)

    @property
    def busy(self) -> bool:
        """Whether the last request is still to be shown, or a better placement may come."""
        return self._work.busy

    def ask(
        self,
        topology: Topology,
        opened: frozenset[GroupPath],
        boards: Mapping[GroupPath, Dense] | None = None,
        before: PlacedGraph | None = None,
        *,
        at_once: bool = False,
    ) -> None:
        """Prepare a graph; an earlier request is dropped. ``at_once``: a rough placement first."""
        self.cancel()
        self.number += 1
        self._before = before
        self._layouts.cancel()
        visible = None
        if len(topology.nodes) <= SUMMARISED_AT_ONCE:
            visible = summarise(topology, opened, boards)
            if len(visible.nodes) <= PLACED_AT_ONCE:
                for found in prepare(visible, self._cache):
                    self._deliver(found)
                return
        shown = len(topology.nodes) if visible is None else len(visible.nodes)
        self.notice.begin(tr("Laying out {n} nodes…").format(n=whole(shown)))

        def work(report: Report) -> None:
            seen = summarise(topology, opened, boards) if visible is None else visible
            for found in prepare(seen, self._cache, at_once=at_once):
                report(found)

        self._work.start(work)

    def cancel(self) -> bool:
        """Drop the request in work; return whether there was one."""
        waiting = self.busy
        self._work.forget()
        self.notice.end()
        return waiting

    def close(self) -> None:
        """End the thread; nothing is delivered afterwards."""
        self.cancel()
        self._work.close()

    def _take(self, found: Prepared) -> None:
        if found.last:
            self.cancel()
        self._deliver(found)

    def _deliver(self, found: Prepared) -> None:
        if self._shown is found.visible:
            self._improve(found)
        else:
            before, self._before = self._before, None
            self._shown = found.visible
            self._show(found, before)
        if found.request is not None:
            self._layouts.ask(self.number, found.to_lay_out, found.request)
