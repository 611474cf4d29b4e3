"""Parameters loaded and saved from the File menu, on the training thread, by their names."""

import threading

import numpy as np
import pytest

from engine.cli.commands import main
from engine.messages.commands import Reset, Train
from engine.training import parameter_files
from engine.training.parameter_files import read_parameters, write_parameters
from tests.gui.rig import settle, wait

pytestmark = pytest.mark.window("d2l-mlp")


def choose(monkeypatch, path) -> None:
    for name in ("getOpenFileName", "getSaveFileName"):
        monkeypatch.setattr(
            f"gui.window.opening.files.QFileDialog.{name}", lambda *a, **k: (str(path), "")
        )


def saved(window, qtbot, monkeypatch, path):
    """Save by the menu, and return what is there."""
    choose(monkeypatch, path)
    window.actions_by_id["save-parameters"].trigger()
    wait(qtbot, path.exists)
    settle(window, qtbot)
    return read_parameters(str(path))


def test_what_is_saved_is_where_training_starts_and_what_reset_goes_back_to(
    window, qtbot, monkeypatch, tmp_path
):
    file = tmp_path / "mine.npz"
    window.session.send(Train(steps=7))
    objective = settle(window, qtbot).scalars.objective[-1]
    wrote = saved(window, qtbot, monkeypatch, file)
    assert "step 7" in window.status.words.text()
    window.session.send(Train(steps=5))
    settle(window, qtbot)
    window.actions_by_id["load-parameters"].trigger()
    wait(qtbot, lambda: window.session.topology.generation == 2)
    frame = settle(window, qtbot)
    assert frame.step == 0
    assert "mine.npz" in window.status.words.text()
    assert not window.session.modified
    window.session.send(Train(steps=1))
    settle(window, qtbot)
    assert np.isfinite(objective)
    window.session.send(Reset())
    settle(window, qtbot)
    again = saved(window, qtbot, monkeypatch, tmp_path / "again.npz")
    assert again.keys() == wrote.keys()
    for name, array in wrote.items():
        np.testing.assert_array_equal(again[name], array)


def test_the_command_line_takes_the_same_file(window, qtbot, monkeypatch, tmp_path, capsys):
    window.session.send(Train(steps=3))
    settle(window, qtbot)
    saved(window, qtbot, monkeypatch, tmp_path / "mine.npz")
    dump = tmp_path / "dump.npz"
    command = ["run", "d2l-mlp", "--params", str(tmp_path / "mine.npz"), "--dump", str(dump)]
    assert main(command) == 0
    for name, array in read_parameters(str(dump)).items():
        np.testing.assert_array_equal(array, read_parameters(str(tmp_path / "mine.npz"))[name])
    capsys.readouterr()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"linear1.weight": np.ones((2, 3))}, ["linear1.weight", "(2 × 3)", "({shape})"]),
        ({"linear7.weight": np.ones(3)}, ["linear7.weight", "Did you mean", "linear2.weight"]),
    ],
)
def test_a_file_that_does_not_fit_is_refused_by_its_key_and_the_run_goes_on(
    window, qtbot, monkeypatch, tmp_path, told, change, words
):
    window.session.send(Train(steps=4))
    settle(window, qtbot)
    first = next(n for n in window.session.topology.nodes if n.kind == "parameter")
    shape = " × ".join(map(str, first.shape))
    file = tmp_path / "other.npz"
    write_parameters(file, change)
    choose(monkeypatch, file)
    window.actions_by_id["load-parameters"].trigger()
    wait(qtbot, lambda: bool(told))
    frame = settle(window, qtbot)
    assert (frame.step, window.session.topology.generation) == (4, 1)
    for word in [*words, "other.npz"]:
        assert word.format(shape=shape) in told[0]
    window.session.send(Train(steps=1))
    assert settle(window, qtbot).step == 5


def test_what_a_file_does_not_give_is_told_in_the_window_and_on_the_command_line(
    window, qtbot, monkeypatch, tmp_path, capsys
):
    wrote = saved(window, qtbot, monkeypatch, tmp_path / "whole.npz")
    some = {name: array for name, array in wrote.items() if name != "linear1.weight"}
    file = tmp_path / "some.npz"
    write_parameters(file, some)
    choose(monkeypatch, file)
    window.actions_by_id["load-parameters"].trigger()
    wait(qtbot, lambda: window.session.topology.generation == 2)
    settle(window, qtbot)
    assert "It does not give linear1.weight" in window.status.words.text()
    assert main(["run", "d2l-mlp", "--params", str(file)]) == 0
    assert "It does not give linear1.weight" in capsys.readouterr().err
    assert main(["run", "d2l-mlp", "--params", str(tmp_path / "whole.npz")]) == 0
    assert "does not give" not in capsys.readouterr().err


def test_a_place_that_cannot_be_written_is_told(window, qtbot, monkeypatch, tmp_path, told):
    choose(monkeypatch, tmp_path / "not" / "there.npz")
    window.actions_by_id["save-parameters"].trigger()
    wait(qtbot, lambda: bool(told))
    assert "there.npz" in told[0]


def test_files_are_read_and_written_off_the_gui_thread(window, qtbot, monkeypatch, tmp_path):
    used: set[int] = set()
    for name in ("read_archive", "write_whole"):
        work = getattr(parameter_files, name)

        def noting(*arguments, work=work):
            used.add(threading.get_ident())
            return work(*arguments)

        monkeypatch.setattr(parameter_files, name, noting)
    file = tmp_path / "mine.npz"
    choose(monkeypatch, file)
    window.actions_by_id["save-parameters"].trigger()
    wait(qtbot, file.exists)
    window.actions_by_id["load-parameters"].trigger()
    wait(qtbot, lambda: window.session.topology.generation == 2)
    assert used
    assert threading.get_ident() not in used


def test_a_rebuild_says_that_it_leaves_loaded_parameters(window, qtbot, monkeypatch, tmp_path):
    file = tmp_path / "mine.npz"
    saved(window, qtbot, monkeypatch, file)
    window.actions_by_id["load-parameters"].trigger()
    wait(qtbot, lambda: window.session.topology.generation == 2)
    settle(window, qtbot)
    said: list[str] = []
    window.session.draft.applied.connect(said.append)
    window.session.draft.edit("seed", 5)
    settle(window, qtbot)
    assert "mine.npz" in said[-1]
    window.session.draft.edit("seed", 6)
    settle(window, qtbot)
    assert "mine.npz" not in said[-1]


def test_names_that_numpys_own_arguments_have_are_no_trouble(tmp_path):
    given = {"file": np.arange(3.0), "allow_pickle": np.array(2.0)}
    write_parameters(tmp_path / "p.npz", given)
    found = read_parameters(str(tmp_path / "p.npz"))
    for name, array in given.items():
        np.testing.assert_array_equal(found[name], array)
