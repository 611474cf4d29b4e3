"""Spoils a file: bits flipped, pieces cut, doubled, moved, and words put in that hurt."""

import random
import re

WORDS = (
    b"0", b"-1", b"1e999", b"nan", b"-inf", b"true", b"[]", b"{}", b'""', b"'", b'"""', b"\0",
    b"9223372036854775808", b"1e-400", b"[[[[", b"]]]]", b"((((", b"))))", b"=", b"\n", b"#",
    b"\xff\xfe", b"\xe2\x80\xae", b"\x1b[2J", b"\xef\xbb\xbf", b"<img src=/dev/zero>", b"&lt;",
    b"../../../../etc/passwd", b"/dev/zero", b"1979-05-27T07:32:00Z", b"0x7fffffff", b"\\u0000",
    b"a.b.c.d.e.f", b"'int'", b"**", b"@", b",", b";", b"\t", b"=1+1", b"--",
)  # fmt: skip
REPEATED = (1, 2, 3, 10, 1000, 20_000)
NUMBER = re.compile(rb"-?\d+(?:\.\d+)?(?:e-?\d+)?")
NUMBERS = (
    b"0", b"-1", b"-5", b"1", b"2", b"3", b"0.5", b"1e-300", b"1e300", b"1000000000", b"65536",
    b"9" * 30, b"9" * 5000, b"nan", b"inf", b"-inf", b"true", b'"x"', b"[1, 2]", b"{}", b"1e5",
)  # fmt: skip
MOST_BYTES = 2_000_000


def mutated(data: bytes, others: list[bytes], dice: random.Random) -> bytes:
    """Return the data with one to six random changes."""
    for _ in range(dice.choice((1, 1, 1, 2, 3, 6))):
        data = dice.choice(CHANGES)(data, others, dice)[:MOST_BYTES]
    return data


def _piece(data: bytes, dice: random.Random) -> tuple[int, int]:
    """Return the ends of a random piece: of a few bytes, or of some lines."""
    if dice.random() < 0.4 and b"\n" in data:
        ends = [0, *(match.end() for match in re.finditer(rb"\n", data)), len(data)]
        first = dice.randrange(len(ends) - 1)
        return ends[first], ends[min(first + dice.randint(1, 4), len(ends) - 1)]
    start = dice.randint(0, len(data))
    return start, min(start + dice.choice((0, 1, 2, 8, 50)), len(data))


def _flip(data: bytes, others: list[bytes], dice: random.Random) -> bytes:
    if not data:
        return data
    at = dice.randrange(len(data))
    return data[:at] + bytes([data[at] ^ 1 << dice.randrange(8)]) + data[at + 1 :]


def _cut(data: bytes, others: list[bytes], dice: random.Random) -> bytes:
    start, end = _piece(data, dice)
    return data[:start] + data[end:]


def _end(data: bytes, others: list[bytes], dice: random.Random) -> bytes:
    return data[: dice.randint(0, len(data))]


def _repeat(data: bytes, others: list[bytes], dice: random.Random) -> bytes:
    start, end = _piece(data, dice)
    count = min(dice.choice(REPEATED), MOST_BYTES // max(end - start, 1))
    return data[:end] + data[start:end] * count + data[end:]


def _insert(data: bytes, others: list[bytes], dice: random.Random) -> bytes:
    start, end = _piece(data, dice)
    word = dice.choice(WORDS) * dice.choice(REPEATED)
    return data[:start] + word + data[dice.choice((start, end)) :]


def _move(data: bytes, others: list[bytes], dice: random.Random) -> bytes:
    start, end = _piece(data, dice)
    rest = data[:start] + data[end:]
    at = dice.randint(0, len(rest))
    return rest[:at] + data[start:end] + rest[at:]


def _borrow(data: bytes, others: list[bytes], dice: random.Random) -> bytes:
    other = dice.choice(others)
    start, end = _piece(other, dice)
    at = dice.randint(0, len(data))
    return data[:at] + other[start:end] + data[at:]


def _renumber(data: bytes, others: list[bytes], dice: random.Random) -> bytes:
    found = list(NUMBER.finditer(data))
    if not found:
        return _insert(data, others, dice)
    match = dice.choice(found)
    return data[: match.start()] + dice.choice(NUMBERS) + data[match.end() :]


CHANGES = (_flip, _cut, _end, _repeat, _insert, _move, _borrow, _renumber, _renumber)
