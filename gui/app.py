"""The application: arguments, fonts, theme, the window, and what happens when something breaks."""

import gc
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PySide6.QtCore import QCoreApplication, QSettings
from PySide6.QtWidgets import QApplication

from engine import catalogue
from engine.errors import EngineError
from engine.system import System
from engine.text import install_translator, tr
from gui.arguments import Arguments, parse_arguments, starting_system
from gui.files import last_session
from gui.panel import Panel
from gui.session import Session, make_trainer
from gui.style import Style
from gui.training import TrainerLike
from gui.window import MainWindow

ORGANISATION, PROGRAM = "Gradient Flow Explorer", "Gradient Flow Explorer"
# The training thread is mostly numpy, but where it is Python it must not hold the window up.
SWITCH_SECONDS = 0.0005


def main(argv: list[str]) -> int:
    """Open the window and return the exit status: 2 where an argument is not what it should be."""
    try:
        arguments = parse_arguments(argv)
        if arguments is None:
            return 0
        settings_format = (QSettings.Format.IniFormat, QSettings.Scope.UserScope)
        settings = QSettings(*settings_format, ORGANISATION, PROGRAM)
        system, path = _first_system(arguments, settings)
    except EngineError as error:
        print(f"gradient-flow-explorer: {error}", file=sys.stderr)
        return 2
    application = make_application()
    window = make_window(settings, parameters=arguments.parameters, parameters_for=system)
    if arguments.parameters is not None:
        window.session.given = (system, arguments.parameters, arguments.parameters_file)
    restore_hooks = install_hooks(window)
    window.show()
    window.session.open(system, path)
    window.threads.start(arguments.threads)
    with calm():
        try:
            return application.exec()
        finally:
            restore_hooks()
            window.session.close()


@contextmanager
def calm() -> Iterator[None]:
    """Have Python itself hold the window up for moments only."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_SECONDS)
    gc.freeze()  # modules and widgets stay: a collection while training need not look at them
    try:
        yield
    finally:
        sys.setswitchinterval(before)


def make_application() -> QApplication:
    """Return the application, with the fonts that every machine shows alike."""
    existing = QApplication.instance()
    if isinstance(existing, QApplication):
        return existing
    QCoreApplication.setApplicationName(PROGRAM)
    QCoreApplication.setOrganizationName(ORGANISATION)
    application = QApplication(sys.argv[:1])
    application.setStyle("Fusion")
    application.setApplicationDisplayName(tr("Gradient Flow Explorer"))
    install_translator(lambda source: QCoreApplication.translate("", source))
    load_fonts()
    return application


def load_fonts() -> None:
    """Load the fonts of resources/ and use them for the whole window."""
    from gui import fonts

    QApplication.setFont(fonts.ui_font())


def make_window(
    settings: QSettings,
    *,
    trainer: Callable[[System, int], TrainerLike] = make_trainer,
    parameters: dict[str, Any] | None = None,
    parameters_for: System | None = None,
    panels: tuple[type[Panel], ...] | None = None,
) -> MainWindow:
    """Return a window with its session; ``settings`` is where its state is remembered.

    ``parameters`` are the starting values of the system ``parameters_for`` alone.
    """

    def build(system: System, generation: int) -> TrainerLike:
        if parameters is not None and system is parameters_for:
            from engine.trainer import Trainer

            return Trainer(system, generation, parameters=parameters)
        return trainer(system, generation)

    style = Style(settings)
    style.apply()
    session = Session(make_trainer=build)
    window = MainWindow(session, style, settings, panels or all_panels())
    session.setParent(window)
    style.setParent(window)
    return window


def all_panels() -> tuple[type[Panel], ...]:
    """Return the panels, each of which gets a dock."""
    from gui.panels import PANELS, panel_class

    return tuple(panel_class(entry) for entry in PANELS)


def install_hooks(window: MainWindow) -> Callable[[], None]:
    """Show what should never happen in a dialog and go on; returns what undoes this."""
    from gui.crash import CrashReporter

    reporter = CrashReporter(window)
    window.session.crashed.connect(reporter.report)
    return reporter.install()


def _first_system(arguments: Arguments, settings: QSettings) -> tuple[System, Path | None]:
    """The system asked for, or that of the last session, or the first of the catalogue."""
    remembered = None if arguments.system else last_session(settings)
    if remembered is not None:
        system, path = remembered
    elif arguments.system:
        is_file = arguments.system.endswith(".toml")
        system = catalogue.open_system(arguments.system)
        path = Path(arguments.system).resolve() if is_file else None
    else:
        system, path = catalogue.load(catalogue.entries()[0].name), None
    return starting_system(system, arguments), path
