"""One spelling of numbers: what people read is formatted by engine/support/figures.py alone."""

import ast
import re
from collections.abc import Iterator

import pytest

from tests.test_architecture import ROOT, SOURCES

HOME = ROOT / "engine/support/figures.py"
# 13,569 · 1e+04 · 0.000123: what Python would write where figures.py has a spelling of its own.
FOREIGN = re.compile(r",|[gGeEn]$")
# Texts for machines, and for fields that are typed into: nothing else may spell a number itself.
FOR_MACHINES = {
    "engine/recipes/colour_ranges.py": "the text of --range, which is read again",
    "engine/analysis/sweep.py": "rounds a number",
    "gui/svg/tidy.py": "SVG",
    "gui/panels/settings/entries.py": "a field's text, as TOML reads it, and rounding",
    "gui/plots/plot_entries.py": "a recipe's text",
    "gui/export/pictures.py": "a fact in the file, beside its pixels",
    "gui/panels/input_scaling/scale_control.py": "a field's text, and rounding",
    "gui/window/choices/colour_range.py": "a field's text",
}
# Formulas that operations declare: their numbers are Figures, which spell themselves.
DECLARED = "engine/ops/"


def spelt(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """(line, format) of every number that is formatted without figures.py."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FormattedValue) and isinstance(node.format_spec, ast.JoinedStr):
            spec = "".join(
                str(part.value)
                for part in node.format_spec.values
                if isinstance(part, ast.Constant)
            )
            if FOREIGN.search(spec):
                yield node.lineno, spec
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            for spec in re.findall(r"\{\w*:([^{}]*)\}", node.value):
                if FOREIGN.search(spec):
                    yield node.lineno, spec


@pytest.mark.parametrize(
    "path",
    [p for p in SOURCES if p.relative_to(ROOT).parts[0] != "tests" and p != HOME],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_numbers_are_spelt_in_one_place(path):
    name = path.relative_to(ROOT).as_posix()
    if name in FOR_MACHINES or name.startswith(DECLARED):
        return
    code = path.read_text(encoding="utf-8")
    found = [
        (line, spec)
        for line, spec in spelt(ast.parse(code))
        if not code.splitlines()[line - 1].lstrip().startswith(">>>")
    ]
    assert found == [], f"{name}: use engine/support/figures.py"


def test_what_is_allowed_for_machines_is_needed():
    for name in FOR_MACHINES:
        assert list(spelt(ast.parse((ROOT / name).read_text(encoding="utf-8")))), name


@pytest.mark.parametrize("text", ['f"{n:,}"', 'f"{x:.3g}"', '"{n:,} nodes"', 'f"{x:e}"'])
def test_a_foreign_spelling_is_found(text):
    assert list(spelt(ast.parse(text)))
