"""The glyphs of some letters out of a TrueType font: small enough for a drawing to carry.

Tables as in the OpenType specification 1.9. Outlines, widths and names are kept; hints, kerning and
ligatures are not, which a vector picture needs none of. A library for this (fontTools) weighs 5 MB,
which is more than all of the program's own code, for these hundred lines.
"""

import struct
from collections.abc import Iterable

_WORDS, _SCALE, _MORE, _TWO_SCALES, _MATRIX, _CODE = 0x01, 0x08, 0x20, 0x40, 0x80, 0x100
_SHORT_X, _SHORT_Y, _REPEAT, _SAME_X, _SAME_Y = 0x02, 0x04, 0x08, 0x10, 0x20
_WHOLE_CHECKSUM = 0xB1B0AFBA
_NAMES = (0, 1, 2, 4, 6, 14)  # copyright, family, style, full name, PostScript name, licence's page


def subset(font: bytes, letters: Iterable[str]) -> bytes:
    """Return a font that has these letters, as far as ``font`` has them, and no others.

    Raises
    ------
    ValueError
        For a font that is none with TrueType outlines.
    """
    tables = _tables(font)
    glyph_of = _glyph_of(tables["cmap"])
    wanted = {ord(letter): glyph_of[ord(letter)] for letter in letters if ord(letter) in glyph_of}
    source = _Glyphs(tables)
    kept = source.closed({0, *wanted.values()})
    number = {old: new for new, old in enumerate(kept)}
    outlines = [source.renumbered(old, number) for old in kept]
    starts = [0]
    for outline in outlines:
        starts.append(starts[-1] + len(outline))
    made = {
        "OS/2": tables["OS/2"],
        "cmap": _cmap({code: number[glyph] for code, glyph in wanted.items()}),
        "glyf": b"".join(outlines),
        "head": tables["head"][:8] + bytes(4) + tables["head"][12:50] + struct.pack(">hh", 1, 0),
        "hhea": tables["hhea"][:34] + struct.pack(">H", len(kept)),
        "hmtx": b"".join(source.metrics(old) for old in kept),
        "loca": struct.pack(f">{len(starts)}I", *starts),
        "maxp": tables["maxp"][:4] + struct.pack(">H", len(kept)) + tables["maxp"][6:],
        "name": _names(tables["name"]),
        "post": struct.pack(">I", 0x00030000) + tables["post"][4:32],
    }
    return _file(made)


def _tables(font: bytes) -> dict[str, bytes]:
    version, count = struct.unpack_from(">IH", font)
    if version != 0x00010000:
        raise ValueError(f"0x{version:08x}")
    records = (struct.unpack_from(">4sIII", font, 12 + 16 * k) for k in range(count))
    return {tag.decode("latin-1"): font[at : at + size] for tag, _, at, size in records}


def _glyph_of(cmap: bytes) -> dict[int, int]:
    """The glyph of each letter's code, from the subtable of format 12 or 4."""
    (count,) = struct.unpack_from(">H", cmap, 2)
    found = {struct.unpack_from(">HHI", cmap, 4 + 8 * k) for k in range(count)}
    formats = {struct.unpack_from(">H", cmap, at)[0]: at for _, _, at in found}
    if 12 in formats:
        at = formats[12]
        groups = range(struct.unpack_from(">I", cmap, at + 12)[0])
        spans = [struct.unpack_from(">III", cmap, at + 16 + 12 * k) for k in groups]
        return {code: glyph + code - a for a, b, glyph in spans for code in range(a, b + 1)}
    return _format_4(cmap, formats[4])


def _format_4(cmap: bytes, at: int) -> dict[int, int]:
    """Segments with an offset to add, or with a list of their own."""
    count = struct.unpack_from(">H", cmap, at + 6)[0] // 2
    columns = [at + 14, at + 16 + 2 * count, at + 16 + 4 * count, at + 16 + 6 * count]
    ends, starts, deltas, offsets = (struct.unpack_from(f">{count}H", cmap, k) for k in columns)
    found = {}
    for k, (start, end, delta) in enumerate(zip(starts, ends, deltas, strict=True)):
        for code in range(start, min(end, 0xFFFE) + 1):
            glyph = code
            if offsets[k]:
                place = columns[3] + 2 * k + offsets[k] + 2 * (code - start)
                (glyph,) = struct.unpack_from(">H", cmap, place)
            if glyph or not offsets[k]:
                found[code] = (glyph + delta) & 0xFFFF
    return found


class _Glyphs:
    """The outlines and widths of a font's glyphs."""

    def __init__(self, tables: dict[str, bytes]) -> None:
        self._outlines, self._widths = tables["glyf"], tables["hmtx"]
        (count,) = struct.unpack_from(">H", tables["maxp"], 4)
        (self._full,) = struct.unpack_from(">H", tables["hhea"], 34)
        if struct.unpack_from(">h", tables["head"], 50)[0]:
            self._starts = struct.unpack_from(f">{count + 1}I", tables["loca"])
        else:
            halves = struct.unpack_from(f">{count + 1}H", tables["loca"])
            self._starts = tuple(2 * half for half in halves)

    def outline(self, glyph: int) -> bytes:
        return self._outlines[self._starts[glyph] : self._starts[glyph + 1]]

    def metrics(self, glyph: int) -> bytes:
        """Width and left side bearing; glyphs after the last full record share its width."""
        if glyph < self._full:
            return self._widths[4 * glyph : 4 * glyph + 4]
        width = self._widths[4 * self._full - 4 : 4 * self._full - 2]
        at = 4 * self._full + 2 * (glyph - self._full)
        return width + self._widths[at : at + 2]

    def closed(self, glyphs: set[int]) -> list[int]:
        """Return these glyphs with all that they are put together from, in order."""
        waiting, found = list(glyphs), set(glyphs)
        while waiting:
            for _, part in _parts(self.outline(waiting.pop())):
                if part not in found:
                    found.add(part)
                    waiting.append(part)
        return sorted(found)

    def renumbered(self, glyph: int, number: dict[int, int]) -> bytes:
        """Return an outline without hints, its parts by their new numbers; in words of four."""
        data = bytearray(self.outline(glyph))
        parts = list(_parts(data))
        for at, part in parts:
            (flags,) = struct.unpack_from(">H", data, at)
            struct.pack_into(">HH", data, at, flags & ~_CODE, number[part])
        if parts:
            del data[_end_of_parts(data) :]
        elif data:
            end = 10 + 2 * struct.unpack_from(">h", data)[0]
            (code,) = struct.unpack_from(">H", data, end)
            data[end : end + 2 + code] = bytes(2)
            del data[_end_of_points(data, end) :]
        return bytes(data) + bytes(-len(data) % 4)


def _parts(outline: bytes | bytearray) -> Iterable[tuple[int, int]]:
    """The parts of a composite glyph: where each stands in its outline, and its number."""
    if not outline or struct.unpack_from(">h", outline)[0] >= 0:
        return
    at, more = 10, True
    while more:
        flags, part = struct.unpack_from(">HH", outline, at)
        yield at, part
        at += _size_of_part(flags)
        more = bool(flags & _MORE)


def _size_of_part(flags: int) -> int:
    place = 8 if flags & _WORDS else 6
    return place + (
        2 if flags & _SCALE else 4 if flags & _TWO_SCALES else 8 if flags & _MATRIX else 0
    )


def _end_of_parts(outline: bytearray) -> int:
    """Where the last part ends, and hints would begin."""
    *_, (at, _) = _parts(outline)
    return at + _size_of_part(struct.unpack_from(">H", outline, at)[0])


def _end_of_points(outline: bytearray, end: int) -> int:
    """Where the coordinates end of a simple glyph; ``end``: where its contours' ends do."""
    points = 1 + int(struct.unpack_from(">H", outline, end - 2)[0])
    at, size = end + 2, 0
    while points > 0:
        flag, times = outline[at], 1
        at += 1
        if flag & _REPEAT:
            times += outline[at]
            at += 1
        for short, same in ((_SHORT_X, _SAME_X), (_SHORT_Y, _SAME_Y)):
            size += times * (1 if flag & short else 0 if flag & same else 2)
        points -= times
    return at + size


def _cmap(glyph_of: dict[int, int]) -> bytes:
    """A table of format 12 with a group for each letter."""
    groups = b"".join(struct.pack(">III", c, c, glyph_of[c]) for c in sorted(glyph_of))
    head = struct.pack(">HHHHI", 0, 1, 3, 10, 12)
    return head + struct.pack(">HHIII", 12, 0, 16 + len(groups), 0, len(glyph_of)) + groups


def _names(table: bytes) -> bytes:
    """Who made it and what it is called, in English for Windows: what every reader looks for."""
    _, count, texts = struct.unpack_from(">HHH", table)
    records = [struct.unpack_from(">HHHHHH", table, 6 + 12 * k) for k in range(count)]
    kept = [r for r in records if r[:3] == (3, 1, 0x409) and r[3] in _NAMES]
    made, storage = b"", b""
    for platform, encoding, language, name, size, at in kept:
        made += struct.pack(">HHHHHH", platform, encoding, language, name, size, len(storage))
        storage += table[texts + at : texts + at + size]
    return struct.pack(">HHH", 0, len(kept), 6 + len(made)) + made + storage


def _file(tables: dict[str, bytes]) -> bytes:
    """Tables with their directory and checksums."""
    count = len(tables)
    power = count.bit_length() - 1
    head = struct.pack(">IHHHH", 0x00010000, count, 16 << power, power, 16 * count - (16 << power))
    at = len(head) + 16 * count
    directory, body, adjust = b"", b"", 0
    for tag in sorted(tables):
        data = tables[tag]
        if tag == "head":
            adjust = at + len(body) + 8
        directory += struct.pack(">4sIII", tag.encode(), _sum(data), at + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    made = bytearray(head + directory + body)
    struct.pack_into(">I", made, adjust, (_WHOLE_CHECKSUM - _sum(made)) & 0xFFFFFFFF)
    return bytes(made)


def _sum(data: bytes | bytearray) -> int:
    padded = bytes(data) + bytes(-len(data) % 4)
    return sum(struct.unpack(f">{len(padded) // 4}I", padded)) & 0xFFFFFFFF
