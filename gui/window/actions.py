"""All actions of the window, declared once: menus, toolbar, buttons and shortcut list use them."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence, QShortcutEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QTabBar,
    QWidget,
)

from engine.messages.commands import Operate, Reset, Train, Undo
from engine.support.text import tr
from gui.appearance.icons import icon
from gui.appearance.theme import Theme
from gui.export.formats import kinds
from gui.panels.settings.layers_form import commands
from gui.window.action_spec import Spec
from gui.window.parts import WindowParts
from gui.window.wayfinding import go_specs, map_specs, select_specs

MENUS = ("file", "edit", "catalogue", "train", "view", "select", "go", "help")
TOOLBAR = (
    ("new", "catalogue", "open", "save", "export"),
    ("undo", "redo"),
    ("zoom-out", "zoom-in", "fit", "refit"),
    ("find",),
)


def menu_title(menu: str) -> str:
    """Return the menu's name with its mnemonic."""
    titles = {
        "file": tr("&File"),
        "edit": tr("&Edit"),
        "catalogue": tr("&Catalogue"),
        "train": tr("&Train"),
        "view": tr("&View"),
        "select": tr("&Select"),
        "go": tr("&Go"),
        "help": tr("&Help"),
    }
    return titles[menu]


def specs() -> tuple[Spec, ...]:
    """Return the declarations of all actions, in the order of the menus."""
    return (
        *_file_specs(),
        *_edit_specs(),
        *_catalogue_specs(),
        *_train_specs(),
        *_view_specs(),
        *select_specs(),
        *go_specs(),
        *_help_specs(),
    )


def _file_specs() -> Iterator[Spec]:
    yield Spec("new", "file", tr("Ne&w"), tr("Begin an empty system, to be built in the form"),
               lambda w: w.files.new(), ("Ctrl+N",), "new")  # fmt: skip
    yield Spec("new-from-this", "file", tr("New &from this one"),
               tr("Begin a system of your own with the settings of this one"),
               lambda w: w.files.new_from_this(), needs_system=True, empty_too=True)  # fmt: skip
    yield Spec("open", "file", tr("&Open…"), tr("Open a system file, or data to train on"),
               lambda w: w.files.ask_open(), ("Ctrl+O",), "open")  # fmt: skip
    yield Spec("save", "file", tr("&Save"), tr("Save the system"),
               lambda w: w.files.save(), ("Ctrl+S",), "save", rule=True,
               needs_system=True, empty_too=True)  # fmt: skip
    yield Spec("save-as", "file", tr("Save &as…"), tr("Save the system in another file"),
               lambda w: w.files.ask_save(), ("Ctrl+Shift+S",), needs_system=True,
               empty_too=True)  # fmt: skip
    yield Spec("load-parameters", "file", tr("Load para&meters…"),
               tr("Start the training at the parameters of an NPZ file"),
               lambda w: w.files.ask_load_parameters(), rule=True, needs_system=True)  # fmt: skip
    yield Spec("save-parameters", "file", tr("Save parame&ters…"),
               tr("Save the parameters as they are now, as an NPZ file by their names"),
               lambda w: w.files.ask_save_parameters(), needs_system=True)  # fmt: skip
    for entry in kinds():
        first = entry.kind == "picture"
        yield Spec(entry.id, "file", entry.text, entry.tip,
                   lambda w, kind=entry.kind: w.exports.ask(kind), entry.keys,  # type: ignore[misc]
                   "export" if first else "", rule=first, needs_system=True)  # fmt: skip
    yield Spec("export-run", "file", tr("Export run as &CSV…"),
               tr("Write all scalars of the run, a row a step: what --metrics writes"),
               lambda w: w.run_export.ask(), needs_system=True)  # fmt: skip
    yield Spec("quit", "file", tr("&Quit"), tr("Close the window"),
               lambda w: w.close(), ("Ctrl+Q",), rule=True)  # fmt: skip


def _edit_specs() -> Iterator[Spec]:
    yield Spec("undo", "edit", tr("&Undo"), tr("Take the last change of a setting back"),
               lambda w: w.session.draft.stack.undo(), ("Ctrl+Z",), "undo")  # fmt: skip
    yield Spec("redo", "edit", tr("&Redo"), tr("Make the change again"),
               lambda w: w.session.draft.stack.redo(), ("Ctrl+Shift+Z", "Ctrl+Y"),
               "redo")  # fmt: skip
    yield Spec("copy", "edit", tr("&Copy"),
               tr("Copy what has the focus: a plot, numbers, a picture, text, or else the graph"),
               lambda w: w.copy(), ("Ctrl+C",), "copy", rule=True,
               needs_system=True)  # fmt: skip
    yield Spec("find", "edit", tr("&Find a node…"), tr("Find a node by its name"),
               lambda w: w.find_bar.open(), ("Ctrl+F",), "find", rule=True,
               needs_system=True)  # fmt: skip
    yield Spec("rebuild", "edit", tr("Re&build with the changes"),
               tr("Build the graph with the changed settings; training starts at step 0"),
               lambda w: w.rebuild(), ("Ctrl+B",), needs_system=True,
               empty_too=True)  # fmt: skip
    for what, text in (("up", tr("&Move layer up")), ("down", tr("Move layer &down")),
                       ("duplicate", tr("Duplicate &layer"))):  # fmt: skip
        tip, keys = commands()[what]
        yield Spec(f"layer-{what}", "edit", text, tip,
                   lambda w, what=what: w.act_on_layer(what), (keys,),  # type: ignore[misc]
                   rule=what == "up", needs_system=True, empty_too=True)  # fmt: skip
    yield Spec("leave", "", tr("Leave"), tr("Leave the search, the selection or full screen"),
               lambda w: w.leave(), ("Esc",))  # fmt: skip


def _catalogue_specs() -> Iterator[Spec]:
    yield Spec("catalogue", "catalogue", tr("&All systems, with pictures…"),
               tr("Search the catalogue by names, books and pictures, and open an entry"),
               lambda w: w.show_catalogue(), ("Ctrl+Shift+C",), "catalogue")  # fmt: skip


def _train_specs() -> Iterator[Spec]:
    yield Spec("run", "train", tr("&Run"), tr("Run the training, or pause it"),
               lambda w: w.session.toggle_running(), ("Space",), "run",
               needs_system=True)  # fmt: skip
    yield Spec("operation", "train", tr("One &operation"),
               tr("Do one operation: forward, then backward, then the update"),
               lambda w: w.session.send(Operate()), ("Right",), "operation", rule=True,
               needs_system=True)  # fmt: skip
    yield Spec("operation-back", "train", tr("One operation &back"),
               tr("Take one operation back"),
               lambda w: w.session.send(Undo()), ("Left",), "operation-back",
               needs_system=True)  # fmt: skip
    yield Spec("step", "train", tr("One training &step"),
               tr("Finish the pass, update the parameters and make the next pass"),
               lambda w: w.session.send(Train(steps=1)), ("Shift+Right",), "step",
               needs_system=True)  # fmt: skip
    yield Spec("steps", "train", tr("Se&veral steps"), tr("Make the number of steps in the box"),
               lambda w: w.train_steps(), ("Ctrl+Right",), "steps", needs_system=True)  # fmt: skip
    yield Spec("epoch", "train", tr("One &epoch"), tr("Train through all samples once"),
               lambda w: w.session.send(Train(epochs=1)), ("Ctrl+Shift+Right",), "epoch",
               needs_system=True, needs_samples=True)  # fmt: skip
    yield Spec("reset", "train", tr("Rese&t"), tr("Back to step 0 and the first parameters"),
               lambda w: w.session.send(Reset()), ("Ctrl+R", "Home"), "reset", rule=True,
               needs_system=True)  # fmt: skip


def _view_specs() -> Iterator[Spec]:
    yield Spec("zoom-in", "view", tr("Zoom &in"), tr("Zoom in"),
               lambda w: w.canvas.zoom_in(), ("Ctrl++", "Ctrl+="), "zoom-in")  # fmt: skip
    yield Spec("zoom-out", "view", tr("Zoom &out"), tr("Zoom out"),
               lambda w: w.canvas.zoom_out(), ("Ctrl+-",), "zoom-out")  # fmt: skip
    yield Spec("zoom-reset", "view", tr("&Actual size"), tr("Show the graph at its own size"),
               lambda w: w.canvas.zoom_reset(), ("Ctrl+0",))  # fmt: skip
    yield Spec("fit", "view", tr("&Fit the graph"), tr("Show the whole graph"),
               lambda w: w.canvas.fit(), ("F",), "fit")  # fmt: skip
    yield Spec("refit", "view", tr("Fit the &colours"),
               tr("Fit the colour scale to the step on screen; a pinned range is given up"),
               lambda w: w.canvas.refit_colours(), ("Shift+F",), "refit", rule=True)  # fmt: skip
    yield Spec("open-groups", "view", tr("Open all &groups"), tr("Show the inside of every group"),
               lambda w: w.canvas.open_all(), ("Ctrl+Shift+O",), needs_system=True)  # fmt: skip
    for depth, word in ((1, tr("Open groups to depth &1")), (2, tr("Open groups to depth &2")),
                        (3, tr("Open groups to depth &3"))):  # fmt: skip
        yield Spec(f"open-depth-{depth}", "view", word,
                   tr("Open the groups down to this depth and close those inside them"),
                   lambda w, d=depth: w.canvas.groups.open_to_depth(d),  # type: ignore[misc]
                   (f"Ctrl+{depth}",), needs_system=True)  # fmt: skip
    yield Spec("close-groups", "view", tr("Close all g&roups"), tr("Show every group as one box"),
               lambda w: w.canvas.close_all(), ("Ctrl+Shift+L",), needs_system=True)  # fmt: skip
    yield Spec("neurons", "view", tr("&Neurons of the layer"),
               tr("Open the selected layer (up to 64 × 64) at its neurons and weights, or go back"),
               lambda w: w.canvas.groups.neurons_of_selection(), ("Ctrl+Shift+N",), rule=True,
               needs_system=True)  # fmt: skip
    yield Spec("neuron-lines", "view", tr("Lines: &weight, gradient, update"),
               tr("Let the lines between neurons show the next of the three"),
               lambda w: w.canvas.groups.neurons.next_what(), ("Ctrl+Shift+W",),
               needs_system=True)  # fmt: skip
    yield Spec("neuron-sample", "view", tr("Neurons: next sa&mple"),
               tr("Fill the neurons with the next sample's activations, after the last the mean"),
               lambda w: w.canvas.groups.neurons.next_sample(), ("Ctrl+Shift+M",),
               needs_system=True)  # fmt: skip
    yield Spec("forward-only", "view", tr("Forward graph onl&y"),
               tr("Show the forward graph without its gradient graph"),
               lambda w: w.session.show_order(0), ("Alt+1",), rule=True,
               checkable=True)  # fmt: skip
    yield Spec("with-gradients", "view", tr("With gra&dient graph"),
               tr("Show the backward pass as a graph below the forward one: every gradient is a "
                  "node, tied to the node whose gradient it is"),
               lambda w: w.session.show_order(1), ("Alt+2",), checkable=True)  # fmt: skip
    yield Spec("with-second-order", "view", tr("With s&econd order"),
               tr("Differentiate the gradient graph again: S = ½ ‖∂J/∂θ‖², whose gradient is the "
                  "Hessian of J times ∂J/∂θ"),
               lambda w: w.session.show_order(2), ("Alt+3",), checkable=True)  # fmt: skip
    yield Spec("shares", "view", tr("Shares on edges"),
               tr("Where contributions meet, write on each edge how much comes by it"),
               lambda w: w.show_shares(), checkable=True)  # fmt: skip
    yield from map_specs()
    yield Spec("full-screen", "view", tr("Full &screen"), tr("Fill the whole screen"),
               lambda w: w.toggle_full_screen(), ("F11",), rule=True, checkable=True)  # fmt: skip
    yield Spec("reset-layout", "view", tr("Reset the &layout"),
               tr("Put all panels back where they were at first"),
               lambda w: w.reset_layout())  # fmt: skip


def _help_specs() -> Iterator[Spec]:
    yield Spec("shortcuts", "help", tr("&Keyboard shortcuts"), tr("Show all shortcuts"),
               lambda w: w.show_shortcuts(), ("F1",))  # fmt: skip
    yield Spec("about", "help", tr("&About Gradient Flow Explorer"),
               tr("Version, licences and libraries"), lambda w: w.show_about())  # fmt: skip


def build(window: WindowParts) -> dict[str, QAction]:
    """Make the actions, owned by the window so that their shortcuts always work."""
    actions: dict[str, QAction] = {}
    for spec in specs():
        action = KeyedAction(spec.text, window)
        action.setObjectName(spec.id)
        action.setShortcuts([QKeySequence(key) for key in spec.keys])
        action.setToolTip(tip_with_keys(spec))
        action.setStatusTip("")
        action.setCheckable(spec.checkable)
        action.triggered.connect(lambda _=False, s=spec: s.run(window))
        window.addAction(action)
        actions[spec.id] = action
    return actions


def tip_with_keys(spec: Spec) -> str:
    """Return the tooltip: what the action does, and its first shortcut in local notation."""
    if not spec.keys:
        return spec.tip
    keys = QKeySequence(spec.keys[0]).toString(QKeySequence.SequenceFormat.NativeText)
    return f"{spec.tip} ({keys})"


def tint(actions: dict[str, QAction], theme: Theme) -> None:
    """Draw the icons in the theme's colour."""
    for spec in specs():
        if spec.icon:
            actions[spec.id].setIcon(icon(spec.icon, theme))


class KeyedAction(QAction):
    """An action that leaves its shortcut's key to a focused widget that uses the key itself."""

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QShortcutEvent) and event.type() == QEvent.Type.Shortcut:
            keys = event.key()
            first = keys[0] if keys.count() else None  # type: ignore[index]
            if first is not None and hand_to_focus(first.key(), first.keyboardModifiers()):
                return True
        return super().event(event)


def hand_to_focus(key: Qt.Key, modifiers: Qt.KeyboardModifier) -> bool:
    """Give an unmodified key to the widget focused by Tab, if it uses the key itself.

    Qt prefers a window's shortcut to Space on a button and to arrows on a slider, which could not
    be used by keyboard then. Text fields keep their keys anyway.
    """
    focus = QApplication.focusWidget()
    if focus is None or modifiers != Qt.KeyboardModifier.NoModifier:
        return False
    if key == Qt.Key.Key_Escape and not getattr(focus, "takes_escape", False):
        return False
    arrows = (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Home)
    takes_arrows = isinstance(focus, QAbstractSlider | QTabBar)
    takes_arrows = takes_arrows or getattr(focus, "takes_arrows", False)
    wanted = (
        (isinstance(focus, QAbstractButton) and key == Qt.Key.Key_Space)
        or (takes_arrows and key in arrows)
        or isinstance(focus, QComboBox | QAbstractSpinBox)
        or key == Qt.Key.Key_Escape
    )
    if wanted:
        text = " " if key == Qt.Key.Key_Space else ""
        for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
            # Sent directly: through the application the event would trigger the shortcut again.
            focus.event(QKeyEvent(kind, key, modifiers, text))
    return wanted


def toolbar_widget(widget: QWidget) -> None:
    """Keep a widget of the toolbar out of the Tab order."""
    widget.setFocusPolicy(Qt.FocusPolicy.TabFocus)
