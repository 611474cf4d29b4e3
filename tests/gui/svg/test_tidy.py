"""SVG for every reader: the glyphs travel along, widths hold with other fonts, lines stay thin."""

import base64
import io
import re
import xml.etree.ElementTree as ET
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont
from PySide6.QtGui import QFontDatabase, QRawFont

from gui.appearance.fonts import FOLDER
from gui.svg.tidy import subset, tidied
from tests.gui.export_help import run, save

FONTS = ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf")
LETTERS = "Gradient norm ‖∂J/∂·‖₂ 10⁻⁴ W⁽¹⁾ᵀ ×≈▾ éäÖ ﬁ"  # some are put together from parts
SVG = "{http://www.w3.org/2000/svg}"


def parsed(path) -> Any:
    return ET.parse(path).getroot()


def drawn(font, letter):
    """A letter as FreeType draws it, so large that hints move its edges by little."""
    shaper = ImageFont.truetype(io.BytesIO(font), 500, layout_engine=ImageFont.Layout.BASIC)
    image = Image.new("L", (700, 700))
    ImageDraw.Draw(image).text((20, 20), letter, font=shaper, fill=255)
    return np.asarray(image, float)


@pytest.mark.parametrize("name", FONTS)
def test_a_subset_draws_its_letters_as_the_whole_font_does(name):
    whole = (FOLDER / name).read_bytes()
    part = subset(whole, LETTERS)
    assert len(part) < len(whole) / 50
    for letter in sorted(set(LETTERS)):
        one, other = drawn(whole, letter), drawn(part, letter)
        assert np.abs(one - other).sum() <= 0.05 * one.sum(), letter
        widths = [
            ImageFont.truetype(io.BytesIO(font), 2048).getlength(letter) for font in (whole, part)
        ]
        assert widths[0] == pytest.approx(widths[1], abs=1)


@pytest.mark.parametrize("name", FONTS)
def test_a_subset_is_a_sound_font_without_other_letters(qapp, name):
    part = subset((FOLDER / name).read_bytes(), "aé‖")
    font = QRawFont(part, 20)
    assert font.isValid()
    assert [font.supportsCharacter(ord(letter)) for letter in "aé‖b"] == [True, True, True, False]
    number = QFontDatabase.addApplicationFontFromData(part)
    assert QFontDatabase.applicationFontFamilies(number) == ["DejaVu Sans"]
    QFontDatabase.removeApplicationFont(number)
    # OpenType 1.9, "Calculating checksums": the whole file's is this constant.
    padded = part + bytes(-len(part) % 4)
    assert np.frombuffer(padded, ">u4").sum(dtype=np.uint64) & 0xFFFFFFFF == 0xB1B0AFBA


def test_letters_that_the_font_lacks_are_left_to_the_reader(qapp):
    part = subset((FOLDER / FONTS[0]).read_bytes(), "a漢")
    font = QRawFont(part, 20)
    assert font.supportsCharacter(ord("a"))
    assert not font.supportsCharacter(ord("漢"))
    with pytest.raises(ValueError, match="0x"):
        subset(b"OTTO" + bytes(200), "a")


def fonts_in(text):
    faces = re.findall(r"font-weight: (\d+);\s*src: url\(\"data:font/ttf;base64,([^\"]+)", text)
    return {weight: base64.b64decode(data) for weight, data in faces}


def test_a_picture_carries_the_glyphs_of_its_texts(qapp, tmp_path):
    path = tmp_path / "a.svg"
    save(path)
    text = path.read_text(encoding="utf-8")
    fonts = {weight: QRawFont(data, 20) for weight, data in fonts_in(text).items()}
    assert set(fonts) == {"400", "700"}
    words = list(parsed(path).iter(f"{SVG}text"))
    assert len(words) > 30
    for one in words:
        font = fonts[one.get("font-weight")]
        assert all(font.supportsCharacter(ord(letter)) for letter in one.text)


def test_texts_say_how_wide_they_are(qapp, tmp_path):
    """Against FreeType's widths; without kerning, which changes them by little."""
    path = tmp_path / "a.svg"
    save(path)
    for one in parsed(path).iter(f"{SVG}text"):
        name = FONTS[one.get("font-weight") == "700"]
        font = ImageFont.truetype(str(FOLDER / name), 1000)
        width = font.getlength(one.text) * float(one.get("font-size")) / 1000
        assert float(one.get("textLength")) == pytest.approx(width, rel=0.03, abs=0.5)


def test_empty_groups_are_left_out_and_sizes_are_in_pixels(qapp, tmp_path):
    path = tmp_path / "a.svg"
    save(path)
    root = parsed(path)
    assert all(len(group) for group in root.iter(f"{SVG}g"))
    box = [float(number) for number in root.get("viewBox").split()]
    assert [float(root.get("width")), float(root.get("height"))] == box[2:]


def test_lines_keep_their_width_where_coordinates_are_stretched():
    """Not every reader knows vector-effect: the line is moved, not its coordinates stretched."""
    line = '<polyline fill="none" vector-effect="non-scaling-stroke" points="-1,0 0.5,2 " />'
    group = f'<g stroke-width="1.5" transform="matrix(0,-200,-10,0,600,80)"\n>\n{line}\n</g>'
    other = '<g transform="matrix(2,0,0,2,0,0)"><rect x="0" y="0" width="1" height="1"/></g>'
    made = tidied(
        f'<svg width="10mm" height="10mm" viewBox="0 0 9 9">{group}{other}</svg>'.encode()
    )
    root = ET.fromstring(made)
    moved, left = root.findall("g")
    assert moved.get("transform") == "matrix(1,0,0,1,0,0)"
    # x = 0·x − 10·y + 600, y = −200·x + 0·y + 80
    assert moved[0].get("points") == "600,280 580,-20"
    assert left.get("transform") == "matrix(2,0,0,2,0,0)"


def test_a_plot_s_curves_and_axes_have_one_scale(qapp, tmp_path):
    """Step 20 is the last one: its curve ends where the axis says 20."""
    path = tmp_path / "loss.svg"
    run("d2l-mlp", "--steps", "20", "--plot", f"loss={path}")
    root = parsed(path)
    parents = {child: group for group in root.iter() for child in group}

    def shift(element):
        found = re.search(r"matrix\(([^)]*)\)", parents[element].get("transform", ""))
        numbers = [float(number) for number in found[1].split(",")] if found else [1, 0, 0, 1, 0, 0]
        assert numbers[:4] == [1, 0, 0, 1]
        return numbers[4]

    labels = {
        one.text.strip(): float(one.get("x")) + float(one.get("textLength")) / 2 + shift(one)
        for one in root.iter(f"{SVG}text")
    }
    unit = (labels["15"] - labels["5"]) / 10
    ends = [
        float(one.get("points").split()[-1].split(",")[0]) + shift(one)
        for one in root.iter(f"{SVG}polyline")
        if one.get("vector-effect") == "none"
    ]
    assert max(ends) == pytest.approx(labels["15"] + 5 * unit, abs=1.5)


def test_a_part_of_the_graph_does_not_reach_into_the_legend(qapp, tmp_path):
    """What stands below the part is left out where the legend is: as in the PNG."""
    path = tmp_path / "a.svg"
    save(path, seen=[0.0, 0.0, 900.0, 60.0], legend=True, caption=False, expand="all")
    root = parsed(path)
    (clip,) = root.iter(f"{SVG}clipPath")
    (rect,) = clip
    assert (rect.get("width"), rect.get("height")) == ("900", "60")
    (inside,) = [g for g in root.iter(f"{SVG}g") if g.get("clip-path") == f"url(#{clip.get('id')})"]
    within = {one.text for one in inside.iter(f"{SVG}text")}
    without = {one.text for one in root.iter(f"{SVG}text")} - within
    assert "W⁽¹⁾" in within
    assert {"Nodes", "Not on the scale"} <= without
    assert not {"W⁽¹⁾", "z", "h", "o"} & without
    grounds = [one for one in root.iter(f"{SVG}rect") if one.get("width") == root.get("width")]
    assert any(float(one.get("height")) > 100 for one in grounds if one not in inside.iter())
