"""Work off the GUI thread: the last one wins, cancelling is quick, and no thread stays."""

import subprocess
import sys
import threading
import time

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QObject

from engine.support.cancellation import Cancelled, checkpoint
from engine.support.errors import RunError
from gui.widgets.background_work import BackgroundWork, End


class Heard:
    """All that a work says, in order."""

    def __init__(self, work: BackgroundWork) -> None:
        self.said: list[object] = []
        self.threads: set[threading.Thread] = set()
        work.reported.connect(self.hear)
        work.ended.connect(self.hear)

    def hear(self, what: object) -> None:
        self.said.append(what)
        self.threads.add(threading.current_thread())

    @property
    def ends(self) -> list[End]:
        return [what for what in self.said if isinstance(what, End)]


class Endless:
    """Work that goes on until its checkpoint ends it."""

    def __init__(self) -> None:
        self.begun, self.left = threading.Event(), threading.Event()
        self.thread: threading.Thread | None = None

    def __call__(self, report) -> None:
        self.thread = threading.current_thread()
        self.begun.set()
        try:
            while True:
                checkpoint()
                time.sleep(0.005)
        finally:
            self.left.set()


class Held:
    """Work that hears of nothing until it is let go."""

    def __init__(self, result: object = None) -> None:
        self.begun, self.go = threading.Event(), threading.Event()
        self.result = result

    def __call__(self, report) -> object:
        self.begun.set()
        assert self.go.wait(10)
        return self.result


@pytest.fixture
def work(qapp):
    made = BackgroundWork("test")
    yield made
    made.close()


@pytest.fixture
def heard(work):
    return Heard(work)


def test_reports_come_in_order_then_the_end_all_on_the_gui_thread(work, heard, qtbot):
    off: list[threading.Thread] = []

    def count(report):
        off.append(threading.current_thread())
        for k in range(100):
            report(k)
        return "done"

    work.start(count)
    assert work.busy
    qtbot.waitUntil(lambda: not work.busy)
    assert heard.said == [*range(100), End("done")]
    assert heard.threads == {threading.main_thread()}
    assert off[0] is not threading.main_thread()
    assert off[0].name == "test"


def test_the_last_one_asked_for_wins(work, heard, qtbot):
    first, last = Endless(), Held("last")
    last.go.set()
    work.start(first)
    assert first.begun.wait(10)
    work.start(lambda _: pytest.fail("it was replaced before it began"))
    work.start(last)
    qtbot.waitUntil(lambda: not work.busy)
    assert first.left.is_set()
    assert heard.said == [End("last")]


def test_what_was_said_before_the_replacement_is_not_heard_after_it(work, heard, qtbot):
    said = threading.Event()

    def first(report):
        report("first")
        said.set()

    work.start(first)
    assert said.wait(10)
    time.sleep(0.02)  # report and end lie in the queue
    work.start(lambda _: "second")
    qtbot.waitUntil(lambda: not work.busy)
    qtbot.wait(20)
    assert heard.said == [End("second")]


def test_two_never_compute_side_by_side(work, heard, qtbot):
    first, second = Held(), Endless()
    work.start(first)
    assert first.begun.wait(10)
    work.start(second)
    assert not second.begun.wait(0.05)
    first.go.set()
    assert second.begun.wait(10)
    work.cancel()
    qtbot.waitUntil(lambda: not work.busy)
    assert heard.said == [End(cancelled=True)]


def test_cancelling_ends_it_within_half_a_second(work, heard, qtbot):
    endless = Endless()
    work.start(endless)
    assert endless.begun.wait(10)
    began = time.perf_counter()
    work.cancel()
    qtbot.waitUntil(lambda: not work.busy)
    assert time.perf_counter() - began < 0.5
    assert heard.said == [End(cancelled=True)]


def test_a_report_is_a_checkpoint_too(work, heard, qtbot):
    begun = threading.Event()

    def talk(report):
        while True:
            report(0)
            begun.set()
            time.sleep(0.005)

    work.start(talk)
    assert begun.wait(10)
    work.cancel()
    qtbot.waitUntil(lambda: not work.busy)
    assert heard.said[-1] == End(cancelled=True)


def test_what_is_done_when_it_is_cancelled_says_so(work, heard, qtbot):
    held = Held("whole")
    work.start(held)
    assert held.begun.wait(10)
    work.cancel()
    held.go.set()
    qtbot.waitUntil(lambda: not work.busy)
    assert heard.said == [End("whole")]


def test_nothing_is_heard_of_what_was_forgotten(work, heard, qtbot):
    held = Held()
    work.start(held)
    assert held.begun.wait(10)
    work.forget()
    assert not work.busy
    held.go.set()
    qtbot.wait(50)
    assert heard.said == []


@pytest.mark.parametrize("error", [RunError("no such data"), OSError("no such file")])
def test_an_expected_error_is_an_end(work, heard, qtbot, monkeypatch, error):
    crashes: list[object] = []
    monkeypatch.setattr(threading, "excepthook", crashes.append)

    def fail(report):
        report(1)
        raise error

    work.start(fail)
    qtbot.waitUntil(lambda: not work.busy)
    assert heard.said == [1, End(error=error)]
    assert not heard.ends[0].crashed
    assert not crashes


def test_crash_reporting_hears_of_any_other_and_the_next_work_is_done(
    work, heard, qtbot, monkeypatch
):
    crashes: list[threading.ExceptHookArgs] = []
    monkeypatch.setattr(threading, "excepthook", crashes.append)

    def fail(report):
        raise ZeroDivisionError("by nobody")

    work.start(fail)
    qtbot.waitUntil(lambda: not work.busy)
    assert heard.ends[0].crashed
    assert crashes[0].exc_type is ZeroDivisionError
    assert crashes[0].exc_traceback is not None
    work.start(lambda _: "next")
    qtbot.waitUntil(lambda: not work.busy)
    assert heard.ends[-1] == End("next")


def test_an_end_may_start_the_next(work, qtbot):
    ends: list[End] = []

    def again(end: End) -> None:
        ends.append(end)
        if len(ends) < 20:
            work.start(lambda _: len(ends))

    work.ended.connect(again)
    work.start(lambda _: 0)
    qtbot.waitUntil(lambda: len(ends) == 20)
    assert [end.result for end in ends] == list(range(20))


def test_closing_leaves_no_thread(work, heard, qtbot):
    endless = Endless()
    work.start(endless)
    assert endless.begun.wait(10)
    work.close()
    assert endless.thread is not None
    assert not endless.thread.is_alive()
    qtbot.waitUntil(lambda: not work.busy)
    assert heard.said == [End(cancelled=True)]


def test_an_owner_that_is_deleted_ends_its_work(qapp, qtbot):
    owner = QObject()
    work = BackgroundWork("owned", owner)
    heard, endless = Heard(work), Endless()
    work.start(endless)
    assert endless.begun.wait(10)
    owner.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert endless.thread is not None
    endless.thread.join(0.5)
    assert not endless.thread.is_alive()
    qtbot.wait(20)
    assert heard.said == []


def test_an_owner_that_is_forgotten_ends_its_work(qapp, qtbot):
    work, endless = BackgroundWork("lonely"), Endless()
    work.start(endless)
    assert endless.begun.wait(10)
    del work
    assert endless.thread is not None
    endless.thread.join(0.5)
    assert not endless.thread.is_alive()


def test_reports_while_the_owner_is_deleted_harm_nobody(qapp, qtbot):
    for _ in range(30):
        owner, begun = QObject(), threading.Event()
        work = BackgroundWork("owned", owner)
        threads: list[threading.Thread] = []

        def talk(report, begun=begun, threads=threads):
            threads.append(threading.current_thread())
            try:
                while True:
                    report(begun.set())
            except Cancelled:
                report("nobody hears it")

        work.start(talk)
        assert begun.wait(10)
        owner.deleteLater()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        threads[0].join(0.5)
        assert not threads[0].is_alive()


PROGRAM = """
import threading, time
from PySide6.QtCore import QCoreApplication, QTimer
from engine.support.cancellation import checkpoint
from gui.widgets.background_work import BackgroundWork

def endless(report):
    try:
        while True:
            checkpoint()
            time.sleep(0.005)
    finally:
        print("tidied up", flush=True)

application = QCoreApplication([])
work = BackgroundWork("endless")
work.start(endless)
QTimer.singleShot(50, application.quit)
application.exec()
print(threading.active_count(), flush=True)
"""


def test_the_end_of_the_program_ends_the_work(project):
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=project,
        capture_output=True,
        text=True,
        timeout=20,
        check=True,
    )
    assert done.stdout.split("\n")[:2] == ["tidied up", "1"]
