"""Pictures out: pixel sizes, backgrounds, formats, large ones, and files made again from files."""

import os
import re
import subprocess
import sys
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtGui import QImage, QImageReader

from engine.cli import commands
from engine.export.formats import Material, export
from engine.recipes import recipe as recipes
from engine.recipes import replay
from engine.recipes.recipe import open_recipe
from engine.support.errors import InputError
from engine.support.whole_files import staged, write_bytes
from gui.appearance.theme import DARK, LIGHT
from gui.canvas.graph.node_look import layout_input, look_of
from gui.canvas.graph.visible import default_opened, summarise
from gui.canvas.layout.layouts import quick
from gui.canvas.picture import page as canvas_export
from gui.canvas.picture.page import Page, render_image
from gui.canvas.picture.paper import Paper
from gui.canvas.scene.drawing import Drawing
from gui.colour.magnitude import MagnitudeScale
from gui.export.formats import formats
from tests.gui.export_help import material, run, save
from tests.gui.fakes import fake_frame, fake_topology


def drawing(name="d2l-mlp", theme=LIGHT):
    topology = fake_topology(name)
    opened = default_opened(topology)
    visible = summarise(topology, opened)
    placement = quick(layout_input(visible, [look_of(topology, s) for s in visible.nodes]))
    scale = MagnitudeScale(-4, 1, provisional=False)
    frame = fake_frame(topology, step=7)
    return Drawing(visible, placement, frame, scale, theme=theme)


# -- one picture ---------------------------------------------------------------------------------


@pytest.mark.parametrize("scale", [1, 3])
def test_pixel_size_follows_the_scale(qapp, scale):
    one = render_image(drawing(), Paper(scale=1))
    image = render_image(drawing(), Paper(scale=scale))
    assert abs(image.width() - one.width() * scale) <= scale
    assert abs(image.height() - one.height() * scale) <= scale


@pytest.mark.parametrize(
    ("background", "theme", "expected"),
    [("white", DARK, "#ffffff"), ("theme", DARK, DARK.canvas), ("theme", LIGHT, LIGHT.canvas)],
)
def test_background(qapp, background, theme, expected):
    image = render_image(drawing(theme=theme), Paper(scale=1, background=background))
    assert image.pixelColor(1, 1).name() == expected


def test_transparent_background(qapp):
    image = render_image(drawing(), Paper(scale=1, background="transparent"))
    assert image.pixelColor(1, 1).alpha() == 0


def test_legend_and_caption_can_be_left_out(qapp):
    whole = render_image(drawing(), Paper(scale=1))
    bare = render_image(drawing(), Paper(scale=1, legend=False, caption=False))
    without_caption = render_image(drawing(), Paper(scale=1, caption=False))
    assert bare.height() < without_caption.height() < whole.height()
    assert whole.height() - without_caption.height() == canvas_export.CAPTION_HEIGHT


def test_png_says_what_it_shows(qapp, tmp_path):
    path = tmp_path / "graph.png"
    save(path, steps=7)
    image = QImage(str(path))
    expected = {"System": "d2l-mlp", "Step": "7", "Seed": "0", "Dtype": "float64"}
    assert {name: image.text(name) for name in expected} == expected
    assert image.text("Software") == "Gradient Flow Explorer"
    assert image.text("Command") == "python3 main.py run graph.png --export graph-again.png"
    assert float(image.text("Objective")) > 0
    assert list(tmp_path.iterdir()) == [path]


def test_dpi_sets_the_size(qapp, tmp_path):
    sizes = []
    for dpi in (96, 192):
        save(tmp_path / "a.png", "cs231n-add-mul", dpi=dpi)
        sizes.append(QImage(str(tmp_path / "a.png")).width())
    assert sizes[1] == 2 * sizes[0]


def test_svg_is_vector_with_text_as_text(qapp, tmp_path):
    path = tmp_path / "graph.svg"
    save(path, theme="dark")
    text = path.read_text(encoding="utf-8")
    assert "<text" in text
    assert "W⁽¹⁾" in text
    assert "Seed: 0" in text
    assert "DejaVu Sans,Segoe UI Symbol" in text, "fallbacks where the font is missing"
    assert "<image" not in text


def test_pdf_is_vector_with_text_as_text(qapp, tmp_path):
    """Fonts with a map back to letters and no images: ISO 32000-1, 9.10.3."""
    path = tmp_path / "graph.pdf"
    save(path, "cs231n-gates")
    data = path.read_bytes()
    assert data.startswith(b"%PDF")
    assert b"/ToUnicode" in data
    assert b"/Subtype /Image" not in data
    maps = data
    for stream in re.findall(rb"stream\r?\n(.*?)endstream", data, re.DOTALL):
        try:
            maps += zlib.decompress(stream)
        except zlib.error:
            continue
    assert b"beginbfchar" in maps or b"beginbfrange" in maps


@pytest.mark.parametrize(
    ("picture", "message"), [({"theme": "drak"}, "dark"), ({"expand": "linear9"}, "linear")]
)
def test_bad_wishes_are_named(qapp, tmp_path, picture, message):
    with pytest.raises(InputError, match=message):
        save(tmp_path / "a.png", **picture)
    assert list(tmp_path.iterdir()) == []


def test_expand_opens_groups(qapp, tmp_path):
    found = []
    for expand in ("none", "hidden5"):
        save(tmp_path / "a.svg", "deep-mlp", 0, expand=expand)
        found.append("W⁽⁵⁾" in (tmp_path / "a.svg").read_text(encoding="utf-8"))
    assert found == [False, True]


# -- large ones ----------------------------------------------------------------------------------


def test_too_large_a_picture_is_scaled_down_and_says_so(qapp, tmp_path, monkeypatch):
    monkeypatch.setattr(canvas_export, "MOST_PIXELS", 500_000)
    notes = save(tmp_path / "a.png", dpi=96 * 8)
    image = QImage(str(tmp_path / "a.png"))
    assert image.width() * image.height() <= 510_000
    assert image.text("Scale").endswith("/ 8")
    assert f"{image.width()} × {image.height()}" in notes[0]


def test_tiles_are_the_picture_cut_up(qapp, tmp_path, monkeypatch):
    monkeypatch.setattr(canvas_export, "MOST_PIXELS", 400_000)
    monkeypatch.setattr(canvas_export, "TILE_SIDE", 500)
    notes = save(tmp_path / "a.png", dpi=96, tiles=True)
    files = sorted(path.name for path in tmp_path.iterdir())
    assert files[0] == "a-0-0.png"
    assert files[-1] in notes[0]
    shown = material(dpi=96)
    with Page(*canvas_metadata().drawing_of(shown)) as page:
        whole = page.image(1.0)
    sheet = Image.new("RGBA", (whole.width(), whole.height()))
    for name in files:
        row, column = map(int, re.findall(r"-(\d+)", name))
        sheet.paste(Image.open(tmp_path / name).convert("RGBA"), (column * 500, row * 500))
    whole.save(str(tmp_path / "whole.png"))
    one, other = np.asarray(sheet, int), np.asarray(Image.open(tmp_path / "whole.png"), int)
    unlike = (np.abs(one - other).max(axis=-1) > 2).mean()
    assert unlike < 1e-3, "a letter at a seam may be smoothed differently"


def canvas_metadata():
    from gui.canvas.picture import drawing_recipe

    return drawing_recipe


@pytest.mark.slow
def test_five_thousand_nodes_all_open(qapp, tmp_path):
    """One PNG within the limits, and it says that it is smaller than was wanted."""
    layer = '[[layers]]\ntype = "linear"\nunits = 2\nactivation = "tanh"\n'
    text = f'name = "long"\n[data]\nsource = "iris"\n{layer * 1000}[[layers]]\ntype = "linear"\n'
    (tmp_path / "long.toml").write_text(text, encoding="utf-8")
    recipe = open_recipe(str(tmp_path / "long.toml")).drawn(expand="all")
    trainer = replay.make_trainer(recipe)
    trainer.finish_pass()
    assert len(trainer.topology.nodes) >= 5000
    shown = Material(trainer.topology, trainer.take_frame(), recipe)
    notes = export(formats()[0], shown, tmp_path / "long.png")
    assert "too large at 2×" in notes[0]
    size = QImageReader(str(tmp_path / "long.png")).size()
    assert 80_000_000 < size.width() * size.height() <= 101_000_000


# -- made again ----------------------------------------------------------------------------------


@pytest.mark.parametrize("system", ["d2l-mlp", "cs231n-gates", "deep-mlp"])
def test_a_picture_is_made_again_from_itself(qapp, tmp_path, system):
    """Pixel by pixel, from the file alone, with everything that was chosen."""
    first, again = tmp_path / "a.png", tmp_path / "b.png"
    look = ["--theme", "dark", "--expand", "all", "--dpi", "110", "--no-caption"]
    changes = [] if system == "cs231n-gates" else ["--set", "data.batch_size=16"]
    run(system, "--steps", "5", "--seed", "3", *changes, *look, "--png", first)
    run(first, "--png", again)
    pixels = [np.asarray(Image.open(path)) for path in (first, again)]
    assert np.array_equal(pixels[0], pixels[1])
    assert recipes.read(first) == recipes.read(again)


@pytest.mark.parametrize("suffix", [".png", ".svg", ".pdf", ".graphml", ".dot", ".json"])
def test_every_file_stands_for_its_picture(qapp, tmp_path, suffix):
    file, picture, again = tmp_path / f"a{suffix}", tmp_path / "p.png", tmp_path / "q.png"
    run("d2l-mlp", "--steps", "4", "--expand", "linear2", "--export", file, "--png", picture)
    run(file, "--png", again)
    pixels = [np.asarray(Image.open(path)) for path in (picture, again)]
    assert np.array_equal(pixels[0], pixels[1])


def test_an_option_changes_what_a_picture_stands_for(qapp, tmp_path):
    file, other = tmp_path / "a.png", tmp_path / "b.png"
    run("d2l-mlp", "--steps", "4", "--png", file)
    run(file, "--steps", "6", "--theme", "dark", "--png", other)
    recipe = recipes.read(other)
    assert (recipe.step, recipe.picture["theme"]) == (6, "dark")


def test_given_files_travel_by_name(qapp, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run("d2l-mlp", "--steps", "2", "--dump", "p.npz")
    (tmp_path / "out").mkdir()
    run("d2l-mlp", "--params", "p.npz", "--png", "out/a.png")
    monkeypatch.chdir(tmp_path / "out")
    assert (
        recipes.read("a.png").parameters == "../p.npz"
        or "p.npz" in recipes.read("a.png").parameters
    )
    run("a.png", "--png", "b.png")
    pixels = [np.asarray(Image.open(path)) for path in ("a.png", "b.png")]
    assert np.array_equal(pixels[0], pixels[1])


# -- files ---------------------------------------------------------------------------------------


def test_a_file_that_cannot_be_written_leaves_nothing_behind(qapp, tmp_path):
    missing = tmp_path / "nowhere" / "graph.png"
    with pytest.raises(InputError, match="nowhere"):
        save(missing)
    folder = tmp_path / "taken.png"
    folder.mkdir()
    with pytest.raises(InputError, match=r"taken\.png"):
        write_bytes(folder, b"data")
    assert list(tmp_path.iterdir()) == [folder]


def test_a_disk_that_is_full_is_told_of_the_file_itself(qapp, tmp_path, monkeypatch):
    """Not of the hidden folder that it is made in; the other files are written all the same."""
    from engine.support import whole_files

    def full(_, write):
        raise OSError(28, "No space left on device")

    shown, path = material(), tmp_path / "a.png"
    with monkeypatch.context() as patched:
        patched.setattr(whole_files, "_replace", full)
        with pytest.raises(InputError, match="No space left") as told:
            export(formats()[0], shown, path)
    assert told.value.file == str(path)
    assert list(tmp_path.iterdir()) == []


def test_one_file_that_fails_keeps_no_other_from_being_written(qapp, tmp_path, capsys):
    taken = tmp_path / "frames"
    argv = ["run", "d2l-mlp", "--steps", "1", "--dpi", "50", "--animate", str(taken)]
    argv += ["--plot", f"loss={tmp_path / 'l.csv'}", "--png", str(tmp_path / "a.png")]

    def occupied(*_, **__):
        raise InputError("an empty folder", "another", file=str(taken))

    chosen = [replace(f, write=occupied) if f.name == "frames" else f for f in formats()]
    assert commands.main(argv, chosen) == 2
    assert str(taken) in capsys.readouterr().err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.png", "l.csv"]


def test_an_option_named_after_a_format_wants_its_suffix(tmp_path, capsys):
    assert commands.main(["run", "d2l-mlp", "--png", str(tmp_path / "a.svg")], formats()) == 2
    assert "ends in .png, found 'a.svg'" in capsys.readouterr().err


def test_an_old_file_survives_a_failed_write(tmp_path, monkeypatch):
    path = tmp_path / "graph.png"
    path.write_bytes(b"old")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(InputError, match="No space left"):
        write_bytes(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_half_made_file_is_not_left(tmp_path):
    path = tmp_path / "graph.png"
    path.write_bytes(b"old")

    def interrupted():
        with staged(path) as place:
            place.write_bytes(b"half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.slow
def test_draws_with_no_display_and_no_application(tmp_path):
    clean = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "QT_QPA_PLATFORM")}
    root = Path(__file__).parents[3]
    argv = ["run", "d2l-mlp", "--png", str(tmp_path / "a.png"), "--plot"]
    done = subprocess.run(
        [sys.executable, "main.py", *argv, f"loss={tmp_path / 'l.png'}"],
        check=True, env=clean, cwd=root, timeout=60, capture_output=True, text=True,
    )  # fmt: skip
    assert done.stderr == ""
    assert not QImage(str(tmp_path / "a.png")).isNull()
    assert not QImage(str(tmp_path / "l.png")).isNull()
