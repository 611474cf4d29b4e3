"""Still pictures of the graph: PNG, SVG and PDF files made from an export's material."""

from pathlib import Path

from engine.export.formats import Material
from engine.support.cancellation import checkpoint
from engine.support.figures import figure, whole
from engine.support.text import tr
from engine.support.whole_files import write_bytes
from gui.appearance.offscreen import ensure_application
from gui.canvas.picture.drawing_recipe import drawing_of
from gui.canvas.picture.page import Page, pdf_bytes, png_bytes, possible_scale, svg_bytes, tiles


def page_of(material: Material) -> Page:
    """Return the page that the material's recipe describes; a context manager that closes it."""
    ensure_application()
    return Page(*drawing_of(material))


def write_png(material: Material, path: Path) -> list[str]:
    """Write a PNG; one that is too large is scaled down, or split into tiles if that was chosen."""
    with page_of(material) as page:
        wanted = page.paper.scale
        scale = possible_scale(page.width, page.height, wanted)
        if scale >= wanted:
            write_bytes(path, png_bytes(page.image(scale), material.texts(path.name)))
            return []
        if page.paper.tiles:
            return _write_tiles(material, page, path)
        texts = material.texts(path.name) | {"Scale": f"{scale:.3f} / {wanted:g}"}
        write_bytes(path, png_bytes(page.image(scale), texts))
        return [too_large(page, wanted, scale)]


def _write_tiles(material: Material, page: Page, path: Path) -> list[str]:
    scale, count = page.paper.scale, 0
    for row, column, image in tiles(page, scale):
        tile = path.with_name(f"{path.stem}-{row}-{column}{path.suffix}")
        texts = material.texts(tile.name) | {"Tile": f"row {row}, column {column}"}
        write_bytes(tile, png_bytes(image, texts))
        count += 1
        checkpoint(count)
    return [
        tr("too large for one file: {count} tiles, {first} to {last}").format(
            count=whole(count), first=f"{path.stem}-0-0{path.suffix}", last=tile.name
        )
    ]


def too_large(page: Page, wanted: float, scale: float) -> str:
    """Return the message that a picture is smaller than requested."""
    text = tr("too large at {wanted}×: drawn at {scale:.2f}×, {width} × {height} pixels")
    return text.format(
        wanted=figure(wanted),
        scale=scale,
        width=whole(page.width * scale),
        height=whole(page.height * scale),
    )


def write_svg(material: Material, path: Path) -> list[str]:
    """Write an SVG file."""
    with page_of(material) as page:
        write_bytes(path, svg_bytes(page, material.texts(path.name)))
    return []


def write_pdf(material: Material, path: Path) -> list[str]:
    """Write a PDF file; a page longer than PDF readers can show is scaled down."""
    with page_of(material) as page:
        data, scale = pdf_bytes(page, material.texts(path.name))
    write_bytes(path, data)
    if scale < 1:
        return [tr("longer than a PDF page can be: drawn at {scale:.2f}×").format(scale=scale)]
    return []
