"""The fonts that ship with the program, so that every window and picture looks the same.

They hold the mathematical glyphs (∂, ⁽¹⁾, ᵀ, φ, ‖·‖, ⊙) and are there on machines with no fonts.
"""

from functools import cache

from PySide6.QtGui import QFont, QFontDatabase

from engine.support.places import RESOURCES

FOLDER = RESOURCES / "fonts"
FAMILY = "DejaVu Sans"


@cache
def register_fonts() -> tuple[str, ...]:
    """Register the shipped fonts with Qt, once, and return their family names.

    A QGuiApplication must exist.
    """
    families: list[str] = []
    for path in sorted(FOLDER.glob("*.ttf")):
        number = QFontDatabase.addApplicationFont(str(path))
        families += QFontDatabase.applicationFontFamilies(number) if number >= 0 else []
    return tuple(dict.fromkeys(families))


def ui_font(points: float = 9.5) -> QFont:
    """The font of the window's texts, in points."""
    return _font(FAMILY, points)


def maths_font(pixels: float, *, bold: bool = False) -> QFont:
    """The font of symbols and numbers on the canvas, sized in scene units."""
    register_fonts()
    font = QFont([FAMILY, "Segoe UI Symbol", "Apple Symbols", "sans-serif"])
    font.setPixelSize(max(1, round(pixels)))
    font.setBold(bold)
    # Hinting would make text widths depend on the zoom: a text that fits would be cut.
    font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    return font


def code_font(pixels: int) -> QFont:
    """The monospaced font for the text of a file."""
    register_fonts()
    font = QFont(["DejaVu Sans Mono", "monospace"])
    font.setPixelSize(pixels)
    return font


def _font(family: str, points: float) -> QFont:
    register_fonts()
    font = QFont([family, "sans-serif"])
    font.setPointSizeF(points)
    return font
