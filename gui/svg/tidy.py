"""Makes Qt's SVG look the same in every reader: letters, widths of texts, lines, size.

Texts stay texts. The glyphs they need travel with the file, some kilobytes of a font; readers that
take no fonts from files (most but browsers) fit another one into ``textLength``.
"""

import io
import logging
import re
from base64 import b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from html import unescape

from PySide6.QtGui import QFont, QFontMetricsF

from gui.appearance.fonts import FAMILY, FOLDER, register_fonts

_FILES = {"400": "DejaVuSans.ttf", "700": "DejaVuSans-Bold.ttf"}
_GROUP = re.compile(r"<g\b([^>]*)>\s*((?:(?!<g\b).)*?)\s*</g>\s*", re.DOTALL)
_OPENING = re.compile(r"<g\b")
_TEXT = re.compile(r"<text\b([^>]*?)\s*>(.*?)</text>", re.DOTALL)
_MATRIX = re.compile(r'transform="matrix\(([^)]*)\)"')
_POINTS = re.compile(r'points="([^"]*)"')
_HEAD = re.compile(r'<svg width="[^"]*" height="[^"]*"\s+viewBox="0 0 ([\d.]+) ([\d.]+)"')
_MEASURED = 1000  # pixels a letter is measured at
_TRUETYPE = b"\0\1\0\0"
_LAYOUT = ("GDEF", "GPOS", "GSUB", "MATH", "kern")  # kerning, ligatures, larger brackets
_NAMES = (0, 1, 2, 4, 6, 14)  # copyright, family, style, full name, PostScript name, licence's page


@dataclass(frozen=True)
class Clip:
    """Some ``groups`` of a drawing, after those ``before``, stay within (0, 0, width, height)."""

    before: int
    groups: int
    width: float
    height: float


def groups_in(svg: bytes) -> int:
    """Return how many groups a drawing of Qt's has inside of the one around them all."""
    return len(_OPENING.findall(svg.decode("utf-8"))) - 1


def tidied(svg: bytes, clip: Clip | None = None) -> bytes:
    """Return an SVG of ``QSvgGenerator`` as it should be."""
    text = svg.decode("utf-8")
    text = _GROUP.sub(_group, text if clip is None else _clipped(text, clip))
    text = text.replace(' version="1.2" baseProfile="tiny"', ' version="1.1"')
    # In pixels, as every reader understands them, where Qt says millimetres.
    text = _HEAD.sub(r'<svg width="\1" height="\2" viewBox="0 0 \1 \2"', text)
    letters: dict[str, set[str]] = {weight: set() for weight in _FILES}
    text = _TEXT.sub(lambda found: _fitted(found, letters), text)
    start = text.index(">", text.index("<svg")) + 1
    return (text[:start] + _style(letters) + text[start:]).encode("utf-8")


def _clipped(text: str, clip: Clip) -> str:
    """Put these groups into one that shows a part of them."""
    starts = [found.start() for found in _OPENING.finditer(text)] + [text.rindex("</g>")]
    first, end = (starts[1 + clip.before + k] for k in (0, clip.groups))
    rect = f'<rect x="0" y="0" width="{clip.width:g}" height="{clip.height:g}"/>'
    opening = f'<clipPath id="seen">{rect}</clipPath>\n<g clip-path="url(#seen)">\n'
    return f"{text[:first]}{opening}{text[first:end]}</g>\n{text[end:]}"


def _group(found: re.Match[str]) -> str:
    """A group of Qt's, one for each change of pen; "" for one that holds nothing."""
    attributes, inside = found.groups()
    if not inside:
        return ""
    if "non-scaling-stroke" in inside:
        attributes, inside = _unstretched(attributes, inside)
    return f"<g{' '.join(attributes.split()).join((' ', ''))}>\n{inside}\n</g>\n"


def _unstretched(attributes: str, inside: str) -> tuple[str, str]:
    """Lines of one width in stretched coordinates, in plain ones: not every reader knows how."""
    matrix = _MATRIX.search(attributes)
    if matrix is None:
        return attributes, inside
    a, b, c, d, e, f = map(float, matrix[1].split(","))
    if (a, b, c, d) == (1, 0, 0, 1) or "<polyline" not in inside:
        return attributes, inside

    def moved(points: re.Match[str]) -> str:
        pairs = [tuple(map(float, pair.split(","))) for pair in points[1].split()]
        places = (f"{a * x + c * y + e:g},{b * x + d * y + f:g}" for x, y in pairs)
        return f'points="{" ".join(places)}"'

    return _MATRIX.sub('transform="matrix(1,0,0,1,0,0)"', attributes), _POINTS.sub(moved, inside)


def _fitted(found: re.Match[str], letters: dict[str, set[str]]) -> str:
    """A text with its width; its letters are noted."""
    attributes, inside = found.groups()
    size, weight = _value("font-size", attributes), _value("font-weight", attributes)
    words = unescape(inside)
    letters["700" if weight == "700" else "400"].update(words)
    width = _width(words, weight == "700") * float(size or 0)
    fit = f' textLength="{width:.2f}" lengthAdjust="spacingAndGlyphs"' if width > 0 else ""
    return f"<text {' '.join(attributes.split())}{fit}>{inside}</text>"


def _value(name: str, attributes: str) -> str:
    found = re.search(rf'\b{name}="([^"]*)"', attributes)
    return found[1] if found else ""


def _width(text: str, bold: bool) -> float:
    """How wide a text is, its font's size being 1."""
    return _metrics(bold).horizontalAdvance(text) / _MEASURED


@cache
def _metrics(bold: bool) -> QFontMetricsF:
    register_fonts()
    font = QFont(FAMILY)
    font.setPixelSize(_MEASURED)
    font.setBold(bold)
    font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    return QFontMetricsF(font)


def _style(letters: dict[str, set[str]]) -> str:
    faces = []
    for weight, used in letters.items():
        if used - {" "}:
            font = subset((FOLDER / _FILES[weight]).read_bytes(), sorted(used))
            data = b64encode(font).decode("ascii")
            faces.append(
                f'@font-face {{ font-family: "{FAMILY}"; font-weight: {weight};'
                f' src: url("data:font/ttf;base64,{data}") format("truetype"); }}'
            )
    return "\n<style>\n" + "\n".join(faces) + "\n</style>\n" if faces else ""


def subset(font: bytes, letters: Iterable[str]) -> bytes:
    """Return a font that has these letters, as far as ``font`` has them, and no others.

    Outlines, widths and names are kept; hints, kerning and ligatures are not, which a vector
    picture needs none of. The same letters give the same bytes.

    Raises
    ------
    ValueError
        For a font that is none with TrueType outlines.
    """
    if font[:4] != _TRUETYPE:
        raise ValueError(f"0x{font[:4].hex()}")
    # Here, because most starts of the program write no SVG and it takes long to import.
    from fontTools.subset import Options, Subsetter
    from fontTools.ttLib import TTFont

    logging.getLogger("fontTools").setLevel(logging.ERROR)  # it tells each table that it drops
    options = Options(
        hinting=False,
        notdef_outline=True,
        bidi_closure=False,  # which adds ")" to "("
        name_IDs=_NAMES,
    )
    # With the time of now in it, no two files of one drawing would be the same.
    whole = TTFont(io.BytesIO(font), recalcBBoxes=False, recalcTimestamp=False)
    for tag in _LAYOUT:  # before the rest: reading them would take most of the time
        if tag in whole:
            del whole[tag]
    subsetter = Subsetter(options)
    subsetter.populate(text="".join(letters))
    subsetter.subset(whole)
    part = io.BytesIO()
    whole.save(part)
    return part.getvalue()
