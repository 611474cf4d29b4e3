"""The program in its window, as a test sees it and uses it."""

import json
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from tests.real_window.screen import Screen, wait

PROJECT = Path(__file__).resolve().parents[2]
START_SECONDS = 60.0
SETTLED_SECONDS = 0.12


class Rect(NamedTuple):
    """A rectangle on the screen, in Qt's pixels (the screen's own divided by the scale)."""

    x: int
    y: int
    width: int
    height: int

    @property
    def right(self) -> int:
        return self.x + self.width

    @property
    def bottom(self) -> int:
        return self.y + self.height

    @property
    def centre(self) -> tuple[float, float]:
        return self.x + self.width / 2, self.y + self.height / 2

    def contains(self, other: "Rect") -> bool:
        return (
            self.x <= other.x
            and self.y <= other.y
            and other.right <= self.right
            and other.bottom <= self.bottom
        )

    def overlaps(self, other: "Rect") -> bool:
        apart = (
            other.x >= self.right
            or self.x >= other.right
            or other.y >= self.bottom
            or self.y >= other.bottom
        )
        return not apart


@dataclass(frozen=True)
class Widget:
    """A visible widget, or a part of one: a "Tab", a menu's "Entry", a list's "Row"."""

    kind: str
    kinds: tuple[str, ...]  # its classes, the most special first
    name: str  # objectName
    accessible: str
    text: str
    tip: str
    value: Any
    rect: Rect
    sight: Rect | None  # the part that its surroundings leave to be seen
    enabled: bool
    focus: bool
    within: tuple[str, ...]  # objectNames (or classes) of what it lies in, the window first
    room: tuple[int, int] | None = None  # of an input: what its text has,
    need: tuple[int, int] | None = None  # and what it needs

    @property
    def words(self) -> set[str]:
        """All that a test may call it by."""
        texts = (str(self.text), self.accessible, self.name, self.tip)
        return {text.replace("&", "").partition("\t")[0].strip() for text in texts if text}

    def __str__(self) -> str:
        return f"{self.kind} {self.name or self.accessible or str(self.text)!r} {tuple(self.rect)}"


Target = str | Widget | tuple[float, float]


class Program:
    """A running program. Names of targets are what is read on them, or an accessible name."""

    def __init__(self, screen: Screen, arguments: tuple[str, ...], scale: float) -> None:
        self.screen, self.arguments, self.scale = screen, arguments, scale
        self._count = 0
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    # -- its life ----------------------------------------------------------------------------

    def start(self) -> None:
        """Start it, as on the command line, and wait until it stands there."""
        self._count += 1
        self._socket = self.screen.folder / f"probe{self._count}"
        self.output = self.screen.folder / f"program{self._count}.txt"
        module = [sys.executable, "-m", "tests.real_window.probed", str(self._socket)]
        environment = dict(self.screen.environment)
        if self.scale != 1:
            environment["QT_SCALE_FACTOR"] = f"{self.scale:g}"
        with open(self.output, "wb") as out:
            self._process = subprocess.Popen(
                [*module, *self.arguments], env=environment, cwd=PROJECT, stdout=out, stderr=out
            )
        wait(self._answers, "the window", START_SECONDS)
        wait(lambda: any(w["active"] for w in self.ask("windows")), "the window to have the keys")
        self.settle()

    def _answers(self) -> bool:
        assert self._process is not None
        status = self._process.poll()
        assert status is None, f"the program ended with {status}: {self.said()}"
        if not self._socket.exists():
            return False
        return any(window["kind"] == "MainWindow" for window in self.ask("windows"))

    def close(self) -> None:
        """Close it as a person does, by the window manager; it ends well and says nothing."""
        assert self._process is not None
        self.screen.xdotool("key", "alt+F4")
        try:
            status = self._process.wait(START_SECONDS)
        except subprocess.TimeoutExpired:
            raise AssertionError("the window did not close") from None
        assert status == 0, f"the program ended with {status}: {self.said()}"
        assert "Traceback" not in self.said(), self.said()

    def restart(self, *arguments: str) -> "Program":
        """Close it and start it again in the same home (with these arguments, if any)."""
        self.close()
        self.arguments = arguments or self.arguments
        self.start()
        return self

    def kill(self) -> None:
        """End it, whatever it does."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()

    @property
    def process(self) -> "subprocess.Popen[bytes]":
        """The process: to send it signals, and to hear how it ended."""
        assert self._process is not None
        return self._process

    def said(self) -> str:
        """What it has printed since its start."""
        return self.output.read_text("utf-8", "replace")

    # -- looking -----------------------------------------------------------------------------

    def ask(self, what: str, *about: Any) -> Any:
        """Ask the probe (see probe.py)."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
            line.settimeout(START_SECONDS)
            line.connect(str(self._socket))
            with line.makefile("rw", encoding="utf-8") as stream:
                stream.write(json.dumps({"ask": what, "about": about}) + "\n")
                stream.flush()
                answer = json.loads(stream.readline())
        assert "error" not in answer, answer["error"]
        return answer["answer"]

    def value(self, path: str) -> Any:
        """A value in the program, by its path from the main window: "session.frame.step"."""
        return self.ask("value", path)

    def widgets(self, kind: str = "", within: str = "") -> list[Widget]:
        """All that is visible: of a class or its subclasses, within what has an objectName."""
        found = [
            Widget(
                **{
                    **told,
                    "kinds": tuple(told["kinds"]),
                    "within": tuple(told["within"]),
                    "rect": Rect(*told["rect"]),
                    "sight": told["sight"] and Rect(*told["sight"]),
                    "room": told.get("room") and tuple(told["room"]),
                    "need": told.get("need") and tuple(told["need"]),
                }
            )
            for told in self.ask("widgets")
        ]
        return [
            widget
            for widget in found
            if (not kind or kind in widget.kinds) and (not within or within in widget.within)
        ]

    def find_all(self, name: str, kind: str = "", within: str = "") -> list[Widget]:
        """What can be seen under a name."""
        return [w for w in self.widgets(kind, within) if w.sight and name in w.words]

    def find(self, name: str, kind: str = "", within: str = "") -> Widget:
        """The one thing that can be seen under a name."""
        found = self.find_all(name, kind, within)
        places = {widget.sight for widget in found}
        if len(places) > 1:  # a label and the field that it names: the field is meant
            found = [widget for widget in found if "QLabel" not in widget.kinds] or found
        assert found, f"nothing called {name!r} can be seen"
        assert len(found) == 1 or len(places) == 1, f"{name!r} is {', '.join(map(str, found))}"
        return found[0]

    def has(self, name: str, kind: str = "", within: str = "") -> bool:
        """Whether something can be seen under a name."""
        return bool(self.find_all(name, kind, within))

    def focus(self) -> Widget | None:
        """Where the keys go."""
        return next((widget for widget in self.widgets() if widget.focus), None)

    @property
    def available(self) -> Rect:
        """The part of the screen that windows may take."""
        return Rect(*self.ask("screen")["available"])

    @property
    def frame(self) -> Rect:
        """The main window with its title bar."""
        return next(Rect(*w["frame"]) for w in self.ask("windows") if w["kind"] == "MainWindow")

    def screenshot(self, name: str = "screen") -> Path:
        """Write what is on the screen into the test's folder."""
        return self.screen.screenshot(self.screen.folder / f"{name}.png")

    # -- waiting -----------------------------------------------------------------------------

    def wait(self, condition: Callable[[], Any], what: str = "the condition") -> Any:
        """Wait until a condition holds."""
        return wait(condition, what)

    def settle(self) -> None:
        """Wait until nothing asked for is still to be done, and nothing moves any more."""
        before: Any = None
        since = time.monotonic()

        def still() -> bool:
            nonlocal before, since
            now = self.ask("resting")
            if not now or now != before:
                before, since = now, time.monotonic()
            return bool(now) and time.monotonic() - since > SETTLED_SECONDS

        wait(still, "the window to come to rest")

    # -- using -------------------------------------------------------------------------------

    def click(
        self, target: Target, *, button: int = 1, count: int = 1, keys: str = "", **where: str
    ) -> None:
        """Click the middle of what can be seen of something; `keys` are held ("ctrl+shift")."""
        self.move(target, **where)
        held = keys.split("+") if keys else []
        words: list[object] = [word for key in held for word in ("keydown", key)]
        words += ["click", "--repeat", count, "--delay", 60, button]
        words += [word for key in reversed(held) for word in ("keyup", key)]
        self.screen.xdotool(*words)
        self.settle()

    def move(self, target: Target, **where: str) -> None:
        """Move the mouse there."""
        self.screen.xdotool("mousemove", *self._pixel(target, **where))

    def drag(self, start: Target, end: Target) -> None:
        """Press at the one place, move in steps and let go at the other."""
        (x, y), (to_x, to_y) = self._pixel(start), self._pixel(end)
        words: list[object] = ["mousemove", x, y, "mousedown", 1]
        for k in range(1, 11):
            there = (round(x + (to_x - x) * k / 10), round(y + (to_y - y) * k / 10))
            words += ["mousemove", *there, "sleep", 0.03]
        self.screen.xdotool(*words, "mouseup", 1)
        self.settle()

    def wheel(self, target: Target, notches: int, **where: str) -> None:
        """Turn the wheel there: up is positive."""
        self.move(target, **where)
        self.screen.xdotool("click", "--repeat", abs(notches), 4 if notches > 0 else 5)
        self.settle()

    def keys(self, *names: str) -> None:
        """Press keys one after the other: "space", "ctrl+z", "Tab"."""
        self.screen.xdotool("key", "--delay", 30, *names)
        self.settle()

    def type(self, text: str) -> None:
        """Type a text."""
        self.screen.xdotool("type", "--delay", 20, text)
        self.settle()

    def menu(self, *path: str) -> None:
        """Choose from the menus by the mouse: menu("View", "Reset the layout")."""
        for word in path:
            self.wait(partial(self.has, word, "Entry"), f"the menu entry {word}")
            self.click(word, kind="Entry")

    def resize(self, width: int, height: int) -> None:
        """Give the main window a size, in Qt's pixels, as by a corner of its frame."""
        ratio = self.ask("screen")["ratio"]
        size = (round(width * ratio), round(height * ratio))
        self.screen.xdotool("getactivewindow", "windowsize", "--sync", *size)
        self.settle()

    def _pixel(self, target: Target, **where: str) -> tuple[int, int]:
        """The pixel of the screen: X knows nothing of Qt's scale."""
        if isinstance(target, str):
            target = self.find(target, **where)
        if isinstance(target, Widget):
            assert target.sight is not None, f"{target} cannot be seen"
            target = target.sight.centre
        ratio = self.ask("screen")["ratio"]
        return round(target[0] * ratio), round(target[1] * ratio)
