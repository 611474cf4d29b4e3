"""The files of a run: written while it goes on, each on its own, nothing left behind."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from engine.cli import commands
from engine.export.metrics import cell
from engine.support.errors import InputError
from engine.support.whole_files import staged, write_bytes

posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")


def rows(path: Path) -> list[list[str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


@posix
def test_a_kill_loses_at_most_a_second(project: Path, tmp_path: Path) -> None:
    metrics, report, dump = tmp_path / "m.csv", tmp_path / "r.json", tmp_path / "d.npz"
    command = [sys.executable, "main.py", "run", "single-neuron", "--steps", "100000000"]
    files = [f"--metrics={metrics}", f"--report={report}", f"--dump={dump}"]
    process = subprocess.Popen([*command, *files], cwd=project, stderr=subprocess.DEVNULL)
    try:
        until = time.monotonic() + 30
        while not (metrics.exists() and report.exists() and dump.exists()):
            assert time.monotonic() < until
            time.sleep(0.05)
        before = len(rows(metrics))
        time.sleep(2.5)
        process.send_signal(signal.SIGKILL)
    finally:
        process.kill()
        process.wait()
    found = rows(metrics)
    assert len(found) > before + 100, "rows are added while it runs"
    assert [int(row[0]) for row in found[1:]] == list(range(len(found) - 1))
    assert all(len(row) == len(found[0]) for row in found)
    assert json.loads(report.read_text("utf-8"))["step"] > 0
    with np.load(dump) as arrays:
        assert "parameter/linear1.weight" in arrays


def test_the_whole_files_are_the_same_as_without_the_writing_on_the_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def run(name: str) -> list[bytes]:
        files = [tmp_path / f"{name}{suffix}" for suffix in (".csv", ".json", ".npz")]
        options = zip(("--metrics", "--report", "--dump"), map(str, files), strict=True)
        words = [word for pair in options for word in pair]
        assert commands.main(["run", "deep-mlp", "--steps", "30", *words]) == 0
        arrays = np.load(files[2])
        return [
            files[0].read_bytes(),
            files[1].read_bytes(),
            *(a.tobytes() for a in arrays.values()),
        ]

    plain = run("a")
    monkeypatch.setattr("engine.cli.results.ROWS_SECONDS", 0.0)
    monkeypatch.setattr("engine.cli.results.SHARE", 1e9)
    assert run("b") == plain


def test_one_target_that_fails_neither_stops_the_run_nor_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(path: str | Path, write: object) -> None:
        raise InputError("a file that can be written", "No space left on device", file=str(path))

    monkeypatch.setattr("engine.cli.results.write_whole", full)
    metrics, dump = tmp_path / "m.csv", tmp_path / "d.npz"
    words = ["--dump", str(dump), "--metrics", str(metrics), "--report", "-"]
    assert commands.main(["run", "single-neuron", "--steps", "3", *words]) == 2
    assert len(rows(metrics)) == 5
    said = capsys.readouterr()
    assert f"{dump}: expected a file that can be written, found No space left" in said.err
    assert json.loads(said.out)["step"] == 3


@pytest.mark.parametrize("option", ["--animate", "--metrics", "--report", "--seed", "--steps"])
def test_an_option_given_twice_is_refused_not_ignored(
    option: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert commands.main(["run", "d2l-mlp", option, "1", f"{option}=2"]) == 2
    assert f"{option} is given twice" in capsys.readouterr().err


@posix
@pytest.mark.parametrize("way", ["file", "folder"])
def test_what_a_killed_save_left_goes_with_the_next_one(way: str, tmp_path: Path) -> None:
    target = tmp_path / "graph.png"
    write = (
        "from engine.support.whole_files import *; import os, signal, sys\n"
        "kill = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    ways = {
        "file": f"write_whole({str(target)!r}, kill)",
        "folder": f"with staged({str(target)!r}) as path:\n    path.write_text('x'); kill()",
    }
    subprocess.run([sys.executable, "-c", write + ways[way]], check=False)
    (left,) = tmp_path.iterdir()
    assert left.name.startswith(".graph.png.")
    others = tmp_path / left.name.replace(str_pid(left), str(os.getppid()))
    others.write_text("a living process's")
    write_bytes(target, b"whole")
    assert sorted(tmp_path.iterdir()) == sorted([others, target])


def str_pid(left: Path) -> str:
    return left.name.rpartition("-")[2].partition(".")[0]


def test_a_full_disk_names_the_target(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    target = tmp_path / "graph.png"
    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(InputError, match=rf"^{target}: .*No space left on device"):
        write_bytes(target, b"x")
    with pytest.raises(InputError, match=rf"^{target}: .*No space left"), staged(target):
        raise OSError(28, "No space left on device", "hidden")
    assert not list(tmp_path.iterdir())


def test_what_a_terminal_would_obey_is_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name = "a\\u001b[2Jb\\u202ec"
    system = tmp_path / "s.toml"
    system.write_text(f'name = "{name}"\nexpression = "f = x"\n[values]\nx = 1.0\n')
    assert commands.main(["run", str(system)]) == 0
    system.write_text(f'name = "{name}"\n"{name}" = 1\n')
    assert commands.main(["run", str(system)]) == 2
    said = capsys.readouterr()
    for text in (said.out, said.err):
        assert "\x1b" not in text
        assert "\u202e" not in text
        assert "\\x1b[2Jb\\u202ec" in text


@pytest.mark.parametrize("text", ["=1+1", "+1", "-x", "@sum", "\t=1", "−1"])
def test_a_spreadsheet_computes_no_cell(text: str, tmp_path: Path) -> None:
    assert cell(text) == f"'{text}"
    system = tmp_path / "s.toml"
    system.write_text(
        f'[data]\nsource = "iris"\n[[layers]]\ntype = "linear"\nname = "{text.strip()}"\n'
    )
    assert commands.main(["run", str(system), "--metrics", str(tmp_path / "m.csv")]) == 0
    head = rows(tmp_path / "m.csv")[0]
    assert not any(name.startswith(("=", "+", "-", "@", "−")) for name in head)
    assert f"'{text.strip()}.gradient_norm" in head
