"""Pictures out: pixel sizes, facts, formats, and files that cannot be written."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtGui import QImage, QImageReader

from engine.errors import InputError
from engine.files import write_bytes
from gui.canvas import export
from gui.canvas.export import Drawing, Options, draw_file, render_image
from gui.canvas.layout import quick
from gui.canvas.look import look_of, picture_of
from gui.canvas.visible import default_opened, summarise
from gui.colour import MagnitudeScale
from gui.theme import DARK, LIGHT
from tests.gui.fakes import fake_frame, fake_topology


def drawing(name="d2l-mlp", theme=LIGHT):
    topology = fake_topology(name)
    opened = default_opened(topology)
    visible = summarise(topology, opened)
    placement = quick(picture_of(visible, [look_of(topology, s) for s in visible.nodes]))
    scale = MagnitudeScale(-4, 1, provisional=False)
    return Drawing(topology, fake_frame(topology, step=7), opened, placement, scale, theme)


@pytest.mark.parametrize("scale", [1, 3])
def test_pixel_size_follows_the_scale(qapp, scale):
    one = render_image(drawing(), Options(scale=1))
    image = render_image(drawing(), Options(scale=scale))
    assert abs(image.width() - one.width() * scale) <= scale
    assert abs(image.height() - one.height() * scale) <= scale


def test_png_carries_the_facts(qapp, tmp_path):
    path = tmp_path / "graph.png"
    topology = fake_topology("d2l-mlp")
    draw_file(topology, fake_frame(topology, step=7), path, facts={"Learning rate": "0.1"})
    reader = QImageReader(str(path))
    assert reader.text("System") == "d2l-mlp"
    assert reader.text("Step") == "7"
    assert reader.text("Seed") == "0"
    assert reader.text("Dtype") == "float64"
    assert reader.text("Software") == "Gradient Flow Explorer"
    assert reader.text("LearningRate") == "0.1"
    assert float(reader.text("Objective")) == fake_frame(topology, step=7).objective
    assert list(tmp_path.iterdir()) == [path]


def test_dpi_sets_the_size(qapp, tmp_path):
    topology = fake_topology("cs231n-add-mul")
    sizes = []
    for dpi in (96, 192):
        draw_file(topology, fake_frame(topology), tmp_path / "a.png", dpi=dpi)
        sizes.append(QImage(str(tmp_path / "a.png")).width())
    assert sizes[1] == 2 * sizes[0]


@pytest.mark.parametrize(
    ("background", "theme", "expected"),
    [("white", DARK, "#ffffff"), ("theme", DARK, DARK.canvas), ("theme", LIGHT, LIGHT.canvas)],
)
def test_background(qapp, background, theme, expected):
    image = render_image(drawing(theme=theme), Options(scale=1, background=background))
    assert image.pixelColor(1, 1).name() == expected


def test_transparent_background(qapp):
    image = render_image(drawing(), Options(scale=1, background="transparent"))
    assert image.pixelColor(1, 1).alpha() == 0


def test_too_large_a_picture_is_scaled_down_and_says_so(qapp, monkeypatch):
    monkeypatch.setattr(export, "MOST_PIXELS", 500_000)
    image = render_image(drawing(), Options(scale=8))
    assert image.width() * image.height() <= 510_000
    assert "8×" in image.text("Scale")


def test_svg_is_vector_with_text_as_text(qapp, tmp_path):
    path = tmp_path / "graph.svg"
    topology = fake_topology("d2l-mlp")
    draw_file(topology, fake_frame(topology), path, theme="dark")
    text = path.read_text(encoding="utf-8")
    assert "<text" in text
    assert "W⁽¹⁾" in text
    assert "Seed: 0" in text
    assert "<image" not in text


def test_pdf(qapp, tmp_path):
    path = tmp_path / "graph.pdf"
    topology = fake_topology("cs231n-gates")
    draw_file(topology, fake_frame(topology), path)
    assert path.read_bytes().startswith(b"%PDF")


def test_a_file_that_cannot_be_written_leaves_nothing_behind(qapp, tmp_path):
    topology = fake_topology("cs231n-add-mul")
    missing = tmp_path / "nowhere" / "graph.png"
    with pytest.raises(InputError, match="nowhere"):
        draw_file(topology, fake_frame(topology), missing)
    folder = tmp_path / "taken.png"
    folder.mkdir()
    with pytest.raises(InputError, match=r"taken\.png"):
        write_bytes(folder, b"data")
    assert list(tmp_path.iterdir()) == [folder]


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


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("a.gif", {}, "png"),
        ("a.png", {"theme": "drak"}, "dark"),
        ("a.png", {"expand": "linear9"}, "linear"),
    ],
)
def test_bad_arguments_are_named(qapp, tmp_path, name, options, message):
    topology = fake_topology("deep-mlp:3")
    with pytest.raises(InputError, match=message):
        draw_file(topology, fake_frame(topology), tmp_path / name, **options)


def test_expand_opens_groups(qapp, tmp_path):
    topology = fake_topology("deep-mlp")
    heights = []
    for expand in ("none", "linear7"):
        draw_file(topology, fake_frame(topology), tmp_path / "a.svg", expand=expand)
        heights.append("W⁽⁷⁾" in (tmp_path / "a.svg").read_text(encoding="utf-8"))
    assert heights == [False, True]


@pytest.mark.slow
def test_draws_with_no_display_and_no_application(tmp_path):
    script = (
        "from pathlib import Path\n"
        "from tests.gui.fakes import fake_frame, fake_topology\n"
        "from gui.canvas.export import draw_file\n"
        "t = fake_topology('d2l-mlp')\n"
        f"draw_file(t, fake_frame(t), Path({str(tmp_path / 'a.png')!r}))\n"
    )
    clean = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "QT_QPA_PLATFORM")}
    root = Path(__file__).parents[2]
    subprocess.run([sys.executable, "-c", script], check=True, env=clean, cwd=root, timeout=60)
    assert not QImage(str(tmp_path / "a.png")).isNull()
