"""The list of layers in the settings form: adding, copying, moving and removing layers.

Layers that contain layers show them as a nested list, to any depth. A change of the list is one
edit of ``layers`` as a whole; a change of a layer's field is an edit of its own key.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

from PySide6.QtCore import QPoint, QRect, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QKeySequence, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QHBoxLayout,
    QLabel,
    QMenu,
    QScrollArea,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from engine.settings.declaration import Rule, to_table, type_name
from engine.support.text import tr
from gui.appearance.icons import icon
from gui.appearance.theme import Theme
from gui.panels.settings.forms import FormRow
from gui.panels.settings.sections import Section, SpecialFields
from gui.session import layer_tables
from gui.session.layer_tables import Path, Table, key_of, path_of
from gui.widgets.inputs import ComboBox

ARROW_ROOM = 34  # pixels of a heading that are not text
INDENT = 10  # pixels by which a block's layers are indented
EDGE = 24  # pixels from the form's edge at which a dragged layer scrolls it
OPENED = "opened"  # key that marks tables of open cards while layers change places


class Grip(QLabel):
    """The handle by which a layer is dragged; each signal carries a screen position."""

    moved = Signal(QPoint)
    dropped = Signal(QPoint)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setCursor(Qt.CursorShape.OpenHandCursor)
        self.setToolTip(tr("Drag to move this layer"))
        self.setAccessibleName(self.toolTip())
        self._dragging = False

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._dragging = True
            self.setCursor(Qt.CursorShape.ClosedHandCursor)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._dragging:
            self.moved.emit(event.globalPosition().toPoint())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._dragging:
            self._dragging = False
            self.setCursor(Qt.CursorShape.OpenHandCursor)
            self.dropped.emit(event.globalPosition().toPoint())


def commands() -> dict[str, tuple[str, str]]:
    """Return the commands on a layer: text and key of each."""
    return {
        "up": (tr("Move this layer towards the input"), "Alt+Up"),
        "down": (tr("Move this layer towards the output"), "Alt+Down"),
        "duplicate": (tr("Duplicate this layer"), "Ctrl+Shift+D"),
        "remove": (tr("Remove this layer"), "Del"),
    }


class LayerCard(Section):
    """One layer: a heading, buttons, its fields, and the list of layers that it contains."""

    inner: LayerList | None = None

    def __init__(
        self, path: Path, special: SpecialFields, theme: Theme, parent: QWidget, form: LayersSection
    ) -> None:
        super().__init__("", key_of(path), special, parent)
        self.path, self._form = path, form
        self.buttons: dict[str, QToolButton] = {}
        self._heading_parts: list[str] = []
        self.grip = Grip(self)
        self.grip.setObjectName(f"grip {self.where}")
        self.grip.moved.connect(lambda at: form.drag(path, at))
        self.grip.dropped.connect(lambda at: form.drop(path, at))
        self._head.insertWidget(0, self.grip)
        for name, (tip, keys) in commands().items():
            button = QToolButton(self)
            native = QKeySequence(keys).toString(QKeySequence.SequenceFormat.NativeText)
            button.setToolTip(f"{tip} ({native})")
            button.setAccessibleName(tip)
            button.clicked.connect(lambda _=False, n=name: form.act(path, n))
            self._head.addWidget(button)
            self.buttons[name] = button
        self.heading.setChecked(False)
        self.heading.setObjectName("layer")
        # a click on the heading selects the layer
        self.heading.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.apply_theme(theme)

    def show_layer(self, layer: Any, rule: Rule, pending: set[str]) -> None:
        """Show the layer; the heading names what distinguishes it from others."""
        assert rule.variants is not None
        kind = type_name(rule.variants(), layer)
        parts = [text for text in distinctions(layer) if text]
        name = getattr(layer, "name", "") or kind
        times = f" ×{layer.repeat}" if getattr(layer, "repeat", 1) > 1 else ""
        self._heading_parts = [f"{name}{times}", *parts[:2]]
        self.heading.setToolTip(" · ".join(self._heading_parts))
        self._fit_heading()
        self.flag("refused", False)
        self.show_settings(layer, rule, pending)
        self._show_inner(getattr(layer, "layers", None), rule, pending)

    def apply_theme(self, theme: Theme) -> None:
        """Tint the buttons' icons."""
        self.grip.setPixmap(icon("grip", theme, theme.muted).pixmap(12, 16))
        for name, button in self.buttons.items():
            shown = "copy" if name == "duplicate" else name
            button.setIcon(icon(shown, theme, theme.muted))
        if self.inner is not None:
            self.inner.apply_theme(theme)

    def flag(self, name: str, on: bool) -> None:
        """Mark the layer as ``chosen`` for keyboard commands, or as ``refused``."""
        if bool(self.heading.property(name)) != on:
            self.heading.setProperty(name, on)
            self.heading.style().polish(self.heading)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit the heading's text to the width."""
        super().resizeEvent(event)
        self._fit_heading()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Del on the heading removes the layer; in a field the field handles it."""
        if event.key() == Qt.Key.Key_Delete and self.heading.hasFocus():
            self._form.act(self.path, "remove")
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Show the commands of the buttons as a menu."""
        menu = QMenu(self)
        for name, (words, keys) in commands().items():
            action = menu.addAction(f"{words}\t{keys}")
            action.setEnabled(self.buttons[name].isEnabled())
            action.triggered.connect(lambda _=False, n=name: self._form.act(self.path, n))
        menu.exec(event.globalPos())
        menu.deleteLater()

    def _show_inner(self, layers: tuple[Any, ...] | None, rule: Rule, pending: set[str]) -> None:
        if layers is None and self.inner is not None:
            self.inner.hide()
            self.inner.deleteLater()
            self.inner = None
        if layers is None:
            return
        if self.inner is None:
            self.inner = LayerList(self.path, self._form, self)
            self.inner.layout().setContentsMargins(INDENT, 0, 0, 4)  # type: ignore[union-attr]
            self.inner.setVisible(self.heading.isChecked())
            self._box.addWidget(self.inner)
        self.inner.show_layers(layers, rule, pending)

    def _open(self, opened: bool) -> None:
        super()._open(opened)
        if self.inner is not None:
            self.inner.setVisible(opened)

    def _fit_heading(self) -> None:
        """Shorten the heading to whole parts that fit; the style would cut it in the middle."""
        others = sum(button.sizeHint().width() for button in self.buttons.values())
        room = self.width() - others - self.grip.sizeHint().width() - ARROW_ROOM
        for count in range(len(self._heading_parts), 0, -1):
            text = " · ".join(self._heading_parts[:count])
            if count == 1 or self.heading.fontMetrics().horizontalAdvance(text) <= room:
                self.heading.setText(text.replace("&", "&&"))
                return


def distinctions(layer: Any) -> Iterator[str]:
    """Return what distinguishes a layer: its size, its first setting, and settings that are words.

    Other numbers are left out, since the heading does not name them.
    """
    changed = to_table(layer)
    own = [f.name for f in dataclasses.fields(layer) if f.name not in ("name", "repeat")]
    for place, name in enumerate(own):
        value = getattr(layer, name)
        if isinstance(value, (list, tuple)):
            yield tr("{count} layers").format(count=len(value))
        elif dataclasses.is_dataclass(value):
            yield changed[name] if isinstance(changed.get(name), str) else ""
        elif isinstance(value, bool) or (name not in changed and not isinstance(value, int)):
            continue
        elif place == 0 or isinstance(value, str):
            text = str(value)
            yield text if len(text) <= 12 else ""


class LayerList(QWidget):
    """The cards of one list of layers, and the button that adds a layer."""

    def __init__(self, path: Path, form: LayersSection, parent: QWidget) -> None:
        super().__init__(parent)
        self.path, self._form = path, form
        self.cards: list[LayerCard] = []
        self.kind = ComboBox(self)
        self.kind.setToolTip(tr("The type of the layer to add"))
        inside, outside = tr("Type of the layer to add inside"), tr("Type of the layer to add")
        self.kind.setAccessibleName(inside if path else outside)
        self.kind.setMinimumContentsLength(6)
        self.kind.setSizeAdjustPolicy(
            ComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.add_button = QToolButton(self)
        self.add_button.setText(tr("Add inside") if path else tr("Add layer"))
        self.add_button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.add_button.setToolTip(
            tr("Add a layer of this type behind the chosen one, or at the end before the output")
        )
        self.add_button.clicked.connect(lambda: form.add_layer(path, self.kind.currentText()))
        foot = QHBoxLayout()
        foot.addWidget(self.kind, 1)
        foot.addWidget(self.add_button)
        self._list = QVBoxLayout()
        self._list.setSpacing(2)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(4)
        box.addLayout(self._list)
        box.addLayout(foot)

    def show_layers(self, layers: tuple[Any, ...], rule: Rule, pending: set[str]) -> None:
        """Show these layers."""
        assert rule.variants is not None
        if self.kind.count() == 0:
            self.kind.addItems(list(rule.variants()))
            self.apply_theme(self._form.theme)
        self._match_count(len(layers))
        least = 1 if self.path else 0  # a block must keep a layer
        for place, (card, layer) in enumerate(zip(self.cards, layers, strict=True)):
            card.show_layer(layer, rule, pending)
            card.buttons["up"].setEnabled(place > 0)
            card.buttons["down"].setEnabled(place + 1 < len(layers))
            card.buttons["remove"].setEnabled(len(layers) > least)

    def every_card(self) -> Iterator[LayerCard]:
        """Yield the cards of these layers and of all nested ones."""
        for card in self.cards:
            yield card
            if card.inner is not None:
                yield from card.inner.every_card()

    def apply_theme(self, theme: Theme) -> None:
        """Tint the buttons' icons."""
        self.add_button.setIcon(icon("add", theme))
        for card in self.cards:
            card.apply_theme(theme)

    def _match_count(self, count: int) -> None:
        while len(self.cards) > count:
            card = self.cards.pop()
            self._list.removeWidget(card)
            card.hide()
            card.deleteLater()
        while len(self.cards) < count:
            path = (*self.path, len(self.cards))
            card = LayerCard(path, self._form.special, self._form.theme, self, self._form)
            card.edited.connect(self._form.edited)
            self._list.addWidget(card)
            self.cards.append(card)


class LayersSection(QWidget):
    """All layers. Emits ``edited(key, value)`` for one field, or for ``layers`` as a whole."""

    edited = Signal(str, object)

    def __init__(self, special: SpecialFields, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.where = "layers"
        self.special, self.theme = special, theme
        self.chosen: Path = ()
        self._tables: list[Table] = []
        self.heading = QLabel(tr("Layers"), self)
        self.heading.setProperty("role", "heading")
        self.empty = QLabel(tr("No layers yet. Choose a type and add the first one."), self)
        self.empty.setProperty("role", "muted")
        self.empty.setWordWrap(True)
        self.list = LayerList((), self, self)
        self._line = QFrame(self)  # shows where a dragged layer would be dropped
        self._line.setObjectName("drop")
        self._line.hide()
        box = QVBoxLayout(self)
        box.setContentsMargins(4, 4, 2, 8)
        box.setSpacing(4)
        for widget in (self.heading, self.empty, self.list):
            box.addWidget(widget)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        QApplication.instance().focusChanged.connect(self._focus_moved)  # type: ignore[union-attr]

    @property
    def cards(self) -> list[LayerCard]:
        """The cards of the outermost list."""
        return self.list.cards

    @property
    def rows(self) -> dict[str, FormRow]:
        """The rows of all layers by key."""
        return {key: row for card in self.list.every_card() for key, row in card.rows.items()}

    def card(self, path: Path) -> LayerCard | None:
        """Return the card of a layer, None where there is none."""
        return next((card for card in self.list.every_card() if card.path == path), None)

    def show_layers(self, layers: tuple[Any, ...], rule: Rule, pending: set[str]) -> None:
        """Show the wanted layers."""
        assert rule.variants is not None
        variants = rule.variants()
        self._tables = [{"type": type_name(variants, one), **to_table(one)} for one in layers]
        self.empty.setVisible(not layers)
        self.list.show_layers(layers, rule, pending)
        if self.card(self.chosen) is None:
            self.chosen = ()

    def mark(self, key: str) -> None:
        """Mark the layer of a refused key; the footer says what is wrong."""
        path = path_of(key)
        for depth in range(1, len(path) + 1):
            card = self.card(path[:depth])
            if card is not None:
                card.flag("refused", depth == len(path))
                card.heading.setChecked(card.heading.isChecked() or depth < len(path))

    def apply_theme(self, theme: Theme) -> None:
        """Tint the buttons' icons."""
        self.theme = theme
        self.list.apply_theme(theme)

    # -- commands on layers --------------------------------------------------------------------

    def add_layer(self, around: Path, kind: str) -> None:
        """Add a layer to the list at this path, and open its card."""
        path = (*around, self._place_in(around))
        table = layer_tables.new_table(kind, self._tables, path)
        self._change(
            lambda tables: layer_tables.inserted(tables, path, {**table, OPENED: True}), path
        )

    def act(self, path: Path, what: str) -> None:
        """Carry out a command on a layer; called by its buttons and menu."""
        if what in ("up", "down"):
            target = (*path[:-1], path[-1] + (2 if what == "down" else -1))
            if 0 <= path[-1] + (1 if what == "down" else -1) < len(self._beside(path)):
                self._move(path, target)
        elif what == "duplicate":
            self._change(lambda t: layer_tables.duplicated(t, path), layer_tables.after(path))
        elif len(self._beside(path)) > 1 or len(path) == 1:
            place = min(path[-1], len(self._beside(path)) - 2)
            self._change(lambda t: layer_tables.removed(t, path), (*path[:-1], max(0, place)))

    def act_on_chosen(self, what: str) -> bool:
        """Carry out a command on the layer that was used last; False where there is none."""
        if not self.chosen:
            return False
        self.act(self.chosen, what)
        return True

    def _beside(self, path: Path) -> list[Table]:
        return layer_tables.siblings(self._tables, path)

    def _place_in(self, around: Path) -> int:
        """Return the index at which a new layer is inserted into a list."""
        tables = self._beside((*around, 0))
        depth = len(around)
        if len(self.chosen) == depth + 1 and self.chosen[:depth] == around:
            return min(self.chosen[-1] + 1, len(tables))
        # A last linear layer whose size comes from the target is the output: insert before it.
        last = tables[-1] if tables else {}
        output = not around and last.get("type") == "linear" and "units" not in last
        return len(tables) - output

    def _move(self, source: Path, target: Path) -> None:
        if layer_tables.may_move(self._tables, source, target):
            there = layer_tables.moved(self._tables, source, target)[1]
            self._change(lambda t: layer_tables.moved(t, source, target)[0], there)

    def _change(self, change: Callable[[list[Table]], list[Table]], chosen: Path) -> None:
        """Emit the changed list; if it was accepted, open the same cards at their new places."""
        focus = QApplication.focusWidget()
        if focus is not None and self.isAncestorOf(focus):
            focus.clearFocus()  # an unfinished entry of a field is applied first
        tables = change(self._with_opened(self._tables, self.list))
        wanted = _without(tables)
        self.edited.emit("layers", wanted)
        if _names(self._tables) != _names(wanted):
            return  # the change was refused
        self._open_again(tables, self.list)
        card = self.card(chosen)
        if card is not None:
            self._choose(chosen)
            card.heading.setFocus()

    def _with_opened(self, tables: list[Table], shown: LayerList) -> list[Table]:
        """Return the tables, those of open cards marked with OPENED."""
        marked = []
        for table, card in zip(tables, shown.cards, strict=True):
            one = {**table, OPENED: True} if card.heading.isChecked() else dict(table)
            if card.inner is not None:
                one["layers"] = self._with_opened(table["layers"], card.inner)
            marked.append(one)
        return marked

    def _open_again(self, tables: list[Table], shown: LayerList) -> None:
        for table, card in zip(tables, shown.cards, strict=True):
            card.heading.setChecked(bool(table.get(OPENED)))
            if card.inner is not None:
                self._open_again(table["layers"], card.inner)

    # -- the chosen layer ----------------------------------------------------------------------

    def _focus_moved(self, _: QWidget | None, now: QWidget | None) -> None:
        """Make the layer whose heading or field has the focus the chosen one."""
        while now is not None and now is not self:
            if isinstance(now, LayerCard) and self.isAncestorOf(now):
                self._choose(now.path)
                return
            now = now.parentWidget()

    def _choose(self, path: Path) -> None:
        self.chosen = path
        for card in self.list.every_card():
            card.flag("chosen", card.path == path)

    # -- dragging ------------------------------------------------------------------------------

    def drag(self, source: Path, at: QPoint) -> None:
        """Show where a layer dragged to this screen position would be dropped."""
        area = self._scroller()
        if area is not None and (inner := area.widget()) is not None:
            area.ensureVisible(0, inner.mapFromGlobal(at).y(), 0, EDGE)
        found = self._target(source, self.mapFromGlobal(at))
        self._line.setVisible(found is not None)
        if found is not None:
            self._line.setGeometry(found[1])
            self._line.raise_()

    def drop(self, source: Path, at: QPoint) -> None:
        """Move a layer to the position where it was dropped."""
        self._line.hide()
        found = self._target(source, self.mapFromGlobal(at))
        if found is not None:
            self._move(source, found[0])

    def _target(self, source: Path, at: QPoint) -> tuple[Path, QRect] | None:
        """Return the path before which a dropped layer is inserted, and the line that shows it."""
        found = self.list
        while True:  # find the innermost list at the point, but none inside the dragged layer
            inner = next(
                (
                    card.inner
                    for card in found.cards
                    if card.inner is not None
                    and card.inner.isVisible()
                    and card.path != source
                    and self._rect(card.inner).contains(at)
                ),
                None,
            )
            if inner is None:
                break
            found = inner
        rects = [self._rect(card) for card in found.cards]
        place = sum(rect.center().y() < at.y() for rect in rects)
        target = (*found.path, place)
        if not self.rect().contains(at) or not layer_tables.may_move(self._tables, source, target):
            return None
        y = rects[place].top() - 2 if place < len(rects) else rects[-1].bottom()
        return target, QRect(rects[0].left(), y, rects[0].width(), 2)

    def _rect(self, widget: QWidget) -> QRect:
        return QRect(widget.mapTo(self, QPoint(0, 0)), widget.size())

    def _scroller(self) -> QScrollArea | None:
        around = self.parentWidget()
        while around is not None and not isinstance(around, QScrollArea):
            around = around.parentWidget()
        return around


def _without(tables: list[Table]) -> list[Table]:
    """Return the tables without OPENED marks."""
    return [
        {k: _without(v) if k == "layers" else v for k, v in table.items() if k != OPENED}
        for table in tables
    ]


def _names(tables: list[Table]) -> list[Any]:
    """Return types and names, by which an accepted list is told from a refused one."""
    return [(one["type"], one.get("name", ""), _names(one.get("layers", []))) for one in tables]
