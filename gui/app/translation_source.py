"""Writes the texts to translate as a .ts file of Qt Linguist. For German::

python -m gui.app.translation_source de    # writes or updates resources/translations/….ts
pyside6-linguist FILE.ts               # to translate
pyside6-lrelease FILE.ts               # compiles the .qm file that the window loads
"""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

from engine.support.places import ROOT
from engine.system.catalogue import by_topic
from gui.appearance.translation import FOLDER, NAME, shown_text

# Functions that declare texts; the texts are translated where they are shown.
DECLARED = ("help", "title", "words", "unit", "formula", "local", "flow")
IN_FILES = ("title", "description")  # keys of the catalogue's system files
WORD = re.compile(r"[^\W\d_]{2,}")


def source_texts(root: Path = ROOT) -> list[str]:
    """Return all texts to translate, sorted and without duplicates."""
    found: set[str] = set()
    for package in ("engine", "gui"):
        for path in sorted((root / package).rglob("*.py")):
            found.update(_texts_in(ast.parse(path.read_text(encoding="utf-8"))))
    for path in (root / "resources" / "systems").glob("*.toml"):
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        found.update(shown_text(str(table.get(key, ""))) for key in IN_FILES)
    found.update(by_topic())
    return sorted(text for text in found if WORD.search(re.sub(r"{[^}]*}", "", text)))


def _texts_in(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        if isinstance(node.func, ast.Name) and node.func.id == "tr":
            yield from _literals(node.args)
        yield from _literals([k.value for k in node.keywords if k.arg in DECLARED])


def _literals(values: list[ast.expr]) -> Iterator[str]:
    for value in values:
        if isinstance(value, ast.Tuple):
            yield from _literals(value.elts)
        elif isinstance(value, ast.Constant) and isinstance(value.value, str):
            yield value.value


def update(language: str, folder: Path = FOLDER) -> Path:
    """Write the .ts file of a language, keeping the translations that it has already."""
    path = folder / f"{NAME}_{language}.ts"
    known: dict[str, ET.Element] = {}
    if path.exists():
        for message in ET.parse(path).getroot().iter("message"):
            known[message.findtext("source") or ""] = message
    root = ET.Element("TS", version="2.1", language=language, sourcelanguage="en")
    context = ET.SubElement(root, "context")
    ET.SubElement(context, "name")
    for text in source_texts():
        if text in known:
            context.append(known[text])
            continue
        message = ET.SubElement(context, "message")
        ET.SubElement(message, "source").text = text
        ET.SubElement(message, "translation", type="unfinished")
    ET.indent(root)
    folder.mkdir(parents=True, exist_ok=True)
    ET.ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)
    return path


if __name__ == "__main__":
    print(update(sys.argv[1]))
