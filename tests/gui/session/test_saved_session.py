"""A session as text: all of it comes back, and a damaged one is told from a whole one."""

import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from engine.recipes.recipe import Recipe
from engine.support.errors import InputError
from engine.system.system import System, override
from gui.history.history import History
from gui.history.kept_runs import KeptRun
from gui.session import saved_session
from gui.session.draft import Edit, Edited
from gui.session.saved_session import (
    SavedSession,
    Systems,
    checked,
    from_table,
    summary_in,
    summary_of,
    to_text,
)
from tests.gui.rig import system_of

NET = system_of("d2l-mlp")
SLOW = override(NET, "optimizer.learning_rate", 0.01)
WIDE = override(SLOW, "layers.0.units", 7)


def chain(*states: System) -> tuple[Edit, ...]:
    pairs = pairwise(states)
    return tuple(Edit(old, new, f"to {new.seed}", True) for old, new in pairs)


def session(**changes: Any) -> SavedSession:
    recipe = Recipe(NET, 12, 3, ((5, SLOW),), "/p.npz", "", {"opened": [["linear1"]], "lit": -1})
    edits = chain(NET, SLOW, WIDE)
    kept = (KeptRun(((0, NET), (4, SLOW)), History()),)
    panels = {"gradient_norms": {"curves": [{"norms": [1.5, None]}]}}
    made = SavedSession(recipe, Edited(SLOW, edits, 1, 1), NET, Path("/a/b.toml"), kept, panels)
    return replace(made, **changes)


def written(saved: SavedSession, known: Systems | None = None) -> str:
    return to_text(saved, known or Systems(), lambda _: "run-1.npz")


def read(text: str) -> SavedSession:
    return from_table(checked(text), lambda _: History())


def test_everything_comes_back():
    saved = session()
    again = read(written(saved))
    assert replace(again, kept=()) == replace(saved, kept=())
    assert again.kept[0].settings == saved.kept[0].settings
    assert again.draft.edits[0].new is again.draft.system, "a system stands there once"


def test_systems_written_before_are_not_written_again_and_what_is_gone_is_forgotten(monkeypatch):
    made: list[System] = []
    table = saved_session._system_table

    def noted(system: System) -> dict[str, str]:
        made.append(system)
        return table(system)

    monkeypatch.setattr(saved_session, "_system_table", noted)
    known = Systems()
    written(session(), known)
    assert len(made) == 3
    assert read(written(session(), known)) is not None
    assert len(made) == 3
    only = session(draft=Edited(WIDE), recipe=Recipe(WIDE), kept=(), saved=None)
    text = written(only, known)
    assert len(checked(text)["systems"]) == 1
    assert len(known._known) == 1


def test_the_summary_says_what_there_is():
    words = summary_of(session()).words()
    assert words == "b.toml, 1 change, step 12, 2 kept curves"
    assert summary_in(checked(written(session()))) == summary_of(session())
    nothing = SavedSession(Recipe(NET), Edited(NET), NET)
    assert summary_of(nothing).is_empty
    changes: list[dict[str, Any]] = [
        {"draft": Edited(SLOW, chain(NET, SLOW), 0)},  # all undone: it can be done again
        {"recipe": Recipe(NET, 1)},
        {"recipe": Recipe(NET, 0, 2)},
        {"kept": session().kept},
        {"panels": {"settings": {"unfinished": {"seed": "12"}}}},
    ]
    for more in changes:
        assert not summary_of(replace(nothing, **more)).is_empty


def test_the_oldest_edits_are_left_out_where_systems_are_too_large(monkeypatch):
    states = [override(NET, "seed", k) for k in range(10)]
    letters = Systems().letters(states[5])
    monkeypatch.setattr(saved_session, "MOST_SYSTEM_LETTERS", 3 * letters + 20)
    saved = session(draft=Edited(states[8], chain(*states), 8, 8))
    draft = read(written(saved)).draft
    assert [edit.new.seed for edit in draft.edits] == [7, 8, 9]
    assert draft.done == 2
    assert draft.system.seed == 8


def test_a_text_cut_off_anywhere_is_refused():
    text = written(session())
    for length in range(0, len(text), 7):
        with pytest.raises(InputError, match="a session of this program"):
            checked(text[:length])


def test_a_bit_turned_anywhere_is_refused_or_changes_nothing():
    data = written(session()).encode("utf-8")
    for place in range(0, len(data), 11):
        turned = bytearray(data)
        turned[place] ^= 1 << (place % 8)
        with pytest.raises(InputError):
            checked(turned.decode("utf-8", "replace"))


WRONG = [
    ("systems", [{"text": "seed = -1", "folder": ""}]),
    ("systems", [{"text": "seed = " + "9" * 5000, "folder": ""}] * 3),
    ("systems", [{"text": "x = [" * 5000, "folder": ""}]),
    ("systems", {}),
    ("run", {}),
    ("run", {"settings": [[0, 99]], "step": 1, "operation": None}),
    ("run", {"settings": [[0, 0]], "step": -1, "operation": None, "parameters": "", "batch": ""}),
    ("run", {"settings": [], "step": 1, "operation": None, "parameters": "", "batch": ""}),
    ("draft", -1),
    ("draft", "0"),
    ("draft", True),
    ("edits", [[0, 0, "x"]]),
    ("edits", 7),
    ("done", 1.5),
    ("kept", [{"settings": [[0, 0]], "file": "../../settings.ini"}]),
    ("kept", [{"settings": [[0, 0]]}]),
    ("picture", 5),
    ("panels", [1]),
    ("path", 5),
]


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_what_another_hand_wrote_is_refused_in_words(name, value):
    table = checked(written(session()))
    with pytest.raises(InputError):
        from_table({**table, name: value}, lambda _: History())
    del table[name]
    with pytest.raises(InputError):
        from_table(table, lambda _: History())


def test_a_session_of_a_later_version_is_refused():
    body = json.dumps({**checked(written(session())), "format": 2})
    text = f"{saved_session._HEAD} {saved_session._hash(body)}\n{body}\n"
    with pytest.raises(InputError, match="this version"):
        checked(text)


def test_a_system_that_cannot_be_written_is_an_error_in_words():
    with pytest.raises(InputError, match="a system that can be written"):
        written(session(draft=Edited(replace(NET, seed=16**5000))))
