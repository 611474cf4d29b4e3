"""The window's language: Qt's translators with the .qm files of resources/translations.

All text on screen passes ``engine.support.text.tr``; ``gui.app.translation_source`` writes the
.ts file that a translator edits.
"""

from pathlib import Path

from PySide6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QTranslator

from engine.support.places import RESOURCES
from engine.support.text import install_translator

FOLDER = RESOURCES / "translations"
NAME = "gradient_flow_explorer"


def install(
    application: QCoreApplication, locale: QLocale | None = None, folder: Path = FOLDER
) -> bool:
    """Install the system language's translation for ``tr``; return whether there is one."""
    install_translator(lambda source: QCoreApplication.translate("", source))
    qt = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
    for name, place in ((NAME, str(folder)), ("qtbase", qt)):
        translator = QTranslator(application)
        if translator.load(locale or QLocale(), name, "_", place):
            application.installTranslator(translator)
        elif name == NAME:
            return False  # Qt's own texts stay English too, rather than mixing two languages
    return True


def shown_text(text: str) -> str:
    """Return the first paragraph of a description as one line, as panels show it."""
    return text.strip().partition("\n\n")[0].replace("\n", " ")
