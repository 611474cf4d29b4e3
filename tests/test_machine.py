"""The machine underneath: what it lacks is installed by root and named to anybody else."""

import os
import shutil
import sys
from typing import Any

import pytest

from gui.bootstrap import machine


def test_no_network_is_named() -> None:
    warning = "WARNING: Retrying (Retry(total=4)) after connection broken by NewConnectionError"
    error = "ERROR: Could not find a version that satisfies the requirement x (from versions: none)"
    assert machine.last_error([warning, error]) == "the package index cannot be reached"
    assert machine.last_error([error]) == error


def test_a_command_is_run_without_input_and_its_output_kept(capsys: Any) -> None:
    script = (
        "import sys; print('Collecting numpy==2.4.6'); print(repr(sys.stdin.read())); sys.exit(3)"
    )
    status, output = machine.run_quietly([sys.executable, "-c", script])
    assert (status, output) == (3, ["Collecting numpy==2.4.6", "''"])
    assert capsys.readouterr().err == "  numpy 2.4.6\n"


@pytest.fixture
def bare_linux(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """A Debian with apt-get, a normal user, no display; the set holds what cannot be loaded."""
    lacking: set[str] = set()
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(machine, "can_load", lambda soname: soname not in lacking)
    monkeypatch.setattr(shutil, "which", lambda name: name if name == "apt-get" else None)
    monkeypatch.setattr(os, "geteuid", lambda: 1000, raising=False)
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    return lacking


def test_nothing_missing_nothing_said(bare_linux: set[str], capsys: Any) -> None:
    machine.require_system_libraries("window")
    assert capsys.readouterr() == ("", "")


def test_a_user_is_told_one_command(bare_linux: set[str], capsys: Any) -> None:
    bare_linux |= {"libEGL.so.1", "libglib-2.0.so.0", "libgthread-2.0.so.0"}
    with pytest.raises(SystemExit) as caught:
        machine.require_system_libraries("picture")
    assert caught.value.code == 2
    last = capsys.readouterr().err.splitlines()[-1]
    assert last == "sudo apt-get update && sudo apt-get install -y libegl1 libglib2.0-0"


def test_all_is_told_at_once(bare_linux: set[str], capsys: Any) -> None:
    bare_linux |= {"libGL.so.1"}
    with pytest.raises(SystemExit):
        machine.require_packages(["python3.11-venv"], machine.libraries_for("picture"))
    assert capsys.readouterr().err.endswith("install -y python3.11-venv libgl1\n")


def test_root_installs(bare_linux: set[str], monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    seen: list[list[str]] = []

    def run(command: list[str]) -> tuple[int, list[str]]:
        seen.append(command)
        bare_linux.clear()
        return 0, []

    monkeypatch.setattr(os, "geteuid", lambda: 0, raising=False)
    monkeypatch.setattr(machine, "run_quietly", run)
    bare_linux |= {"libxkbcommon.so.0"}
    machine.require_system_libraries("picture")
    assert [("install" in command, command[-1]) for command in seen] == [
        (False, "update"),
        (True, "libxkbcommon0"),
    ]
    assert "installing system packages with apt-get: libxkbcommon0" in capsys.readouterr().err


def test_a_failing_apt_get_is_reported(
    bare_linux: set[str], monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0, raising=False)
    monkeypatch.setattr(machine, "run_quietly", lambda command: (100, ["E: Unable to locate x"]))
    bare_linux |= {"libGL.so.1"}
    with pytest.raises(SystemExit):
        machine.require_system_libraries("picture")
    assert "could not install libgl1: E: Unable to locate x" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("manager", "said"),
    [("dnf", "sudo dnf install 'libEGL.so.1()(64bit)'"), (None, "missing: libEGL.so.1")],
)
def test_other_systems_hear_the_names(
    bare_linux: set[str], monkeypatch: pytest.MonkeyPatch, capsys: Any, manager: Any, said: str
) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: name if name == manager else None)
    bare_linux |= {"libEGL.so.1"}
    with pytest.raises(SystemExit):
        machine.require_system_libraries("picture")
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("variables", "lacking", "wanted"),
    [
        ({"DISPLAY": ":0"}, "libxcb-cursor.so.0", ["libxcb-cursor0"]),
        ({"DISPLAY": ":0"}, "libwayland-client.so.0", []),
        ({"WAYLAND_DISPLAY": "w"}, "libwayland-client.so.0", ["libwayland-client0"]),
        ({"DISPLAY": ":0", "WAYLAND_DISPLAY": "w"}, "libxcb-cursor.so.0", []),
        ({"DISPLAY": ":0", "QT_QPA_PLATFORM": "offscreen"}, "libxcb-cursor.so.0", []),
        ({"WAYLAND_DISPLAY": "w", "QT_QPA_PLATFORM": "xcb"}, "libxcb.so.1", ["libxcb1"]),
        ({"DISPLAY": ":0"}, "libfontconfig.so.1", ["libfontconfig1"]),
    ],
)
def test_a_window_needs_what_its_display_needs(
    bare_linux: set[str],
    monkeypatch: pytest.MonkeyPatch,
    variables: dict[str, str],
    lacking: str,
    wanted: list[str],
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    bare_linux.add(lacking)
    assert list(machine.libraries_for("window").values()) == wanted


@pytest.mark.parametrize("platform", ["darwin", "win32"])
def test_other_platforms_bring_their_libraries(
    bare_linux: set[str], monkeypatch: pytest.MonkeyPatch, platform: str
) -> None:
    bare_linux |= set(machine.DRAWING)
    monkeypatch.setattr(sys, "platform", platform)
    machine.require_system_libraries("window")
    machine.require_display()  # there is one


def test_a_library_that_does_not_exist_cannot_be_loaded() -> None:
    assert not machine.can_load("libsuch-a-thing-is-not.so.9")
