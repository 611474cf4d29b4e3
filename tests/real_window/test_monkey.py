"""A monkey at the window: random keys, clicks, drags, resizes and openings, and nothing breaks."""

import random
import time
from pathlib import Path

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]
SIZE = (1366, 768)
SECONDS, NIGHTLY_SECONDS = 25, 180
MOST_GROWTH = 250e6  # bytes from the first third on: other systems need more than the first one
KEYS = (
    "space", "Right", "Left", "shift+Right", "ctrl+Right", "ctrl+z", "ctrl+shift+z", "Tab",
    "shift+Tab", "Return", "Up", "Down", "Escape", "f", "ctrl+plus", "ctrl+minus", "ctrl+0",
    "ctrl+f", "ctrl+c", "alt+1", "alt+2", "F11", "Home", "End", "Prior", "Next", "Delete", "5",
    "0", "period", "minus", "e", "a", "BackSpace", "F10", "shift+F10", "ctrl+r",
)  # fmt: skip


def memory(program):
    """The program's memory in bytes."""
    text = Path(f"/proc/{program._process.pid}/statm").read_text()
    return int(text.split()[1]) * 4096


def act(program, dice):
    """Do one thing, without waiting for what comes of it."""
    width, height = SIZE
    x, y = dice.randrange(width), dice.randrange(25, height)
    tool = program.screen.xdotool
    kind = dice.random()
    if kind < 0.4:
        tool("key", "--delay", 5, *(dice.choice(KEYS) for _ in range(4)))
    elif kind < 0.65:
        click = ["click", "--repeat", dice.choice((1, 1, 1, 2)), "--delay", 50]
        tool("mousemove", x, y, *click, dice.choice((1, 1, 1, 1, 3, 4, 5)))
    elif kind < 0.8:
        there = (dice.randrange(width), dice.randrange(25, height))
        tool("mousemove", x, y, "mousedown", 1, "mousemove", *there, "sleep", 0.02, "mouseup", 1)
    elif kind < 0.88:
        size = (dice.randrange(500, width), dice.randrange(400, height))
        tool("search", "--onlyvisible", "--name", "Gradient", "windowsize", *size, check=False)
    elif kind < 0.95:
        tool(
            "key", "--delay", 30, "Escape", "Escape", "ctrl+shift+c", *["Down"] * dice.randrange(9)
        )
        tool("key", "--delay", 30, "Return")
    else:
        tool("key", "--delay", 10, *["Escape"] * 3)


@pytest.mark.parametrize("seed", [1])
def test_nothing_breaks_whatever_is_pressed(start, seed, request):
    nightly = request.config.getoption("--nightly")
    dice = random.Random(time.time() if nightly else seed)
    seconds = NIGHTLY_SECONDS if nightly else SECONDS
    program = start("d2l-mlp", size=SIZE)
    began, third = time.monotonic(), 0
    while time.monotonic() < began + seconds:
        act(program, dice)
        assert program._process.poll() is None, program.said()
        if not third and time.monotonic() > began + seconds / 3:
            third = memory(program)
    program.screen.xdotool("mouseup", 1, "key", "--delay", 60, *["Escape"] * 8)
    assert program.value("width()") > 0, "it answers"
    said = program.said()
    assert "Traceback" not in said, said
    assert "Error" not in said, said
    assert memory(program) - third < MOST_GROWTH
