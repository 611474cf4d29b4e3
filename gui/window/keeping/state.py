"""The session as it stands in the window, as one frozen value: to save, and to put back."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from pathlib import Path
from typing import Any

from engine.recipes.recipe import Recipe, of_frame
from engine.system.system import System
from gui.canvas.picture.drawing_recipe import values_of
from gui.canvas.picture.paper import Paper
from gui.session.saved_session import SavedSession
from gui.window.parts import WindowParts


def state_of(window: WindowParts) -> SavedSession | None:
    """Return what the session holds now, None before anything is open.

    Takes well under a frame's time: nothing is copied, all of it is frozen already.
    """
    session = window.session
    draft, topology, frame = session.draft.edited(), session.topology, session.frame
    if draft is None or topology is None or frame is None:
        return None
    recipe = of_frame(topology, frame, **_view(window))
    start = session.start
    if start is not None:
        parameters, batch = _whole(start.parameters), _whole(start.batch)
        recipe = replace(recipe, parameters=parameters, batch=batch)
    kept = {name: panel.keepsake() for name, panel in window.panels.items()}
    panels = {name: one for name, one in kept.items() if one}
    return SavedSession(
        recipe, draft, session.saved, session.path, tuple(session.kept_runs), panels
    )


def put_back(window: WindowParts, saved: SavedSession) -> None:
    """Put back the draft and the runs that were left; called when the system's graph is there."""
    session, topology = window.session, window.session.topology
    assert topology is not None
    session.take_over(saved.draft, saved.saved, saved.path)
    session.kept_runs.take_back(saved.kept, len(topology.layers))


def put_back_panels(window: WindowParts, saved: SavedSession) -> None:
    """Put back what panels keep of their own; called when a frame of the system is there."""
    for name, panel in window.panels.items():
        # What one panel kept is not worth to lose the rest for.
        with contextlib.suppress(KeyError, TypeError, ValueError, AttributeError):
            panel.take_back(saved.panels.get(name, {}))


def end_of(recipe: Recipe) -> System:
    """Return the system in force at a recipe's end."""
    return recipe.changes[-1][1] if recipe.changes else recipe.system


def _view(window: WindowParts) -> dict[str, Any]:
    """Return how the graph is drawn, as in a picture's recipe; {} while it is not yet."""
    canvas = window.canvas
    drawing = canvas.drawing
    if drawing.visible is None or drawing.placement is None or drawing.frame is None:
        return {}
    if drawing.topology is not window.session.topology:
        return {}
    values = values_of(drawing, Paper(whole=canvas.view.fitted))
    return {name: value for name, value in values.items() if name not in _OF_FILES}


# What a picture's recipe says of the file, and what the window remembers by itself.
_OF_FILES = ("theme", "background", "dpi", "legend", "caption", "tiles", "trend")


def _whole(name: str) -> str:
    """Return a file's name so that it is found from any folder."""
    return str(Path(name).absolute()) if name else ""
