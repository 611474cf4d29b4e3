"""Files are opened by one door, which lets in nothing but regular files of a bounded size."""

import os
import sys
from pathlib import Path

import pytest

from engine.support import reading
from engine.support.cancellation import Cancelled, watched
from engine.support.errors import InputError

ROOMY = 1 << 22


def test_a_file_is_read_whole(tmp_path: Path) -> None:
    file = tmp_path / "data.bin"
    file.write_bytes(bytes(range(256)) * 9000)
    assert reading.read_bytes(file, most=ROOMY) == bytes(range(256)) * 9000


def test_a_file_that_is_too_large_is_refused_with_both_sizes(tmp_path: Path) -> None:
    file = tmp_path / "data.bin"
    file.write_bytes(bytes(3000))
    with pytest.raises(InputError, match=r"named: expected at most 2 kB, found 3 kB"):
        reading.read_bytes(file, "named", most=2000)


@pytest.mark.skipif(
    sys.platform == "win32", reason="Windows has neither pipes nor devices as files"
)
@pytest.mark.timeout(10)
@pytest.mark.parametrize(
    ("kind", "found"), [("pipe", "a pipe"), ("folder", "a folder"), ("/dev/zero", "a device")]
)
def test_what_is_no_regular_file_is_refused_before_its_first_byte(
    kind: str, found: str, tmp_path: Path
) -> None:
    path = Path(kind) if kind.startswith("/") else tmp_path / kind
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    with pytest.raises(InputError, match=f"expected a file, found {found}"):
        reading.open_file(path)


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="needs a file of unknown size")
def test_a_file_that_grows_while_it_is_read_ends_at_the_limit() -> None:
    with pytest.raises(InputError, match="expected at most 10 B, found more"):
        reading.read_bytes("/proc/self/maps", most=10)


def test_reading_can_be_cancelled(tmp_path: Path) -> None:
    file = tmp_path / "data.bin"
    file.write_bytes(bytes(ROOMY))
    seen = []

    def watch(done: int, total: int) -> None:
        seen.append((done, total))
        raise Cancelled

    with watched(watch), pytest.raises(Cancelled):
        reading.read_bytes(file, most=ROOMY)
    assert seen == [(reading.PIECE, ROOMY)]
