"""What tells one layer from another in the settings' list: its size and what it says in words."""

import pytest
from PySide6.QtWidgets import QWidget

from engine.layers import types
from engine.layers.linear import Linear
from engine.settings.declaration import Rule
from gui.appearance.theme import LIGHT
from gui.panels.settings.layers_form import LayerCard, LayersSection, distinctions


@pytest.mark.parametrize(
    ("kind", "settings", "told"),
    [
        ("conv2d", {"padding": 1, "activation": "relu"}, ["16", "relu"]),
        ("conv2d", {"channels": 6, "kernel_size": 5}, ["6"]),
        ("linear", {"units": 64, "residual": True}, ["64"]),
        ("linear", {}, []),
        ("dropout", {"rate": 0.2}, ["0.2"]),
        ("max_pool2d", {}, ["2"]),
        ("batch_norm", {"momentum": 0.3}, []),
        ("lstm", {"units": 8}, ["8"]),
    ],
)
def test_a_heading_tells_the_size_and_the_words(kind, settings, told):
    assert [text for text in distinctions(types()[kind](**settings)) if text] == told


def test_a_narrow_heading_says_less_and_its_tooltip_all(qtbot):
    around = QWidget()
    qtbot.addWidget(around)
    around.resize(800, 200)
    card = LayerCard((0,), {}, LIGHT, around, LayersSection({}, LIGHT, around))
    layer = Linear(name="hidden", repeat=50, units=64, activation="sigmoid")
    card.resize(600, 40)
    card.show_layer(layer, Rule(variants=types), set())
    assert card.heading.text() == "hidden ×50 · 64 · sigmoid"
    around.show()
    card.resize(275, 40)
    qtbot.waitUntil(lambda: card.heading.text() == "hidden ×50 · 64")
    assert card.heading.toolTip() == "hidden ×50 · 64 · sigmoid"
    advance = card.heading.fontMetrics().horizontalAdvance(card.heading.text())
    assert advance < card.heading.width()
