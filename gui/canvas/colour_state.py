"""The colours of one canvas: scales fitted once a run, ranges a person pinned, and the maps."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from engine.frame import Frame
from engine.quantities import GRADIENT_NORM, QUANTITIES, Quantity
from gui.canvas.colour_scales import Scale, fresh_scale
from gui.canvas.colour_values import known_norms, quantity_in
from gui.canvas.palette import Palette
from gui.colour import MagnitudeScale
from gui.colour_maps import Maps
from gui.theme import Theme

# A palette's 200 styles take 25 ms to make, and the window asks for the same one again.
_palette = lru_cache(8)(Palette)


@dataclass
class Colouring:
    """Which scale and map every quantity has. Edges always show contributions.

    ``pins`` are ranges by quantity, kept from run to run; the scale of gradients is also that of
    the contributions. ``shown`` is the quantity of the frame on screen.
    """

    maps: Maps = field(default_factory=Maps)
    pins: dict[str, tuple[float, float]] = field(default_factory=dict)
    shown: str = GRADIENT_NORM
    _smallest: float = float(np.finfo(np.float64).tiny)
    _fitted: dict[str, Scale] = field(default_factory=dict)

    def start(self, smallest_normal: float) -> None:
        """Begin a run: nothing is fitted yet; pins stay."""
        self._smallest = smallest_normal
        self._fitted = {}
        self.shown = GRADIENT_NORM

    @property
    def quantity(self) -> Quantity:
        """What the nodes on screen are coloured by."""
        return QUANTITIES[self.shown]

    @property
    def scale(self) -> MagnitudeScale:
        """The scale of gradients and contributions."""
        scale = self.scale_of(GRADIENT_NORM)
        assert isinstance(scale, MagnitudeScale)
        return scale

    @property
    def node_scale(self) -> Scale:
        """The scale of what the nodes on screen are coloured by."""
        return self.scale_of(self.shown)

    def scale_of(self, name: str) -> Scale:
        """Return a quantity's scale: pinned, else fitted in this run, else provisional."""
        found = self._fitted.get(name) or fresh_scale(QUANTITIES[name].kind, self._smallest)
        return found.pinned_to(*self.pins[name]) if name in self.pins else found

    def palette(self, theme: Theme) -> Palette:
        """Return the styles for what is on screen."""
        return _palette(theme, self.maps.sequential, self.maps.of(self.quantity.kind))

    def fits(self, palette: Palette) -> bool:
        """Whether a palette has the maps for what is on screen."""
        maps = (self.maps.sequential, self.maps.of(self.quantity.kind))
        return maps == (palette.edge_map, palette.node_map)

    def take(self, frame: Frame, complete: bool) -> None:
        """Hear of a frame: what is complete for the first time in this run anchors its scale."""
        self.shown = quantity_in(frame).name
        if complete and GRADIENT_NORM not in self._fitted:
            self._fit(GRADIENT_NORM, known_norms(frame))
        measured = frame.quantity
        if measured is not None and self.shown not in self._fitted:
            whole = measured.ready[measured.exists]
            if len(whole) and whole.all():
                self._fit(self.shown, measured.values[measured.ready])

    def fit(self, frames: Sequence[Frame]) -> None:
        """Fit all scales to these frames together."""
        self.shown = quantity_in(frames[0]).name
        self._fit(GRADIENT_NORM, np.concatenate([known_norms(frame) for frame in frames]))
        quantities = [frame.quantity for frame in frames if frame.quantity is not None]
        if quantities:
            self._fit(self.shown, np.concatenate([q.values[q.ready] for q in quantities]))

    def use(self, name: str, scale: Scale) -> None:
        """Take a scale that was fitted before."""
        self._fitted[name] = scale

    def refit(self, frame: Frame) -> None:
        """Fit what is on screen to a frame; a pinned range is given up."""
        self.fit([frame])
        self.pins.pop(self.shown, None)

    def _fit(self, name: str, values: np.ndarray) -> None:
        base = self._fitted.get(name) or fresh_scale(QUANTITIES[name].kind, self._smallest)
        fitted = base.anchored(values)
        if not fitted.provisional:
            self._fitted[name] = fitted
