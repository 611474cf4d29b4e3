"""Animations of the graph over training steps: GIF, animated PNG and WebP, or a folder of PNGs.

The colour scale is fitted to all frames before the first is drawn, so that a colour means the
same value in each of them.
"""

import dataclasses
import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtGui import QImage

from engine.export.formats import Material
from engine.recipes import embedding
from engine.support.cancellation import checkpoint
from engine.support.whole_files import write_bytes, write_whole
from gui.appearance.offscreen import ensure_application
from gui.canvas.picture.drawing_recipe import drawing_of, film_values
from gui.canvas.picture.neuron_recipe import fixed_over
from gui.canvas.picture.page import SCREEN_DPI, Page, png_bytes
from gui.colour.maps import map_colours
from gui.export.gif_palette import GifPalette
from gui.export.pictures import too_large

if TYPE_CHECKING:
    from PIL import Image

# The most pixels of a frame, those of 1920 × 1200: encoders hold all frames in memory.
MOST_FRAME_PIXELS = 2_400_000
MOST_PIXELS = 150_000_000
DEFAULT_FPS = 8
SAMPLES = 8
GIF_UNIT = 10  # milliseconds: GIF89a counts in hundredths of a second


class Film:
    """The frames of a material as images of one size; a context manager that closes its page."""

    def __init__(self, material: Material) -> None:
        ensure_application()
        self.frames = list(material.frames) or [material.frame]
        drawing, paper = drawing_of(material, moving=True)
        boards = fixed_over(drawing.boards, self.frames)
        drawing = dataclasses.replace(drawing, boards=boards)
        self.page = Page(drawing, paper)
        self.page.show(self.frames[0])
        self.wanted = paper.scale
        self.scale = film_scale(self.page.width, self.page.height, len(self.frames), paper.scale)

    def __enter__(self) -> "Film":
        return self

    def __exit__(self, *error: object) -> None:
        self.page.__exit__(*error)

    @property
    def notes(self) -> list[str]:
        """Return remarks on the size, such as that it was reduced."""
        shrunk = self.scale < self.wanted
        return [too_large(self.page, self.wanted, self.scale)] if shrunk else []

    def images(self) -> Iterator[QImage]:
        """Yield the frames as images, in order of steps."""
        for done, frame in enumerate(self.frames):
            checkpoint(done, len(self.frames))
            self.page.show(frame)
            yield self.page.image(self.scale)

    def samples(self) -> list[QImage]:
        """Return a few evenly spaced frames, from which the GIF palette is computed."""
        stride = max(1, len(self.frames) // SAMPLES)
        chosen = self.frames[::stride]
        images = []
        for frame in chosen:
            self.page.show(frame)
            images.append(self.page.image(self.scale))
        return images


def film_scale(width: float, height: float, frames: int, wanted: float) -> float:
    """Return the wanted scale, or the largest that keeps each frame and the sum within bounds."""
    most = min(MOST_FRAME_PIXELS, MOST_PIXELS / max(1, frames))
    return min(wanted, (most / (width * height)) ** 0.5)


def write_animation(material: Material, path: Path) -> list[str]:
    """Write a GIF, an animated PNG or an animated WebP, by the file's suffix."""
    fps = int(material.recipe.picture.get("fps", DEFAULT_FPS))
    texts = material.texts(path.name)
    write = {".gif": _write_gif, ".webp": _write_webp}.get(path.suffix.lower(), _write_apng)
    with Film(material) as film:
        write(film, path, fps, texts)
        return film.notes


def write_frames(material: Material, path: Path) -> list[str]:
    """Write a folder of PNG files, numbered by their steps."""
    folder = None if material.folder is None else material.folder / path.name
    path.mkdir()
    with Film(material) as film:
        # Each picture carries a recipe that makes it again in this size and these colours.
        rect = film.page.rect
        seen = [rect.x(), rect.y(), rect.width(), rect.height()]
        own = material.recipe.drawn(dpi=film.scale * SCREEN_DPI, seen=seen)
        own = own.drawn(**film_values(film.page.drawing))
        each = dataclasses.replace(material, recipe=own, folder=folder, kind="picture")
        digits = len(str(film.frames[-1].step))
        for frame, image in zip(film.frames, film.images(), strict=True):
            name = f"{path.name}-{frame.step:0{digits}}.png"
            write_bytes(path / name, png_bytes(image, each.texts(name, frame)))
        return film.notes


def _write_gif(film: Film, path: Path, fps: int, texts: dict[str, str]) -> None:
    """Write with one palette for all frames and without dithering, so that colours stay exact."""
    samples = [_pillow(image).convert("RGB") for image in film.samples()]
    maps = {film.page.palette.edge_map, film.page.palette.node_map}
    scale = [colour for name in sorted(maps) for colour in map_colours(name)[:: len(maps)]]
    palette = GifPalette(samples, scale)
    duration = max(2, round(1000 / fps / GIF_UNIT)) * GIF_UNIT
    options = {"duration": duration, "loop": 0, "comment": embedding.gif_comment(texts)}
    _save(_Pictures(film, palette.reduced), path, "GIF", optimize=False, **options)


def _write_apng(film: Film, path: Path, fps: int, texts: dict[str, str]) -> None:
    _save(_Pictures(film), path, "PNG", duration=1000 / fps, loop=0)
    data = path.read_bytes()
    write_bytes(path, embedding.into_png(data, texts))


def _write_webp(film: Film, path: Path, fps: int, texts: dict[str, str]) -> None:
    options: dict[str, Any] = {
        "lossless": True,
        "method": 1,
        "quality": 20,
        "xmp": embedding.xmp_packet(texts),
    }
    _save(_Pictures(film), path, "WEBP", duration=round(1000 / fps), loop=0, **options)


class _Pictures:
    """Converts a film's images for Pillow one at a time; some encoders iterate twice."""

    def __init__(
        self,
        film: Film,
        change: Callable[["Image.Image"], "Image.Image"] = lambda image: image,
    ) -> None:
        self.film, self.change = film, change

    def __iter__(self) -> Iterator["Image.Image"]:
        for image in self.film.images():
            yield self.change(_pillow(image))


def _save(pictures: _Pictures, path: Path, kind: str, **options: Any) -> None:
    first = next(iter(pictures))

    class Others:
        def __iter__(self) -> Iterator["Image.Image"]:
            return itertools.islice(pictures, 1, None)

    write_whole(
        path,
        lambda stream: first.save(stream, kind, save_all=True, append_images=Others(), **options),
    )


def _pillow(image: QImage) -> "Image.Image":
    """Convert to a Pillow image with straight (not premultiplied) alpha."""
    from PIL import Image

    straight = image.convertToFormat(QImage.Format.Format_RGBA8888)
    size = (straight.width(), straight.height())
    return Image.frombytes("RGBA", size, bytes(straight.constBits()), "raw", "RGBA",
                           straight.bytesPerLine())  # fmt: skip
