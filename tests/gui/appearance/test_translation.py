"""Every text of the window passes ``tr``: in a made-up language no English word is left."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

import PySide6
import pytest
from PySide6.QtCore import QCoreApplication, QLocale, QTranslator
from PySide6.QtGui import QAction, QPainter
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QDialogButtonBox,
    QLabel,
    QMenu,
    QTabBar,
    QWidget,
)

from engine.messages.commands import Operate, Train
from engine.observe.quantities import QUANTITIES
from engine.recipes.colour_maps import map_names
from engine.support.text import install_translator, tr
from engine.system import catalogue
from gui.app.translation_source import source_texts, update
from gui.appearance import translation
from tests.gui.rig import dismiss, laid_out, open_system, settle, shown_window

OPEN, CLOSE = "⟦", "⟧"
TRANSLATED = re.compile(f"{OPEN}[^{OPEN}{CLOSE}]*{CLOSE}")
WORD = re.compile(r"[A-Za-z]{3,}")
# Of functions and operations, of classes in formulas, of keys: the same in every language.
KEYS = "Down Ctrl Shift Alt Esc Space Home Left Right Return Tab Del Enter"
VALUES = "full"  # of settings, as files have them
FUNCTIONS = "max min tanh exp log ReLU softmax sigmoid sum mean NaN"


@pytest.fixture
def pseudo() -> Iterator[None]:
    # A formula is shown without its left side.
    install_translator(lambda text: " = ".join(f"{OPEN}{one}{CLOSE}" for one in text.split(" = ")))
    yield
    install_translator(lambda text: QCoreApplication.translate("", text))


def english(text: str) -> list[str]:
    """The words that are in no translated part of a text."""
    text = re.sub(r"<[^>]*>|&[a-z]+;", " ", text)
    while TRANSLATED.search(text):
        text = TRANSLATED.sub(" ", text)
    return WORD.findall(text)


def texts_of(widget: QWidget) -> Iterator[str]:
    """All that a widget says."""
    yield from (widget.toolTip(), widget.accessibleName(), widget.windowTitle())
    yield from (widget.accessibleDescription(), widget.statusTip(), widget.whatsThis())
    if isinstance(widget, QLabel | QAbstractButton):
        yield widget.text()
    if isinstance(widget, QTabBar):
        for index in range(widget.count()):
            yield from (widget.tabText(index), widget.tabToolTip(index))
    if isinstance(widget, QMenu):
        yield widget.title()
    placeholder = getattr(widget, "placeholderText", None)
    if callable(placeholder):
        yield placeholder()
    for action in widget.actions():
        yield from texts_of_action(action)


def texts_of_action(action: QAction) -> Iterator[str]:
    yield from (action.text().partition("\t")[0], action.toolTip())


def data_words(window) -> set[str]:
    """Names that come from the system, its file and its settings: no text of the program."""
    maps = [*map_names(diverging=False), *map_names(diverging=True)]
    found = set(WORD.findall(" ".join((KEYS, VALUES, FUNCTIONS, *maps))))
    for entry in catalogue.entries():
        found.update(WORD.findall(f"{entry.name} {entry.source}"))
    topology = window.session.topology
    for node in topology.nodes:
        found.update(WORD.findall(" ".join((node.name, node.symbol, node.op or "", *node.group))))
    for layer in topology.layers:
        found.update(WORD.findall(layer.name))
    for combo in window.findChildren(QComboBox):  # the settings' values are those of the file
        for index in range(combo.count()):
            found.update(WORD.findall(combo.itemText(index)))
    found.update(WORD.findall(topology.dtype))
    for row in window.panels["settings"]._rows():  # papers and functions have one name
        if row.entry.rule.formulas is not None:
            for formula in row.entry.rule.formulas().values():
                found.update(WORD.findall(formula.source))
    return found


def of_the_program(widget: QWidget) -> bool:
    """Whether it is not of those that Qt or pyqtgraph made for their own use."""
    modules = {type(one).__module__.partition(".")[0] for one in _ancestry(widget)}
    own = "pyqtgraph" not in modules or isinstance(widget, QLabel)
    own = own and not isinstance(widget.parentWidget(), QDialogButtonBox)
    return own and not widget.objectName().startswith(("qt_", "Scroll"))


def _ancestry(widget: QWidget) -> Iterator[QWidget]:
    one: QWidget | None = widget
    while one is not None:
        yield one
        one = one.parentWidget()


@pytest.mark.usefixtures("pseudo")
@pytest.mark.parametrize("name", ["d2l-mlp", "lenet-digits", "cs231n-gates", "adding-rnn"])
def test_no_english_is_left(qtbot, tmp_path, name, monkeypatch):
    painted: set[str] = set()
    draw = QPainter.drawText

    def listen(painter, *what):
        painted.update(one for one in what if isinstance(one, str))
        return draw(painter, *what)

    monkeypatch.setattr(QPainter, "drawText", listen)
    window = shown_window(tmp_path)
    try:
        open_system(window, qtbot, name)
        laid_out(window, qtbot)
        window.session.send(Train(steps=2))
        window.session.send(Operate(3))
        settle(window, qtbot)
        left: dict[str, str] = {}
        known = data_words(window)
        for _ in states(window, qtbot):
            window.grab()
            texts = {
                text
                for widget in [window, *window.findChildren(QWidget)]
                if of_the_program(widget)
                for text in texts_of(widget)
            }
            for text in texts | painted:
                left.update({word: text for word in english(text) if word not in known})
        assert not left
    finally:
        dismiss(window)


def states(window, qtbot) -> Iterator[None]:
    """The window as a person sees it while using its parts."""
    session, canvas = window.session, window.canvas
    for dock in window.docks.values():
        dock.raise_()
        qtbot.wait(20)
        yield
    last = len(session.topology.forward) - 1
    for node in (0, last // 2, last):
        session.select(node=node)
        settle(window, qtbot)
        for tab in range(window.panels["inspector"].tabs.count()):
            window.panels["inspector"].tabs.setCurrentIndex(tab)
            yield
    canvas.selecting.side("upstream")
    yield
    session.select(edge=0)
    settle(window, qtbot)
    yield
    for quantity in list(QUANTITIES)[:3]:
        canvas.colour_by(quantity)
        settle(window, qtbot)
        yield
    canvas.legend.open_sheet()
    session.show_order(1)
    settle(window, qtbot)
    laid_out(window, qtbot)
    yield
    window.panels["settings"].edit("seed", -1)
    yield
    canvas.legend.sheet.close()
    window.show_shortcuts()
    window.show_about()
    QApplication.processEvents()
    yield


def test_texts_to_translate_are_found_where_they_stand():
    found = source_texts()
    for text in (
        "&Open…",
        "Gradient norm",
        "λ: the regulariser s = λ/2 Σ‖W‖² over the weights, not the biases.",
        "1 at the maximum's place, else 0",
        "One hidden layer with weight decay",
    ):
        assert any(one.startswith(text[:30]) for one in found), text
    assert len(found) == len(set(found)) > 700
    assert "×" not in found, "a symbol is the same in every language"


def test_a_translation_is_loaded_and_an_update_keeps_it(qapp, tmp_path):
    tool = Path(PySide6.__file__).parent / "lrelease"
    program = str(tool) if tool.exists() else shutil.which("pyside6-lrelease")
    if program is None:
        pytest.skip("no lrelease")
    path = update("de", tmp_path)
    tree = ET.parse(path)
    for message in tree.getroot().iter("message"):
        if message.findtext("source") == "Gradient norm":
            found = message.find("translation")
            assert found is not None
            found.text = "Gradientennorm"
            found.attrib.clear()
    tree.write(path, encoding="utf-8", xml_declaration=True)
    assert update("de", tmp_path) == path
    assert "Gradientennorm" in path.read_text(encoding="utf-8")
    subprocess.run([program, str(path)], check=True, capture_output=True)
    before = set(qapp.findChildren(QTranslator))
    try:
        assert translation.install(qapp, QLocale("de_AT"), tmp_path)
        assert tr("Gradient norm") == "Gradientennorm"
        assert tr("Loss") == "Loss", "what is not translated stays"
    finally:
        for translator in set(qapp.findChildren(QTranslator)) - before:
            qapp.removeTranslator(translator)
            translator.deleteLater()
    assert tr("Gradient norm") == "Gradient norm"


def test_a_language_without_a_file_is_english(qapp, tmp_path):
    assert not translation.install(qapp, QLocale("fr_FR"), tmp_path)
    assert tr("Loss") == "Loss"
