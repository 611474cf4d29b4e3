"""Colours in pictures: the options, what a picture says of its colours, and taking them over."""

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, QUrl

from engine.cli import commands
from engine.cli.commands import make_parser
from engine.cli.picture_options import drawn
from engine.recipes import recipe as recipes
from engine.support.errors import UsageError
from engine.system import catalogue
from gui.canvas.picture.drawing_recipe import drawing_of, values_of
from gui.canvas.picture.paper import Paper
from gui.colour.maps import Maps, map_colours
from gui.export.formats import formats
from gui.window.exporting.material import material_of
from tests.gui.export_help import run
from tests.gui.rig import dismiss, settle, shown_window, wait

pytestmark = pytest.mark.window("d2l-mlp", steps=2)


def pixels(path):
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))


def colours_in(path):
    return {f"#{r:02x}{g:02x}{b:02x}" for r, g, b in np.unique(pixels(path).reshape(-1, 3), axis=0)}


@pytest.mark.parametrize(
    ("options", "name"),
    [
        (["--map", "magma"], "magma"),
        (["--colour", "gradient-sign", "--map", "broc"], "broc"),
        (["--colour", "value-zeros"], "viridis"),
    ],
)
def test_the_options_colour_the_nodes(qapp, tmp_path, options, name):
    path = tmp_path / "a.png"
    run("d2l-mlp", "--steps", "2", "--dpi", "96", "--no-legend", *options, "--png", path)
    shown = colours_in(path)
    found = shown & set(map_colours(name))
    assert len(found) >= 2
    other = "inferno" if name != "inferno" else "magma"
    assert not shown & (set(map_colours(other)) - set(map_colours("viridis")))


@pytest.mark.parametrize(
    "options",
    [
        ["--colour", "update-ratio", "--map", "cividis", "--range", "1e-5:1"],
        ["--colour", "weight-mean", "--map", "berlin", "--map", "plasma"],
        ["--range", "3e-9:40"],
    ],
)
def test_a_picture_is_made_again_with_its_colours(qapp, tmp_path, options):
    first, again = tmp_path / "a.png", tmp_path / "b.png"
    run("d2l-mlp", "--steps", "2", "--dpi", "96", *options, "--png", first)
    run(first, "--png", again)
    np.testing.assert_array_equal(pixels(first), pixels(again))
    assert recipes.read(first) == recipes.read(again)


def test_a_range_holds_for_an_animation(qapp, tmp_path):
    """With one range two runs can be compared; without it each is fitted to its own frames."""
    films = {}
    for name, options in {"fitted": [], "given": ["--range", "1e-12:1e6"]}.items():
        path = tmp_path / f"{name}.gif"
        run("d2l-mlp", "--steps", "2", "--dpi", "48", *options, "--animate", path)
        films[name] = pixels(path)
        assert recipes.read(path).picture.get("range") == (options[1] if options else None)
    assert (films["fitted"] != films["given"]).any()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--range", "wide"], "two numbers"),
        (["--range", "0:1"], "above 0"),
        (["--colour", "value-zeros", "--range", "0:7"], "100 %"),
    ],
)
def test_a_wrong_range_is_refused_before_the_training(capsys, tmp_path, options, words):
    path = tmp_path / "a.png"
    status = commands.main(["run", "d2l-mlp", *options, "--png", str(path)], formats())
    assert status == 2
    told = capsys.readouterr().err
    assert "--range" in told
    assert words in told
    assert not path.exists()


def test_another_quantity_drops_the_range_of_the_first():
    import argparse

    recipe = recipes.Recipe(catalogue.load("d2l-mlp"))
    recipe = recipe.drawn(colour="value-zeros", range="0 … 0.5", node_colours={})
    names = ("theme", "expand", "background", "legend", "caption", "shares", "tiles", "dpi",
             "fps", "range", "map", "from_step", "to_step", "every")  # fmt: skip
    options = argparse.Namespace(**dict.fromkeys(names), colour="value-norm")
    assert drawn(options, recipe).picture == {"colour": "value-norm"}
    options.colour = None
    assert drawn(options, recipe).picture["range"] == "0 … 0.5"


def test_the_parser_knows_the_names():
    parser = make_parser(formats())
    for bad in (["--colour", "norm"], ["--map", "jet"]):
        with pytest.raises(UsageError, match=r"Did you mean|Choose from"):
            parser.parse_args(["run", "d2l-mlp", *bad])


def test_the_window_exports_what_it_shows(window, qtbot):
    window.colours.choose_map("plasma")
    window.colours.by_actions["value-norm"].trigger()
    wait(qtbot, lambda: window.canvas.colouring.shown == "value-norm")
    window.colours.pin(1e-2, 1e4)
    drawing, _ = drawing_of(material_of(window))
    assert drawing.node_scale == window.canvas.colouring.node_scale
    assert drawing.scale == window.canvas.scale
    assert drawing.maps == Maps("plasma", "vik")
    assert drawing.frame is not None
    assert drawing.frame.quantity is not None
    assert drawing.frame.quantity.name == "value-norm"
    said = values_of(window.canvas.drawing, Paper())
    assert said["range"] == "0.01 … 10000"
    assert said["colour"] == "value-norm"


def test_a_picture_that_is_opened_brings_its_colours(window, qtbot, tmp_path, home):
    path = tmp_path / "a.png"
    options = ["--colour", "gradient-rms", "--range", "1e-7:1e1", "--map", "cividis"]
    run("cs231n-gates", *options, "--png", path)
    words: list[str] = []
    window.canvas.announced.connect(words.append)
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    window.files.open_path(window.files.dropped(data))
    wait(qtbot, lambda: window.session.topology.system == "cs231n-gates")
    settle(window, qtbot)
    assert window.canvas.colouring.shown == "gradient-rms"
    assert window.canvas.colouring.node_scale.ends == pytest.approx((1e-7, 10.0))
    assert window.canvas.colouring.maps.sequential == "cividis"
    assert any("pinned" in text for text in words)
    again = shown_window(home)  # a picture's range is not remembered
    assert again.canvas.colouring.pins == {}
    dismiss(again)
