"""A signal reaches a window that waits for events, and another one ends what does not end."""

import os
import signal
import subprocess
import sys

import pytest
from PySide6.QtCore import QTimer

from gui.app.ending import SIGNALS, EndingBySignal
from tests.gui.rig import wait


@pytest.mark.parametrize("number", SIGNALS)
def test_it_ends_at_once_with_the_signal_s_status(qtbot, number):
    heard: list[int] = []
    before = {one: signal.getsignal(one) for one in SIGNALS}
    ending = EndingBySignal(lambda: heard.append(ending.status))
    try:
        os.kill(os.getpid(), number)
        assert heard == [], "not in the middle of anything"
        wait(qtbot, lambda: bool(heard))
        assert heard == [128 + number]
        assert signal.getsignal(number) is signal.SIG_DFL, "a second one ends the process"
    finally:
        ending.close()
    assert {one: signal.getsignal(one) for one in SIGNALS} == before
    assert signal.set_wakeup_fd(-1) == -1


HANGS = """
import os, signal, sys, time
from PySide6.QtCore import QCoreApplication, QTimer
from gui.app.ending import EndingBySignal
application = QCoreApplication([])
def hang():
    print("ending", flush=True)
    time.sleep(60)
ending = EndingBySignal(hang)
print("ready", flush=True)
application.exec()
"""


def test_a_second_signal_ends_a_program_that_hangs_while_it_ends():
    process = subprocess.Popen([sys.executable, "-c", HANGS], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    with process:
        assert process.stdout.readline() == "ready\n"
        process.terminate()
        assert process.stdout.readline() == "ending\n"
        process.terminate()
        assert process.wait(10) == -signal.SIGTERM


def test_nothing_is_heard_without_a_signal(qtbot):
    heard: list[int] = []
    ending = EndingBySignal(lambda: heard.append(1))
    done: list[int] = []
    QTimer.singleShot(30, lambda: done.append(1))
    wait(qtbot, lambda: bool(done))
    ending.close()
    assert not heard
    assert ending.status == 0
