"""Draws exports in a process of its own, so that the window is never blocked by a picture.

The process draws on Qt's offscreen platform from plain values. A thread of the window's process
exchanges messages with it, and a timer on the GUI thread collects the answers. ``Renderer.close``
ends process and thread and removes unfinished files with the hidden folder that holds them.

``gui.widgets.background_work`` does not fit: this thread waits for another process, which is
killed rather than left at a checkpoint, and jobs are queued instead of replacing one another.
"""

from __future__ import annotations

import dataclasses
import multiprocessing
import queue
import signal
import threading
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QImage

from engine.export.formats import Material
from engine.support.errors import EngineError
from engine.support.text import tr
from engine.support.whole_files import staged, write_bytes
from gui.export.job import Answer, RenderJob
from gui.widgets.drawing_rates import EXPORT_HEARD_MS

WAIT_SECONDS = 10
PIECES, PIECE = ("nodes", "edges", "operations"), 200
MakeBytes = Callable[[], bytes]


class Renderer(QObject):
    """Sends jobs to the process one after another; of waiting previews only the last is drawn.

    Emits ``answered(Answer)`` on the GUI thread.
    """

    answered = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._worker = _Worker()
        self.destroyed.connect(self._worker.stop)
        self._open = 0
        self._timer = QTimer(self)
        self._timer.setInterval(EXPORT_HEARD_MS)
        self._timer.timeout.connect(self._look)

    @property
    def busy(self) -> bool:
        """Whether a job has no final answer yet."""
        return self._open > 0

    def ask(self, job: RenderJob, make: MakeBytes | None = None) -> None:
        """Queue a job; returns at once.

        Where ``make`` is given the process is not used: it returns the bytes of the file or of the
        preview, and is called on the thread.
        """
        self._open += 1
        self._worker.jobs.put((job, make))
        self._timer.start()

    def cancel(self) -> None:
        """Cancel the job being drawn; its answer has ``cancelled`` set, and its file is removed."""
        self._worker.kill()

    def close(self, *, wait: bool = False) -> None:
        """Cancel all jobs without answers; ``wait`` blocks until process and thread have ended."""
        self._timer.stop()
        self._worker.stop(wait=wait)

    def _look(self) -> None:
        answers = self._worker.answers
        while not answers.empty() and self._timer.isActive():
            answer = answers.get()
            self._open -= answer.finished
            if self._open == 0:
                self._timer.stop()
            self.answered.emit(answer)


class _Worker:
    """The thread that talks to the process; of Qt it uses only images that it has made itself."""

    def __init__(self) -> None:
        self.jobs: queue.SimpleQueue[tuple[RenderJob, MakeBytes | None] | None] = (
            queue.SimpleQueue()
        )
        self.answers: queue.SimpleQueue[Answer] = queue.SimpleQueue()
        self._lock = threading.RLock()
        self._killed = False
        self._process: Any = None
        self._connection: Connection | None = None
        self._given: Material | None = None  # the material that was sent to the process last
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="export", daemon=True)
        self._thread.start()

    def kill(self) -> None:
        """Kill the process; the thread notices the closed connection."""
        with self._lock:
            if self._process is not None:
                self._killed = True
                self._process.kill()

    def stop(self, *_: object, wait: bool = False) -> None:
        """End process and thread, without waiting for them."""
        self._closed = True
        self.jobs.put(None)
        self.kill()
        if wait:
            self._thread.join(WAIT_SECONDS)

    def _run(self) -> None:
        while (asked := self.jobs.get()) is not None and not self._closed:
            job, make = asked
            if not job.target and job.box != (0, 0) and not self.jobs.empty():
                self.answers.put(Answer(job, cancelled=True))  # a later preview replaces this one
            else:
                self.answers.put(self._answered(job, make))
        self._end()

    def _answered(self, job: RenderJob, make: MakeBytes | None) -> Answer:
        """Answer the job whatever is raised, since a dialog waits for the answer."""
        try:
            return self._answer(job) if make is None else _made(job, make)
        except Exception as error:
            return Answer(job, problem=f"{type(error).__name__}: {error}")

    def _answer(self, job: RenderJob) -> Answer:
        try:
            if not job.target:
                return self._ask_process(job)
            with staged(job.target) as path:
                folder = str(Path(job.target).absolute().parent)
                answer = self._ask_process(
                    dataclasses.replace(job, target=str(path), folder=folder)
                )
                if answer.problem or answer.cancelled:
                    raise _NotMadeError(answer)
                return dataclasses.replace(answer, job=job)
        except _NotMadeError as made:
            return dataclasses.replace(made.answer, job=job)
        except EngineError as error:
            return Answer(job, problem=str(error))

    def _ask_process(self, job: RenderJob) -> Answer:
        """Send the job and receive its answer, ``cancelled`` if the process was killed."""
        try:
            connection = self._started()
            if job.material is not None and job.material is not self._given:
                for part in _parts(job.material):
                    connection.send(part)
                self._given = job.material
            connection.send(dataclasses.replace(job, material=None))
            while True:
                message = connection.recv()
                if message.get("finished", True):
                    return Answer(job, image=_decoded(message.pop("image", None)), **message)
                self.answers.put(Answer(job, **message))
        except (EOFError, OSError):
            self._end()
            return Answer(job, cancelled=True)

    def _started(self) -> Connection:
        with self._lock:
            if self._closed:
                raise EOFError
            if self._killed or (self._process is not None and not self._process.is_alive()):
                self._end()
            if self._process is None:
                context = multiprocessing.get_context("spawn")
                ours, theirs = context.Pipe()
                process = context.Process(target=serve, args=(theirs,), daemon=True)
                process.start()
                theirs.close()
                self._process = process
                self._connection = ours
            assert self._connection is not None
            return self._connection

    def _end(self) -> None:
        with self._lock:
            process, self._process = self._process, None
            connection, self._connection = self._connection, None
            self._given, self._killed = None, False
        if process is not None:
            process.kill()
            process.join()
            process.close()
        if connection is not None:
            connection.close()


def _parts(material: Material) -> Iterator[tuple[str, tuple[Any, ...]] | Material]:
    """Return the material in pieces to send one by one.

    Pickling holds Python's global lock; the whole of 200 nodes would block the window for several
    milliseconds.
    """
    for name in PIECES:
        whole = getattr(material.topology, name)
        for start in range(0, len(whole), PIECE):
            yield name, whole[start : start + PIECE]
    nothing: dict[str, Any] = dict.fromkeys(PIECES, ())
    bare = dataclasses.replace(material.topology, **nothing)
    yield dataclasses.replace(material, topology=bare)


class _NotMadeError(Exception):
    """Leaves the context of a hidden file that was not finished."""

    def __init__(self, answer: Answer) -> None:
        super().__init__()
        self.answer = answer


def _made(job: RenderJob, make: MakeBytes) -> Answer:
    try:
        if not job.target:
            return Answer(job, image=_decoded(make()))
        write_bytes(job.target, make())
    except EngineError as error:
        return Answer(job, problem=str(error))
    return Answer(job)


def _decoded(data: bytes | None) -> QImage | None:
    return None if data is None else QImage.fromData(data)


# -- the process ---------------------------------------------------------------------------------


def serve(connection: Connection) -> None:
    """Do jobs until the connection is closed; the main function of the process."""
    from gui.export.render_process import do

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is handled by the window's process
    material: Material | None = None
    pieces: dict[str, Any] = dict.fromkeys(PIECES, ())
    while True:
        try:
            job = connection.recv()
        except (EOFError, OSError):
            return
        if isinstance(job, tuple):
            pieces[job[0]] += job[1]
            continue
        if isinstance(job, Material):
            material = dataclasses.replace(
                job, topology=dataclasses.replace(job.topology, **pieces)
            )
            pieces = dict.fromkeys(PIECES, ())
            continue

        def tell(words: str, done: int, total: int) -> None:
            message = {"finished": False, "words": words, "done": done, "total": total}
            connection.send(message)

        try:
            assert material is not None
            connection.send(do(job, material, tell))
        except EngineError as error:
            connection.send({"problem": str(error)})
        except MemoryError:
            connection.send({"problem": tr("There is not enough memory for it.")})
        except Exception as error:  # reported to the window; the process goes on
            connection.send({"problem": f"{type(error).__name__}: {error}"})
