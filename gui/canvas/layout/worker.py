"""Runs the layout process without blocking: one graph at a time, the last request wins."""

from collections.abc import Callable

from PySide6.QtCore import QObject, QProcess, QTimer, Signal

from engine.support.places import ROOT
from gui.canvas.layout import layouts
from gui.canvas.layout.model import LayoutInput, Placement


class LayoutWorker(QObject):
    """Starts the layout process and receives its answer, on the GUI thread; ``Canvas`` owns it.

    ``arrived(generation, Placement)`` comes at most once for each ``ask`` and never for an
    older one than the last. Where Graphviz is missing or too slow, nothing comes.
    """

    arrived = Signal(int, object)

    def __init__(
        self,
        cache: layouts.Cache,
        parent: QObject | None = None,
        *,
        time_limit: float = layouts.TIME_LIMIT,
        command: Callable[[], list[str]] = layouts.command,
    ) -> None:
        super().__init__(parent)
        self.missing = False
        self._cache = cache
        self._command = command
        self._graph: LayoutInput | None = None
        self._generation = 0
        self._process: QProcess | None = None
        self._limit = QTimer(self)
        self._limit.setSingleShot(True)
        self._limit.setInterval(round(time_limit * 1000))
        self._limit.timeout.connect(self.cancel)

    @property
    def busy(self) -> bool:
        """Whether an answer may still come."""
        return self._process is not None

    def ask(self, generation: int, graph: LayoutInput, data: bytes | None = None) -> None:
        """Start laying out this graph; an earlier request is cancelled.

        ``data`` is the encoded graph, where that has been done already.
        """
        self.cancel()
        if self.missing or not layouts.worth_asking(graph):
            return
        self._generation, self._graph = generation, graph
        process = QProcess(self)
        process.setWorkingDirectory(str(ROOT))
        process.finished.connect(self._finished)
        process.errorOccurred.connect(self._failed)
        self._process = process
        program, *arguments = self._command()
        process.start(program, arguments)
        process.write(data or layouts.encode(graph))
        process.closeWriteChannel()
        self._limit.start()

    def cancel(self) -> None:
        """Kill the running process and wait for its end; no answer comes."""
        self._limit.stop()
        process, self._process = self._process, None
        if process is not None:
            process.finished.disconnect(self._finished)
            process.errorOccurred.disconnect(self._failed)
            if process.state() != QProcess.ProcessState.NotRunning:
                process.kill()
                process.waitForFinished(500)
            process.deleteLater()

    close = cancel

    def _failed(self, _error: object) -> None:
        self.cancel()

    def _finished(self, status: int, _how: object) -> None:
        process, graph = self._process, self._graph
        if process is None or graph is None:
            return
        self.missing = status == layouts.NO_GRAPHVIZ
        data = process.readAllStandardOutput().data()
        self.cancel()
        if status != 0:
            return
        try:
            placement: Placement = layouts.decode(bytes(data))
        except (ValueError, KeyError, TypeError):
            return
        if len(placement.centres) == len(graph.boxes):
            self._cache.put(graph, placement, bytes(data))
            self.arrived.emit(self._generation, placement)
