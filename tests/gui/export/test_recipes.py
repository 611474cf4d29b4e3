"""What is on the screen travels in a picture: made again from its file alone, pixel by pixel."""

import numpy as np
import pytest
from PySide6.QtCore import QPointF

from engine.cli import commands
from engine.messages.commands import Change, Operate, Reset, Rewind, Train, Undo
from engine.recipes import recipe as recipes
from gui.canvas.graph.neuron_plan import Spot
from gui.canvas.scene.sparkline import KEPT
from gui.export.formats import formats
from gui.window.exporting.dialog import ExportDialog
from tests.gui.export_help import pixels, run
from tests.gui.rig import laid_out, open_system, settle, wait


def index_of(window, name):
    return next(node.index for node in window.session.topology.nodes if node.name == name)


def export(window, qtbot, target):
    """Export from the window's dialog, as a person would."""
    settle(window, qtbot)
    laid_out(window, qtbot)
    window.actions_by_id["export"].trigger()
    dialog = window.findChild(ExportDialog)
    dialog.path.setText(str(target))
    dialog.fields.scale.setValue(1)
    dialog.save()
    wait(qtbot, lambda: target.exists() and window.findChild(ExportDialog) is None)


def same_again(window, qtbot, tmp_path):
    """Export, make the picture again from the file, compare; return the first one's recipe."""
    first, again = tmp_path / "a.png", tmp_path / "b.png"
    export(window, qtbot, first)
    run(first, "--png", again)
    np.testing.assert_array_equal(pixels(first), pixels(again))
    assert recipes.read(first) == recipes.read(again)
    return recipes.read(first)


# -- a part brought out --------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["upstream", "downstream"])
def test_one_side_of_a_node(window, qtbot, tmp_path, way):
    open_system(window, qtbot, "d2l-mlp")
    window.session.send(Train(steps=3))
    settle(window, qtbot)
    window.session.select(node=index_of(window, "h"))
    window.canvas.selecting.side(way)
    found = same_again(window, qtbot, tmp_path)
    assert found.picture["part_words"] == f"{way.capitalize()} of h"
    whole = tmp_path / "whole.png"
    window.canvas.selecting.leave()
    export(window, qtbot, whole)
    assert (pixels(whole) != pixels(tmp_path / "a.png")).any()


def test_the_paths_between_two_nodes_with_both_ends_marked(window, qtbot, tmp_path):
    open_system(window, qtbot, "resnet-mlp")
    window.session.send(Train(steps=2))
    settle(window, qtbot)
    canvas, session = window.canvas, window.session
    names = [node.name for node in session.topology.nodes]
    ends = names.index("x"), session.topology.operations and len(session.topology.forward) - 1
    session.select(node=ends[0])
    canvas.selecting.path_from_here()
    session.select(node=ends[1])
    canvas.selecting.path()
    assert canvas.selecting.active
    found = same_again(window, qtbot, tmp_path)
    assert found.picture["other_node"] == ends[0]


def test_a_part_of_a_graph_with_closed_groups_and_lines_of_norms(window, qtbot, tmp_path):
    """More steps than a line holds; one of them was trained twice."""
    open_system(window, qtbot, "deep-mlp", layers__0__repeat=12)
    window.session.send(Train(steps=90))
    settle(window, qtbot)
    window.session.send(Rewind(80))
    window.session.send(Train(steps=4))
    settle(window, qtbot)
    window.canvas.close_all()
    laid_out(window, qtbot)
    window.session.select(node=index_of(window, "hidden6.weight"))
    window.canvas.selecting.side("upstream")
    found = same_again(window, qtbot, tmp_path)
    assert found.picture["trend"] == [90 - KEPT + 1, 84]


@pytest.mark.parametrize("operations", [3, 0])
def test_lines_of_norms_in_the_middle_of_a_step(window, qtbot, tmp_path, operations):
    """The step's own norms are not known yet, whether it is stepped to or gone back to."""
    open_system(window, qtbot, "deep-mlp")
    window.canvas.close_all()
    window.session.send(Train(steps=6))
    settle(window, qtbot)
    for _ in range(operations):
        window.session.send(Operate())
    if not operations:
        window.session.send(Undo())
    found = same_again(window, qtbot, tmp_path)
    assert found.operation is not None
    assert found.picture["trend"] in ([0, 5], [0, 6])


def test_after_a_reset_nothing_of_the_past_is_drawn(window, qtbot, tmp_path):
    open_system(window, qtbot, "deep-mlp")
    window.canvas.close_all()
    window.session.send(Train(steps=6))
    settle(window, qtbot)
    window.session.send(Change("optimizer.learning_rate", 0.01))
    window.session.send(Reset())
    found = same_again(window, qtbot, tmp_path)
    assert (found.step, found.picture["trend"]) == (0, [])


def test_shares_that_are_hidden_stay_hidden(window, qtbot, tmp_path):
    open_system(window, qtbot, "resnet-mlp")
    window.session.send(Train(steps=1))
    settle(window, qtbot)
    export(window, qtbot, tmp_path / "shown.png")
    window.actions_by_id["shares"].trigger()
    same_again(window, qtbot, tmp_path)
    assert (pixels(tmp_path / "shown.png") != pixels(tmp_path / "a.png")).any()


@pytest.mark.parametrize(
    ("name", "order", "opened", "operations", "colour"),
    [
        ("cs231n-gates", 2, None, 5, "gradient-norm"),
        ("d2l-mlp", 2, None, 0, "value-norm"),
        ("lstm", 0, ("lstm", "t3"), 0, "gradient-sign"),
        ("lenet-digits", 1, ("conv2",), 0, "value-zeros"),
        ("attention", 1, None, 12, "gradient-rms"),
    ],
)
def test_unusual_places(window, qtbot, tmp_path, name, order, opened, operations, colour):
    """Gradient graphs, one open group among closed ones, the middle of a pass, other colours."""
    open_system(window, qtbot, name)
    window.session.send(Train(steps=2))
    settle(window, qtbot)
    window.session.show_order(order)
    settle(window, qtbot)
    if opened is not None:
        window.canvas.close_all()
        laid_out(window, qtbot)
        window.canvas.open_around(opened)
    window.colours.colour_by(colour)
    for _ in range(operations):
        window.session.send(Operate())
    settle(window, qtbot)
    edges = window.session.topology.edges
    window.session.select(edge=len(edges) // 3)
    window.canvas.selecting.side("downstream")
    found = same_again(window, qtbot, tmp_path)
    assert found.picture.get("order", 0) == order


# -- neurons -------------------------------------------------------------------------------------


def neurons(window, qtbot, *paths):
    for path in paths:
        window.canvas.groups.show_neurons(path)
        laid_out(window, qtbot)
        wait(qtbot, lambda: len(window.session.frame.neurons) > 0)
    settle(window, qtbot)


def test_neurons_with_their_numbers(window, qtbot, tmp_path):
    open_system(window, qtbot, "mindspore-mlp")
    window.session.send(Train(steps=5))
    settle(window, qtbot)
    neurons(window, qtbot, ("hidden",), ("output",))
    found = same_again(window, qtbot, tmp_path)
    assert found.picture["neurons"] == [["hidden"], ["output"]]


@pytest.mark.parametrize("what", ["gradient", "update"])
def test_neurons_with_a_scalar_a_fan_and_one_sample(window, qtbot, tmp_path, what):
    open_system(window, qtbot, "mindspore-mlp")
    window.session.send(Train(steps=5))
    settle(window, qtbot)
    neurons(window, qtbot, ("hidden",))
    views = window.canvas.groups.neurons
    views.show_what(what)
    views.next_sample()
    settle(window, qtbot)
    item = next(n for n in window.canvas.scene.nodes if n.seen.group == ("hidden",))
    place = item.pos() + QPointF(*item.board.plan.place_of(Spot("output", 2)))
    assert views.click(item, place)
    found = same_again(window, qtbot, tmp_path)
    assert found.picture["neurons_sample"] == 0
    assert found.picture["neurons_chosen"] == found.picture["neurons_fan"]


def test_updates_that_nobody_knows_are_not_made_up(window, qtbot, tmp_path):
    """Right at a checkpoint nothing was trained on the way there; made again it is."""
    open_system(window, qtbot, "mindspore-mlp")
    window.session.send(Train(steps=5))
    settle(window, qtbot)
    window.session.send(Reset())
    settle(window, qtbot)
    neurons(window, qtbot, ("hidden",))
    window.canvas.groups.neurons.show_what("update")
    same_again(window, qtbot, tmp_path)


def test_a_film_has_the_neurons_of_each_of_its_steps(qapp, tmp_path):
    folder = tmp_path / "film"
    argv = ["--steps", "4", "--every", "2", "--dpi", "70", "--neurons", "hidden"]
    run("mindspore-mlp", *argv, "--animate", folder)
    files = sorted(folder.iterdir())
    for file in files:
        run(file, "--png", tmp_path / "again.png")
        np.testing.assert_array_equal(pixels(file), pixels(tmp_path / "again.png"))
    pictures = [pixels(file) for file in files]
    board = [picture[: picture.shape[0] // 2] for picture in pictures]
    assert (board[0] != board[1]).any()
    colours = [len(np.unique(picture.reshape(-1, 4), axis=0)) for picture in pictures]
    assert min(colours) > 500, "lines of weights in many strengths"


def test_the_colours_of_neurons_and_of_nodes_mean_the_same_in_a_whole_film(qapp, tmp_path):
    """Weights grow tenfold: each picture says the largest magnitude; alone it would say its own."""
    folder = tmp_path / "film"
    argv = ["--steps", "40", "--every", "20", "--dpi", "70", "--neurons", "all"]
    argv += ["--set", "optimizer.learning_rate=5", "--colour", "value-norm"]
    run("mindspore-mlp", *argv, "--animate", folder)
    files = sorted(folder.iterdir())
    pictures = [recipes.read(file).picture for file in files]
    assert pictures[0]["neurons_full"] == pictures[1]["neurons_full"] == pictures[2]["neurons_full"]
    assert pictures[0]["node_colours"] == pictures[2]["node_colours"]
    full = {tuple(one["group"]): one["weights"] for one in pictures[0]["neurons_full"]}
    largest = 0.0
    for file in files:
        run(file, "--png", tmp_path / "again.png", "--dump", tmp_path / "d.npz")
        np.testing.assert_array_equal(pixels(file), pixels(tmp_path / "again.png"))
        with np.load(tmp_path / "d.npz") as arrays:
            largest = max(largest, float(np.abs(arrays["parameter/hidden.weight"]).max()))
    assert largest <= full["hidden",] < 2.5 * largest


def test_a_film_from_the_window_has_neurons_norms_and_gradient_nodes(window, qtbot, tmp_path):
    open_system(window, qtbot, "mindspore-mlp")
    window.session.send(Train(steps=4))
    window.session.show_order(1)
    settle(window, qtbot)
    neurons(window, qtbot, ("hidden",))
    laid_out(window, qtbot)
    window.actions_by_id["export-animation"].trigger()
    dialog = window.findChild(ExportDialog)
    dialog.fields.format.setCurrentIndex(dialog.fields.format.findData(""))
    dialog.fields.every.setValue(2)
    folder = tmp_path / "film"
    dialog.path.setText(str(folder))
    dialog.save()
    wait(qtbot, lambda: folder.exists() and window.findChild(ExportDialog) is None)
    files = sorted(folder.iterdir())
    assert [recipes.read(file).step for file in files] == [0, 2, 4]
    for file in files:
        run(file, "--png", tmp_path / "again.png")
        np.testing.assert_array_equal(pixels(file), pixels(tmp_path / "again.png"))


# -- asked for by name ---------------------------------------------------------------------------


def test_the_options_draw_what_the_window_draws(window, qtbot, tmp_path):
    open_system(window, qtbot, "mindspore-mlp")
    window.session.send(Train(steps=3))
    settle(window, qtbot)
    neurons(window, qtbot, ("hidden",))
    window.session.select(node=index_of(window, "x"))
    window.canvas.selecting.side("downstream")
    window.canvas.refit_colours()
    export(window, qtbot, tmp_path / "a.png")
    argv = ["--neurons", "hidden", "--select", "x", "--downstream", "x", "--dpi", "96"]
    run("mindspore-mlp", "--steps", "3", *argv, "--png", tmp_path / "b.png")
    np.testing.assert_array_equal(pixels(tmp_path / "a.png"), pixels(tmp_path / "b.png"))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--upstream", "hh"], ["--upstream", "'hh'", "Did you mean 'h'?"]),
        (["--path", "x", "y"], ["--path", "a path joins", "'x', 'y'"]),
        (["--neurons", "linear9"], ["--neurons", "64 × 64", "Did you mean 'linear"]),
        (["--select", "lineer1"], ["--select", "Did you mean 'linear1'?"]),
        (["--upstream", "h", "--downstream", "h"], ["not allowed with"]),
        (["--map", "vik"], ["--map", "'vik'", "gradient-norm", "viridis"]),
        (["--map", "magma", "--map", "plasma"], ["--map", "'magma', 'plasma'"]),
        (["--map", "infern"], ["--map", "Did you mean 'inferno'? See"]),
        (["--plot", "loss"], ["--plot", "--plot loss=loss.png"]),
        (["--from-step", "5", "--steps", "2", "--animate", "a.gif"], ["--from-step", "found 5"]),
    ],
)
def test_a_wish_that_cannot_be_met_names_its_option(capsys, tmp_path, options, words):
    path = tmp_path / "a.png"
    assert commands.main(["run", "d2l-mlp", *options, "--png", str(path)], formats()) == 2
    said = capsys.readouterr()
    for word in words:
        assert word in said.err
    assert "mean 'loss'" not in said.err
    assert said.out == "", "nothing was trained"
    assert not path.exists()
