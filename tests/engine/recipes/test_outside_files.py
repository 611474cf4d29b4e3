"""Files outside a picture's folder: which they are, and how one's own pictures are recognised."""

import dataclasses
from pathlib import Path

import pytest

from engine.recipes import outside_files, recipe
from engine.recipes.recipe import Recipe
from engine.system.catalogue import load
from engine.system.system import System


@pytest.fixture(autouse=True)
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


def with_source(source: str) -> System:
    system = load("mindspore-mlp")
    return dataclasses.replace(system, data=dataclasses.replace(system.data, source=source))


@pytest.mark.parametrize(
    ("source", "is_outside"),
    [
        ("iris", False),
        ("data.csv", False),
        ("below/data.csv", False),
        ("below/../data.csv", False),
        ("../data.csv", True),
        ("below/../../data.csv", True),
        ("/etc/passwd", True),
        ("~/data.csv", True),
        ("/pictures-of-others/data.csv", True),
    ],
)
def test_what_lies_outside(source: str, is_outside: bool) -> None:
    found = outside_files.outside(
        [with_source(source)], [source.replace("iris", "")], Path("/pictures")
    )
    assert bool(found) == is_outside
    assert len(found) <= 1


def carried(text: str, folder: Path) -> Path:
    from engine.recipes.embedding import KEY, comment_lines

    folder.mkdir(exist_ok=True)
    (folder / "plot.csv").write_text(comment_lines({KEY: text}, ".csv"), encoding="utf-8")
    return folder / "plot.csv"


def test_ones_own_picture_is_recognised_wherever_it_is_moved(tmp_path: Path) -> None:
    made = Recipe(load("d2l-mlp"), parameters="/elsewhere/w.npz")
    text = recipe.to_text(made, tmp_path)
    assert recipe.read(carried(text, tmp_path / "a")).outside == ()
    assert recipe.read(carried(text, tmp_path / "b")).outside == ()


def test_a_strangers_or_a_changed_picture_names_what_it_reads(tmp_path: Path) -> None:
    text = recipe.to_text(Recipe(load("d2l-mlp"), parameters="/elsewhere/w.npz"), tmp_path)
    changed = text.replace("elsewhere/w.npz", "elsewhere/v.npz")
    (found,) = recipe.read(carried(changed, tmp_path / "a")).outside
    assert found.endswith("elsewhere/v.npz")
    (tmp_path / "config" / "Gradient Flow Explorer" / "made-here.key").unlink()
    (found,) = recipe.read(carried(text, tmp_path / "a")).outside
    assert found.endswith("elsewhere/w.npz")


def test_a_recipe_without_such_files_is_the_same_text_on_every_machine(tmp_path: Path) -> None:
    text = recipe.to_text(Recipe(load("d2l-mlp")), tmp_path)
    assert "made here" not in text
    assert not (tmp_path / "config").exists(), "no key is made unasked"


@pytest.mark.parametrize("home", ["", "/"])
def test_without_a_home_nothing_is_written(home: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.setenv("HOME", home)
    assert outside_files.signed("text\n") == "text\n"
