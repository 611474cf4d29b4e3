"""A recipe says all that a picture was made from: read back, the training goes the same way."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from engine.observe.observer import Observer
from engine.recipes import recipe as recipes
from engine.recipes import replay
from engine.recipes.recipe import Recipe
from engine.support.errors import InputError
from engine.system import catalogue
from engine.system.system import override


@pytest.mark.parametrize("entry", catalogue.entries(), ids=lambda entry: entry.name)
def test_every_system_comes_back(entry: catalogue.Entry) -> None:
    recipe = Recipe(catalogue.load(entry.name), 7, 3).drawn(theme="dark", opened=[["a", "b"]])
    found = recipes.parse(recipes.to_text(recipe))
    assert found == recipe


def test_live_changes_are_replayed_to_the_bit() -> None:
    trainer = Observer(catalogue.load("d2l-mlp"))
    for step in range(9):
        if step == 0:
            trainer.change("optimizer.learning_rate", 0.3)
        if step == 4:
            trainer.operate()  # the update
            trainer.operate()  # and the first operation of the next pass
            trainer.change("optimizer.learning_rate", 0.05)
        if step == 6:
            trainer.change("clipping.type", "norm")
        trainer.train_step()
    trainer.change("optimizer.learning_rate", 0.2)
    recipe = recipes.of_frame(trainer.topology, trainer.take_frame())
    recipe = recipes.parse(recipes.to_text(recipe))
    again = replay.make_trainer(recipe)
    replay.advance(again, recipe, recipe.step)
    assert np.array_equal(again.theta, trainer.theta)
    assert np.array_equal(again.gradient, trainer.gradient)
    assert again.system == trainer.system


def test_a_frame_in_the_middle_of_a_pass_comes_back() -> None:
    trainer = Observer(catalogue.load("cs231n-gates"))
    trainer.train_step()
    for _ in range(5):
        trainer.operate()
    frame = trainer.take_frame()
    recipe = recipes.of_frame(trainer.topology, frame)
    assert recipe.operation == frame.cursor
    again = replay.make_trainer(recipe)
    replay.advance(again, recipe, recipe.step)
    replay.stand_at(again, recipe.operation)
    other = again.take_frame()
    for name in ("gradient_norm", "gradient_ready", "value_ready", "contribution_ready"):
        np.testing.assert_array_equal(getattr(other, name), getattr(frame, name))
    assert (other.step, other.cursor) == (frame.step, frame.cursor)


def test_data_beside_the_system_is_found_from_beside_the_picture(tmp_path: Path) -> None:
    (tmp_path / "pictures").mkdir()
    (tmp_path / "d.csv").write_text("a,b\n1,2\n2,4\n3,6\n4,8\n5,10\n6,12\n", encoding="utf-8")
    system = dataclasses.replace(catalogue.load("d2l-mlp"), folder=tmp_path)
    system = override(override(system, "data.source", "d.csv"), "loss.type", "mean_squared_error")
    text = recipes.to_text(Recipe(system, parameters="p.npz"), tmp_path / "pictures")
    found = recipes.parse(text, "x.png", tmp_path / "pictures")
    assert found.system.data.source == "../d.csv"
    assert str(tmp_path) not in text


@pytest.mark.parametrize(
    "text",
    ["", "format = 2", "format = 1", "x = = 1", "format = 1\nstep = 'a'\n[system]\nname = 'x'"],
)
def test_what_is_no_recipe_is_refused_with_the_file(text: str) -> None:
    with pytest.raises(InputError, match=r"g\.png"):
        recipes.parse(text, "g.png")


def test_the_command_names_the_file_itself() -> None:
    recipe = Recipe(catalogue.load("d2l-mlp"))
    assert (
        recipes.command("--export", recipe, "my graph.png")
        == 'python3 main.py run "my graph.png" --export "my graph-again.png"'
    )
    plot = recipe.drawn(plot="loss")
    assert recipes.command("--plot", plot, "l.svg").endswith("--plot loss=l-again.svg")


def test_a_recipe_that_asks_for_more_operations_than_there_are_is_refused() -> None:
    recipe = dataclasses.replace(Recipe(catalogue.load("d2l-mlp"), 1), operation=10_000)
    with pytest.raises(InputError, match="operation"):
        replay.follow(Observer(recipe.system), recipe)
