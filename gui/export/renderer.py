"""Exports in a process of their own, so that the window never waits for a picture.

The process draws on Qt's offscreen platform from plain values; a thread of the window's process
talks to it, and the GUI thread looks once in a while what it has to say. Nothing outlives
``Renderer.close``: what is half written goes with the hidden folder it stands in.

Not on ``gui.widgets.background_work``: its thread waits for another process, which is ended by
killing it and not at a checkpoint, and jobs stand in a queue, where none takes another's place.
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
    """Gives jobs to the process, one after another; of previews that wait, the last one counts.

    ``answered(Answer)`` comes on the GUI thread.
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
        """Whether an answer is still to come."""
        return self._open > 0

    def ask(self, job: RenderJob, make: MakeBytes | None = None) -> None:
        """Have a job done; returns at once.

        ``make`` gives the bytes of the file, or of the preview, on the thread.
        """
        self._open += 1
        self._worker.jobs.put((job, make))
        self._timer.start()

    def cancel(self) -> None:
        """End what is drawn now; its answer says ``cancelled``, and no file is left of it."""
        self._worker.kill()

    def close(self, *, wait: bool = False) -> None:
        """End everything; no answer comes any more. ``wait`` until process and thread are gone."""
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
    """The thread that talks to the process. It touches no Qt object but images of its own."""

    def __init__(self) -> None:
        self.jobs: queue.SimpleQueue[tuple[RenderJob, MakeBytes | None] | None] = (
            queue.SimpleQueue()
        )
        self.answers: queue.SimpleQueue[Answer] = queue.SimpleQueue()
        self._lock = threading.RLock()
        self._killed = False
        self._process: Any = None
        self._connection: Connection | None = None
        self._given: Material | None = None  # what the process has by now
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="export", daemon=True)
        self._thread.start()

    def kill(self) -> None:
        """End the process; the thread hears of it."""
        with self._lock:
            if self._process is not None:
                self._killed = True
                self._process.kill()

    def stop(self, *_: object, wait: bool = False) -> None:
        """End process and thread; they need a moment for that."""
        self._closed = True
        self.jobs.put(None)
        self.kill()
        if wait:
            self._thread.join(WAIT_SECONDS)

    def _run(self) -> None:
        while (asked := self.jobs.get()) is not None and not self._closed:
            job, make = asked
            if not job.target and job.box != (0, 0) and not self.jobs.empty():
                self.answers.put(Answer(job, cancelled=True))  # another preview is wanted by now
            else:
                self.answers.put(self._answered(job, make))
        self._end()

    def _answered(self, job: RenderJob, make: MakeBytes | None) -> Answer:
        """Every job has its answer, whatever goes wrong: a dialog waits for it."""
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
        """Send the job and hear its answer; a process that was ended gives none."""
        try:
            connection = self._started()
            if job.material is not None and job.material is not self._given:
                for part in _parts(job.material):
                    connection.send(part)
                self._given = job.material
            connection.send(dataclasses.replace(job, material=None))
            while True:
                said = connection.recv()
                if said.get("finished", True):
                    return Answer(job, image=_decoded(said.pop("image", None)), **said)
                self.answers.put(Answer(job, **said))
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
    """The material in pieces: making one message of it would hold the window up.

    Python's lock is kept while a message is made; that of 200 nodes takes a few milliseconds.
    """
    for name in PIECES:
        whole = getattr(material.topology, name)
        for start in range(0, len(whole), PIECE):
            yield name, whole[start : start + PIECE]
    nothing: dict[str, Any] = dict.fromkeys(PIECES, ())
    bare = dataclasses.replace(material.topology, **nothing)
    yield dataclasses.replace(material, topology=bare)


class _NotMadeError(Exception):
    """Leaves the hidden folder of a file that was not made."""

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
    """Do jobs until the other side is gone."""
    from gui.export.render_process import do

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the window's to hear
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
            said = {"finished": False, "words": words, "done": done, "total": total}
            connection.send(said)

        try:
            assert material is not None
            connection.send(do(job, material, tell))
        except EngineError as error:
            connection.send({"problem": str(error)})
        except MemoryError:
            connection.send({"problem": tr("There is not enough memory for it.")})
        except Exception as error:  # the window says it and goes on
            connection.send({"problem": f"{type(error).__name__}: {error}"})
