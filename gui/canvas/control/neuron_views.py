"""The state of all neuron views: which layers show one, the selection in it, the scalars needed.

A layer that qualifies (see ``engine.messages.topology.dense_layers``) opens one level below its
operations. Frames carry the scalars of the watched layers only.
"""

from collections.abc import Callable, Mapping

from PySide6.QtCore import QObject, QPointF
from PySide6.QtWidgets import QGraphicsItem

from engine.messages.commands import Watch
from engine.messages.frame import Frame, Neurons
from engine.messages.topology import Dense, Topology
from engine.support.text import tr
from gui.canvas.control.context import CanvasContext
from gui.canvas.graph.neuron_plan import NeuronPlan, Spot
from gui.canvas.graph.visible import GroupPath
from gui.canvas.neurons.words import WHATS, BoardState, Names, What, scalar_words, what_words
from gui.canvas.scene.node_item import FrameItem, NodeItem


class NeuronViews(QObject):
    """Holds the state of a canvas's neuron views; quantity and sample are the same for all."""

    def __init__(
        self,
        canvas: CanvasContext,
        show_neurons: Callable[[GroupPath], None],
        show_operations: Callable[[GroupPath], None],
    ) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self._show_neurons = show_neurons
        self._show_operations = show_operations
        self.layers: dict[GroupPath, Dense] = {}
        self.shown: frozenset[GroupPath] = frozenset()
        self.what: What = "weights"
        self.sample: int | None = None
        self._neurons: dict[GroupPath, Neurons] = {}
        self._names: dict[GroupPath, Names] = {}
        self._chosen: tuple[GroupPath, Spot] | None = None
        self._hovered: tuple[GroupPath, Spot] | None = None
        self._fan: tuple[GroupPath, Spot] | None = None

    # -- which layers ------------------------------------------------------------------------

    def begin_graph(self, topology: Topology) -> None:
        """Reset for another graph; a layer that exists in both keeps its view."""
        self.layers = {layer.group: layer for layer in topology.dense}
        self._names = {path: Names.of(topology, one) for path, one in self.layers.items()}
        self.shown = self.shown & self.layers.keys()
        self._neurons = {}
        self._chosen = self._hovered = self._fan = None
        if self.shown:
            self._watch()

    @property
    def boards(self) -> dict[GroupPath, Dense]:
        """The layers whose neuron views are drawn."""
        return {path: self.layers[path] for path in self.shown}

    def show(self, shown: frozenset[GroupPath]) -> None:
        """Show the neurons of these layers and of no others."""
        shown = frozenset(shown & self.layers.keys())
        if shown != self.shown:
            self.shown = shown
            kept = {path: found for path, found in self._neurons.items() if path in shown}
            self._neurons = kept
            self._chosen = self._kept(self._chosen)
            self._hovered = self._fan = None
            self._watch()

    def take_on(self, boards: Mapping[GroupPath, BoardState], sample: int | None) -> None:
        """Show the neuron views of an opened picture; ``sample``: that of the activations."""
        self.sample = sample
        self.show(frozenset(boards))
        for path, state in boards.items():
            self.what = state.what
            self._chosen = self._chosen if state.chosen is None else (path, state.chosen)
            self._fan = self._fan if state.fan is None else (path, state.fan)

    def _kept(self, chosen: tuple[GroupPath, Spot] | None) -> tuple[GroupPath, Spot] | None:
        return chosen if chosen is not None and chosen[0] in self.shown else None

    def _watch(self) -> None:
        topology = self._canvas.topology
        if topology is not None:
            layers = tuple(self.layers[path] for path in sorted(self.shown))
            self._canvas.session.send(Watch(topology.generation, layers, self.sample))

    @property
    def chosen_in(self) -> GroupPath | None:
        """The layer in which a scalar is selected, or None."""
        return None if self._chosen is None else self._chosen[0]

    # -- what they show ----------------------------------------------------------------------

    def show_frame(self, frame: Frame) -> None:
        """Take the scalars that a frame carries."""
        if self.shown:
            self._neurons = {one.layer.group: one for one in frame.neurons}
            self.refresh()

    def refresh(self) -> None:
        """Redraw all views in their present state."""
        self._canvas.scene.show_boards({path: self.state(path) for path in self.shown})

    def state(self, path: GroupPath) -> BoardState:
        """Return the state of one view."""
        return BoardState(
            self._names[path],
            self._neurons.get(path),
            self.what,
            _in(path, self._chosen),
            _in(path, self._hovered),
            _in(path, self._fan),
        )

    def show_what(self, what: What) -> None:
        """Set whether the lines show weights, their gradient or their last update."""
        self.what = what
        self.refresh()
        self._canvas.announced.emit(what_words(what))

    def next_what(self) -> None:
        """Switch the lines to the next of the three."""
        if self._none_shown():
            return
        self.show_what(WHATS[(WHATS.index(self.what) + 1) % len(WHATS)])

    def next_sample(self) -> None:
        """Show the activations of the next sample, after the last one the mean over samples."""
        if self._none_shown():
            return
        counts = [one.samples for one in self._neurons.values()]
        count = min(counts, default=0)
        following = 0 if self.sample is None else self.sample + 1
        self.sample = following if following < count else None
        self._watch()

    def _none_shown(self) -> bool:
        """Return whether no layer shows its neurons; if so announce how to open one."""
        if not self.shown:
            self._canvas.announced.emit(tr("Open a layer at its neurons first: Ctrl+Shift+N"))
        return not self.shown

    # -- mouse and keys ----------------------------------------------------------------------

    def point_at(self, item: QGraphicsItem | None, point: QPointF) -> None:
        """Set the hovered scalar, by item and point of the scene."""
        found = None
        if isinstance(item, NodeItem) and item.board is not None and item.seen.group is not None:
            path = item.seen.group
            spot = item.board.what_is_at(point - item.pos(), _in(path, self._fan))
            found = (path, spot) if isinstance(spot, Spot) else None
        if found != self._hovered:
            self._hovered = found
            self.refresh()

    def click(self, item: QGraphicsItem | None, point: QPointF) -> bool:
        """Handle a click on an item; return whether it was in a neuron view."""
        if isinstance(item, FrameItem) and item.offers_neurons_at(point):
            self._show_neurons(item.cluster.path)
            return True
        if not (isinstance(item, NodeItem) and item.board is not None and item.seen.group):
            return False
        path, place = item.seen.group, point - item.pos()
        meant = item.board.what_is_at(place, _in(path, self._fan))
        if isinstance(meant, Spot):
            if meant.kind != "weight":
                self._fan = (path, meant)
            self.choose(path, meant)
        elif meant == "ops":
            self._show_operations(path)
        elif meant == "sample":
            self.next_sample()
        elif meant in WHATS:
            self.show_what(meant)  # type: ignore[arg-type]
        elif item.board.in_title(place):
            return False
        else:
            self.clear()
        return True

    def choose(self, path: GroupPath, spot: Spot) -> None:
        """Select one scalar: its array is selected in the session, its numbers are announced."""
        layer = self.layers[path]
        nodes = {"weight": layer.weight, "input": layer.source, "output": layer.output}
        self._chosen = (path, spot)
        self._canvas.session.select(node=nodes[spot.kind])
        self.refresh()
        self._canvas.announced.emit(scalar_words(self.state(path), spot))

    def clear(self) -> bool:
        """Clear the selected scalar; return whether there was one."""
        was = self._chosen is not None or self._fan is not None
        self._chosen = self._fan = None
        if was:
            self.refresh()
        return was

    def move_selection(self, how: str) -> bool:
        """Move the selection by an arrow key; return whether a scalar was selected."""
        if self._chosen is None or how not in ("up", "down", "left", "right"):
            return False
        path, spot = self._chosen
        layer = self.layers[path]
        found = NeuronPlan(layer.rows, layer.columns).beside(spot, how)
        if found is not None:
            self._fan = (path, found) if self._fan and found.kind != "weight" else self._fan
            if self._fan is not None and found.kind == "weight":
                self._fan = None
            self.choose(path, found)
        return True

    def selection_changed(self) -> None:
        """Clear the selected scalar when something else is selected."""
        if self._chosen is None:
            return
        layer = self.layers[self._chosen[0]]
        if self._canvas.session.selected_node not in (layer.weight, layer.source, layer.output):
            self.clear()


def _in(path: GroupPath, what: tuple[GroupPath, Spot] | None) -> Spot | None:
    return what[1] if what is not None and what[0] == path else None
