"""A window that cannot open ends with status 2 and the program's own words."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from gui.app import display
from gui.bootstrap import machine

PROJECT = Path(__file__).resolve().parents[3]
DEAD = ":97531"  # no X server has this number


def started(tmp_path: Path, **environment: str) -> "subprocess.CompletedProcess[str]":
    """The program's window in a home of its own, with these variables for its display only."""
    foreign = ("DISPLAY", "WAYLAND_", "QT_", "XDG_")
    kept = {k: v for k, v in os.environ.items() if not k.startswith(foreign)}
    home = {"HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path)}
    return subprocess.run(
        [sys.executable, "main.py"],
        env={**kept, **home, **environment},
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    ("environment", "reason"),
    [
        ({"DISPLAY": DEAD}, f"the X display '{DEAD}' (DISPLAY) does not answer"),
        (
            {"WAYLAND_DISPLAY": "nope"},
            "the Wayland display 'nope' (WAYLAND_DISPLAY) does not answer",
        ),
        ({"DISPLAY": "bad"}, "the X display 'bad' (DISPLAY) does not answer or refuses"),
        ({"QT_QPA_PLATFORM": "foo"}, "QT_QPA_PLATFORM is 'foo', and Qt has"),
    ],
)
def test_the_reason_is_said_and_the_way_out(tmp_path, environment, reason):
    done = started(tmp_path, **environment)
    assert done.returncode == 2
    assert reason in done.stderr
    assert done.stderr.rstrip().endswith("python3 main.py run d2l-mlp --steps 200 --png graph.png")
    assert done.stderr.count("gradient-flow-explorer: ") == 1
    assert not done.stdout


def test_an_x_server_that_refuses_ends_it_as_well(tmp_path):
    """It is asked by Qt alone: what listens here answers the connection with a refusal."""
    with socket.create_server(("localhost", 0)) as server:
        number = server.getsockname()[1] - 6000
        if number < 0:
            pytest.skip("the port is below those of X")
        process = subprocess.Popen(
            [sys.executable, "main.py"],
            env={**os.environ, "DISPLAY": f"localhost:{number}", "QT_QPA_PLATFORM": "xcb"},
            cwd=PROJECT,
            stderr=subprocess.PIPE,
            text=True,
        )
        server.settimeout(30)
        line, _ = server.accept()
        with line:
            line.recv(12)
            line.sendall(bytes([0, 4, 11, 0, 0, 0, 1, 0]) + b"nope")  # failed, with a reason
            _, said = process.communicate(timeout=30)
    assert process.returncode == 2
    assert "does not answer or refuses" in said


def test_the_display_that_answers_is_taken_beside_one_that_does_not(tmp_path, monkeypatch):
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "wayland-9"))
        server.listen()
        monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
        monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-9")
        monkeypatch.setenv("DISPLAY", DEAD)
        monkeypatch.setenv("QT_QPA_PLATFORM", "xcb")
        machine.require_display()
    assert "DISPLAY" not in os.environ
    assert os.environ["WAYLAND_DISPLAY"] == "wayland-9"
    assert os.environ["QT_QPA_PLATFORM"] == "wayland"


def test_another_machine_s_display_is_left_to_qt(monkeypatch):
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setenv("DISPLAY", "far-away.invalid:10.0")
    monkeypatch.setenv("QT_QPA_PLATFORM", "")
    machine.require_display()
    assert os.environ["DISPLAY"] == "far-away.invalid:10.0"


def test_a_platform_without_a_display_says_what_qt_said(monkeypatch):
    monkeypatch.setenv("QT_QPA_PLATFORM", "eglfs")
    said = ["qt.qpa.egl: Failed to load", ""]
    assert display.reason(said, "Could not initialize egl display") == (
        "Could not initialize egl display"
    )
