"""The same graph twice, as a raster and painted by Qt, and how alike the two pictures are."""

import numpy as np
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter

from gui.appearance.fonts import register_fonts
from gui.appearance.theme import LIGHT
from gui.canvas.colours.palette import Palette
from gui.canvas.graph.visible import group_paths, summarise
from gui.canvas.layout import layouts
from gui.canvas.raster.grounds import HINTS
from gui.canvas.scene.scene import GraphScene
from gui.canvas.view.view import GraphView
from gui.colour.magnitude import MagnitudeScale
from tests.gui.fakes import fake_frame, fake_topology

SCALE = MagnitudeScale(-20, 2, provisional=False)
SIZE = (900, 600)


class Pair:
    """The same graph twice: as a raster, and painted by Qt."""

    def __init__(self, qtbot, *, layers=60, theme=LIGHT, opened=True):
        register_fonts()
        self.topology = fake_topology(f"deep-mlp:{layers}")
        paths = group_paths(self.topology) if opened else []
        visible = summarise(self.topology, frozenset(paths))
        self.views = []
        placement = None
        for raster in (True, False):
            scene = GraphScene(Palette(theme), raster=raster)
            picture = scene.build(visible)
            scene.offered = set()  # a picture, unlike a canvas, has no buttons
            placement = placement or layouts.quick(picture)
            scene.place(placement)
            view = GraphView(scene)
            view.setBackgroundBrush(scene.palette_.canvas)
            qtbot.addWidget(view)
            view.resize(*SIZE)
            view.show()
            self.views.append(view)
        self.raster, self.plain = self.views
        self.show(fake_frame(self.topology, step=3))
        self.raster.fit()
        self.follow()

    def show(self, frame):
        for view in self.views:
            view.graph.show_frame(frame, SCALE)

    def follow(self):
        """Bring the plain view where the raster's is."""
        self.plain.setSceneRect(self.raster.sceneRect())
        self.plain.setTransform(self.raster.transform())
        for bar in ("horizontalScrollBar", "verticalScrollBar"):
            getattr(self.plain, bar)().setValue(getattr(self.raster, bar)().value())

    def pictures(self, ratio=1, *, settle=True):
        """Both pictures as arrays of colours."""
        found = []
        for view in self.views:
            image = QImage(SIZE[0] * ratio, SIZE[1] * ratio, QImage.Format.Format_RGB32)
            image.setDevicePixelRatio(ratio)
            image.fill(view.backgroundBrush().color())
            if view is self.raster and settle:
                view.repainting.settle()
            painter = QPainter(image)
            painter.setRenderHints(HINTS)
            if view is self.raster:
                view.repainting.paint(painter)
            else:
                view.render(painter, QRectF(0, 0, *SIZE), view.viewport().rect())
            painter.end()
            found.append(pixels(image))
        return found

    def compare(self, ratio=1):
        """Whether no eye could tell the two pictures apart."""
        mine, plain = self.pictures(ratio)
        difference = np.abs(mine - plain).max(axis=2)
        assert np.ptp(plain) > 100  # something is there
        assert difference.mean() < 1.5
        assert (difference > 40).mean() < 1e-3
        assert difference.max() < 150


def pixels(image):
    data = np.frombuffer(image.constBits(), np.uint8)
    return data.reshape(image.height(), -1, 4)[:, :, :3].astype(int)


def blurred(picture, size=8):
    """Means over squares."""
    height, width, _ = picture.shape
    cut = picture[: height // size * size, : width // size * size]
    return cut.reshape(height // size, size, width // size, size, 3).mean(axis=(1, 3))
