"""What needs too much memory is refused by arithmetic, with both amounts and the way out."""

import io
import time
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest

from engine.data.own_file import load_file
from engine.graph import graph
from engine.observe.observer import Observer
from engine.support import memory
from engine.support.cancellation import Cancelled, watched
from engine.support.errors import EngineError, InputError
from engine.system.system import parse_text
from engine.training.parameter_files import read_parameters


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(memory.SETTING, "10 MB")


@pytest.mark.parametrize(
    ("said", "bytes_"), [("16 GB", 16e9), ("512m", 512e6), ("2000", 2000), ("1.5 tb", 1.5e12)]
)
def test_the_setting_is_a_number_of_bytes(
    said: str, bytes_: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(memory.SETTING, said)
    assert memory.limit() == bytes_


@pytest.mark.parametrize("said", ["much", "-1", "GB", "1e9 GB"])
def test_another_setting_is_refused_by_name(said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(memory.SETTING, said)
    with pytest.raises(InputError, match="GRADIENT_FLOW_MEMORY: expected a number of bytes"):
        memory.limit()


def test_without_the_setting_it_is_half_of_the_machines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(memory.SETTING, raising=False)
    assert memory.machine() > 100_000_000
    assert memory.limit() == memory.machine() // 2
    with pytest.raises(InputError, match="half of this machine's memory, found a need of 1000 PB"):
        memory.require(1e18, "data")


def npy(header: str, content: bytes = b"") -> bytes:
    """Return an array file with this header, whatever it says."""
    text = header.encode("latin-1").ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text + content


def archive(path: Path, **entries: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in entries.items():
            file.writestr(f"{name}.npy", content)
    return path


def whole(array: object) -> bytes:
    stream = io.BytesIO()
    np.save(stream, np.asarray(array), allow_pickle=False)
    return stream.getvalue()


def test_an_archive_is_refused_by_its_unpacked_size(small: None, tmp_path: Path) -> None:
    bomb = archive(tmp_path / "data.npz", x=whole(np.zeros((20_000, 100))), y=whole(np.zeros(3)))
    assert bomb.stat().st_size < 20_000
    tracemalloc.start()
    try:
        with pytest.raises(InputError, match=r"data.npz: expected arrays within 10 MB of memory"):
            load_file("data.npz", tmp_path, None, None)
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000, 1000000)}", "bytes for"),
        ("{'descr': '<f8', 'fortran_order': False, 'shape': (-4, -3)}", "bytes for the shape"),
        ("{'descr': '|O', 'fortran_order': False, 'shape': (3,)}", "found Python objects"),
        ("{'descr': '<f8', 'fortran_order': False, 'shape': " + "(" * 60, "damaged"),
        ("{'descr': 'nonsense', 'fortran_order': False, 'shape': (3,)}", "damaged"),
    ],
)
def test_what_a_header_says_is_checked(header: str, said: str, tmp_path: Path) -> None:
    archive(tmp_path / "w.npz", w=npy(header, bytes(96)))
    with pytest.raises(InputError, match=said):
        read_parameters(str(tmp_path / "w.npz"))


def test_characters_that_do_not_exist_are_refused(tmp_path: Path) -> None:
    header = "{'descr': '<U1', 'fortran_order': False, 'shape': (2,)}"
    y = npy(header, b"a\0\0\0\xff\xff\xff\x7f")
    archive(tmp_path / "data.npz", x=whole(np.zeros((2, 2))), y=y)
    with pytest.raises(InputError, match="characters that do not exist"):
        load_file("data.npz", tmp_path, None, None)


def test_a_table_is_refused_by_its_size(small: None, tmp_path: Path) -> None:
    (tmp_path / "data.csv").write_text("1,2\n" * 1_000_000)
    with pytest.raises(InputError, match="expected data within 10 MB of memory"):
        load_file("data.csv", tmp_path, None, None)


def read_for_ever(name: str, folder: Path) -> None:
    """Read it again and again: a fast machine may be done before it is cancelled."""
    while True:
        load_file(name, folder, None, None)


@pytest.mark.parametrize("kind", ["csv", "slow.csv", "npz"])
def test_reading_is_cancelled_at_once_and_gives_the_memory_back(kind: str, tmp_path: Path) -> None:
    name = f"data.{kind}"
    if kind == "npz":
        zeros = whole(np.zeros((1_000_000, 10)))
        archive(tmp_path / name, x=zeros, y=whole(np.zeros(1_000_000)))
    else:
        bad = "?" if kind == "slow.csv" else "1.5"  # a fault near the end: read by the slow reader
        (tmp_path / name).write_text("1.25,2.5,3\n" * 400_000 + f"{bad},2,3\n")
    begun: list[float] = []

    def watch(done: int, total: int) -> None:
        begun.append(time.monotonic())
        if begun[-1] > begun[0] + 0.1:
            raise Cancelled

    tracemalloc.start()
    try:
        with watched(watch), pytest.raises(Cancelled):
            read_for_ever(name, tmp_path)
        assert time.monotonic() - begun[-1] < 0.4
        assert tracemalloc.get_traced_memory()[0] < 3_000_000
    finally:
        tracemalloc.stop()


DIGITS = '[data]\nsource = "digits"\n'
WIDE = DIGITS + 2 * '[[layers]]\ntype = "linear"\nunits = 30000\n'
WIDE += '[[layers]]\ntype = "linear"\nunits = 10\n'
BLOCK = '[[layers]]\ntype = "block"\nrepeat = 1000\n'
DEEP = DIGITS + BLOCK + '[[layers.layers]]\ntype = "activation"\nrepeat = 1000\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (WIDE, "a network within 10 GB of memory, as GRADIENT_FLOW_MEMORY says, found a need of"),
        (DEEP, "more than 10000 nodes in the graph"),
    ],
)
def test_a_network_is_refused_by_arithmetic(
    text: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(memory.SETTING, "10 GB")
    monkeypatch.setattr(graph, "MOST_NODES", 10_000)  # its real value takes seconds to reach
    tracemalloc.start()
    try:
        with pytest.raises(EngineError, match=said):
            Observer(parse_text(text))
        assert tracemalloc.get_traced_memory()[1] < 100_000_000
    finally:
        tracemalloc.stop()
