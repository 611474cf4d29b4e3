"""Colour maps: uniform, monotone in luminance, readable, and told apart by colour-blind eyes."""

import numpy as np
import pytest
from PySide6.QtCore import Qt

from engine.recipes.colour_maps import FOLDER, map_names, read_map
from engine.support.errors import InputError
from gui.appearance.theme import DARK, LIGHT
from gui.canvas.colours.palette import Palette
from gui.colour.magnitude import BUCKETS, Mark, contrast, luminance, mixed, rgb
from gui.colour.maps import Maps, map_colours

SEQUENTIAL, DIVERGING = map_names(diverging=False), map_names(diverging=True)
THEMES = pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: theme.name)
MIDDLE = BUCKETS // 2

# Machado, Oliveira, Fernandes: "A Physiologically-based Model for Simulation of Color Vision
# Deficiency", 2009, severity 1.0; in linear RGB.
BLINDNESS = {
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}


def linear(colours):
    """Linear RGB (n, 3) of sRGB colours: IEC 61966-2-1."""
    channels = np.array([rgb(colour) for colour in colours]) / 255
    return np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)


def lab(rows):
    """CIELAB (n, 3) of linear RGB rows, white D65."""
    to_xyz = np.array(
        [
            [0.4124564, 0.3575761, 0.1804375],
            [0.2126729, 0.7151522, 0.0721750],
            [0.0193339, 0.1191920, 0.9503041],
        ]
    )
    xyz = np.clip(rows, 0, 1) @ to_xyz.T / [0.95047, 1.0, 1.08883]
    f = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    return np.stack(
        [116 * f[:, 1] - 16, 500 * (f[:, 0] - f[:, 1]), 200 * (f[:, 1] - f[:, 2])], axis=1
    )


def oklab(rows):
    """OKLab (n, 3) of linear RGB rows: Ottosson, "A perceptual color space", 2020."""
    to_lms = np.array(
        [
            [0.4122214708, 0.5363325363, 0.0514459929],
            [0.2119034982, 0.6806995451, 0.1073969566],
            [0.0883024619, 0.2817188376, 0.6299787005],
        ]
    )
    to_lab = np.array(
        [
            [0.2104542553, 0.7936177850, -0.0040720468],
            [1.9779984951, -2.4285922050, 0.4505937099],
            [0.0259040371, 0.7827717662, -0.8086757660],
        ]
    )
    return np.cbrt(rows @ to_lms.T) @ to_lab.T


def test_there_is_a_choice_of_both_kinds():
    assert SEQUENTIAL[0] == "viridis"
    assert {"viridis", "cividis", "magma", "inferno", "plasma", "batlow"} <= set(SEQUENTIAL)
    assert DIVERGING[0] == "vik"
    assert len(DIVERGING) >= 3


@pytest.mark.parametrize("name", SEQUENTIAL + DIVERGING)
def test_every_map_states_its_source_and_licence(name):
    head = [line for line in (FOLDER / f"{name}.txt").read_text().splitlines() if line[:2] == "# "]
    assert " by " in head[0]
    licences = [word.strip(".") for line in head for word in line.split() if ".txt" in word]
    assert licences
    assert all((FOLDER / licence).is_file() for licence in licences)
    assert len(read_map(name).colours) == 256


@pytest.mark.parametrize("name", SEQUENTIAL)
def test_larger_is_brighter(name):
    values = [luminance(colour) for colour in map_colours(name)]
    assert len(values) == BUCKETS
    assert np.all(np.diff(values) > 0)


@pytest.mark.parametrize("blindness", BLINDNESS)
@pytest.mark.parametrize("name", SEQUENTIAL)
def test_larger_is_brighter_to_every_eye(name, blindness):
    seen = lab(linear(map_colours(name)) @ np.array(BLINDNESS[blindness]).T)
    assert np.all(np.diff(seen[::4, 0]) > 0)


@pytest.mark.parametrize("name", SEQUENTIAL)
def test_equal_steps_look_equal(name):
    """Perceptual uniformity: every tenth of the scale takes about the same way in OKLab.

    The ratio is 7.5 for a rainbow (hue from blue to red).
    """
    steps = np.linalg.norm(np.diff(oklab(linear(map_colours(name))), axis=0), axis=1)
    tenths = [part.sum() for part in np.array_split(steps, 10)]
    assert max(tenths) < 1.5 * min(tenths)


@pytest.mark.parametrize("name", DIVERGING)
def test_signs_are_mirrored_about_zero(name):
    """Both sides go evenly away from the middle in luminance; positive is the bluer one."""
    values = np.array([luminance(colour) for colour in map_colours(name)])
    away = np.sign(values[0] - values[MIDDLE])
    assert np.all(np.diff(values[MIDDLE:][::4]) * away > 0)
    assert np.all(np.diff(values[: MIDDLE + 1][::4]) * away < 0)
    red, _, blue = rgb(map_colours(name)[BUCKETS * 3 // 4])
    assert blue > red
    red, _, blue = rgb(map_colours(name)[BUCKETS // 4])
    assert red > blue


@pytest.mark.parametrize("blindness", ["protanopia", "deuteranopia"])
@pytest.mark.parametrize("name", DIVERGING)
def test_signs_are_told_apart_by_colour_blind_eyes(name, blindness):
    seen = lab(linear(map_colours(name)) @ np.array(BLINDNESS[blindness]).T)
    for k in (4, MIDDLE // 2, MIDDLE - 8):
        assert np.linalg.norm(seen[k] - seen[BUCKETS - 1 - k]) > 12, k


@THEMES
@pytest.mark.parametrize("name", SEQUENTIAL + DIVERGING)
def test_nodes_read_and_stand_out_in_both_themes(name, theme):
    """WCAG 2: text at least 4.5 : 1 on its node, the node's outline 3 : 1 on the canvas.

    The fill alone need not stand out (1.4.11 asks for what is needed to make out the object, and
    that is its outline): a scale whose colours all did would have half as many of them.
    """
    palette = Palette(theme, node_map=name)
    for code in range(BUCKETS):
        style = palette.nodes[code]
        fill = style.fill.color().name()
        assert contrast(style.text.color().name(), fill) >= 4.5
        assert contrast(style.outline.color().name(), theme.canvas) >= 3.0
        if name not in DIVERGING:
            assert contrast(fill, theme.canvas) > 1.3


@THEMES
@pytest.mark.parametrize("name", SEQUENTIAL)
def test_edges_and_states_stand_out_in_both_themes(name, theme):
    """WCAG 2, 1.4.11: 3 : 1 against the canvas, by the line itself or by the dark around it."""
    palette = Palette(theme, edge_map=name)
    for code, style in enumerate(palette.edges):
        strongest = [style.line]
        if style.casing.style() != Qt.PenStyle.NoPen:
            strongest.append(style.casing)
        assert max(on_canvas(pen.color(), theme) for pen in strongest) >= 3.0, code
    for mark in Mark:
        assert on_canvas(palette.nodes[mark].outline.color(), theme) >= 3.0, mark


def on_canvas(colour, theme):
    """The contrast of a colour, as it comes out where it lets the canvas through."""
    return contrast(mixed(theme.canvas, colour.name(), colour.alphaF()), theme.canvas)


@pytest.mark.parametrize("name", SEQUENTIAL + DIVERGING)
def test_states_are_no_colour_of_any_map(name):
    palette = Palette(LIGHT, node_map=name)

    def look(code):
        style = palette.nodes[code]
        pen, brush = style.outline, style.fill
        return brush.color().rgba(), brush.style(), pen.color().rgba(), pen.style(), pen.widthF()

    states = [Mark.ZERO, Mark.UNDERFLOW, Mark.NAN, Mark.INFINITE, Mark.PENDING, Mark.ABSENT]
    looks = [look(code) for code in (*range(BUCKETS), *states)]
    assert len(set(looks)) == len(looks)


def test_edges_keep_the_map_of_magnitudes():
    palette = Palette(LIGHT, "magma", "vik")
    plain = Palette(LIGHT, "magma")
    for code in range(BUCKETS):
        assert palette.edges[code].line.color() == plain.edges[code].line.color()
    assert palette.nodes[0].fill.color().name() == map_colours("vik")[0]


def test_a_choice_replaces_the_map_of_its_kind():
    assert Maps().chosen("broc") == Maps("viridis", "broc")
    assert Maps().chosen("magma").chosen("broc") == Maps("magma", "broc")
    assert Maps("magma", "broc").of("signed") == "broc"
    assert Maps("magma", "broc").of("fraction") == "magma"
    for name in ("virids", "../viridis", ""):
        with pytest.raises(InputError):
            Maps().chosen(name)
