"""What tells one layer from another in the settings' list: its size and what it says in words."""

import pytest

from engine.layers import types
from gui.sections import _distinctions


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
    assert [text for text in _distinctions(types()[kind](**settings)) if text] == told
