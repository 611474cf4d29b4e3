"""main.py: each argument reaches its part, and every way to end is a clean one."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import main
from gui.bootstrap import environment

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="others have a display")
@pytest.mark.parametrize("argv", [[], ["d2l-mlp"], ["my.toml"]])
def test_no_display_is_one_line(run_main: Run, argv: list[str]) -> None:
    done = run_main(*argv)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert "no display" in done.stderr
    assert "python3 main.py run d2l-mlp --steps 200 --png graph.png" in done.stderr


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="others have a display")
@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"DISPLAY": ":998"}, "':998' (DISPLAY) does not answer"),
        ({"DISPLAY": "screen"}, "'screen' (DISPLAY) does not answer"),
        ({"DISPLAY": "localhost:998"}, "'localhost:998' (DISPLAY)"),
        ({"WAYLAND_DISPLAY": "nope"}, "'nope' (WAYLAND_DISPLAY) does not answer"),
        (
            {"WAYLAND_DISPLAY": "nope", "DISPLAY": ":998"},
            "'nope' (WAYLAND_DISPLAY) does not answer",
        ),
        ({"QT_QPA_PLATFORM": "xcb"}, "(DISPLAY) does not answer"),
        ({"QT_QPA_PLATFORM": "wayland;xcb"}, "(WAYLAND_DISPLAY) does not answer"),
        ({"QT_QPA_PLATFORM": "foo"}, "QT_QPA_PLATFORM is 'foo', and Qt has "),
    ],
)
def test_a_window_that_cannot_open_is_one_line_in_our_words(
    run_main: Run, variables: dict[str, str], said: str
) -> None:
    """Where Qt would abort."""
    done = run_main("d2l-mlp", XDG_RUNTIME_DIR="/nowhere", **variables)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert said in done.stderr


@pytest.mark.parametrize("option", ["-h", "--help"])
def test_help_needs_nothing(run_main: Run, option: str) -> None:
    done = run_main(option)
    assert (done.returncode, done.stderr) == (0, "")
    assert "python3 main.py check SYSTEM" in done.stdout


@pytest.mark.parametrize(
    ("argv", "option"),
    [
        (["d2l-mlp", "--help"], "--colour"),
        (["my.toml", "--seed", "3", "-h"], "--params"),
        (["run", "d2l-mlp", "--png", "a.png", "-h"], "--animate"),
        (["run", "--help"], "--to-step"),
        (["check", "d2l-mlp", "--help"], "--all"),
        (["sweep", "d2l-mlp", "--help"], "--input-scale"),
        (["list", "--help"], "--json"),
    ],
)
def test_help_after_a_system_or_a_verb_needs_no_package(
    project: Path, argv: list[str], option: str
) -> None:
    command = [sys.executable, "-S", "-E", str(project / "main.py"), *argv]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("usage: ")
    assert option in done.stdout


def test_the_names_for_help_are_those_declared() -> None:
    from engine.cli.options import PLOTS, SWEEP_PLOTS
    from engine.observe.quantities import QUANTITIES
    from engine.settings.choices import QUANTITY_NAMES
    from gui.plots.plot_entries import entries

    assert tuple(QUANTITIES) == QUANTITY_NAMES
    assert tuple(entry.name for entry in entries()) == PLOTS + SWEEP_PLOTS


def test_every_format_can_be_opened_again() -> None:
    from engine.recipes.embedding import SUFFIXES
    from gui.export.formats import formats

    assert {suffix for one in formats() for suffix in one.suffixes} == {"", *SUFFIXES}


def test_the_version_is_the_project_s(run_main: Run) -> None:
    assert run_main("--version").stdout == "Gradient Flow Explorer 0.1.0\n"


@pytest.mark.parametrize(
    ("argv", "part"),
    [
        (["list", "--json"], "command_line"),
        (["run", "d2l-mlp", "--steps", "3"], "command_line"),
        (["check", "x"], "command_line"),
        (["sweep", "x", "--input-scale", "1:2:3"], "command_line"),
        ([], "window"),
        (["d2l-mlp"], "window"),
        (["folder/run.toml"], "window"),
    ],
)
def test_arguments_reach_their_part(
    monkeypatch: pytest.MonkeyPatch, argv: list[str], part: str
) -> None:
    started: list[tuple[str, list[str]]] = []

    def stand_in(name: str) -> Callable[[list[str]], int]:
        def start(argv: list[str]) -> int:
            started.append((name, argv))
            return 7

        return start

    for name in ("command_line", "window"):
        monkeypatch.setattr(main, name, stand_in(name))
    assert main.main(argv) == 7
    assert started == [(part, argv)]


@pytest.mark.parametrize(
    ("argv", "draws"),
    [
        (["run", "x"], ""),
        (["run", "x", "--png", "a.png"], "picture"),
        (["run", "x", "--svg=a.svg"], "picture"),
        (["list"], ""),
    ],
)
def test_only_pictures_need_libraries(
    monkeypatch: pytest.MonkeyPatch, argv: list[str], draws: str
) -> None:
    def stop(draws: str = "") -> None:
        raise SystemExit(f"draws {draws!r}")

    monkeypatch.setattr(environment, "ensure", stop)
    with pytest.raises(SystemExit, match=f"draws {draws!r}"):
        main.main(argv)


def run_failing(project: Path, error: str, *flags: str) -> "subprocess.CompletedProcess[str]":
    """Run main.py's last lines with a main() that raises."""
    code = (
        "import runpy, sys; from gui.bootstrap import environment, machine\n"
        f"def fail(*args, **options): raise {error}\n"
        "environment.ensure = fail\n"
        "sys.argv = ['main.py', 'list']; runpy.run_path('main.py', run_name='__main__')"
    )
    command = [sys.executable, *flags, "-c", code]
    return subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        ("KeyboardInterrupt", 130, ""),
        ("BrokenPipeError", 141, ""),
        ("ValueError('odd')", 2, "ValueError: odd (python3 -X dev main.py shows where)"),
    ],
)
def test_no_end_is_a_traceback(project: Path, error: str, status: int, said: str) -> None:
    done = run_failing(project, error)
    assert done.returncode == status
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_developer_sees_where(project: Path) -> None:
    assert "Traceback" in run_failing(project, "ValueError('odd')", "-X", "dev").stderr


def test_the_list_needs_no_package(project: Path) -> None:
    """It is what a person types first: numpy and networkx would make it three times as slow."""
    code = (
        "import sys, main; from gui.bootstrap import environment\n"
        "environment.ensure = lambda **_: None\n"
        "main.main(['list', '--json'])\n"
        "watched = 'numpy', 'networkx', 'PySide6', 'engine.system.system'\n"
        "print([name for name in watched if name in sys.modules])"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
