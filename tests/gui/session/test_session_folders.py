"""Each program has a folder; one that is left is found by the next, once, whatever is in it."""

import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.recipes.recipe import Recipe
from engine.support.errors import InputError
from gui.history.history import History
from gui.history.kept_runs import KeptRun
from gui.session import session_folders
from gui.session.draft import Edited
from gui.session.saved_session import SavedSession
from gui.session.session_folders import FILE, Orphan, OwnFolder, orphans
from tests.gui.panel_help import rows
from tests.gui.rig import system_of

NET = system_of("d2l-mlp")


def kept_run(steps: int = 5) -> KeptRun:
    history = History()
    history.reset(1, 2)
    history.append(rows(np.arange(3, 3 + steps), 2, loss=np.arange(steps, dtype=float)))
    return KeptRun(((0, NET),), history)


def session(step: int = 3, **more: Any) -> SavedSession:
    return SavedSession(Recipe(NET, step), Edited(NET), NET, **more)


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def own(tmp_path):
    """Makes the folder of one more program, which is gone after the test."""
    made: list[OwnFolder] = []

    def make() -> OwnFolder:
        made.append(OwnFolder(tmp_path))
        return made[-1]

    yield make
    for folder in made:
        folder.leave()


@pytest.fixture
def find(tmp_path, said):
    """Finds the orphans as a program does that is gone after the test."""
    found: list[Orphan] = []

    def search() -> list[Orphan]:
        found.extend(new := orphans(tmp_path, said.append))
        return new

    yield search
    for orphan in found:
        orphan.leave()


def test_a_session_is_found_when_its_program_is_gone_and_not_before(tmp_path, said, own, find):
    folder = own()
    folder.write(session())
    assert find() == []
    folder.leave()
    (found,) = find()
    assert found.summary.step == 3
    assert found.load().recipe == session().recipe
    assert find() == [], "it is offered by one program at a time"
    found.remove()
    assert list(tmp_path.iterdir()) == []
    assert said == []


def test_two_programs_leave_each_other_alone(tmp_path, said, own, find):
    one, two = own(), own()
    one.write(session(1))
    two.write(session(2))
    one.remove()
    two.leave()
    (found,) = find()
    assert found.summary.step == 2


WRITES = """
import sys, time
from pathlib import Path
from tests.gui.session.test_session_folders import session
from gui.session.session_folders import OwnFolder
folder = OwnFolder(Path(sys.argv[1]))
step = 1
while True:
    folder.write(session(step))
    print(step, flush=True)
    step += 1
"""


def test_a_program_killed_while_it_writes_leaves_a_whole_session(tmp_path, said, own, find):
    command = [sys.executable, "-c", WRITES, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for _ in range(20):
            written = int(process.stdout.readline())
        process.kill()
    (found,) = find()
    assert found.load().recipe.step >= written
    assert said == []


def test_the_newest_comes_first_and_an_empty_one_is_removed(tmp_path, said, own, find):
    for age, step in ((30, 1), (10, 2), (20, 0)):
        folder = own()
        folder.write(session(step))
        file = folder.path / FILE
        os.utime(file, (file.stat().st_atime, file.stat().st_mtime - age))
        folder.leave()
    found = find()
    assert [orphan.summary.step for orphan in found] == [2, 1]
    assert len(list(tmp_path.iterdir())) == 2


def test_rows_of_kept_runs_are_written_once_and_go_with_their_run(tmp_path, said, own, find):
    folder = own()
    one, two = kept_run(5), kept_run(2000)
    folder.write(session(kept=(one, two)))
    files = {path.name: path.stat().st_mtime_ns for path in folder.path.glob("*.npz")}
    assert len(files) == 2
    folder.write(session(4, kept=(two,)))
    after = {path.name: path.stat().st_mtime_ns for path in folder.path.glob("*.npz")}
    assert len(after) == 1
    assert after.items() <= files.items()
    folder.leave()
    (found,) = find()
    (run,) = found.load().kept
    assert run.settings == two.settings
    assert run.last == two.last
    for name in ("loss", "layer_gradient_norm"):
        np.testing.assert_array_equal(run.rows.column(name), two.rows.column(name))
    np.testing.assert_array_equal(run.rows.steps(), two.rows.steps())


@pytest.mark.parametrize("damage", [lambda d: d[: len(d) // 2], lambda d: b"", lambda d: b"x" * 99])
def test_a_run_whose_rows_are_damaged_is_left_out_alone(tmp_path, said, damage, own, find):
    folder = own()
    folder.write(session(kept=(kept_run(), kept_run())))
    file = next(folder.path.glob("*.npz"))
    file.write_bytes(damage(file.read_bytes()))
    folder.leave()
    (found,) = find()
    assert len(found.load().kept) == 1


def test_every_bit_of_the_rows_may_turn(tmp_path, said, own, find):
    folder = own()
    folder.write(session(kept=(kept_run(),)))
    file = next(folder.path.glob("*.npz"))
    data = file.read_bytes()
    folder.leave()
    (found,) = find()
    for place in range(0, len(data), 5):
        turned = bytearray(data)
        turned[place] ^= 1 << (place % 8)
        file.write_bytes(turned)
        for run in found.load().kept:  # in the zip's own fields it may matter to nobody
            assert run.rows.column("loss").tolist() == [[0.0], [1.0], [2.0], [3.0], [4.0]]


def test_a_session_that_cannot_be_read_is_set_aside_and_said(tmp_path, said, own, find):
    folder = own()
    folder.write(session())
    data = (folder.path / FILE).read_bytes()
    folder.leave()
    damaged = [data[: len(data) - 1], data[:100], b"", b"\xff\xfe", data.replace(b"step", b"stop")]
    for number, other in enumerate(damaged, start=1):
        again = own()
        again.write(session())
        (again.path / FILE).write_bytes(other)
        again.leave()
        (found,) = find()
        found.leave()
        assert len(said) == number
        aside = again.path.with_name(f"{again.path.name}.unreadable")
        assert str(aside) in said[-1]
        assert (aside / FILE).read_bytes() == other


def test_what_is_no_session_is_left_alone(tmp_path, said, own, find):
    (tmp_path / "note.txt").write_text("mine")
    (tmp_path / "folder").mkdir()
    begun = own()
    begun._begin()
    assert find() == []
    begun.leave()
    assert find() == []
    assert begun.path.is_dir(), "it may have begun this very moment"
    assert (tmp_path / "note.txt").exists()
    assert (tmp_path / "folder").exists()


def test_a_folder_that_was_begun_long_ago_and_never_written_is_removed(
    tmp_path, said, monkeypatch, own, find
):
    monkeypatch.setattr(session_folders, "EMPTY_SECONDS", -1.0)
    begun = own()
    begun._begin()
    begun.leave()
    assert find() == []
    assert not begun.path.exists()


def test_a_folder_taken_away_while_the_program_runs_is_made_again(tmp_path, own, find):
    folder = own()
    folder.write(session(kept=(kept_run(),)))
    shutil.rmtree(folder.path)
    saved = session(5, kept=(kept_run(),))
    folder.write(saved)
    folder.write(replace(saved, recipe=Recipe(NET, 6)))
    assert (folder.path / FILE).exists()
    assert len(list(folder.path.glob("*.npz"))) == 1


def test_where_nothing_can_be_written_it_says_so(own, find):
    with pytest.raises(InputError, match="a folder that can be written"):
        OwnFolder(Path("/dev/null/sessions")).write(session())
