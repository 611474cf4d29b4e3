"""Every example in a docstring does what it says."""

import doctest
import importlib

import pytest

from tests.test_architecture import MODULES

EXAMPLES = sorted(
    name
    for name, path in MODULES.items()
    if name.startswith(("engine", "gui")) and ">>>" in path.read_text(encoding="utf-8")
)


@pytest.mark.parametrize("name", EXAMPLES)
def test_examples_hold(name: str) -> None:
    found = doctest.testmod(importlib.import_module(name))
    assert found.attempted > 0
    assert found.failed == 0
