"""The window's language: Qt's translator with a file of resources/translations.

All text that people read passes ``engine.support.text.tr``; ``gui.app.translation_source`` makes
the file that a translator of people starts from.
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
    """Have ``tr`` speak the system's language; return whether there is a translation into it."""
    install_translator(lambda source: QCoreApplication.translate("", source))
    qt = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
    for name, place in ((NAME, str(folder)), ("qtbase", qt)):
        translator = QTranslator(application)
        if translator.load(locale or QLocale(), name, "_", place):
            application.installTranslator(translator)
        elif name == NAME:
            return False  # Qt's words in another language than ours would be a mixture
    return True


def shown_text(text: str) -> str:
    """Return the first paragraph of a text of a file, in one line, as panels show it."""
    return text.strip().partition("\n\n")[0].replace("\n", " ")
