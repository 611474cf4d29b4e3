"""Every system's picture against the approved one: what stands where, and in which colour."""

import importlib.util
from pathlib import Path

import pytest
from PySide6.QtGui import QColor, QImage, QPainter

from gui.canvas.layout import layouts
from gui.canvas.picture import drawing_recipe
from tests.references import FOLDER, VIEWS, View, alike, difference, draw

DRAWS_BEST = importlib.util.find_spec("pygraphviz") is not None


@pytest.mark.skipif(not DRAWS_BEST, reason="the references are laid out by Graphviz")
@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
def test_the_picture_is_the_approved_one(view: View, tmp_path: Path, qapp, monkeypatch) -> None:
    monkeypatch.setattr(drawing_recipe, "_placements", layouts.Cache())  # other tests place by hand
    path = tmp_path / "found.png"
    draw(view, path)
    found, reference = QImage(str(path)), QImage(str(FOLDER / f"{view.name}.png"))
    assert not reference.isNull(), "draw it: python3 -m tests.references"
    assert alike(found, reference), f"{view.name}: (mean, largest) {difference(found, reference)}"


def test_every_reference_belongs_to_a_view() -> None:
    assert {path.stem for path in FOLDER.glob("*.png")} == {view.name for view in VIEWS}


@pytest.fixture
def approved(qapp) -> QImage:
    return QImage(str(FOLDER / "d2l-mlp.png"))


def test_a_picture_moved_by_a_pixel_is_alike(approved: QImage) -> None:
    moved = QImage(approved.size(), QImage.Format.Format_RGB32)
    moved.fill(approved.pixelColor(0, 0))
    painter = QPainter(moved)
    painter.drawImage(1, 1, approved)
    painter.end()
    assert alike(moved, approved)


def test_a_missing_box_is_seen(approved: QImage) -> None:
    width, height = approved.width(), approved.height()
    painter = QPainter(approved_copy := approved.copy())
    ground = approved.pixelColor(0, 0)
    coloured = next(
        (x, y)
        for x in range(0, width, 4)
        for y in range(0, height, 4)
        if QColor(approved.pixel(x, y)).hslSaturation() > 100
    )
    painter.fillRect(coloured[0], coloured[1] - 20, 40, 40, ground)
    painter.end()
    assert not alike(approved_copy, approved)


def test_another_size_is_another_picture(approved: QImage) -> None:
    assert not alike(approved.copy(0, 0, approved.width() // 2, approved.height()), approved)
