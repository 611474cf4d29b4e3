"""A saved session comes back as it was, and a damaged one is refused by name or read."""

import dataclasses
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.messages.frame import Scalars
from engine.recipes.recipe import Recipe
from engine.support.errors import EngineError, InputError
from engine.system.catalogue import load
from engine.system.system import override
from gui.history.history import History
from gui.history.kept_runs import KeptRun
from gui.session import saved_session
from gui.session.draft import Edit
from gui.session.saved_session import SavedSession

LAYERED = ("layer_gradient_norm", "layer_weight_norm", "layer_update_ratio")


def rows(steps: int) -> Scalars:
    rng = np.random.default_rng(0)
    columns: dict[str, Any] = {f.name: rng.normal(size=steps) for f in dataclasses.fields(Scalars)}
    columns |= {name: rng.normal(size=(steps, 2)) for name in LAYERED}
    columns |= {"step": np.arange(steps), "epoch": np.zeros(steps, np.int64)}
    columns["loss"][1] = np.nan
    return Scalars(**columns)


@pytest.fixture
def saved() -> SavedSession:
    system = load("d2l-mlp")
    faster = override(system, "optimizer.learning_rate", 0.5)
    wider = override(faster, "layers.0.units", 77)
    history = History()
    history.reset(-1, 2)
    history.append(rows(30))
    recipe = Recipe(system, 40, 3, ((20, faster),), picture={"opened": [["linear1"]]})
    edits = (
        Edit("change learning_rate", system, faster, typed=True),
        Edit("change units", faster, wider, typed=False),
    )
    run = KeptRun(((0, system), (10, faster)), history)
    return SavedSession(recipe, wider, "/home/me/net.toml", edits, 1, (run,))


@pytest.fixture
def file(saved: SavedSession, tmp_path: Path) -> Path:
    path = tmp_path / "a.session"
    path.write_bytes(saved_session.to_bytes(saved))
    path.with_suffix(".kept").write_bytes(saved_session.kept_to_bytes(saved.kept))
    return path


def test_it_comes_back_as_it_was(saved: SavedSession, file: Path) -> None:
    found = saved_session.read(file)
    assert dataclasses.replace(found, kept=()) == dataclasses.replace(saved, kept=())
    (run,) = found.kept
    assert run.settings == saved.kept[0].settings
    assert run.last == 29
    for one, other in zip(run.rows.scalars(), saved.kept[0].rows.scalars(), strict=True):
        for field in dataclasses.fields(Scalars):
            np.testing.assert_array_equal(getattr(one, field.name), getattr(other, field.name))


@pytest.mark.parametrize("suffix", [".session", ".kept"])
@pytest.mark.parametrize("how", ["cut", "flipped"])
def test_a_damaged_file_is_refused_or_read(suffix: str, how: str, file: Path) -> None:
    damaged = file.with_suffix(suffix)
    whole, dice = damaged.read_bytes(), random.Random(1)
    refused = 0
    for at in range(0, len(whole), max(1, len(whole) // 60)):
        bit = bytes([whole[at] ^ 1 << dice.randrange(8)])
        damaged.write_bytes(whole[:at] if how == "cut" else whole[:at] + bit + whole[at + 1 :])
        try:
            saved_session.read(file)
        except EngineError:
            refused += 1
    assert refused > 10


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"3", b"{}", b'{"format": 9}', b"[" * 100_000, b"\xff", b"9" * 5000]
)
def test_other_content_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.session").write_bytes(content)
    with pytest.raises(InputError):
        saved_session.read(tmp_path / "a.session")


def test_it_says_what_it_holds(saved: SavedSession) -> None:
    assert saved.words().endswith("step 40 · changes: 2 · kept curves: 1")
