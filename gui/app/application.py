"""Starts the window: arguments, fonts, theme, main window and crash reports."""

import gc
import sys
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
from gui.app import display
from gui.app.command_line import names_a_system, parse_arguments, starting_recipe
from gui.app.ending import EndingBySignal
from gui.appearance import translation
from gui.appearance.style import Style
from gui.panels.panel import Panel
from gui.session.session import Session, make_trainer
from gui.training.jobs import TrainerLike
from gui.window.keeping.keeper import SessionKeeper
from gui.window.keeping.restoring import Restoring
from gui.window.opening.files import SYSTEM_SUFFIX, last_session
from gui.window.window import MainWindow

ORGANISATION, PROGRAM = "Gradient Flow Explorer", "Gradient Flow Explorer"
# The training thread is mostly numpy; where it runs Python code it gives the GUI thread its turn
# after this many seconds.
SWITCH_SECONDS = 0.0005


def main(argv: list[str]) -> int:
    """Open the window and return the exit status; called by ``main.py``.

    It is 2 for a wrong argument, and 128 + its number after a signal.
    """
    said: list[str] = []
    try:
        options = parse_arguments(argv)
        settings_format = (QSettings.Format.IniFormat, QSettings.Scope.UserScope)
        settings = QSettings(*settings_format, ORGANISATION, PROGRAM)
        named = names_a_system(options)
        remembered = None if named else last_session(settings, said.append)
        recipe = starting_recipe(options, None if remembered is None else remembered[0])
    except EngineError as error:
        print(f"gradient-flow-explorer: {error}", file=sys.stderr)
        return 2
    application = make_application()
    window = make_window(settings)
    restore_hooks = install_hooks(window)
    window.place.show()
    path, picture = _files_of(options.system or "") if remembered is None else (remembered[1], None)
    if picture is not None and recipe.outside:  # somebody else's: a question comes first
        window.files.open_recipe(Recipe(catalogue.load(catalogue.entries()[0].name)))
        window.files.open_path(picture)
    else:
        window.files.open_recipe(recipe, path, picture)
    window.threads.start(options.threads)
    keeper, restoring = keep_session(window, settings)

    def end() -> None:
        keeper.end(unexpectedly=True)
        window.close()
        application.exit(ending.status)  # a dialog may still be open

    ending = EndingBySignal(end, window)
    for words in said:
        restoring.say(words)
    with short_pauses():
        try:
            status = application.exec()
        finally:
            restore_hooks()
            window.session.close()
    if not ending.status:
        keeper.end(unexpectedly=False)
    restoring.close()
    ending.close()
    return ending.status or status


def keep_session(window: MainWindow, settings: QSettings) -> tuple[SessionKeeper, Restoring]:
    """Save the window's session from now on, and offer what other programs left."""
    root = Path(settings.fileName()).parent / "sessions"
    keeper = SessionKeeper(window, root)
    restoring = Restoring(window, root, keeper.outlive)
    keeper.start()
    restoring.start()
    return keeper, restoring


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
    with display.ending_well():
        application = QApplication(sys.argv[:1])
    display.require_screen()
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
