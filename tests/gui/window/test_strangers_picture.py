"""A picture of somebody else's in the window: checked off the GUI thread, asked about, refused."""

import pytest

from engine.recipes import recipe
from engine.recipes.embedding import KEY, comment_lines
from engine.recipes.recipe import Recipe
from engine.system.catalogue import load
from gui.window.dialogs import Button
from tests.gui.rig import open_system, settle, wait


@pytest.fixture(autouse=True)
def config(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


def picture(folder, made):
    text = recipe.to_text(made)
    path = folder / "of-others.dot"
    path.write_text(comment_lines({KEY: text}, ".dot"), encoding="utf-8")
    return path


@pytest.mark.parametrize("answer", [Button.Yes, Button.No, Button.Cancel])
def test_files_elsewhere_are_read_only_after_a_question_that_names_them(
    window, qtbot, tmp_path, monkeypatch, told, answer
):
    asked = []

    def ask(*words, default):
        asked.append(words[2])
        assert default == Button.No
        return answer

    monkeypatch.setattr("gui.window.dialogs.ask", ask)
    open_system(window, qtbot, "cs231n-gates")
    elsewhere = tmp_path / "elsewhere" / "w.npz"  # there is none: reading it would be told
    (tmp_path / "here").mkdir()
    window.files.open_path(
        picture(tmp_path / "here", Recipe(load("d2l-mlp"), parameters=str(elsewhere)))
    )
    wait(qtbot, lambda: bool(asked))
    assert str(elsewhere) in asked[0]
    if answer == Button.Yes:
        wait(qtbot, lambda: bool(told))
        assert str(elsewhere) in told[0]
    else:
        settle(window, qtbot)
        assert not told
    assert window.session.system.name == "cs231n-gates"


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"part": [[0, 10**9]]}, "picture.part"),
        ({"selected_node": 10**6}, "picture.selected_node"),
        ({"opened": [["nowhere"]]}, "picture.opened"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_in_a_line_and_nothing_changes(
    window, qtbot, tmp_path, told, values, said
):
    open_system(window, qtbot, "cs231n-gates")
    window.files.open_path(picture(tmp_path, Recipe(load("d2l-mlp")).drawn(**values)))
    wait(qtbot, lambda: bool(told))
    assert said in told[0]
    assert "\n" not in told[0]
    settle(window, qtbot)
    assert window.session.system.name == "cs231n-gates"


def test_a_picture_that_the_program_starts_with_is_opened_without_what_does_not_fit(
    window, qtbot, tmp_path
):
    path = picture(tmp_path, Recipe(load("d2l-mlp")).drawn(selected_node=10**6))
    window.files.open_recipe(recipe.read(path), None, path)
    wait(qtbot, lambda: window.session.topology is not None)
    settle(window, qtbot)
    assert window.session.system.name == "d2l-mlp"
    assert window.session.selected_node is None
