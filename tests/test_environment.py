"""Set-up: what is found, what is made, what a person is told. No network is needed here."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from gui.bootstrap import environment


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of its own with locks but no packages; what would be run is written down."""
    for name in (*environment.LOCKS.values(), environment.OPTIONAL_LOCK):
        (tmp_path / name).write_text(f"# {name}\n")
    monkeypatch.setattr(environment, "ROOT", tmp_path)
    monkeypatch.setattr(environment, "VENV", tmp_path / ".venv")
    return tmp_path


@pytest.fixture
def commands(tree: Path, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The commands of a set-up; `venv` makes an interpreter, nothing is installed."""
    seen: list[list[str]] = []

    def run(command: list[str]) -> tuple[int, list[str]]:
        seen.append(command)
        if "venv" in command:
            python = environment.venv_python()
            python.parent.mkdir(parents=True)
            python.touch()
        return 0, []

    monkeypatch.setattr(environment, "run_quietly", run)
    return seen


def locks_of(commands: list[list[str]]) -> list[str]:
    return [Path(command[-1]).name for command in commands if "pip" in command]


def set_up(*groups: str) -> None:
    environment.set_up(groups, inside=False)


def test_a_finished_set_up_is_ready(tree: Path, commands: list[list[str]]) -> None:
    assert not environment.is_ready(["app"], inside=False)
    set_up("app")
    assert environment.is_ready(["app"], inside=False)
    assert not environment.is_ready(["app", "dev"], inside=False)
    assert locks_of(commands) == ["requirements.lock", "requirements-optional.lock"]


def test_packages_come_with_hashes_and_are_never_built(commands: list[list[str]]) -> None:
    set_up("app")
    for command in commands[1:]:
        assert {"--require-hashes", "--only-binary=:all:", "-I"} <= set(command)


def test_a_new_lock_updates_in_place(tree: Path, commands: list[list[str]]) -> None:
    set_up("app", "dev")
    (tree / "requirements.lock").write_text("numpy==9\n")
    assert not environment.is_ready(["app"], inside=False)
    kept = tree / ".venv" / "kept"
    kept.touch()
    set_up("app")
    assert environment.is_ready(["app"], inside=False)
    assert kept.exists()


def test_an_interrupted_set_up_is_thrown_away(
    tree: Path, commands: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    set_up("app")
    half = tree / ".venv" / "half"
    half.touch()
    (tree / "requirements.lock").write_text("numpy==9\n")

    def interrupt(lock: str, *, must: bool) -> bool:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(environment, "install", interrupt)
        with pytest.raises(KeyboardInterrupt):
            set_up("app")
    assert half.exists()
    assert not environment.is_ready(["app"], inside=False)
    set_up("app")
    assert not half.exists()
    assert environment.is_ready(["app"], inside=False)


def test_an_interpreter_that_is_gone_is_made_anew(tree: Path, commands: list[list[str]]) -> None:
    set_up("app")
    environment.venv_python().unlink()
    assert not environment.is_ready(["app"], inside=False)
    set_up("app")
    assert environment.is_ready(["app"], inside=False)


def test_graphviz_may_be_missing(
    tree: Path, commands: list[list[str]], monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    install = environment.install
    monkeypatch.setattr(
        environment, "install", lambda lock, must: install(lock, must=must) and must
    )
    set_up("app")
    assert environment.is_ready(["app"], inside=False)
    assert "built-in layout" in capsys.readouterr().err


def test_a_failed_installation_says_why_and_what_to_do(
    tree: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    output = ["Collecting numpy==9", "ERROR: No matching distribution found for numpy==9", "end"]
    monkeypatch.setattr(environment, "run_quietly", lambda command: (1, output))
    with pytest.raises(SystemExit) as caught:
        environment.install("requirements.lock", must=True)
    assert caught.value.code == 2
    said = capsys.readouterr().err
    assert "No matching distribution found for numpy==9" in said
    assert "Check the network connection" in said


def test_only_one_process_sets_up(tree: Path, capsys: Any) -> None:
    with environment.locked():
        code = (
            "import sys, pathlib; from gui.bootstrap import environment as e\n"
            f"e.VENV = pathlib.Path({str(environment.VENV)!r})\n"
            "with e.locked(wait_seconds=0.3): print('entered')"
        )
        command = [sys.executable, "-c", code]
        folder = Path(__file__).parent.parent
        other = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        assert (other.returncode, other.stdout) == (2, "")
        assert "another process still holds" in other.stderr
    again = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert (again.returncode, again.stdout) == (0, "entered\n")


def test_nothing_is_made_where_the_packages_are(
    tree: Path, commands: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(environment, "importable", lambda groups: True)
    environment.ensure(["app"])
    assert commands == []
    assert not (tree / ".venv").exists()


def test_a_first_start_sets_up_and_runs_the_same_command(
    tree: Path, commands: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(environment, "importable", lambda groups: False)
    monkeypatch.setattr(environment, "venv_packages", list)
    monkeypatch.setattr(environment, "run_again", lambda: sys.exit("ran again"))
    monkeypatch.setenv(environment.JUST_MADE, "")
    with pytest.raises(SystemExit, match="ran again"):
        environment.ensure(["app"])
    assert environment.is_ready(["app"], inside=False)
    assert os.environ[environment.JUST_MADE]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no exec")
def test_the_same_command_runs_again(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def execute(path: str, command: list[str]) -> None:
        assert path == command[0]
        raise SystemExit(" ".join(command[1:]))

    monkeypatch.setattr(os, "execv", execute)
    monkeypatch.setattr(sys, "orig_argv", ["python3", "-X", "dev", "main.py", "list", "--json"])
    with pytest.raises(SystemExit) as caught:
        environment.run_again()
    assert caught.value.code == "-X dev main.py list --json"


def test_it_does_not_set_up_for_ever(
    tree: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setattr(environment, "importable", lambda groups: False)
    monkeypatch.setenv(environment.JUST_MADE, "1")
    with pytest.raises(SystemExit):
        environment.ensure(["app"])
    assert "PYTHONPATH" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("version", "sound"),
    [("6, 8, 3", True), ("6, 11, 3", True), ("6, 12, 0", False), ("6, 7, 2", False)],
)
def test_only_sound_releases_of_qt_are_taken(tmp_path: Path, version: str, sound: bool) -> None:
    (tmp_path / "_config.py").write_text(f'version_info = ({version}, "", "")\n')
    assert environment.is_sound_qt(str(tmp_path / "__init__.py")) is sound


def test_a_qt_that_hides_its_release_is_not_taken(tmp_path: Path) -> None:
    assert not environment.is_sound_qt(str(tmp_path / "__init__.py"))
    assert not environment.is_sound_qt(None)


def test_python_without_its_site_packages_says_so_once() -> None:
    command = [sys.executable, "-S", str(environment.ROOT / "main.py"), "list"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "-S" in done.stderr
    assert len(done.stderr.splitlines()) == 1
