"""Makes the catalogue's pictures in resources/thumbnails: ``python3 -m tests.thumbnails [NAME …]``.

Each is the program's own picture of the entry after one pass, without legend and caption, scaled
down. Run it after a change of layouts or looks, or for a new entry. Needs no display.
"""

import os
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PIL import Image

from engine.cli import commands
from engine.system.catalogue import entries
from gui.export.formats import formats
from gui.window.opening.catalogue_list import FOLDER, PIXELS, THUMBNAIL, thumbnail_path

COLOURS = 96


def main(names: list[str]) -> None:
    FOLDER.mkdir(exist_ok=True)
    for entry in entries():
        if not names or entry.name in names:
            for theme in ("light", "dark"):
                make(entry.name, theme)


def make(name: str, theme: str) -> None:
    """Draw an entry, scale it into the thumbnail's size, and keep a few colours."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "picture.png"
        look = ["--theme", theme, "--background", "transparent", "--no-legend", "--no-caption"]
        status = commands.main(["run", name, "--png", str(file), *look, "--dpi", "96"], formats())
        assert status == 0, name
        with Image.open(file) as picture:
            drawn = picture.convert("RGBA")
    drawn = drawn.crop(drawn.getbbox())
    drawn.thumbnail((THUMBNAIL[0] * PIXELS, THUMBNAIL[1] * PIXELS), Image.Resampling.LANCZOS)
    path = thumbnail_path(name, theme)
    drawn.quantize(COLOURS, method=Image.Quantize.FASTOCTREE).save(path, optimize=True)
    print(f"{path.name}: {drawn.width} × {drawn.height}, {path.stat().st_size} bytes")


if __name__ == "__main__":
    main(sys.argv[1:])
