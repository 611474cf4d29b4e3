"""The command line as a process: its streams, signals and children."""

import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.analysis.sweep import local_executor
from engine.cli import commands
from engine.export.formats import Format, Material
from engine.observe.observer import Observer
from engine.support import streams
from engine.support.cancellation import Interrupt
from engine.support.whole_files import write_whole

posix = pytest.mark.skipif(sys.platform == "win32", reason="has no such signals and pipes")
UNICODE = """
name = "réseau ☃ 𝔘"
[data]
x = [[1, 2]]
y = [[1]]
[[layers]]
name = "couché"
type = "linear"
[loss]
type = "mean_squared_error"
"""


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252", "utf-8"])
def test_any_text_goes_through_a_stream_of_any_encoding(
    monkeypatch: pytest.MonkeyPatch, encoding: str
) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding))
    monkeypatch.setattr(sys, "stderr", None)
    streams.prepare()
    text = json.dumps({"σ": "réseau ☃ 𝔘 \udcff"}, ensure_ascii=False)
    print(streams.fit(text), flush=True)
    assert json.loads(raw.getvalue()) == json.loads(text)
    print("σ 𝔘", file=sys.stderr)  # closed by who started us: no error
    sys.stderr.close()


@pytest.mark.slow
@pytest.mark.parametrize("encoding", ["ascii", "utf-8"])
def test_the_report_is_json_whatever_the_terminal_s_encoding(
    run_main: Callable[..., Any], tmp_path: Path, encoding: str
) -> None:
    path = tmp_path / "s.toml"
    path.write_text(UNICODE, encoding="utf-8")
    done = run_main("run", str(path), "--report", "-", PYTHONIOENCODING=encoding)
    found = json.loads(done.stdout)
    assert (done.returncode, found["system"]) == (0, "réseau ☃ 𝔘")
    assert [layer["name"] for layer in found["layers"]] == ["couché"]
    assert run_main("list", PYTHONIOENCODING=encoding).returncode == 0


@pytest.mark.slow
@posix
def test_closed_streams_are_no_error(project: Path, tmp_path: Path) -> None:
    command = f"{sys.executable} {project / 'main.py'} run single-neuron --report r.json >&- 2>&-"
    assert subprocess.run(command, shell=True, cwd=tmp_path, check=False).returncode == 0
    assert json.loads((tmp_path / "r.json").read_text("utf-8"))["step"] == 0


@pytest.mark.skipif(not Path("/dev/fd").exists(), reason="has no files that stand for streams")
def test_what_is_no_regular_file_is_written_to_by_its_name() -> None:
    """/dev/fd/N of a pipe leads to pipe:[…], which is no path."""
    read, write = os.pipe()
    try:
        write_whole(f"/dev/fd/{write}", lambda stream: stream.write(b"whole"))
        assert os.read(read, 9) == b"whole"
    finally:
        os.close(read)
        os.close(write)


def test_an_output_that_is_full_is_one_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full(io.StringIO):
        def write(self, text: str) -> int:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(sys, "stdout", Full())
    assert commands.main(["run", "single-neuron", "--report", "-"]) == 2
    found = capsys.readouterr().err
    assert found.startswith("standard output: expected")
    assert "No space left" in found
    assert found.count("\n") == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_being_asked_to_end_leaves_what_there_is(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    real = Observer.train_step

    def interrupted(self: Observer) -> None:
        if self.step == 3:
            signal.raise_signal(number)
        real(self)

    monkeypatch.setattr(Observer, "train_step", interrupted)
    before = signal.getsignal(number)
    status = commands.main(["run", "pytorch-241", "--steps", "1000", "--report", "-"])
    assert status == 128 + number
    assert json.loads(capsys.readouterr().out)["step"] in (3, 4)
    assert signal.getsignal(number) == before


def test_being_ended_while_a_picture_is_written_leaves_no_part_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def draw(material: Material, path: Path) -> list[str]:
        path.write_bytes(b"half")
        signal.raise_signal(signal.SIGTERM)
        return []

    monkeypatch.chdir(tmp_path)
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(SystemExit) as caught:
        commands.main(
            ["run", "single-neuron", "--png", "g.png"],
            [Format("png", "PNG", "picture", (".png",), draw)],
        )
    assert caught.value.code == 128 + signal.SIGTERM
    assert list(tmp_path.iterdir()) == []
    assert signal.getsignal(signal.SIGTERM) == before


def test_the_second_request_to_end_is_at_once() -> None:
    with Interrupt() as interrupt:
        signal.raise_signal(signal.SIGTERM)
        assert interrupt.wanted
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGTERM)


def sweeping(project: Path) -> "subprocess.Popen[str]":
    argv = ["sweep", "input-scaling", "--input-scale", "1:10:4", "--steps", "10000000"]
    return subprocess.Popen(
        [sys.executable, str(project / "main.py"), *argv, "--jobs", "2"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip


@pytest.mark.slow
@posix
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_sweep_s_processes_end_with_it(project: Path, number: int) -> None:
    """They hold the ends of its streams: ``communicate`` returns when the last of them is gone."""
    with sweeping(project) as process:
        time.sleep(3)
        if number == signal.SIGINT:
            os.killpg(process.pid, number)  # as a terminal does
        else:
            process.send_signal(number)
        _, err = process.communicate(timeout=60)
    assert process.returncode in (128 + number, -number)
    assert "Traceback" not in err


def test_a_pool_that_is_to_leave_ends_its_trainings() -> None:
    pool = local_executor(1)
    assert not pool.leave.is_set()
    pool.shutdown()
