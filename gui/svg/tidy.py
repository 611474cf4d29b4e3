"""Rewrites Qt's SVG so that it looks the same in every reader: fonts, text widths, lines, size.

Texts stay texts. The glyphs that they use are embedded as a subset of the font (some kilobytes).
Readers that ignore embedded fonts (most but browsers) fit another font into ``textLength``.
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
_MEASURED = 1000  # font size in pixels at which texts are measured
_TRUETYPE = b"\0\1\0\0"
_LAYOUT = ("GDEF", "GPOS", "GSUB", "MATH", "kern")  # kerning, ligatures, larger brackets
_NAMES = (0, 1, 2, 4, 6, 14)  # copyright, family, style, full name, PostScript name, licence's page


@dataclass(frozen=True)
class Clip:
    """A clip rectangle (0, 0, width, height) for ``groups`` groups after the first ``before``."""

    before: int
    groups: int
    width: float
    height: float


def groups_in(svg: bytes) -> int:
    """Return the number of groups in the outermost group of an SVG that Qt wrote."""
    return len(_OPENING.findall(svg.decode("utf-8"))) - 1


def tidied(svg: bytes, clip: Clip | None = None) -> bytes:
    """Return the rewritten SVG of a ``QSvgGenerator``, with ``clip`` applied if there is one."""
    text = svg.decode("utf-8")
    text = _GROUP.sub(_group, text if clip is None else _clipped(text, clip))
    text = text.replace(' version="1.2" baseProfile="tiny"', ' version="1.1"')
    # Width and height in pixels, which all readers treat alike; Qt writes millimetres.
    text = _HEAD.sub(r'<svg width="\1" height="\2" viewBox="0 0 \1 \2"', text)
    letters: dict[str, set[str]] = {weight: set() for weight in _FILES}
    text = _TEXT.sub(lambda found: _fitted(found, letters), text)
    start = text.index(">", text.index("<svg")) + 1
    return (text[:start] + _style(letters) + text[start:]).encode("utf-8")


def _clipped(text: str, clip: Clip) -> str:
    """Wrap the clipped groups in a group with a clip path."""
    starts = [found.start() for found in _OPENING.finditer(text)] + [text.rindex("</g>")]
    first, end = (starts[1 + clip.before + k] for k in (0, clip.groups))
    rect = f'<rect x="0" y="0" width="{clip.width:g}" height="{clip.height:g}"/>'
    opening = f'<clipPath id="seen">{rect}</clipPath>\n<g clip-path="url(#seen)">\n'
    return f"{text[:first]}{opening}{text[first:end]}</g>\n{text[end:]}"


def _group(found: re.Match[str]) -> str:
    """Return one group rewritten (Qt writes one per pen change); "" for an empty one."""
    attributes, inside = found.groups()
    if not inside:
        return ""
    if "non-scaling-stroke" in inside:
        attributes, inside = _unstretched(attributes, inside)
    return f"<g{' '.join(attributes.split()).join((' ', ''))}>\n{inside}\n</g>\n"


def _unstretched(attributes: str, inside: str) -> tuple[str, str]:
    """Replace ``non-scaling-stroke`` lines, which not every reader knows, by transformed points."""
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
    """Return a text element with ``textLength``, and add its letters to ``letters``."""
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
    """Return the width of a text at font size 1."""
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
    """Return the subset of a font with these letters, as far as ``font`` has them.

    Outlines, widths and names are kept; hints, kerning and ligatures, which a vector picture
    does not need, are not. The same letters give the same bytes.

    Raises
    ------
    ValueError
        For a font without TrueType outlines.
    """
    if font[:4] != _TRUETYPE:
        raise ValueError(f"0x{font[:4].hex()}")
    # Imported here: it is slow to import, and most sessions write no SVG.
    from fontTools.subset import Options, Subsetter
    from fontTools.ttLib import TTFont

    logging.getLogger("fontTools").setLevel(logging.ERROR)  # it logs every table that it drops
    options = Options(
        hinting=False,
        notdef_outline=True,
        bidi_closure=False,  # which adds ")" to "("
        name_IDs=_NAMES,
    )
    # A modification time would make two files of the same drawing differ.
    whole = TTFont(io.BytesIO(font), recalcBBoxes=False, recalcTimestamp=False)
    for tag in _LAYOUT:  # dropped first: parsing them would take most of the time
        if tag in whole:
            del whole[tag]
    subsetter = Subsetter(options)
    subsetter.populate(text="".join(letters))
    subsetter.subset(whole)
    part = io.BytesIO()
    whole.save(part)
    return part.getvalue()
