"""Pictures of the graph as PNG, SVG and PDF with legend and caption.

A picture is drawn from a frozen ``Drawing`` on a scene of its own, so that the one on screen
is never changed. The drawing and the texts stored in the file come from a recipe (see
``gui.canvas.picture.drawing_recipe``).
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from PySide6.QtCore import QBuffer, QIODevice, QMarginsF, QRect, QRectF, QSize, QSizeF, Qt
from PySide6.QtGui import QColor, QImage, QImageWriter, QPageSize, QPainter, QPdfWriter
from PySide6.QtSvg import QSvgGenerator

from engine.messages.frame import Frame
from engine.observe.quantities import GRADIENT_NORM, QUANTITIES
from engine.recipes import embedding
from engine.support.about import PROGRAM
from engine.support.errors import InputError
from engine.support.text import tr
from gui.appearance.fonts import maths_font
from gui.appearance.theme import LIGHT
from gui.canvas.colours.colouring import kept_palette
from gui.canvas.colours.values import quantity_in, standing_of
from gui.canvas.graph.node_look import shows_numbers
from gui.canvas.legend.legend import Legend
from gui.canvas.picture.paper import Paper
from gui.canvas.scene.drawing import Drawing
from gui.canvas.scene.scene import GraphScene
from gui.canvas.text.tooltips import caption
from gui.colour.magnitude import mixed
from gui.svg.tidy import Clip, groups_in, tidied

MARGIN = 28.0
CAPTION_HEIGHT = 26.0
LEAST_WIDTH = 880.0
# QImage's longest side; and a bound of 400 MB on the memory of one image.
LONGEST_SIDE = 32_767
MOST_PIXELS = 100_000_000
TILE_SIDE = 8192
# Rows of pixels that ``in_bands`` paints at a time.
BAND = 200
# PDF readers need not show pages of more than 200 inches: ISO 32000-1, annex C.
LONGEST_PAGE = 14_400.0
SCREEN_DPI = 96
DEFAULT_DPI = 192


class Page:
    """A page with graph, legend and caption in scene units; a context manager that ends its scene.

    Without that the garbage collector may delete items before the scene that still updates them,
    and Qt then calls deleted objects.
    """

    def __init__(self, drawing: Drawing, paper: Paper) -> None:
        # Dark-theme text cannot be read on white paper.
        theme = LIGHT if paper.background == "white" else drawing.theme
        quantity = QUANTITIES[GRADIENT_NORM]
        if drawing.frame is not None:
            quantity = quantity_in(drawing.frame)
        maps = drawing.maps
        self.palette = kept_palette(theme, maps.sequential, maps.of(quantity.kind))
        self.background = {
            "white": QColor("#ffffff"),
            "transparent": QColor(Qt.GlobalColor.transparent),
        }.get(paper.background, self.palette.canvas)
        self.drawing, self.paper = drawing, paper
        self.scene = GraphScene(self.palette)
        self.scene.show(replace(drawing, frame=None))  # ``show`` brings its numbers
        assert drawing.visible is not None
        self.legend = Legend(
            self.palette,
            drawing.node_scale or drawing.scale,
            shows_numbers(drawing.topology),
            any(seen.group is not None for seen in drawing.visible.nodes),
            objective=drawing.topology.objective,
            quantity=quantity,
            edge_scale=None if drawing.node_scale is None else drawing.scale,
        )
        self.frame: Frame | None = None
        if drawing.frame is not None:
            self.show(drawing.frame)
        self.legend.ties = self.scene.ties is not None and self.scene.ties.drawn
        # Even with no numbers yet: all pictures of an animation have the same legend.
        self.legend.trends = any(item.spark is not None for item in self.scene.nodes)
        rect = self.scene.content_rect().adjusted(-MARGIN, -MARGIN, MARGIN, MARGIN)
        if not paper.whole and not drawing.seen.isEmpty():
            rect = drawing.seen
        if (paper.legend or paper.caption) and rect.width() < LEAST_WIDTH:
            spare = (LEAST_WIDTH - rect.width()) / 2
            rect = rect.adjusted(-spare, 0, spare, 0)
        self.rect = rect
        # On a large graph the legend is enlarged with the picture, to stay readable.
        self.legend_scale = max(1.0, rect.width() / 1600.0)
        self.width = rect.width()
        self.height = rect.height() + (self._legend_height() + self._caption_height()) * (
            self.legend_scale
        )

    def __enter__(self) -> "Page":
        return self

    def __exit__(self, *_: object) -> None:
        self.scene.clear()

    def show(self, frame: Frame) -> None:
        """Show a frame's numbers; the page keeps its size."""
        self.frame = frame
        drawing, visible = self.drawing, self.scene.visible
        known = {one.layer.group: one for one in frame.neurons}
        boards = {
            path: replace(state, neurons=known.get(path)) for path, state in drawing.boards.items()
        }
        self.scene.show_boards(boards)
        self.scene.show_frame(frame, drawing.scale, drawing.node_scale)
        if visible is not None:
            self.legend.selection = standing_of(
                visible, frame, drawing.selected_node, drawing.selected_edge
            )

    def _legend_height(self) -> float:
        return self.legend.height_for(self.width / self.legend_scale) if self.paper.legend else 0

    def _caption_height(self) -> float:
        return CAPTION_HEIGHT if self.paper.caption else 0

    def paint(self, painter: QPainter) -> None:
        """Draw everything; the painter's units are those of the scene."""
        self.paint_background(painter)
        self.paint_graph(painter)
        painter.save()
        painter.translate(0, self.rect.height())
        painter.scale(self.legend_scale, self.legend_scale)
        width = self.width / self.legend_scale
        if self.paper.legend:
            self.legend.paint(painter, 0, 0, width)
        if self.paper.caption:
            self._paint_caption(painter, width)
        painter.restore()

    def paint_background(self, painter: QPainter) -> None:
        """Fill the page."""
        if self.background.alpha():
            painter.fillRect(QRectF(0, 0, self.width, self.height), self.background)

    def paint_graph(self, painter: QPainter) -> None:
        """Draw the graph in its place."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.TextAntialiasing)
        painter.save()
        area = QRectF(0, 0, self.rect.width(), self.rect.height())
        painter.setClipRect(area, Qt.ClipOperation.IntersectClip)
        self.scene.render(painter, area, self.rect)
        painter.restore()

    def _paint_caption(self, painter: QPainter, width: float) -> None:
        painter.setFont(maths_font(11))
        theme = self.palette.theme
        painter.setPen(QColor(mixed(theme.muted, theme.text, 0.3)))
        line = QRectF(14, self._legend_height() - 2, width - 28, CAPTION_HEIGHT - 6)
        words = caption(self.drawing.topology, self.frame)
        if self.drawing.part is not None and self.drawing.part_words:
            words += "  ·  " + self.drawing.part_words
        for side, text in ((Qt.AlignmentFlag.AlignLeft, words), (_RIGHT, PROGRAM)):
            painter.drawText(line, int(side | Qt.AlignmentFlag.AlignVCenter), text)

    def image(self, scale: float, area: QRectF | None = None) -> QImage:
        """Return the page, or an area of it in pixels, at ``scale`` pixels a unit."""
        area = area or QRectF(0, 0, round(self.width * scale), round(self.height * scale))
        size = QSize(max(1, int(area.width())), max(1, int(area.height())))
        image = QImage(size, QImage.Format.Format_ARGB32_Premultiplied)
        if image.isNull():
            raise InputError(tr("memory for the picture"), f"{size.width()} × {size.height()}")
        image.fill(self.background)
        painter = QPainter(image)
        painter.translate(-area.topLeft())
        painter.scale(scale, scale)
        self.paint(painter)
        painter.end()
        metre = round(SCREEN_DPI * scale / 0.0254)
        image.setDotsPerMeterX(metre)
        image.setDotsPerMeterY(metre)
        return image


def in_bands(page: Page, scale: float) -> Iterator[QImage]:
    """Paint a page band by band; after the last one the image equals that of ``page.image``.

    For the GUI thread, which must not be blocked: each band takes some milliseconds.
    """
    width, height = (max(1, round(side * scale)) for side in (page.width, page.height))
    image = QImage(QSize(width, height), QImage.Format.Format_ARGB32_Premultiplied)
    if image.isNull():
        raise InputError(tr("memory for the picture"), f"{width} × {height}")
    for top in range(0, height, BAND):
        band = QRect(0, top, width, min(BAND, height - top))
        painter = QPainter(image)
        painter.setClipRect(band)
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Source)
        painter.fillRect(band, page.background)
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceOver)
        painter.scale(scale, scale)
        page.paint(painter)
        painter.end()
        yield image


_RIGHT = Qt.AlignmentFlag.AlignRight


def possible_scale(width: float, height: float, wanted: float) -> float:
    """Return the wanted scale, or the largest at which the picture is within the limits."""
    scale = min(wanted, LONGEST_SIDE / max(width, height, 1.0))
    return min(scale, (MOST_PIXELS / max(width * height, 1.0)) ** 0.5)


def render_image(drawing: Drawing, paper: Paper) -> QImage:
    """Return the picture; one that is too large is scaled down."""
    with Page(drawing, paper) as page:
        return page.image(possible_scale(page.width, page.height, paper.scale))


def tiles(page: Page, scale: float) -> Iterator[tuple[int, int, QImage]]:
    """Yield (row, column, picture) of a page cut into pictures of at most ``TILE_SIDE``."""
    width, height = round(page.width * scale), round(page.height * scale)
    for row, top in enumerate(range(0, height, TILE_SIDE)):
        for column, left in enumerate(range(0, width, TILE_SIDE)):
            area = QRectF(left, top, min(TILE_SIDE, width - left), min(TILE_SIDE, height - top))
            yield row, column, page.image(scale, area)


def png_bytes(image: QImage, texts: Mapping[str, str]) -> bytes:
    """Encode an image with the texts stored in it; may run off the GUI thread."""
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    writer = QImageWriter(buffer, b"png")
    if not writer.write(image):
        raise InputError(tr("a picture"), writer.errorString())
    return embedding.into_png(bytes(buffer.data().data()), texts)


def svg_bytes(page: Page, texts: Mapping[str, str]) -> bytes:
    """Return the picture as SVG; text stays text, so that it can be found and edited."""
    clip = None
    if not page.paper.whole:
        # Qt's SVG has no clipping: the graph is drawn alone first, to count its groups.
        paints = (page.paint_background, page.paint_graph)
        before, graph = (groups_in(_drawn_as_svg(page, paint)) for paint in paints)
        clip = Clip(before, graph, page.rect.width(), page.rect.height())
    return embedding.into_svg(tidied(_drawn_as_svg(page, page.paint), clip), texts)


def _drawn_as_svg(page: Page, paint: Callable[[QPainter], None]) -> bytes:
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    generator = QSvgGenerator()
    generator.setOutputDevice(buffer)
    generator.setSize(QSize(round(page.width), round(page.height)))
    generator.setViewBox(QRectF(0, 0, page.width, page.height))
    generator.setResolution(SCREEN_DPI)
    painter = QPainter(generator)
    paint(painter)
    painter.end()
    return bytes(buffer.data().data())


def pdf_bytes(page: Page, texts: Mapping[str, str]) -> tuple[bytes, float]:
    """Return the picture as PDF of one page, and its scale: 1, or less where it is too large."""
    longest = max(page.width, page.height) * 72.0 / SCREEN_DPI
    scale = min(1.0, LONGEST_PAGE / longest)
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    writer = QPdfWriter(buffer)
    writer.setResolution(SCREEN_DPI)
    points = QSizeF(page.width, page.height) * (scale * 72.0 / SCREEN_DPI)
    writer.setPageSize(
        QPageSize(points, QPageSize.Unit.Point, "", QPageSize.SizeMatchPolicy.ExactMatch)
    )
    writer.setPageMargins(QMarginsF(0, 0, 0, 0))
    writer.setTitle(texts.get("Title", ""))
    writer.setCreator(PROGRAM)
    writer.setDocumentXmpMetadata(embedding.xmp_packet(texts))
    painter = QPainter(writer)
    painter.scale(scale, scale)
    page.paint(painter)
    painter.end()
    return bytes(buffer.data().data()), scale
