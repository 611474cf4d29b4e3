"""The session is saved by itself, and what a program left is offered and taken up again."""

import hashlib
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPointF, QRectF

from engine.messages.commands import Operate, Run, Train
from engine.system.system import System, from_table
from gui.app.application import keep_session
from gui.session.session_folders import FILE, OwnFolder
from gui.window.keeping.keeper import SessionKeeper
from gui.window.keeping.restoring import Restoring
from gui.window.keeping.state import state_of
from gui.window.opening.files import UNREADABLE, last_session
from tests.gui.rig import dismiss, laid_out, open_system, settings_in, settle, shown_window, wait

Start = Callable[[], tuple[Any, SessionKeeper, Restoring]]


@pytest.fixture
def start(home: Path, qtbot: Any) -> Iterator[Start]:
    """Starts one program after the other in the same home, each with a window."""
    made: list[tuple[Any, SessionKeeper, Restoring]] = []

    def begin() -> tuple[Any, SessionKeeper, Restoring]:
        window = shown_window(home)
        keeper, restoring = keep_session(window, settings_in(home))
        made.append((window, keeper, restoring))
        wait(qtbot, lambda: not restoring.busy)
        return made[-1]

    yield begin
    for window, keeper, restoring in made:
        keeper.end(unexpectedly=False)
        restoring.close()
        dismiss(window)


def end(window: Any, keeper: SessionKeeper, restoring: Restoring, *, badly: bool = True) -> None:
    """End a program; ``badly`` without another chance to write."""
    if badly:
        keeper._timer.stop()
        keeper._work.close()
        keeper._folder.leave()
    else:
        keeper.end(unexpectedly=False)
    restoring.close()
    window.close()


def saved(qtbot: Any, window: Any, keeper: SessionKeeper) -> None:
    """Wait until the newest state is on the disk; what the timer does is done at once."""
    settle(window, qtbot)
    laid_out(window, qtbot)

    def written() -> bool:
        keeper.look()
        return not keeper._work.busy and keeper._known == state_of(window)

    wait(qtbot, written)


def orphan(qtbot: Any, window: Any) -> Path:
    """Leave the window's session as a program would that was killed; the window finds it."""
    settle(window, qtbot)
    folder = OwnFolder(Path(window.settings.fileName()).parent / "sessions")
    state = state_of(window)
    assert state is not None
    folder.write(state)
    folder.leave()
    return folder.path


def search(qtbot: Any, restoring: Restoring) -> None:
    restoring.start()
    wait(qtbot, lambda: not restoring.busy)


def restore(qtbot: Any, window: Any, restoring: Restoring) -> None:
    assert restoring.bar.isVisible()
    restoring.bar.restore_button.click()
    wait(qtbot, lambda: not restoring.busy)
    settle(window, qtbot)
    laid_out(window, qtbot)


def test_all_of_a_session_comes_back(start, qtbot):
    window, keeper, restoring = start()
    open_system(window, qtbot, "d2l-mlp")
    session = window.session
    session.draft.edit("layers.0.units", 5)
    settle(window, qtbot)
    session.send(Train(steps=8))
    settle(window, qtbot)
    session.go_to(3)
    settle(window, qtbot)
    session.draft.edit("optimizer.learning_rate", 0.01)
    session.send(Train(steps=2))
    settle(window, qtbot)
    session.send(Operate(count=4))
    settle(window, qtbot)
    session.draft.edit("layers.0.units", 7)
    session.draft.edit("seed", 3)
    session.draft.stack.undo()
    window.canvas.open_all()
    laid_out(window, qtbot)
    session.select(node=2)
    window.canvas.view.zoom_by(2.0)
    window.canvas.view.hold(QPointF(50, 40), QPointF(100, 100))
    settle(window, qtbot)
    saved(qtbot, window, keeper)
    before, parameters = state_of(window), session.frame.value_norm.copy()
    runs = [run.rows.column("loss").copy() for run in session.kept_runs]
    end(window, keeper, restoring)

    again, _, restoring = start()
    assert "1 kept curve" in restoring.bar.words.text()
    assert "3 changes, step 6" in restoring.bar.words.text()
    restore(qtbot, again, restoring)
    after = state_of(again)
    assert before is not None
    assert after is not None
    assert after.draft == before.draft
    assert after.recipe.system == before.recipe.system
    assert after.recipe.changes == before.recipe.changes
    assert (after.recipe.step, after.recipe.operation) == (6, 3)
    assert (after.saved, after.path) == (before.saved, before.path)
    picture, other = dict(after.recipe.picture), dict(before.recipe.picture)
    seen, wanted = QRectF(*picture.pop("seen")), QRectF(*other.pop("seen"))
    assert (seen.center() - wanted.center()).manhattanLength() < 4
    assert seen.width() == pytest.approx(wanted.width(), rel=0.02)
    assert picture == other
    np.testing.assert_array_equal(again.session.frame.value_norm, parameters)
    for run, rows in zip(again.session.kept_runs, runs, strict=True):
        np.testing.assert_array_equal(run.rows.column("loss"), rows)
    again.session.draft.stack.undo()
    assert again.session.draft.system.layers[0].units == 5
    assert not restoring.bar.isVisible()


def test_kept_curves_over_time_and_a_text_being_typed_come_back(start, qtbot):
    window, keeper, restoring = start()
    open_system(window, qtbot, "adding-rnn")
    window.session.send(Train(steps=1))
    settle(window, qtbot)
    time_view = window.panels["gradient_norms"].time
    time_view.keep()
    (curve,) = time_view.data.kept
    field = window.panels["settings"].row("optimizer.learning_rate").field
    field.setFocus()
    field.selectAll()
    qtbot.keyClicks(field, "0.00")
    saved(qtbot, window, keeper)
    system = window.session.draft.system
    end(window, keeper, restoring)
    again, _, restoring = start()
    restore(qtbot, again, restoring)
    (other,) = again.panels["gradient_norms"].time.data.kept
    assert (other.path, other.step, other.system) == (curve.path, curve.step, curve.system)
    np.testing.assert_array_equal(other.norms, curve.norms)
    field = again.panels["settings"].row("optimizer.learning_rate").field
    wait(qtbot, lambda: field.text() == "0.00")
    assert again.session.draft.system == system, "nobody has entered it"


def test_a_draft_that_was_never_built_comes_back(start, qtbot):
    window, _, restoring = start()
    window.session.open(System())
    settle(window, qtbot)
    draft = window.session.draft
    draft.edit("data.source", "digits")
    draft.edit("layers", [{"type": "conv2d"}, {"type": "linear"}])  # which takes no pictures
    settle(window, qtbot)
    assert window.session.system.is_empty
    orphan(qtbot, window)
    wanted = draft.edited()
    open_system(window, qtbot, "cs231n-gates")
    search(qtbot, restoring)
    assert "untitled, 2 changes, step 0" in restoring.bar.words.text()
    restore(qtbot, window, restoring)
    assert draft.edited() == wanted
    assert window.session.system.is_empty
    draft.stack.undo()
    assert draft.system.is_empty


def test_a_session_that_cannot_be_looked_at_is_a_defect_that_is_told_once(
    start, qtbot, monkeypatch
):
    def fail(_: object) -> None:
        raise ZeroDivisionError

    _, keeper, _ = start()
    keeper._timer.stop()
    wait(qtbot, lambda: not keeper._work.busy)
    monkeypatch.setattr("gui.window.keeping.state.state_of", fail)
    with pytest.raises(ZeroDivisionError):
        keeper.look()
    keeper.look()


def test_a_clean_end_leaves_nothing_and_asks_nothing(start, qtbot, home):
    window, keeper, restoring = start()
    open_system(window, qtbot, "d2l-mlp")
    window.session.send(Train(steps=2))
    saved(qtbot, window, keeper)
    assert list((home / "sessions").iterdir())
    end(window, keeper, restoring, badly=False)
    assert not list((home / "sessions").iterdir())
    _, _, restoring = start()
    assert not restoring.bar.isVisible()


def test_an_idle_session_is_not_written_again(start, qtbot, monkeypatch):
    window, keeper, _ = start()
    open_system(window, qtbot, "adding-rnn")
    window.session.send(Train(steps=2))
    settle(window, qtbot)
    window.panels["gradient_norms"].time.keep()
    saved(qtbot, window, keeper)
    written: list[Any] = []
    monkeypatch.setattr(keeper._folder, "write", written.append)
    for _ in range(3):
        keeper.look()
    assert not keeper._work.busy
    assert written == []


def test_a_running_training_is_saved_now_and_then_and_not_slowed_by_looking(start, qtbot):
    window, keeper, _ = start()
    open_system(window, qtbot, "d2l-mlp")
    saved(qtbot, window, keeper)
    window.session.send(Run())
    wait(qtbot, lambda: window.session.running)
    times = []
    for _ in range(20):
        began = time.perf_counter()
        keeper.look()
        times.append(time.perf_counter() - began)
        qtbot.wait(5)
    assert sorted(times)[10] < 0.016
    step = keeper._known.recipe.step
    keeper._next = 0.0
    keeper.look()
    assert keeper._known.recipe.step > step


def test_discarded_it_is_gone_and_the_next_one_is_offered(start, qtbot):
    window, _, restoring = start()
    open_system(window, qtbot, "d2l-mlp")
    folders = []
    for _ in range(2):
        window.session.send(Train(steps=1))
        folders.append(orphan(qtbot, window))
    search(qtbot, restoring)
    assert "step 2" in restoring.bar.words.text()
    assert "1 more after it." in restoring.bar.words.text()
    restoring.bar.discard_button.click()
    assert [folder.exists() for folder in folders] == [True, False]
    assert "step 1" in restoring.bar.words.text()
    restoring.bar.discard_button.click()
    assert not restoring.bar.isVisible()
    assert not folders[0].exists()


def test_restored_it_is_kept_until_it_is_saved_anew(start, qtbot, home):
    window, keeper, restoring = start()
    open_system(window, qtbot, "d2l-mlp")
    window.session.send(Train(steps=2))
    saved(qtbot, window, keeper)
    end(window, keeper, restoring)
    (first,) = (home / "sessions").iterdir()
    again, keeper, restoring = start()
    keeper._timer.stop()
    restore(qtbot, again, restoring)
    assert (first / FILE).exists()
    keeper._timer.start()
    saved(qtbot, again, keeper)
    wait(qtbot, lambda: not first.exists())
    (second,) = (home / "sessions").iterdir()
    assert (second / FILE).exists()


def test_cancelled_on_the_way_it_is_offered_again(start, qtbot):
    window, _, restoring = start()
    open_system(window, qtbot, "d2l-mlp")
    window.session.send(Train(steps=400))
    orphan(qtbot, window)
    open_system(window, qtbot, "cs231n-gates")
    search(qtbot, restoring)
    restoring.bar.restore_button.click()
    assert not restoring.bar.isVisible()
    wait(qtbot, lambda: bool(window.session.busy))
    window.session.cancel()
    wait(qtbot, restoring.bar.isVisible)
    settle(window, qtbot)
    assert window.session.system.name == "cs231n-gates"
    restore(qtbot, window, restoring)
    assert window.session.frame.step == 400


def test_what_cannot_be_built_any_more_is_there_to_be_edited(start, qtbot, told, tmp_path):
    data = tmp_path / "mine.csv"
    data.write_text("a,b\n" + "1,2\n2,3\n3,4\n4,5\n" * 5)
    window, _, restoring = start()
    table = {"name": "mine", "data": {"source": str(data)}, "layers": [{"type": "linear"}]}
    window.session.open(from_table({**table, "loss": {"type": "mean_squared_error"}}))
    wait(qtbot, lambda: window.session.frame is not None)
    draft = window.session.draft
    for seed in (1, 2, 3):
        draft.edit("seed", seed)
        settle(window, qtbot)
    window.session.send(Train(steps=2))
    orphan(qtbot, window)
    wanted = draft.edited()
    data.unlink()
    open_system(window, qtbot, "cs231n-gates")
    search(qtbot, restoring)
    restore(qtbot, window, restoring)
    assert "mine.csv" in told[0]
    wait(qtbot, lambda: draft.edited() == wanted)
    assert restoring.bar.isVisible(), "the file may come back"


def test_a_damaged_session_is_set_aside_and_the_window_goes_on(start, qtbot):
    window, _, restoring = start()
    open_system(window, qtbot, "d2l-mlp")
    window.session.send(Train(steps=2))
    folder = orphan(qtbot, window)
    file = folder / FILE
    file.write_bytes(file.read_bytes()[:-40])
    search(qtbot, restoring)
    assert not restoring.bar.isVisible()
    assert ".unreadable" in window.status.words.toolTip() + window.status.words.text()
    assert not folder.exists()


def test_a_session_that_only_looks_whole_is_set_aside_when_it_is_read(start, qtbot):
    window, _, restoring = start()
    open_system(window, qtbot, "d2l-mlp")
    window.session.send(Train(steps=2))
    folder = orphan(qtbot, window)
    head, body = (folder / FILE).read_text("utf-8").split("\n", 1)
    table = json.loads(body)
    table["systems"][0]["text"] = "seed = " + "9" * 5000
    body = json.dumps(table)
    mark = hashlib.sha256(body.encode()).hexdigest()
    (folder / FILE).write_text(f"{head.rpartition(' ')[0]} {mark}\n{body}\n", "utf-8")
    search(qtbot, restoring)
    restoring.bar.restore_button.click()
    wait(qtbot, lambda: not restoring.busy)
    assert not restoring.bar.isVisible()
    assert not folder.exists()
    assert window.session.frame.step == 2, "the present session goes on"


def test_a_home_that_cannot_be_written_is_said_once(start, qtbot, home, monkeypatch):
    (home / "sessions").write_text("a file where the folder would be")
    said: list[str] = []
    window, keeper, _ = start()
    monkeypatch.setattr(window, "note", said.append)
    open_system(window, qtbot, "d2l-mlp")
    for step in range(1, 4):
        window.session.send(Train(steps=1))
        settle(window, qtbot)
        keeper._next = 0.0
        keeper.look()
        wait(qtbot, lambda: not keeper._work.busy)
        assert window.session.frame.step == step
    about = [text for text in said if text.startswith("The session is not kept")]
    assert len(about) == 1
    assert str(home / "sessions") in about[0]


@pytest.mark.parametrize(
    "text", ["seed = " + "9" * 5000, "seed = [", "[" * 100_000, "seed = -1", "a = 1\0"]
)
def test_a_remembered_system_that_cannot_be_read_is_set_aside(home, text):
    said: list[str] = []
    settings = settings_in(home)
    settings.setValue("session/system", text)
    settings.setValue("session/path", "/a/b.toml")
    assert last_session(settings, said.append) is None
    assert str(home / UNREADABLE) in said[0]
    assert (home / UNREADABLE).exists()
    assert last_session(settings, pytest.fail) is None
