"""Pictures out: PNG, SVG and PDF of the graph with legend, caption and facts; free functions.

A picture is drawn from a frozen ``Drawing`` on a scene of its own, so that the one on screen
is never touched. Drawing needs the GUI thread; ``write_bytes`` and PNG encoding do not.
"""

from dataclasses import dataclass, field
from pathlib import Path

from PySide6.QtCore import QBuffer, QIODevice, QMarginsF, QRectF, QSize, QSizeF, Qt
from PySide6.QtGui import QColor, QImage, QImageWriter, QPageSize, QPainter, QPdfWriter
from PySide6.QtSvg import QSvgGenerator

from engine.errors import InputError, nearest
from engine.files import write_bytes
from engine.frame import Frame, Topology
from engine.text import tr
from gui.canvas import layout
from gui.canvas.legend import Legend
from gui.canvas.look import look_of, picture_of, shows_numbers
from gui.canvas.metadata import SOFTWARE, facts_of
from gui.canvas.palette import Palette
from gui.canvas.picture import Placement
from gui.canvas.scene import GraphScene
from gui.canvas.visible import Path as GroupPath
from gui.canvas.visible import group_paths, opened_for, summarise
from gui.canvas.words import caption
from gui.colour import MagnitudeScale, mixed
from gui.fonts import maths_font
from gui.theme import LIGHT, THEMES, Theme

MARGIN = 28.0
CAPTION_HEIGHT = 26.0
LEAST_WIDTH = 880.0
LONGEST_SIDE = 20_000
MOST_PIXELS = 120_000_000
SCREEN_DPI = 96
DEFAULT_DPI = 192


@dataclass(frozen=True)
class Drawing:
    """All that an exported picture shows."""

    topology: Topology
    frame: Frame | None
    opened: frozenset[GroupPath]
    placement: Placement
    scale: MagnitudeScale
    theme: Theme
    seen: QRectF = field(default_factory=QRectF)
    selected_node: int | None = None
    selected_edge: int | None = None


@dataclass(frozen=True)
class Options:
    """How to draw it. ``background``: white, theme or transparent; ``scale`` 1 to 8."""

    whole: bool = True
    scale: float = 2.0
    background: str = "theme"
    facts: dict[str, str] = field(default_factory=dict)


class _Page:
    """The graph, the legend below it and the caption, in scene units."""

    def __init__(self, drawing: Drawing, options: Options) -> None:
        # Dark-theme text cannot be read on white paper.
        theme = LIGHT if options.background == "white" else drawing.theme
        self.palette = Palette(theme)
        self.background = {
            "white": QColor("#ffffff"),
            "transparent": QColor(Qt.GlobalColor.transparent),
        }.get(options.background, self.palette.canvas)
        self.drawing = drawing
        self.scene = GraphScene(self.palette)
        visible = summarise(drawing.topology, drawing.opened)
        self.scene.build(visible)
        self.scene.place(drawing.placement)
        if drawing.frame is not None:
            self.scene.show_frame(drawing.frame, drawing.scale)
        self.scene.select(drawing.selected_node, drawing.selected_edge)
        self.legend = Legend(
            self.palette,
            drawing.scale,
            shows_numbers(drawing.topology),
            any(seen.group is not None for seen in visible.nodes),
            objective=drawing.topology.objective,
        )
        rect = self.scene.content_rect().adjusted(-MARGIN, -MARGIN, MARGIN, MARGIN)
        if not options.whole and not drawing.seen.isEmpty():
            rect = drawing.seen
        if rect.width() < LEAST_WIDTH:
            spare = (LEAST_WIDTH - rect.width()) / 2
            rect = rect.adjusted(-spare, 0, spare, 0)
        self.rect = rect
        # On a large graph the legend grows with the picture, or nobody could read it.
        self.legend_scale = max(1.0, rect.width() / 1600.0)
        self.width = rect.width()
        legend = self.legend.height_for(self.width / self.legend_scale) + CAPTION_HEIGHT
        self.height = rect.height() + legend * self.legend_scale

    def paint(self, painter: QPainter) -> None:
        """Draw everything; one unit of the painter is one of the scene."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.TextAntialiasing)
        if self.background.alpha():
            painter.fillRect(QRectF(0, 0, self.width, self.height), self.background)
        painter.save()
        area = QRectF(0, 0, self.rect.width(), self.rect.height())
        painter.setClipRect(area)
        self.scene.render(painter, area, self.rect)
        painter.restore()
        painter.save()
        painter.translate(0, self.rect.height())
        painter.scale(self.legend_scale, self.legend_scale)
        width = self.width / self.legend_scale
        self.legend.paint(painter, 0, 0, width)
        painter.setFont(maths_font(11))
        theme = self.palette.theme
        painter.setPen(QColor(mixed(theme.muted, theme.text, 0.3)))
        line = QRectF(14, self.legend.height_for(width) - 2, width - 28, CAPTION_HEIGHT - 6)
        words = caption(self.drawing.topology, self.drawing.frame)
        painter.drawText(
            line, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), words
        )
        painter.drawText(
            line, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), SOFTWARE
        )
        painter.restore()


def possible_scale(width: float, height: float, wanted: float) -> float:
    """Return the wanted scale, or the largest at which the picture stays within the limits."""
    scale = min(wanted, LONGEST_SIDE / max(width, height, 1.0))
    return min(scale, (MOST_PIXELS / max(width * height, 1.0)) ** 0.5)


def render_image(drawing: Drawing, options: Options) -> QImage:
    """Return the picture with its facts as text; too large a one is scaled down and says so."""
    page = _Page(drawing, options)
    scale = possible_scale(page.width, page.height, options.scale)
    size = QSize(round(page.width * scale), round(page.height * scale))
    image = QImage(size, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(page.background)
    painter = QPainter(image)
    painter.scale(scale, scale)
    page.paint(painter)
    painter.end()
    metre = round(SCREEN_DPI * scale / 0.0254)
    image.setDotsPerMeterX(metre)
    image.setDotsPerMeterY(metre)
    facts = facts_of(drawing.topology, drawing.frame) | options.facts
    if scale < options.scale:
        facts["Scale"] = tr(
            "{scale:.2f}× in place of {wanted:g}×: the picture is too large"
        ).format(scale=scale, wanted=options.scale)
    for name, value in facts.items():
        # Qt takes a key with a space in it for a description without a key.
        image.setText("".join(word[:1].upper() + word[1:] for word in name.split()), value)
    return image


def png_bytes(image: QImage) -> bytes:
    """Encode an image with its texts; may run off the GUI thread."""
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    writer = QImageWriter(buffer, b"png")
    for name in image.textKeys():
        writer.setText(name, image.text(name))
    if not writer.write(image):
        raise InputError(tr("a picture"), writer.errorString())
    return bytes(buffer.data().data())


def svg_bytes(drawing: Drawing, options: Options) -> bytes:
    """Return the picture as SVG; text stays text, so that it can be found and edited."""
    page = _Page(drawing, options)
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    generator = QSvgGenerator()
    generator.setOutputDevice(buffer)
    generator.setSize(QSize(round(page.width), round(page.height)))
    generator.setViewBox(QRectF(0, 0, page.width, page.height))
    generator.setResolution(SCREEN_DPI)
    facts = facts_of(drawing.topology, drawing.frame) | options.facts
    generator.setTitle(facts["Title"])
    generator.setDescription("; ".join(f"{name}: {value}" for name, value in facts.items()))
    painter = QPainter(generator)
    page.paint(painter)
    painter.end()
    return bytes(buffer.data().data())


def pdf_bytes(drawing: Drawing, options: Options) -> bytes:
    """Return the picture as PDF of one page that has the picture's size."""
    page = _Page(drawing, options)
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    writer = QPdfWriter(buffer)
    writer.setResolution(SCREEN_DPI)
    points = QSizeF(page.width, page.height) * 72.0 / SCREEN_DPI
    writer.setPageSize(
        QPageSize(points, QPageSize.Unit.Point, "", QPageSize.SizeMatchPolicy.ExactMatch)
    )
    writer.setPageMargins(QMarginsF(0, 0, 0, 0))
    facts = facts_of(drawing.topology, drawing.frame) | options.facts
    writer.setTitle("; ".join(f"{name}: {value}" for name, value in facts.items()))
    writer.setCreator(SOFTWARE)
    painter = QPainter(writer)
    page.paint(painter)
    painter.end()
    return bytes(buffer.data().data())


def picture_bytes(drawing: Drawing, options: Options, suffix: str) -> bytes:
    """Return the picture in the format that a file's suffix names."""
    if suffix == ".svg":
        return svg_bytes(drawing, options)
    if suffix == ".pdf":
        return pdf_bytes(drawing, options)
    return png_bytes(render_image(drawing, options))


def check_suffix(path: Path) -> str:
    """Return the file's suffix; raises ``InputError`` for one that is no picture format."""
    suffix = path.suffix.lower()
    if suffix not in (".png", ".svg", ".pdf"):
        raise InputError(
            tr("a file name that ends in .png, .svg or .pdf"), repr(path.name), file=str(path)
        )
    return suffix


def save_drawing(drawing: Drawing, path: Path, options: Options) -> None:
    """Draw and write a file; raises ``InputError`` where it cannot be written."""
    write_bytes(path, picture_bytes(drawing, options, check_suffix(path)))


def draw_file(
    topology: Topology,
    frame: Frame,
    path: Path,
    *,
    dpi: int | None = None,
    theme: str = "light",
    expand: str = "default",
    facts: dict[str, str] | None = None,
) -> None:
    """Draw the whole graph into a .png, .svg or .pdf file; needs no display.

    Raises
    ------
    InputError
        For a file that cannot be written, a group or theme that does not exist.
    """
    from gui.canvas.headless import ensure_application

    check_suffix(path)
    if theme not in THEMES:
        raise InputError(tr("a theme"), repr(theme), field="--theme", hint=nearest(theme, THEMES))
    try:
        opened = opened_for(topology, expand)
    except KeyError:
        names = ["all", "none", *dict.fromkeys(p[-1] for p in group_paths(topology))]
        raise InputError(
            tr("a group of the graph"), repr(expand), field="--expand", hint=nearest(expand, names)
        ) from None
    ensure_application()
    from gui.canvas.canvas import known_norms

    visible = summarise(topology, opened)
    numbers = shows_numbers(topology)
    looks = [look_of(topology, seen, numbers=numbers) for seen in visible.nodes]
    placement = layout.best_now(picture_of(visible, looks))
    scale = MagnitudeScale(smallest_normal=topology.smallest_normal)
    drawing = Drawing(
        topology, frame, opened, placement, scale.anchored(known_norms(frame)), THEMES[theme]
    )
    options = Options(scale=(dpi or DEFAULT_DPI) / SCREEN_DPI, facts=facts or {})
    save_drawing(drawing, path, options)
