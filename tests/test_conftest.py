"""The guard of conftest.py itself: what a test leaves running fails it, with the line."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

LEAKS = """
import subprocess, sys, threading, time
import pytest
from PySide6.QtCore import QThread, qWarning
from PySide6.QtWidgets import QWidget

kept = []

def test_nothing(qtbot):
    widget = QWidget()
    qtbot.addWidget(widget)
    widget.show()
    threading.Thread(target=time.sleep, args=(0.01,)).start()

def test_thread():
    threading.Thread(target=time.sleep, args=(3,), name="sleeper").start()  # line 16

def test_child():
    kept.append(subprocess.Popen([sys.executable, "-c", "import time; time.sleep(9)"]))  # line 19

def test_window(qapp):
    kept.append(QWidget())
    kept[-1].show()

def test_qthread(qapp):
    kept.append(QThread())
    kept[-1].start()  # line 27

def test_qt_warning(qapp):
    qWarning("something is odd")

def teardown_module():
    kept[0].kill()
    kept[0].wait()
    kept[1].close()
    kept[2].quit()
    kept[2].wait()
"""


def test_a_leak_fails_its_test_and_says_where_it_began(project: Path, tmp_path: Path) -> None:
    shutil.copy(project / "tests" / "conftest.py", tmp_path)
    shutil.copy(project / "pyproject.toml", tmp_path)
    text = (tmp_path / "conftest.py").read_text(encoding="utf-8")
    shorter = text.replace("GRACE_SECONDS = 2.0", "GRACE_SECONDS = 0.1")
    assert shorter != text
    (tmp_path / "conftest.py").write_text(shorter, encoding="utf-8")
    (tmp_path / "test_leaks.py").write_text(LEAKS, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "test_leaks.py"]
    environment = {**os.environ, "PYTHONPATH": str(project)}  # conftest.py imports the engine
    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, check=False, env=environment
    )
    said = done.stdout
    assert "1 failed, 5 passed, 4 errors" in said, said
    for name in ("thread", "child", "window", "qthread"):
        assert f"ERROR test_leaks.py::test_{name} - AssertionError" in said
    assert "FAILED test_leaks.py::test_qt_warning" in said
    for line, test in ((16, "test_thread"), (19, "test_child"), (27, "test_qthread")):
        assert f"test_leaks.py:{line} in {test}" in said
