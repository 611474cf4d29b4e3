"""Where pictures stand, which are shown at all, and how large and missing numbers are drawn."""

import itertools
from typing import Any

import numpy as np
import pytest
from PySide6.QtGui import QImage

from gui.appearance.theme import LIGHT
from gui.colour.magnitude import SignedScale
from gui.panels.pictures.layout import MOST_ENTRIES, Measures, lay_out, place
from gui.panels.pictures.model import Board, Sheet, in_blocks
from gui.panels.pictures.view import PictureView
from gui.widgets import number_picture
from tests.gui.picture_help import point_at


@pytest.mark.parametrize("room", [(150, 90), (180, 240), (700, 500), (20, 20)])
@pytest.mark.parametrize(
    ("count", "columns", "tile"),
    [(1, 0, (8, 8)), (16, 0, (3, 3)), (300, 0, (8, 8)), (512, 16, (3, 3)), (4096, 64, (5, 5)),
     (12, 0, (100, 128)), (64, 32, (1, 1)), (35, 5, (7, 2))],
)  # fmt: skip
def test_every_tile_is_on_one_page_and_pages_fit(
    room: tuple[int, int], count: int, columns: int, tile: tuple[int, int]
) -> None:
    label = (12, 10)
    seen: list[int] = []
    pages = lay_out(room, tile, count, columns, 0, label).pages
    for number in range(pages):
        page = lay_out(room, tile, count, columns, number, label)
        shown = [n for _, _, n in page.tiles()]
        assert shown
        assert len(shown) * tile[0] * tile[1] <= max(MOST_ENTRIES, tile[0] * tile[1])
        seen += shown
        if page.columns > 1:
            assert page.columns * tile[1] * page.entry <= room[0]
        if page.rows > 1:
            assert page.rows * tile[0] * page.entry <= room[1]
    assert sorted(seen) == list(range(count))
    assert lay_out(room, tile, count, columns, 10**6, label).tiles() == page.tiles()


@pytest.mark.parametrize("size", [(200, 150), (380, 260), (900, 300), (300, 900)])
def test_sheets_do_not_overlap(size: tuple[int, int]) -> None:
    for count in (2, 4):
        tiles = np.zeros((1, 8, 8))
        board = Board(tuple(Sheet("s", tiles) for _ in range(count)))
        areas = place(board, size, 0, Measures(30, (0, 0), 0)).areas
        for one, other in itertools.combinations(areas, 2):
            assert not one.intersects(other)
        assert all(area.right() < size[0] and area.bottom() < size[1] for area in areas)


def test_the_words_say_which_tiles_are_shown() -> None:
    page = lay_out((60, 60), (8, 8), 64, 0, 1)
    shown = [number for _, _, number in page.tiles()]
    assert page.words("channels") == f"channels {shown[0]}–{shown[-1]} of 64"
    matrix = lay_out((100, 100), (3, 3), 64 * 32, 32, 0)
    assert matrix.words("") == f"out 0–{matrix.rows - 1} of 64, in 0–{matrix.columns - 1} of 32"


def test_nan_is_no_colour_of_the_scale_and_leaves_the_range_alone(qtbot: Any) -> None:
    tiles = np.array([[[1.0, np.nan], [-2.0, np.inf]]])
    view = PictureView()
    qtbot.addWidget(view)
    view.resize(200, 200)
    view.show_board(Board((Sheet("s", tiles),)))
    view.show()
    image = view.grab().toImage()
    scale = view._scales[0]
    assert isinstance(scale, SignedScale)
    assert scale.limit == 2.0
    for row in (0, 1):
        assert image.pixelColor(point_at(view, (0, 0, row, 1))).name() == "#d100d1"


def test_large_pictures_are_shown_in_blocks_that_name_their_largest_entry(qtbot: Any) -> None:
    tiles = np.zeros((3, 300, 300))
    tiles[0, 151, 100] = -7.0
    view = PictureView()
    qtbot.addWidget(view)
    view.resize(300, 300)
    read: list[str] = []
    board = Board((Sheet("s", tiles),), read=lambda cell: str(cell), what="pictures")
    view.read.connect(read.append)
    view.show_board(board)
    geometry = view.geometry_now
    assert geometry is not None
    block = geometry.block
    assert block > 1
    view.set_cell((0, 0, 151 // block, 100 // block))
    assert read[-1] == str((0, 0, 151, 100))
    view.set_cell(None)
    seen = view.grab().toImage().pixelColor(point_at(view, (0, 0, 151, 100)))
    assert seen.name() == LIGHT.negative


@pytest.mark.parametrize("shape", [(30, 150, 40), (2, 64, 500), (1, 129, 129)])
def test_large_pictures_stay_within_their_sheets(shape: tuple[int, int, int], qtbot: Any) -> None:
    tiles = np.random.default_rng(0).normal(size=shape)
    for size in ((180, 160), (380, 250), (900, 700)):
        board = Board((Sheet("s", tiles), Sheet("t", tiles)), labels=("0",) * shape[0])
        found = place(board, size, 0, Measures(30, (8, 10), 0))
        for sheet, (row, column, _) in itertools.product((0, 1), found.shown):
            assert found.areas[sheet].contains(found.tile_rect(sheet, row, column))


def test_a_block_is_its_largest_entry_or_its_nan() -> None:
    tiles = np.zeros((2, 5, 7))
    tiles[0, 4, 6], tiles[1, 0, 1], tiles[1, 1, 0] = -3.0, 5.0, np.nan
    reduced = in_blocks(tiles, 2)
    assert reduced.shape == (2, 3, 4)
    assert reduced[0, 2, 3] == -3.0
    assert np.isnan(reduced[1, 0, 0])
    assert np.count_nonzero(reduced) == 2


def test_a_picture_that_cannot_be_written_is_no_picture(tmp_path: Any) -> None:
    problems: list[str] = []
    image = QImage(4, 4, QImage.Format.Format_RGB32)
    assert number_picture.save(image, str(tmp_path / "a.png"), problems.append)
    assert not number_picture.save(image, str(tmp_path / "no" / "a.png"), problems.append)
    assert len(problems) == 1
