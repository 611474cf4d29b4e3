"""A picture opened in the window is what it was: step, operation, live changes, files, view."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPointF

from engine.messages.commands import Operate, Rewind, Train
from engine.recipes import recipe as recipes
from gui.app import application
from gui.app.command_line import parse_arguments, starting_recipe
from gui.canvas.graph.neuron_plan import Spot
from gui.window.exporting.dialog import ExportDialog
from tests.gui.export_help import pixels, run
from tests.gui.rig import dismiss, laid_out, open_system, settle, shown_window, system_of, wait

pytestmark = pytest.mark.usefixtures("told")


def reopened(window, qtbot, path):
    before = window.session.topology
    window.files.open_path(path)
    wait(qtbot, lambda: window.session.topology is not before)
    settle(window, qtbot)
    laid_out(window, qtbot)


def export(window, qtbot, target, seen=False):
    settle(window, qtbot)
    laid_out(window, qtbot)
    window.actions_by_id["export"].trigger()
    dialog = window.findChild(ExportDialog)
    dialog.path.setText(str(target))
    dialog.fields.scale.setValue(1)
    if seen:
        dialog.fields.part.setCurrentIndex(1)
    dialog.save()
    wait(qtbot, lambda: target.exists() and window.findChild(ExportDialog) is None)


def same(window, qtbot, tmp_path):
    """Export, open something else, open the picture, export again: the same pixels."""
    first, again = tmp_path / "a.png", tmp_path / "b.png"
    export(window, qtbot, first)
    open_system(window, qtbot, "cs231n-add-mul")
    reopened(window, qtbot, first)
    export(window, qtbot, again)
    np.testing.assert_array_equal(pixels(first), pixels(again))
    recipe = recipes.read(first)
    return recipe, recipes.read(again)


def test_live_changes_and_the_middle_of_a_pass(window, qtbot, tmp_path):
    open_system(window, qtbot, "d2l-mlp")
    session = window.session
    session.send(Train(steps=3))
    settle(window, qtbot)
    session.change("optimizer.learning_rate", 0.01)
    session.send(Train(steps=2))
    settle(window, qtbot)
    for _ in range(8):
        session.send(Operate())
    numbers = settle(window, qtbot)
    first, again = same(window, qtbot, tmp_path)
    frame = session.frame
    assert (frame.step, frame.cursor) == (numbers.step, numbers.cursor) == (6, 7)
    np.testing.assert_array_equal(frame.value_norm, numbers.value_norm)
    assert [step for step, _ in first.changes] == [3]
    assert (first.system, first.changes) == (again.system, again.changes)
    assert session.system.optimizer.learning_rate == 0.01
    assert session.draft.system == session.system
    assert not session.modified
    assert session.path is None, "saving must not write over the picture"
    # The past belongs to it as well: going back before the change undoes the change.
    assert session.history.last_step == 5
    session.send(Rewind(2))
    settle(window, qtbot)
    assert session.system.optimizer.learning_rate == system_of("d2l-mlp").optimizer.learning_rate


def test_the_whole_pass_of_step_0(window, qtbot, tmp_path):
    run("d2l-mlp", "--png", tmp_path / "p.png")
    reopened(window, qtbot, tmp_path / "p.png")
    assert window.session.frame.step == 0
    assert window.session.frame.gradient_ready.any()


def test_groups_neurons_selection_and_what_is_dimmed(window, qtbot, tmp_path):
    open_system(window, qtbot, "mindspore-mlp")
    window.session.send(Train(steps=4))
    settle(window, qtbot)
    canvas = window.canvas
    canvas.groups.show_neurons(("hidden",))
    laid_out(window, qtbot)
    settle(window, qtbot)
    names = [node.name for node in window.session.topology.nodes]
    window.session.select(node=names.index("L"))
    canvas.selecting.path_from_here()
    canvas.groups.neurons.show_what("gradient")
    item = next(n for n in canvas.scene.nodes if n.seen.group == ("hidden",))
    place = item.pos() + QPointF(*item.board.plan.place_of(Spot("input", 0, 2)))
    canvas.groups.neurons.click(item, place)
    canvas.selecting.side("downstream")
    assert canvas.selecting.active
    first, again = same(window, qtbot, tmp_path)
    assert first.picture == again.picture
    assert canvas.selecting.badge.isVisible()
    assert canvas.groups.neurons.shown == {("hidden",)}


def test_the_part_that_was_looked_at(window, qtbot, tmp_path):
    open_system(window, qtbot, "deep-mlp")
    window.session.send(Train(steps=2))
    settle(window, qtbot)
    window.canvas.open_around(("hidden3",))
    laid_out(window, qtbot)
    window.canvas.view.zoom_by(1.7, QPointF(200, 200))
    before = window.canvas.view.visible_rect()
    export(window, qtbot, tmp_path / "a.png", seen=True)
    open_system(window, qtbot, "cs231n-add-mul")
    reopened(window, qtbot, tmp_path / "a.png")
    after = window.canvas.view.visible_rect()
    for a, b in zip(before.getRect(), after.getRect(), strict=True):
        assert a == pytest.approx(b, abs=2)


def test_given_parameters_and_a_batch(window, qtbot, tmp_path):
    """As the engine has them alone: the same objective, at each step."""
    generator = np.random.default_rng(0)
    arrays: Any = {"linear1.weight": generator.normal(size=(32, 64)) / 8,
              "linear2.weight": generator.normal(size=(10, 32)) / 6}  # fmt: skip
    np.savez(tmp_path / "p.npz", **arrays)
    np.savez(tmp_path / "b.npz", x=generator.normal(size=(5, 64)), y=np.arange(5))
    given = ["--params", tmp_path / "p.npz", "--batch", tmp_path / "b.npz"]
    picture = tmp_path / "p.png"
    run("d2l-mlp", "--steps", "3", *given, "--png", picture, "--metrics", tmp_path / "m.csv")
    rows = (tmp_path / "m.csv").read_text("utf-8").splitlines()
    reopened(window, qtbot, picture)
    objective = float(rows[-1].split(",")[2])
    assert window.session.frame.step == 3
    assert window.session.frame.objective == objective
    assert window.session.topology.nodes[0].shape == (64, 5)
    export(window, qtbot, tmp_path / "again.png")
    found = recipes.read(tmp_path / "again.png")
    assert found.parameters == str(tmp_path / "p.npz")
    assert found.batch == str(tmp_path / "b.npz")


def test_a_file_that_is_gone_is_named_and_the_window_stays(window, qtbot, tmp_path, told):
    np.savez(tmp_path / "b.npz", x=np.ones((5, 64)), y=np.arange(5))
    run("d2l-mlp", "--batch", tmp_path / "b.npz", "--png", tmp_path / "p.png")
    (tmp_path / "b.npz").unlink()
    open_system(window, qtbot, "cs231n-gates")
    window.files.open_path(tmp_path / "p.png")
    wait(qtbot, lambda: bool(told))
    assert "b.npz" in told[0]
    assert window.session.topology.system == "cs231n-gates"
    open_system(window, qtbot, "d2l-mlp")  # what waited for the picture waits no more
    assert window.session.frame.step == 0


def test_a_long_way_can_be_given_up(window, qtbot, tmp_path):
    run("lenet-digits", "--steps", "1", "--png", tmp_path / "p.png")
    recipe = recipes.read(tmp_path / "p.png")
    open_system(window, qtbot, "cs231n-gates")
    window.files.open_recipe(replace(recipe, step=100_000), picture=tmp_path / "p.png")
    wait(qtbot, lambda: window.session.progress is not None)
    window.session.cancel()
    wait(qtbot, lambda: window.session.resting)
    assert window.session.topology.system == "cs231n-gates"


def test_what_another_version_knows_is_said(window, qtbot, tmp_path):
    run("d2l-mlp", "--steps", "2", "--png", tmp_path / "p.png")
    recipe = recipes.read(tmp_path / "p.png").drawn(map=["turbo"], opened=[["linear1"]])
    window.files.open_recipe(recipe, picture=tmp_path / "p.png")
    wait(qtbot, lambda: window.session.topology is not None)
    settle(window, qtbot)
    assert "not as it was: the colour map 'turbo'" in window.status.words.text()
    assert window.canvas.opened == {("linear1",)}


def test_a_rebuild_of_an_opened_picture_starts_at_step_0(window, qtbot, tmp_path):
    run("d2l-mlp", "--steps", "4", "--png", tmp_path / "p.png")
    reopened(window, qtbot, tmp_path / "p.png")
    window.session.draft.edit("data.batch_size", 16)
    window.session.draft.rebuild()
    wait(qtbot, lambda: window.session.frame is not None and window.session.frame.step == 0)
    assert window.session.start is None
    window.session.draft.edit("data.batch_size", 32)
    settle(window, qtbot)
    assert window.session.frame.step == 0


# -- the window's command line -------------------------------------------------------------------


def test_colours_on_the_command_line(window, qtbot, tmp_path, home):
    argv = ["d2l-mlp", "--colour", "weight-mean", "--map", "berlin", "--map=plasma",
            "--range", "-0.5:0.5"]  # fmt: skip
    arguments = parse_arguments(argv)
    recipe = starting_recipe(arguments)
    window.files.open_recipe(recipe)
    wait(qtbot, lambda: window.session.topology is not None)
    settle(window, qtbot)
    colouring = window.canvas.colouring
    assert colouring.shown == "weight-mean"
    assert (colouring.maps.sequential, colouring.maps.diverging) == ("plasma", "berlin")
    assert colouring.node_scale.ends == (-0.5, 0.5)
    again = shown_window(home)  # they hold for this once
    assert again.canvas.colouring.pins == {}
    dismiss(again)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--colour", "gradient-nrm"], ["--colour", "Did you mean 'gradient-norm'?"]),
        (["--map", "viridsi"], ["--map", "Did you mean 'viridis'?"]),
        (["--map", "vik"], ["--map", "gradient-norm has no sign", "'vik'"]),
        (["--range", "wide"], ["--range", "two numbers"]),
        (["--range", "0:1"], ["--range", "above 0"]),
        (["--colur", "x"], ["Did you mean '--colour'?"]),
        (["--batch", "gone.npz"], ["gone.npz"]),
    ],
)
def test_a_wrong_option_of_the_window_is_one_line(capsys, options, words):
    assert application.main(["d2l-mlp", *options]) == 2
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    for word in words:
        assert word in told


def test_a_picture_on_the_command_line_opens_where_it_stands(window, qtbot, tmp_path):
    run("d2l-mlp", "--steps", "3", "--expand", "none", "--png", tmp_path / "p.png")
    argv = [str(tmp_path / "p.png"), "--set", "optimizer.learning_rate=0.25"]
    arguments = parse_arguments(argv)
    window.files.open_recipe(starting_recipe(arguments))
    wait(qtbot, lambda: window.session.topology is not None)
    settle(window, qtbot)
    assert window.session.frame.step == 3
    assert window.session.system.optimizer.learning_rate == 0.25
    assert window.canvas.opened == frozenset()
