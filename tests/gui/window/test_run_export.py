"""File ▸ Export run as CSV: the file that ``--metrics`` writes, off the GUI thread."""

import threading

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QProgressDialog, QPushButton

from engine.cli import commands
from engine.messages.commands import Rewind, Train
from gui.history.history import History
from tests.gui.panel_help import rows
from tests.gui.rig import dismiss, open_system, settle, shown_window, wait


def export(window, qtbot, path, monkeypatch) -> str:
    """By the menu's action; returns what the window says at the end."""
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    window.actions_by_id["export-run"].trigger()
    qtbot.waitUntil(lambda: not window.run_export.busy)
    words: str = window.status.words.text()
    return words


@pytest.mark.parametrize("system", ["d2l-mlp", "cs231n-gates"])
def test_it_is_byte_for_byte_what_metrics_writes(window, qtbot, tmp_path, monkeypatch, system):
    open_system(window, qtbot, system)
    window.session.send(Train(steps=50))
    settle(window, qtbot)
    said = export(window, qtbot, tmp_path / "window", monkeypatch)  # the ending is added
    assert said == f"51 steps written to {tmp_path / 'window.csv'}"
    target = tmp_path / "line.csv"
    assert commands.main(["run", system, "--steps", "50", "--metrics", str(target)]) == 0
    assert (tmp_path / "window.csv").read_bytes() == target.read_bytes()


def test_nothing_to_export_is_said(window, qtbot, tmp_path, monkeypatch):
    open_system(window, qtbot, "d2l-mlp")
    assert "no pass is finished" in export(window, qtbot, tmp_path / "a.csv", monkeypatch)
    assert not (tmp_path / "a.csv").exists()


def test_a_path_that_cannot_be_written_is_told(window, qtbot, tmp_path, monkeypatch, told):
    open_system(window, qtbot, "d2l-mlp")
    window.session.send(Train(steps=2))
    settle(window, qtbot)
    problems: list[str] = []
    window.session.problem.connect(problems.append)
    export(window, qtbot, tmp_path / "no" / "a.csv", monkeypatch)
    assert len(problems) == 1
    assert str(tmp_path / "no" / "a.csv") in problems[0]
    assert told == problems  # in a dialog, as for parameters: the status line alone is overlooked


def test_the_rows_are_those_of_the_moment_while_training_goes_on_and_back(tmp_path):
    history = History()
    history.reset(1, 2)
    first = np.linspace(0, 1, 1000)
    history.append(rows(np.arange(1000), 2, objective=first))
    parts = history.scalars()
    history.append(rows(np.arange(1000, 1100), 2))
    history.truncate(600)
    history.append(rows(np.arange(601, 1500), 2, objective=np.full(899, -1.0)))
    read = list(parts)
    np.testing.assert_array_equal(np.concatenate([part.step for part in read]), np.arange(1000))
    np.testing.assert_array_equal(np.concatenate([part.objective for part in read]), first)
    assert read[0].layer_gradient_norm.shape[1] == 2
    assert len(history) == 1500


@pytest.fixture
def held(monkeypatch):
    """Writing that stops after its first part until it is let go on."""
    go, begun = threading.Event(), threading.Event()
    scalars = History.scalars

    def slow(history):
        for part in scalars(history):
            yield part
            begun.set()
            assert go.wait(10)

    monkeypatch.setattr(History, "scalars", slow)
    yield go, begun
    go.set()


def test_progress_is_shown_and_cancelling_leaves_nothing(window, qtbot, tmp_path, held):
    go, begun = held
    open_system(window, qtbot, "d2l-mlp")
    window.session.send(Train(steps=1200))
    settle(window, qtbot)
    path = tmp_path / "long.csv"
    window.run_export.write(path)
    assert begun.wait(10)
    dialog = window.findChild(QProgressDialog)
    wait(qtbot, dialog.isVisible)
    assert dialog.windowModality() == Qt.WindowModality.NonModal
    qtbot.mouseClick(dialog.findChild(QPushButton), Qt.MouseButton.LeftButton)
    go.set()
    qtbot.waitUntil(lambda: not window.run_export.busy)
    assert window.status.words.text() == "Cancelled: nothing was written"
    assert not list(tmp_path.glob("*long*"))


def test_a_window_that_closes_gives_the_file_up(qtbot, tmp_path, home, held):
    go, begun = held
    window = shown_window(home)
    open_system(window, qtbot, "d2l-mlp")
    window.session.send(Train(steps=1200))
    settle(window, qtbot)
    window.run_export.write(tmp_path / "long.csv")
    assert begun.wait(10)
    threading.Timer(0.1, go.set).start()
    dismiss(window)
    assert not list(tmp_path.glob("*long*"))


def test_thinned_steps_are_told(window, qtbot, tmp_path, monkeypatch):
    open_system(window, qtbot, "d2l-mlp")
    history = window.session.history
    history.max_bytes = 1
    history.append(rows(np.arange(4 * 512 + 100), 2))
    assert history.exact_from != 0
    said = export(window, qtbot, tmp_path / "thin.csv", monkeypatch)
    assert "of the steps before 2048 some only" in said


def test_going_back_and_on_gives_each_step_once(window, qtbot, tmp_path, monkeypatch):
    open_system(window, qtbot, "d2l-mlp")
    window.session.send(Train(steps=20))
    settle(window, qtbot)
    window.session.send(Rewind(5))
    settle(window, qtbot)
    window.session.send(Train(steps=3))
    settle(window, qtbot)
    export(window, qtbot, tmp_path / "a.csv", monkeypatch)
    lines = (tmp_path / "a.csv").read_text(encoding="utf-8").splitlines()
    assert [line.split(",")[0] for line in lines[1:]] == [str(k) for k in range(9)]
