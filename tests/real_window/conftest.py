"""`start`: the program on a screen of the test's own, ended with the test."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gui.bootstrap import machine
from tests.real_window.program import Program
from tests.real_window.screen import Screen, missing

FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item):
    report = yield
    if report.failed:
        item.stash[FAILED] = True
    return report


@pytest.fixture
def start(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Callable[..., Program]]:
    """Return `start(*arguments, size=(width, height), scale=1)`, which returns a `Program`.

    `change` is called with the program's environment.

    A failing test leaves screenshots in its folder.
    """
    lacks = [*missing(), *machine.not_loadable(machine.XCB)]
    if lacks:
        pytest.skip(f"no {', '.join(lacks)} here (python3 -m tests.real_window.install)")
    programs: list[Program] = []

    def start(
        *arguments: str,
        size: tuple[int, int] = (1366, 768),
        scale: float = 1.0,
        change: Callable[[dict[str, str]], None] = lambda environment: None,
    ) -> Program:
        screens.append(Screen(tmp_path / f"screen{len(screens) + 1}", *size))
        change(screens[-1].environment)
        programs.append(Program(screens[-1], arguments, scale))
        return programs[-1]

    screens: list[Screen] = []
    yield start
    for screen in screens:
        if request.node.stash.get(FAILED, False):
            screen.screenshot(tmp_path / f"failed-{screen.folder.name}.png")
    for program in programs:
        program.kill()
    for screen in screens:
        screen.close()
