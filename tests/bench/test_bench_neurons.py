"""How long the GUI thread is busy with a layer of 64 × 64 weights: run with ``-m bench -s``.

Each figure is of new weights and the whole canvas painted with them, at 1400×800.
"""

from __future__ import annotations

import dataclasses
import statistics
import time

import pytest
from PySide6.QtGui import QPixmap

from engine.messages.commands import Train
from tests.gui.rig import dismiss, open_system, settle, shown_window, wait

pytestmark = pytest.mark.bench
FRAME_MS = 16
REPEATS = 25


def test_new_weights_of_a_full_layer_are_painted_within_a_frame(tmp_path, qtbot):
    window = shown_window(tmp_path)
    try:
        open_system(window, qtbot, "deep-mlp")
        window.session.send(Train(steps=3))
        settle(window, qtbot)
        canvas = window.canvas
        canvas.view.setFixedSize(1400, 800)
        canvas.groups.show_neurons(("hidden2",))
        board = next(item.board for item in canvas.scene.nodes if item.board is not None)

        def ready() -> bool:
            state = board.state
            return state is not None and state.neurons is not None and not canvas.placing.moving

        wait(qtbot, ready)
        picture, viewport = QPixmap(1400, 800), canvas.view.viewport()
        for zoom in (0.6, 1.0, 2.0):
            canvas.view.zoom_to(zoom)
            taken = []
            for _ in range(REPEATS):
                state = board.state
                assert state is not None
                assert state.neurons is not None
                weights = state.neurons.weights.copy()
                neurons = dataclasses.replace(state.neurons, weights=weights)
                began = time.thread_time()
                board.show_state(dataclasses.replace(state, neurons=neurons))
                viewport.render(picture)
                taken.append((time.thread_time() - began) * 1000)
            print(f"4,096 weights, zoom {zoom}: {statistics.median(taken):.1f} ms")
            assert statistics.median(taken) < FRAME_MS
    finally:
        dismiss(window)
