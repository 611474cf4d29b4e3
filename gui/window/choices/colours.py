"""The choice of colours: the quantity that colours the nodes, colour maps, and the scale's range.

One set of actions is used in the View menu and at the legend. The choices are saved, except the
quantity: each start colours by gradients.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QSettings
from PySide6.QtGui import QAction, QActionGroup, QGuiApplication
from PySide6.QtWidgets import QMenu

from engine.observe.quantities import GRADIENT_NORM, QUANTITIES, Quantity, quantity_of
from engine.recipes.colour_maps import map_names
from engine.recipes.colour_ranges import parse_range, range_problem, range_text
from engine.support.errors import InputError
from engine.support.text import tr
from gui.canvas.legend.scale_bar import ScaleBar
from gui.colour.linear import LinearScale, Scale
from gui.colour.magnitude import MagnitudeScale
from gui.colour.maps import Maps
from gui.window.choices.colour_swatches import SwatchMenu

if TYPE_CHECKING:
    from gui.canvas.canvas import Canvas

MAPS_KEY, RANGES_KEY = "colours/maps", "colours/ranges"


class ColourChoice(QObject):
    """The actions that choose the canvas's colours; ``menu`` is the legend's."""

    def __init__(self, canvas: Canvas, settings: QSettings, refit: QAction) -> None:
        super().__init__(canvas)
        self._canvas, self._settings = canvas, settings
        self.by_actions: dict[str, QAction] = {}
        self.map_actions: dict[str, QAction] = {}
        self.range_actions: dict[str, QAction] = {}
        self._passing: set[str] = set()  # pinned by an opened picture, therefore not saved
        self._recall()
        self.by_menu = self._make_by_menu()
        self.map_menu = self._make_map_menu()
        self.range_menu = self._make_range_menu(refit)
        self.menu = QMenu(canvas)
        self.menu.setToolTipsVisible(True)
        self.menu.addActions(list(self.by_actions.values()))
        self.menu.addSeparator()
        self.menu.addMenu(self.map_menu)
        self.menu.addMenu(self.range_menu)
        canvas.legend.control.setMenu(self.menu)
        canvas.refitted.connect(self._refitted)
        self._wanted = GRADIENT_NORM
        self._check()

    def fill(self, menu: QMenu, before: QAction) -> None:
        """Add the submenus to a menu."""
        for inner in (self.by_menu, self.map_menu, self.range_menu):
            menu.insertMenu(before, inner)

    # -- choosing ----------------------------------------------------------------------------

    def colour_by(self, quantity: str) -> None:
        """Colour the nodes by another quantity."""
        if quantity != self._wanted:
            self._wanted = quantity
            self._canvas.colour_by(quantity)
        self._check()

    def choose_map(self, name: str) -> None:
        """Use this map for all quantities of its kind, and save the choice."""
        maps = self._canvas.colouring.maps.chosen(name)
        self._settings.setValue(MAPS_KEY, [maps.sequential, maps.diverging])
        self._canvas.use_maps(maps)
        self._check()

    @property
    def quantity(self) -> Quantity:
        """The quantity that colours the nodes; its range is the one that is pinned."""
        return self._canvas.colouring.quantity

    @property
    def scale(self) -> Scale:
        """The scale in use."""
        return self._canvas.colouring.node_scale

    @property
    def bar(self) -> ScaleBar:
        """The legend's text for the scale."""
        return self._canvas.legend.legend.bar

    def pin(self, low: float, high: float) -> None:
        """Fix the ends of the scale in use until it is unpinned, in every run.

        Raises
        ------
        InputError
            For ends that such a scale cannot have.
        """
        problem = range_problem(low, high, self.quantity.kind)
        if problem:
            raise InputError(problem, range_text(low, high), field="--range")
        self._passing.discard(self.quantity.name)
        self._pin(self.quantity.name, (low, high))

    def unpin(self) -> None:
        """Return to the scale fitted in this run."""
        self._passing.discard(self.quantity.name)
        if self._canvas.colouring.pins.pop(self.quantity.name, None) is not None:
            self._ranges_changed()
            low, high = self.scale.end_texts
            words = tr("No longer pinned: colours range from {low} to {high}, as fitted")
            self._canvas.announced.emit(words.format(low=low, high=high))

    def _refitted(self) -> None:
        self._passing.discard(self.quantity.name)
        self._remember_ranges()

    def copy_range(self) -> None:
        """Copy the range to the clipboard, for another window."""
        text = range_text(*self.scale.ends)
        QGuiApplication.clipboard().setText(text)
        self._canvas.announced.emit(tr("Range copied: {range}").format(range=text))

    def paste_range(self) -> None:
        """Pin the range on the clipboard."""
        try:
            ends = parse_range(QGuiApplication.clipboard().text(), self.quantity.kind)
        except InputError as error:
            self._canvas.announced.emit(
                tr("No range to paste: expected {expected}, found {found}").format(
                    expected=error.expected, found=error.found
                )
            )
            return
        self.pin(*ends)

    def ask_range(self) -> None:
        """Open the dialog for the two ends."""
        from gui.window.choices.colour_range import RangeDialog

        RangeDialog(self, self._canvas.window()).open()

    def adopt(self, picture: Mapping[str, Any]) -> None:
        """Use quantity, maps and scales of an opened picture, given by its recipe's values.

        A range pinned by the picture stays pinned while the window is open; fitted scales count as
        fitted in this run.
        """
        name = str(picture.get("colour", GRADIENT_NORM))
        try:
            maps = self._canvas.colouring.maps
            for one in picture.get("map", []):
                maps = maps.chosen(str(one))
            self.colour_by(quantity_of(name).name)
            scales = _scales_in(picture, name)
            ends = (
                parse_range(picture["range"], QUANTITIES[name].kind) if "range" in picture else None
            )
        except (InputError, KeyError, TypeError, ValueError):
            # from another version of the program: the system is opened with the present colours
            return
        self._canvas.use_maps(maps)
        self._check()
        for one, scale in scales.items():
            self._canvas.colouring.use(one, scale)
        if ends is not None:
            self._passing.add(name)
            self._pin(name, ends)

    # -- making the menus --------------------------------------------------------------------

    def _make_by_menu(self) -> QMenu:
        menu = QMenu(tr("Colour nodes &by"), self._canvas)
        menu.setToolTipsVisible(True)
        group = QActionGroup(menu)
        kind = ""
        for quantity in QUANTITIES.values():
            if kind and quantity.kind != kind:
                menu.addSeparator()
            kind = quantity.kind
            action = menu.addAction(tr(quantity.title))
            action.setObjectName(f"colour-by-{quantity.name}")
            action.setToolTip(tr(quantity.words))
            action.setCheckable(True)
            action.triggered.connect(lambda _=False, n=quantity.name: self.colour_by(n))
            group.addAction(action)
            self.by_actions[quantity.name] = action
        return menu

    def _make_map_menu(self) -> QMenu:
        menu = SwatchMenu(tr("Colo&ur map"), self._canvas)
        menu.setToolTipsVisible(True)
        kinds = {False: tr("Magnitudes"), True: tr("Signs, zero in the middle")}
        for diverging, title in kinds.items():
            menu.addAction(title).setEnabled(False)
            group = QActionGroup(menu)
            for name in map_names(diverging=diverging):
                action = menu.add_map(name)
                action.triggered.connect(lambda _=False, n=name: self.choose_map(n))
                group.addAction(action)
                self.map_actions[name] = action
        return menu

    def _make_range_menu(self, refit: QAction) -> QMenu:
        menu = QMenu(tr("Colour range"), self._canvas)
        menu.setToolTipsVisible(True)
        menu.addAction(refit)
        entries = (
            ("pin", tr("&Pin…"), tr("Set the ends of the scale, for every run"), self.ask_range),
            ("unpin", tr("&Unpin"), tr("Back to the ends fitted in this run"), self.unpin),
            ("copy", tr("&Copy"), tr("Copy the range, for another window"), self.copy_range),
            ("paste", tr("Pas&te"), tr("Pin the range on the clipboard"), self.paste_range),
        )
        for name, text, tip, run in entries:
            action = menu.addAction(text, run)
            action.setObjectName(f"range-{name}")
            action.setToolTip(tip)
            self.range_actions[name] = action
        menu.aboutToShow.connect(lambda: self.range_actions["unpin"].setEnabled(self.scale.pinned))
        return menu

    # -- saving ------------------------------------------------------------------------------

    def _recall(self) -> None:
        colouring = self._canvas.colouring
        stored: Any = self._settings.value(MAPS_KEY, []) or []
        maps = Maps()
        for name in [stored] if isinstance(stored, str) else stored:
            try:
                maps = maps.chosen(str(name))
            except InputError:
                continue  # a map of another version of the program
        for name, quantity in QUANTITIES.items():
            text = str(self._settings.value(f"{RANGES_KEY}/{name}", "") or "")
            try:
                colouring.pins[name] = parse_range(text, quantity.kind)
            except InputError:
                continue  # not pinned, or edited in the settings file
        self._canvas.use_maps(maps)

    def _pin(self, name: str, ends: tuple[float, float]) -> None:
        self._canvas.colouring.pins[name] = ends
        self._ranges_changed()
        low, high = self._canvas.colouring.scale_of(name).end_texts
        words = tr("Colours pinned from {low} to {high}: {title}")
        title = tr(QUANTITIES[name].title)
        self._canvas.announced.emit(words.format(low=low, high=high, title=title))

    def _remember_ranges(self) -> None:
        """Save the pinned ranges, and remove those that are no longer pinned."""
        pins = self._canvas.colouring.pins
        for name in QUANTITIES:
            key = f"{RANGES_KEY}/{name}"
            if name in self._passing:
                continue
            if name in pins:
                self._settings.setValue(key, range_text(*pins[name]))
            else:
                self._settings.remove(key)

    def _ranges_changed(self) -> None:
        self._remember_ranges()
        self._canvas.recolour()

    def _check(self) -> None:
        self.by_actions[self._wanted].setChecked(True)
        maps = self._canvas.colouring.maps
        for name in (maps.sequential, maps.diverging):
            self.map_actions[name].setChecked(True)


def _scales_in(picture: Mapping[str, Any], name: str) -> dict[str, Scale]:
    """Return the scales in a picture's recipe: of the gradients, and of the picture's quantity."""
    found: dict[str, Scale] = {}
    if "colours" in picture:
        found[GRADIENT_NORM] = MagnitudeScale(**picture["colours"])
    if "node_colours" in picture and name != GRADIENT_NORM:
        kind = MagnitudeScale if QUANTITIES[name].kind == "magnitude" else LinearScale
        found[name] = kind(**picture["node_colours"])
    return {one: replace(s, pinned=False) for one, s in found.items() if not s.provisional}
