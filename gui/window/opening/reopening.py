"""Opens an exported picture: its system at its step, drawn as in the picture."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, QPointF, QRectF

from engine.messages.topology import Topology
from engine.observe.quantities import quantity_of
from engine.recipes.colour_maps import read_map
from engine.recipes.emphasis import part_of
from engine.recipes.picture_values import check_against
from engine.recipes.recipe import Recipe
from engine.support.errors import InputError
from engine.support.figures import whole
from engine.support.text import tr
from gui.canvas.picture.drawing_recipe import opened_in
from gui.canvas.picture.neuron_recipe import boards_of
from gui.window.parts import WindowParts


def reopen(
    window: WindowParts, recipe: Recipe, path: Path | None = None, picture: Path | None = None
) -> None:
    """Open a recipe's system at the recipe's step; ``picture`` is the file that contains it.

    What cannot be restored is reported once the graph is shown. A missing file, or settings that
    cannot be built, are reported as for any system, and the present system stays.
    """
    session = window.session
    if picture is None and not recipe.picture:
        if recipe.step or recipe.parameters or recipe.batch:
            session.open_recipe(recipe, path)
        else:
            session.open(recipe.system, path)
        return
    session.show_order(int(recipe.picture.get("order", 0)))
    session.open_recipe(recipe, path)
    _Reopening(window, recipe, picture)


class _Reopening(QObject):
    """Waits for the graph, then its layout; ends when all is restored or at another graph."""

    def __init__(self, window: WindowParts, recipe: Recipe, file: Path | None) -> None:
        super().__init__(window)
        self._window, self._canvas, self._file = window, window.canvas, file
        self._recipe, self._wanted = recipe, recipe.picture
        self._topology: Topology | None = None
        self._brought_out = False
        window.session.topology_changed.connect(self._take)
        window.session.not_opened.connect(self._end)
        window.session.cancelled.connect(self._end)

    def _take(self, topology: Topology) -> None:
        if self._topology is not None:
            self._end()
            return
        self._topology = topology
        try:
            check_against(self._wanted, topology)
        except InputError as error:  # checked on trial, unless the program starts with the picture
            self._wanted = {}
            self._say([str(error)])
            return
        window, wanted = self._window, self._wanted
        missing = [*self._colours()]
        node, edge = wanted.get("selected_node"), wanted.get("selected_edge")
        known = (node is None or node < len(topology.nodes)) and (
            edge is None or edge < len(topology.edges)
        )
        if known and (node, edge) != (None, None):
            window.session.select(node=node, edge=edge)
        self._canvas.placing.placed.connect(self._placed)
        missing += self._groups(topology)
        if not wanted.get("shares", True):
            window.actions_by_id["shares"].setChecked(False)
            self._canvas.scene.show_shares(False)
        missing += self._plot()
        self._say(missing)

    def _colours(self) -> list[str]:
        """Use the picture's quantity, maps and range; return those that are unknown here."""
        unknown = []
        for name in self._wanted.get("map", []):
            try:
                read_map(str(name))
            except InputError:
                unknown.append(tr("the colour map {name!r}").format(name=name))
        try:
            quantity_of(str(self._wanted.get("colour", "gradient-norm")))
        except InputError:
            unknown.append(tr("the colours by {name!r}").format(name=self._wanted["colour"]))
        self._window.colours.adopt(self._wanted)
        return unknown

    def _groups(self, topology: Topology) -> list[str]:
        """Open the picture's groups and neuron views; return those missing in this graph."""
        boards = boards_of(topology, self._wanted)
        try:
            opened = opened_in(topology, self._wanted)
        except InputError as error:
            return [tr("the open groups ({why})").format(why=error)]
        self._canvas.groups.neurons.take_on(boards, self._wanted.get("neurons_sample"))
        if opened != self._canvas.opened or boards:
            self._canvas.show_opened(opened, None)
        else:
            self._placed()
        self._canvas.groups.show_crumbs()
        return []

    def _plot(self) -> list[str]:
        """Bring the picture's plot to the front."""
        from gui.plots.plot_entries import entries
        from gui.window.exporting.material import plot_of

        name = self._wanted.get("plot")
        if name in {entry.name for entry in entries()}:
            plot_of(self._window, str(name))
        swept = "input_scale" in self._wanted
        return [tr("the sweep, which the panel runs again")] if swept else []

    def _placed(self) -> None:
        """Called when the nodes have positions, which may not be final."""
        scene = self._canvas.scene
        if scene.visible is None or scene.visible.topology is not self._topology:
            return
        if not self._brought_out:
            self._brought_out = True
            part = part_of(self._topology, self._wanted)
            words, other = str(self._wanted.get("part_words", "")), self._wanted.get("other_node")
            self._canvas.selecting.show_again(part, words, other)
        seen = self._wanted.get("seen")
        if seen:
            self._look_at(QRectF(*seen))
        placement = self._canvas.placement
        if not seen or (placement is not None and placement.engine == self._wanted.get("layout")):
            self._canvas.placing.placed.disconnect(self._placed)

    def _look_at(self, rect: QRectF) -> None:
        view = self._canvas.view
        area = view.viewport().rect()
        view.fitted = False
        view.zoom_to(min(area.width() / rect.width(), area.height() / rect.height()))
        view.hold(rect.center(), QPointF(area.center()))

    def _say(self, missing: list[str]) -> None:
        if self._file is None:
            return
        text = tr("Opened {name}, at step {step}").format(
            name=self._file.name, step=whole(self._recipe.step)
        )
        if missing:
            text += " · " + tr("not as it was: {what}").format(what=", ".join(missing))
        self._window.note(text)

    def _end(self, *_: object) -> None:
        session = self._window.session
        session.topology_changed.disconnect(self._take)
        session.not_opened.disconnect(self._end)
        session.cancelled.disconnect(self._end)
        self.deleteLater()
