"""Animations and plots from the command line: frames, colours, tables, and made again."""

import csv
import json

import numpy as np
import pytest
from PIL import Image

from engine.cli import commands
from engine.export.formats import export, format_for
from engine.recipes import embedding
from engine.recipes import recipe as recipes
from engine.support.errors import InputError
from gui.colour.maps import map_colours
from gui.export import animation
from gui.export.formats import formats
from tests.gui.export_help import material, run

# -- animations ----------------------------------------------------------------------------------


def frames_of(path):
    """Each frame as an array, and how long the whole is shown, in milliseconds."""
    with Image.open(path) as image:
        arrays, shown = [], 0.0
        for k in range(image.n_frames):  # type: ignore[attr-defined]
            image.seek(k)
            arrays.append(np.asarray(image.convert("RGB"), int))
            shown += image.info["duration"]
    return arrays, shown


@pytest.mark.parametrize("name", ["a.gif", "a.png", "a.apng", "a.webp"])
def test_an_animation_is_the_same_again(qapp, tmp_path, name):
    (tmp_path / "again").mkdir()
    argv = ["--steps", "12", "--every", "3", "--fps", "5", "--dpi", "60"]
    run("d2l-mlp", *argv, "--animate", tmp_path / name)
    run(tmp_path / name, "--animate", tmp_path / "again" / name)
    frames, shown = frames_of(tmp_path / name)
    again, _ = frames_of(tmp_path / "again" / name)
    assert len(frames) == 5
    assert shown == pytest.approx(5 * 1000 / 5)
    np.testing.assert_array_equal(frames, again)
    assert any((frames[0] != frame).any() for frame in frames[1:])


def test_one_scale_of_colours_for_all_frames(qapp, tmp_path):
    """The legend, where the scale is, is the same in each frame; each norm has its place on it."""
    folder = tmp_path / "frames"
    run("deep-mlp", "--steps", "8", "--every", "4", "--dpi", "60", "--animate", folder)
    files = sorted(folder.iterdir())
    assert [file.name for file in files] == [f"frames-{step}.png" for step in (0, 4, 8)]
    colours = [recipes.read(file).picture["colours"] for file in files]
    assert colours[0] == colours[1] == colours[2]
    assert [recipes.read(file).step for file in files] == [0, 4, 8]
    run(files[1], "--png", tmp_path / "again.png")
    pixels = [np.asarray(Image.open(path)) for path in (files[1], tmp_path / "again.png")]
    assert np.array_equal(pixels[0], pixels[1])


def test_gif_colours_are_near_the_true_ones(qapp, tmp_path):
    """One palette of 255 for all frames, no dithering."""
    argv = ["d2l-mlp", "--steps", "4", "--every", "2", "--dpi", "96"]
    run(*argv, "--animate", tmp_path / "a.gif")
    run(*argv, "--animate", tmp_path / "a.webp")
    for quantised, true in zip(
        frames_of(tmp_path / "a.gif")[0], frames_of(tmp_path / "a.webp")[0], strict=True
    ):
        assert np.abs(quantised - true).mean() < 1
        assert np.percentile(np.abs(quantised - true), 99.5) < 24


def test_a_gif_keeps_the_colours_of_the_scale_among_many_others(qapp, tmp_path):
    """Neurons' lines have more colours than a GIF: those of the scale stay in any case."""
    path = tmp_path / "a.gif"
    argv = ["--steps", "2", "--every", "2", "--dpi", "96", "--neurons", "output"]
    run("deep-mlp", *argv, "--animate", path)
    with Image.open(path) as image:
        table = np.array(image.getpalette()).reshape(-1, 3)
    for colour in map_colours("viridis"):
        wanted = [int(colour[k : k + 2], 16) for k in (1, 3, 5)]
        assert (table == wanted).all(axis=1).any(), colour


def test_too_large_an_animation_is_scaled_down(qapp, tmp_path, monkeypatch):
    monkeypatch.setattr(animation, "MOST_FRAME_PIXELS", 100_000)
    shown = material(dpi=96)
    notes = export(format_for(formats(), ("animation",), "a.gif"), shown, tmp_path / "a.gif")
    with Image.open(tmp_path / "a.gif") as image:
        assert image.width * image.height <= 101_000
        assert f"{image.width} × {image.height}" in notes[0]


def test_a_folder_with_something_in_it_is_left_alone(qapp, tmp_path):
    taken = tmp_path / "frames"
    taken.mkdir()
    (taken / "mine.txt").write_text("mine")
    shown = material(dpi=60)
    with pytest.raises(InputError, match="frames"):
        export(format_for(formats(), ("animation",), str(taken)), shown, taken)
    assert [path.name for path in taken.iterdir()] == ["mine.txt"]
    assert list(tmp_path.iterdir()) == [taken]


# -- plots ---------------------------------------------------------------------------------------


def rows_of(path):
    """The rows of a table, its comment lines left out."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return list(csv.reader(line for line in lines if not line.startswith("#")))


@pytest.mark.parametrize("name", ["loss", "gradient-norms", "layer-profile"])
def test_plots_from_the_command_line_are_made_again(qapp, tmp_path, name):
    for suffix in ("png", "svg", "csv"):
        run("d2l-mlp", "--steps", "30", "--plot", f"{name}={tmp_path / f'a.{suffix}'}")
        argv = ["--plot", f"{name}={tmp_path / f'b.{suffix}'}"]
        run(tmp_path / f"a.{suffix}", *argv)
    pixels = [np.asarray(Image.open(tmp_path / f"{k}.png")) for k in "ab"]
    assert np.array_equal(pixels[0], pixels[1])
    tables = [rows_of(tmp_path / f"{k}.csv") for k in "ab"]
    assert tables[0] == tables[1]
    assert "<text" in (tmp_path / "a.svg").read_text(encoding="utf-8")


def test_the_gradient_over_time_steps_is_a_plot_of_recurrent_systems(qapp, tmp_path, capsys):
    table, picture = tmp_path / "t.csv", tmp_path / "t.svg"
    run("lstm", "--steps", "2", "--plot", f"time-steps={table}", "--plot", f"time-steps={picture}")
    _, *rows = rows_of(table)
    assert len(rows) == 8
    assert "<text" in picture.read_text(encoding="utf-8")
    argv = ["run", "d2l-mlp", "--plot", f"time-steps={tmp_path / 'no.png'}"]
    assert commands.main(argv, formats()) == 2
    assert "time steps" in capsys.readouterr().err


def test_the_loss_table_is_the_history(qapp, tmp_path):
    argv = ["--report", tmp_path / "r.json", "--plot", f"loss={tmp_path / 'l.csv'}"]
    run("d2l-mlp", "--steps", "50", *argv)
    history = json.loads((tmp_path / "r.json").read_text("utf-8"))["history"]
    heading, *rows = rows_of(tmp_path / "l.csv")
    assert [float(row[heading.index("objective")]) for row in rows] == history["objective"]
    assert embedding.read(tmp_path / "l.csv") is not None
