"""Openings that overtake or fail each other: what the window says always belongs to the graph."""

import pytest

from engine.system.system import System, override
from tests.gui.rig import open_system, settle, system_of, wait

pytestmark = pytest.mark.usefixtures("told")

GONE = "gone.csv"


def broken(name: str) -> System:
    """A system whose data file is not there."""
    return override(system_of(name), "data.source", GONE)


def agree(window, name: str) -> None:
    session = window.session
    assert session.topology.system == session.system.name == session.draft.system.name == name


def test_a_refused_opening_does_not_spoil_the_next_one(window, qtbot):
    open_system(window, qtbot, "cs231n-gates")
    window.session.open(broken("d2l-mlp"))
    window.session.open(system_of("pytorch-241"))
    wait(qtbot, lambda: window.session.topology.system == "pytorch-241")
    settle(window, qtbot)
    agree(window, "pytorch-241")


def test_a_refused_opening_leaves_the_one_before_it(window, qtbot, told):
    # Built first: of openings that still wait, the worker takes the last one only.
    open_system(window, qtbot, "cs231n-gates")
    window.session.open(broken("d2l-mlp"))
    wait(qtbot, lambda: bool(told))
    settle(window, qtbot)
    agree(window, "cs231n-gates")
    assert GONE in told[0]


def test_a_refused_opening_leaves_a_good_one_that_still_waits(window, qtbot, told, tmp_path):
    open_system(window, qtbot, "cs231n-gates")
    path = tmp_path / "waiting.toml"
    window.session.open(system_of("d2l-mlp"))
    window.session.open(system_of("pytorch-241"), path)
    window.session.open(broken("d2l-mlp"))
    window.session.open(broken("mindspore-mlp"))
    wait(qtbot, lambda: window.session.topology.system == "pytorch-241")
    settle(window, qtbot)
    agree(window, "pytorch-241")
    assert window.session.path == path
    assert len(told) >= 1


def test_a_first_system_that_cannot_be_built_stands_in_the_form_to_be_mended(window, qtbot, told):
    window.session.open(broken("d2l-mlp"))
    wait(qtbot, lambda: window.session.topology is not None)
    settle(window, qtbot)
    assert GONE in told[0]
    draft = window.session.draft
    assert draft.system == broken("d2l-mlp")
    assert not window.session.topology.nodes
    draft.edit("data.source", "digits")
    draft.rebuild()
    wait(qtbot, lambda: bool(window.session.topology.nodes))
    settle(window, qtbot)
    assert window.session.system.data.source == "digits"
