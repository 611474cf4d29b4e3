"""Starts the window: arguments, fonts, theme, main window and crash reports."""

import gc
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QSettings
from PySide6.QtWidgets import QApplication

from engine.recipes.recipe import Recipe
from engine.support.errors import EngineError
from engine.support.text import tr
from engine.system import catalogue
from engine.system.system import System
from gui.app.command_line import names_a_system, parse_arguments, starting_recipe
from gui.app.signals import ended_by_signals
from gui.appearance import translation
from gui.appearance.style import Style
from gui.panels.panel import Panel
from gui.session.session import Session, make_trainer
from gui.training.jobs import TrainerLike
from gui.window.opening.files import SYSTEM_SUFFIX, last_session
from gui.window.opening.session_keeper import SessionKeeper
from gui.window.window import MainWindow

ORGANISATION, PROGRAM = "Gradient Flow Explorer", "Gradient Flow Explorer"
# The training thread is mostly numpy; where it runs Python code it gives the GUI thread its turn
# after this many seconds.
SWITCH_SECONDS = 0.0005


def main(argv: list[str]) -> int:
    """Open the window and return the exit status, 2 for a wrong argument; called by ``main.py``."""
    with some_home() as borrowed:
        return _run(argv, tr("There is no home folder: nothing is remembered") if borrowed else "")


@contextmanager
def some_home() -> Iterator[bool]:
    """A context in which there is a home folder: a temporary one, and True, where there is none.

    Without HOME Qt takes the root folder for it, and would write settings and drawings there.
    """
    if sys.platform == "win32" or os.environ.get("HOME", "") not in ("", "/"):
        yield False
        return
    with tempfile.TemporaryDirectory(prefix="gradient-flow-explorer-") as folder:
        os.environ["HOME"] = folder
        yield True


def _run(argv: list[str], told: str) -> int:
    try:
        options = parse_arguments(argv)
        settings_format = (QSettings.Format.IniFormat, QSettings.Scope.UserScope)
        settings = QSettings(*settings_format, ORGANISATION, PROGRAM)
        remembered = None if names_a_system(options) else last_session(settings)
        recipe = starting_recipe(options, None if remembered is None else remembered[0])
    except EngineError as error:
        print(f"gradient-flow-explorer: {error}", file=sys.stderr)
        return 2
    application = make_application()
    window = make_window(settings)
    keeper = SessionKeeper(window, Path(settings.fileName()).parent / "sessions")
    restore_hooks = install_hooks(window)
    window.place.show()
    path, picture = _files_of(options.system or "") if remembered is None else (remembered[1], None)
    if picture is not None and recipe.outside:  # somebody else's: a question comes first
        window.files.open_recipe(Recipe(catalogue.load(catalogue.entries()[0].name)))
        window.files.open_path(picture)
    else:
        window.files.open_recipe(recipe, path, picture)
    window.threads.start(options.threads)
    if not names_a_system(options):
        keeper.offer()
    keeper.start()
    if told:
        keeper.say_after_opening(told)
    with short_pauses(), ended_by_signals(window, keeper) as ended:
        try:
            status = application.exec()
            return ended.status or status
        finally:
            restore_hooks()
            keeper.stop(keep=bool(ended.status))
            window.session.close()


@contextmanager
def short_pauses() -> Iterator[None]:
    """Keep Python's own pauses short: garbage collection, and threads that wait for its lock."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_SECONDS)
    gc.freeze()  # modules and widgets live until the end: collections skip them
    try:
        yield
    finally:
        sys.setswitchinterval(before)


def make_application() -> QApplication:
    """Return the application with its name, translation and shipped fonts."""
    existing = QApplication.instance()
    if isinstance(existing, QApplication):
        return existing
    QCoreApplication.setApplicationName(PROGRAM)
    QCoreApplication.setOrganizationName(ORGANISATION)
    application = QApplication(sys.argv[:1])
    application.setStyle("Fusion")
    translation.install(application)
    application.setApplicationDisplayName(tr("Gradient Flow Explorer"))
    load_fonts()
    return application


def load_fonts() -> None:
    """Load the fonts of resources/ and use them for the whole window."""
    from gui.appearance import fonts

    QApplication.setFont(fonts.ui_font())


def make_window(
    settings: QSettings,
    *,
    trainer: Callable[[System, int], TrainerLike] = make_trainer,
    panels: tuple[type[Panel], ...] | None = None,
) -> MainWindow:
    """Return a window with its session; ``settings`` is where its state is remembered."""
    style = Style(settings)
    style.apply()
    session = Session(make_trainer=trainer)
    window = MainWindow(session, style, settings, panels or all_panels())
    session.setParent(window)
    style.setParent(window)
    return window


def all_panels() -> tuple[type[Panel], ...]:
    """Return the classes of all panels; the window makes one dock of each."""
    from gui.panels import PANELS, panel_class

    return tuple(panel_class(entry) for entry in PANELS)


def install_hooks(window: MainWindow) -> Callable[[], None]:
    """Show unexpected exceptions in a dialog; returns a function that removes the hooks."""
    from gui.app.crash import CrashReporter

    reporter = CrashReporter(window)
    window.session.crashed.connect(reporter.report)
    return reporter.install()


def _files_of(name: str) -> tuple[Path | None, Path | None]:
    """Return the file that saving writes to, and the picture that was opened, if it was one."""
    path = Path(name).resolve() if Path(name).suffix else None
    return (path, None) if name.endswith(SYSTEM_SUFFIX) else (None, path)
