"""Texts travel in every kind of file, whatever letters they hold, and are found again."""

import struct
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.recipes import embedding
from engine.support.errors import InputError

TEXT = 'W⁽¹⁾ = "a < b & c > d"\n# --> ]]> \\ // 日本\n\n[system]\nname = "x"\n'
TEXTS = {"Title": "‖∂J‖ & <b>", "System": "d2l-mlp", embedding.KEY: TEXT}


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def empty_png() -> bytes:
    """One grey pixel, by the standard's own words."""
    head = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    data = zlib.compress(b"\0\x80")
    parts = [chunk(b"IHDR", head), chunk(b"IDAT", data), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


@pytest.mark.parametrize("text", [TEXT, "plain Latin-1 é"])
def test_png_carries_texts_that_others_read(tmp_path: Path, text: str) -> None:
    from PIL import Image

    path = tmp_path / "a.png"
    path.write_bytes(embedding.into_png(empty_png(), {**TEXTS, embedding.KEY: text}))
    assert embedding.read(path) == text
    with Image.open(path) as image:
        image.load()
        assert image.text[embedding.KEY] == text  # type: ignore[attr-defined]
        assert image.text["System"] == "d2l-mlp"  # type: ignore[attr-defined]


def test_gif_and_webp_carry_them(tmp_path: Path) -> None:
    from PIL import Image

    gif, webp = tmp_path / "a.gif", tmp_path / "a.webp"
    Image.new("L", (4, 4)).save(gif, comment=embedding.gif_comment(TEXTS))
    Image.new("RGB", (4, 4)).save(webp, xmp=embedding.xmp_packet(TEXTS))
    assert embedding.read(gif) == TEXT
    assert embedding.read(webp) == TEXT


def test_svg_carries_them_first(tmp_path: Path) -> None:
    import xml.etree.ElementTree as ET

    plain = b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"><g/></svg>'
    path = tmp_path / "a.svg"
    path.write_bytes(embedding.into_svg(plain, TEXTS))
    assert embedding.read(path) == TEXT
    names = [child.tag.rpartition("}")[2] for child in ET.parse(path).getroot()]
    assert names == ["title", "desc", "metadata", "g"]


@pytest.mark.parametrize("suffix", [".csv", ".dot"])
@given(text=st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S", "Zs"])))
def test_comment_lines_bring_back_each_line(
    tmp_path_factory: pytest.TempPathFactory, suffix: str, text: str
) -> None:
    path = tmp_path_factory.mktemp("lines") / f"a{suffix}"
    body = embedding.comment_lines({embedding.KEY: f"{text.rstrip()}\nb = 1"}, suffix)
    path.write_text(body + "data | more\n", encoding="utf-8")
    assert embedding.read(path) == f"{text.rstrip()}\nb = 1\n"


@pytest.mark.parametrize("name", ["a.png", "a.svg", "a.json", "a.csv", "a.dot", "a.gif", "a.pdf"])
@pytest.mark.parametrize("data", [b"", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"{}", b"\xff\xfe\0"])
def test_files_of_others_hold_none(tmp_path: Path, name: str, data: bytes) -> None:
    (tmp_path / name).write_bytes(data)
    assert embedding.read(tmp_path / name) is None


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.png"):
        embedding.read(tmp_path / "none.png")
