"""What the tests of the pictures share."""

from PySide6.QtCore import QPoint

from gui.panels.pictures.view import PictureView


def point_at(view: PictureView, cell: tuple[int, int, int, int]) -> QPoint:
    """The middle of an entry on screen."""
    sheet, number, row, column = cell
    geometry = view.geometry_now
    assert geometry is not None
    rect = geometry.place_rect(sheet, number, (row, column, 1))
    assert rect is not None
    return rect.center() + QPoint(1, 1)
