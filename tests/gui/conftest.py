"""What tests of the window start from: a window on screen that is gone after the test."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.messages.commands import Train
from gui.panels.panel import Panel
from gui.window.window import MainWindow
from tests.gui.rig import dismiss, laid_out, open_system, settle, shown_window


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Where the window keeps its settings; the rest of ``tmp_path`` is the test's own."""
    folder = tmp_path / "settings"
    folder.mkdir()
    return folder


@pytest.fixture
def window(request: pytest.FixtureRequest, qtbot: Any, home: Path) -> Iterator[MainWindow]:
    """A window as it is without a system, or as the nearest ``pytest.mark.window`` says.

    The mark takes what ``prepare`` takes. A file that needs more overrides this fixture by one
    that takes it.
    """
    found = shown_window(home)
    mark = request.node.get_closest_marker("window")
    if mark is not None:
        prepare(found, qtbot, *mark.args, **mark.kwargs)
    yield found
    dismiss(found)


def prepare(
    window: MainWindow,
    qtbot: Any,
    system: str = "",
    *,
    size: tuple[int, int] | None = None,
    steps: int = 0,
    whole_graph: bool = False,
    **changes: Any,
) -> None:
    """Give a window this size, open a system with changes (``__`` for the dot) and train it.

    With ``whole_graph`` its graph stands where it is to stay.
    """
    if size is not None:
        window.resize(*size)
    if system:
        open_system(window, qtbot, system, **changes)
    if steps:
        window.session.send(Train(steps=steps))
        settle(window, qtbot)
    if whole_graph:
        laid_out(window, qtbot)


@pytest.fixture
def settings_panel(window: MainWindow) -> Panel:
    """The settings form of the window."""
    return window.panels["settings"]


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What message boxes would have said."""
    said: list[str] = []
    monkeypatch.setattr("gui.window.dialogs.tell_problem", lambda parent, text: said.append(text))
    return said
