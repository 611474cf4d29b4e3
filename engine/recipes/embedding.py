"""Embeds a text (the recipe) in a picture, table or graph file, and reads it again.

PNG has it as an iTXt chunk, GIF as its comment, WebP and PDF as XMP, SVG and GraphML as XML,
JSON as a field, DOT and CSV as comment lines.
"""

import json
import re
import struct
import warnings
import xml.etree.ElementTree as ET
import zlib
from collections.abc import Mapping
from html import escape, unescape
from pathlib import Path

from engine.support.reading import read_bytes

KEY = "Recipe"
MOST_BYTES = 500_000_000  # of a file: films have the largest
_PICTURES = (".png", ".apng", ".gif", ".webp", ".svg", ".pdf")
SUFFIXES = (*_PICTURES, ".graphml", ".dot", ".gv", ".json", ".csv")
_PNG = b"\x89PNG\r\n\x1a\n"
_OPEN, _CLOSE = b"<gfe:recipe", b"</gfe:recipe>"
_DESCRIBED = re.compile(r"<title>.*?</title>|<desc>.*?</desc>", re.DOTALL)
_NAMESPACE = "urn:gradient-flow-explorer"
_MARKS = {".csv": "#| ", ".dot": "//| ", ".gv": "//| "}


def read(path: Path) -> str | None:
    """Return the text that is embedded in a file, None where there is none.

    Raises
    ------
    InputError
        Where the file cannot be read.
    """
    data = read_bytes(path, most=MOST_BYTES)
    suffix = path.suffix.lower()
    if data.startswith(_PNG):
        return _from_png(data)
    if data.startswith(b"GIF8"):
        return _from_gif(path)
    if suffix in _MARKS:
        return _from_lines(data, _MARKS[suffix])
    if suffix == ".json":
        return _from_json(data)
    return _from_xml(data)


# -- PNG -----------------------------------------------------------------------------------------


def into_png(data: bytes, texts: Mapping[str, str]) -> bytes:
    """Return the PNG with each text as a chunk: ISO 15948, 11.3.4, keywords of 79 letters."""
    head = len(_PNG) + 25  # the signature, then IHDR with its 13 bytes
    chunks = b"".join(_text_chunk(key, text) for key, text in texts.items())
    return data[:head] + chunks + data[head:]


def _text_chunk(key: str, text: str) -> bytes:
    """Return a tEXt chunk, which every program reads, or iTXt where Latin-1 does not suffice."""
    try:
        kind, body = b"tEXt", key.encode("latin-1") + b"\0" + text.encode("latin-1")
    except UnicodeEncodeError:
        kind, body = b"iTXt", key.encode("latin-1") + b"\0\0\0\0\0" + text.encode("utf-8")
    if b"\0" in text.encode("utf-8"):
        raise ValueError(text)
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _from_png(data: bytes) -> str | None:
    at = len(_PNG)
    while at + 8 <= len(data):
        length, kind = struct.unpack(">I4s", data[at : at + 8])
        body = data[at + 8 : at + 8 + length]
        if kind in (b"tEXt", b"iTXt") and body.startswith(KEY.encode() + b"\0"):
            rest = body[len(KEY) + 1 :]
            return (
                rest.decode("latin-1") if kind == b"tEXt" else rest[4:].decode("utf-8", "replace")
            )
        at += length + 12
    return None


# -- GIF -----------------------------------------------------------------------------------------


def _from_gif(path: Path) -> str | None:
    from PIL import Image

    try:
        with warnings.catch_warnings(action="ignore"), Image.open(path) as image:
            comment = image.info.get("comment", b"")
    except Exception:  # Pillow raises a dozen kinds on damaged files
        return None
    _, found, text = comment.decode("utf-8", "replace").partition(f"\n{KEY}:\n")
    return text if found else None


def gif_comment(texts: Mapping[str, str]) -> bytes:
    """Return the comment of a GIF: the short texts a line each, the recipe last."""
    lines = [f"{name}: {text}" for name, text in texts.items() if name != KEY]
    return "\n".join([*lines, f"{KEY}:", texts[KEY]]).encode("utf-8")


# -- XML, also inside of PDF and WebP ------------------------------------------------------------


def xml_element(text: str) -> str:
    """Return the XML element that holds the text."""
    return f'<gfe:recipe xmlns:gfe="{_NAMESPACE}">{escape(text)}</gfe:recipe>'


def _from_xml(data: bytes) -> str | None:
    """Return the text of the first element, by three searches: a file has no say in their time."""
    start = data.find(b">", data.find(_OPEN))
    end = data.find(_CLOSE, start)
    if _OPEN not in data or -1 in (start, end):
        return None
    return unescape(data[start + 1 : end].decode("utf-8", "replace")) or None


def into_svg(data: bytes, texts: Mapping[str, str]) -> bytes:
    """Return the SVG with title, description and recipe, as its first elements should be."""
    text = _DESCRIBED.sub("", data.decode("utf-8"))
    about = escape("\n".join(f"{k}: {v}" for k, v in texts.items() if k != KEY))
    start = text.index(">", text.index("<svg")) + 1
    inside = (
        f"\n<title>{escape(texts.get('Title', ''))}</title>\n<desc>{about}</desc>\n"
        f"<metadata>{xml_element(texts.get(KEY, ''))}</metadata>"
    )
    return (text[:start] + inside + text[start:]).encode("utf-8")


def xmp_packet(texts: Mapping[str, str]) -> bytes:
    """Return an XMP packet (ISO 16684-1) with the title, the maker and the recipe."""
    title, tool = escape(texts.get("Title", "")), escape(texts.get("Software", ""))
    about = escape("\n".join(f"{k}: {v}" for k, v in texts.items() if k != KEY))

    def words(name: str, text: str) -> str:
        alternative = f'<rdf:Alt><rdf:li xml:lang="x-default">{text}</rdf:li></rdf:Alt>'
        return f"<dc:{name}>{alternative}</dc:{name}>"

    packet = (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
        '<x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"'
        ' xmlns:xmp="http://ns.adobe.com/xap/1.0/">'
        f"{words('title', title)}{words('description', about)}"
        f"<xmp:CreatorTool>{tool}</xmp:CreatorTool>{xml_element(texts[KEY])}"
        '</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="r"?>'
    )
    ET.fromstring(packet)  # a packet that is not well-formed would lose the recipe without notice
    return packet.encode("utf-8")


# -- lines and JSON ------------------------------------------------------------------------------


def comment_lines(texts: Mapping[str, str], suffix: str) -> str:
    """Return the texts as comment lines: the recipe's are marked with a bar for ``read``."""
    mark = _MARKS[suffix]
    plain = mark.replace("|", "")
    lines = [f"{plain}{name}: {text}" for name, text in texts.items() if name != KEY]
    lines += [f"{mark}{line}" for line in texts.get(KEY, "").splitlines()]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _from_lines(data: bytes, mark: str) -> str | None:
    bare = mark.rstrip()
    lines = data.decode("utf-8", "replace").splitlines()
    found = [line[len(bare) :].removeprefix(" ") for line in lines if line.startswith(bare)]
    return "\n".join(found) + "\n" if found else None


def _from_json(data: bytes) -> str | None:
    try:
        text = json.loads(data)["graph"][KEY]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return str(text)
