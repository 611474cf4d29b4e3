"""How long a frame takes on the canvas: every item re-coloured and the whole view repainted.

Offscreen, antialiased, 1400×800. Run with ``-m bench -s`` to see the figures.
"""

import dataclasses
import statistics
import time

import numpy as np
import pytest
from PySide6.QtGui import QImage, QPainter

from engine.frame import EdgeInfo, Topology
from gui.canvas import layout
from gui.canvas.palette import Palette
from gui.canvas.scene import GraphScene
from gui.canvas.view import GraphView
from gui.canvas.visible import group_paths, summarise
from gui.colour import MagnitudeScale
from gui.fonts import register_fonts
from gui.theme import LIGHT
from tests.gui.fakes import fake_frame, fake_topology, frozen

pytestmark = pytest.mark.bench


def thickened(topology: Topology, edges: int) -> Topology:
    """Add skip edges until there are this many."""
    extra = list(topology.edges)
    count, hop = len(topology.nodes), 3
    while len(extra) < edges:
        k = len(extra)
        source = (k * 7) % (count - hop)
        extra.append(EdgeInfo(k, source, source + hop, 5, "", True))
    return dataclasses.replace(topology, edges=tuple(extra))


@pytest.mark.parametrize(
    ("layers", "edges", "limit_ms"), [(10, 70, 16), (60, 450, 60)], ids=["50+70", "300+450"]
)
def test_recolour_and_repaint(qtbot, layers, edges, limit_ms):
    register_fonts()
    topology = thickened(fake_topology(f"deep-mlp:{layers}"), edges)
    scene = GraphScene(Palette(LIGHT))
    view = GraphView(scene)
    qtbot.addWidget(view)
    view.resize(1400, 800)
    picture = scene.build(summarise(topology, frozenset(group_paths(topology))))
    scene.place(layout.quick(picture))
    view.show()
    view.fit()
    scale = MagnitudeScale(-20, 2, provisional=False)
    frames = []
    for k in range(20):
        frame = fake_frame(topology, step=k)
        shift = 10.0 ** np.random.default_rng(k).uniform(-8, 0)
        frames.append(
            dataclasses.replace(
                frame,
                gradient_norm=frozen(frame.gradient_norm * shift),
                contribution_norm=frozen(frame.contribution_norm * shift),
            )
        )
    image = QImage(1400, 800, QImage.Format.Format_ARGB32_Premultiplied)
    colour, paint = [], []
    for frame in frames:
        begin = time.perf_counter()
        scene.show_frame(frame, scale)
        middle = time.perf_counter()
        painter = QPainter(image)
        view.render(painter)
        painter.end()
        colour.append((middle - begin) * 1000)
        paint.append((time.perf_counter() - middle) * 1000)
    median = statistics.median(a + b for a, b in zip(colour, paint, strict=True))
    print(
        f"\n{len(scene.nodes)} nodes, {len(scene.edges)} edges: "
        f"re-colour {statistics.median(colour):.1f} ms, repaint {statistics.median(paint):.1f} ms"
    )
    assert median < limit_ms
