"""The colour scales of one canvas: fitted once per run, or pinned by the user; and the maps."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from engine.messages.frame import Frame
from engine.observe.quantities import GRADIENT_NORM, QUANTITIES, Quantity
from gui.appearance.theme import Theme
from gui.canvas.colours.palette import Palette
from gui.canvas.colours.values import known_norms, quantity_in
from gui.colour.linear import Scale, fresh_scale
from gui.colour.magnitude import MagnitudeScale
from gui.colour.maps import Maps

# A palette's 200 styles take 25 ms to make, and the same one is often needed again.
kept_palette = lru_cache(8)(Palette)


@dataclass
class Colouring:
    """The scale and colour map of every quantity. Edges always show contributions.

    ``pins`` are the ranges by quantity that the user chose, kept from run to run; the scale of
    gradients is also that of the contributions. ``shown`` is the quantity of the frame on screen.
    """

    maps: Maps = field(default_factory=Maps)
    pins: dict[str, tuple[float, float]] = field(default_factory=dict)
    shown: str = GRADIENT_NORM
    _smallest: float = float(np.finfo(np.float64).tiny)
    _fitted: dict[str, Scale] = field(default_factory=dict)

    def begin_run(self, smallest_normal: float) -> None:
        """Begin a run: drop all fitted scales; pins stay."""
        self._smallest = smallest_normal
        self._fitted = {}
        self.shown = GRADIENT_NORM

    @property
    def quantity(self) -> Quantity:
        """The quantity that the nodes on screen are coloured by."""
        return QUANTITIES[self.shown]

    @property
    def scale(self) -> MagnitudeScale:
        """The scale of gradients and contributions."""
        scale = self.scale_of(GRADIENT_NORM)
        assert isinstance(scale, MagnitudeScale)
        return scale

    @property
    def node_scale(self) -> Scale:
        """The scale of the quantity that the nodes on screen are coloured by."""
        return self.scale_of(self.shown)

    @property
    def other_node_scale(self) -> Scale | None:
        """The scale of the nodes on screen where it is not that of gradients, else None."""
        return None if self.shown == GRADIENT_NORM else self.node_scale

    def scale_of(self, name: str) -> Scale:
        """Return a quantity's scale: pinned, else fitted in this run, else provisional."""
        found = self._base(name)
        return found.pinned_to(*self.pins[name]) if name in self.pins else found

    def palette(self, theme: Theme) -> Palette:
        """Return the palette for the quantity on screen, cached."""
        return kept_palette(theme, self.maps.sequential, self.maps.of(self.quantity.kind))

    def fits(self, palette: Palette) -> bool:
        """Whether a palette has the colour maps for the quantity on screen."""
        maps = (self.maps.sequential, self.maps.of(self.quantity.kind))
        return maps == (palette.edge_map, palette.node_map)

    def take_frame(self, frame: Frame) -> None:
        """Take a frame: a scale is anchored to the first whole pass of its quantity.

        The frame carries that pass's values, since it need not have been on screen.
        """
        self.shown = quantity_in(frame).name
        for name in (GRADIENT_NORM, self.shown):
            if name not in self._fitted and name in frame.first:
                self._keep(name, self._base(name).anchored(frame.first[name]))

    def fit(self, frames: Sequence[Frame]) -> None:
        """Fit all scales to these frames together; for animations."""
        self.shown = quantity_in(frames[0]).name
        norms = np.concatenate([known_norms(frame) for frame in frames])
        self._keep(GRADIENT_NORM, self._base(GRADIENT_NORM).fitted(norms))
        quantities = [frame.quantity for frame in frames if frame.quantity is not None]
        if quantities:
            values = np.concatenate([q.values[q.ready] for q in quantities])
            self._keep(self.shown, self._base(self.shown).fitted(values))

    def use(self, name: str, scale: Scale) -> None:
        """Use a scale that was fitted before, as a recipe says."""
        self._fitted[name] = scale

    def refit(self, frame: Frame) -> None:
        """Fit the scale on screen to a frame; a pinned range is dropped."""
        self.fit([frame])
        self.pins.pop(self.shown, None)

    def _base(self, name: str) -> Scale:
        return self._fitted.get(name) or fresh_scale(QUANTITIES[name].kind, self._smallest)

    def _keep(self, name: str, scale: Scale) -> None:
        if not scale.provisional:
            self._fitted[name] = scale
