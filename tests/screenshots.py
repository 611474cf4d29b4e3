"""Makes the pictures of the window in resources/screenshots: ``python3 -m tests.screenshots``.

Run inside the program's environment; needs Xvfb, openbox and xdotool. Each picture is the program
in a real window after real training, used by mouse and keys, on the screens that people have.
"""

import tempfile
from dataclasses import dataclass
from pathlib import Path

from gui.app.application import ORGANISATION, PROGRAM
from tests.real_window.program import Program
from tests.real_window.screen import Screen

FOLDER = Path(__file__).resolve().parent.parent / "resources" / "screenshots"


@dataclass(frozen=True)
class Shot:
    """A picture: what is opened on which screen, how far it is trained and what is selected."""

    name: str
    arguments: tuple[str, ...]
    keys: tuple[str, ...] = ()
    steps: int = 0
    select: str = ""
    tab: str = ""
    size: tuple[int, int] = (1366, 768)
    scale: float = 1.0


DEEP = "deep-mlp --set layers.0.repeat=50 --set layers.0.activation=sigmoid"
SHOTS = (
    Shot("d2l-mlp", ("d2l-mlp",), steps=60, select="W"),
    Shot("d2l-mlp-large", ("d2l-mlp",), steps=60, select="W", size=(1920, 1080), scale=2),
    Shot("cs231n-gates", ("cs231n-gates",), keys=("Right",) * 11, select="y"),
    Shot("deep-mlp-50", tuple(DEEP.split()), steps=100, tab="Diagnosis"),
)


def main() -> None:
    """Make every picture in both themes."""
    FOLDER.mkdir(exist_ok=True)
    for shot in SHOTS:
        for theme in ("light", "dark"):
            with tempfile.TemporaryDirectory() as folder:
                take(shot, theme, Path(folder))


def take(shot: Shot, theme: str, folder: Path) -> None:
    """Make one picture."""
    screen = Screen(folder, *shot.size)
    remembered = folder / "home" / ".config" / ORGANISATION / f"{PROGRAM}.ini"
    remembered.parent.mkdir(parents=True)
    remembered.write_text(f"[General]\ntheme={theme}\n", "utf-8")
    program = None
    try:
        program = Program(screen, shot.arguments, shot.scale)
        use(program, shot)
        screen.xdotool("mousemove", *shot.size)  # the pointer out of the picture
        program.settle()
        screen.screenshot(FOLDER / f"{shot.name}-{theme}.png")
    finally:
        if program is not None:
            program.kill()
        screen.close()


def use(program: Program, shot: Shot) -> None:
    """Train, step, select and bring a panel to the front as the shot says."""
    if shot.steps:
        program.click("Number of training steps")
        program.keys("ctrl+a")
        program.type(str(shot.steps))
        program.keys("Return", "Escape", "ctrl+Right")
        program.wait(lambda: program.value("session.frame.step") == shot.steps, "the training")
    if shot.keys:
        program.keys(*shot.keys)
    if shot.select:
        program.keys("ctrl+f")
        program.type(shot.select)
        program.keys("Return", "Escape", "f")
    if shot.tab:
        program.click(shot.tab, kind="Tab")
    program.settle()


if __name__ == "__main__":
    main()
