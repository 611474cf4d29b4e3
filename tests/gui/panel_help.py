"""What the tests of the panels share: a session that only records, and rows to plot."""

import dataclasses
from typing import Any

import numpy as np
from PySide6.QtCore import QPoint, QPointF
from PySide6.QtGui import QTextDocumentFragment
from PySide6.QtWidgets import QApplication

from engine.messages.commands import Command
from engine.messages.frame import Frame, Scalars
from engine.messages.topology import Topology
from gui.session.session import Session
from tests.gui.fakes import fake_frame, fake_topology, frozen


class RecordingSession(Session):
    """Holds topology, frame and history like the real one, and runs nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[Command] = []

    def send(self, command: Command) -> None:
        self.sent.append(command)

    def stand_before(self, topology: Topology) -> None:
        self.topology, self.frame = topology, None
        self.history.begin_run(topology)
        self.topology_changed.emit(topology)

    def take(self, frame: Frame) -> None:
        self.frame = frame
        self.history.add_frame(frame)
        self.frame_arrived.emit(frame)


def rows(steps: Any, layers: int = 0, **columns: Any) -> Scalars:
    """Scalars of these steps; what is not given is plausible."""
    steps = np.asarray(steps)
    falling = 2.3 / (1 + 0.01 * steps)
    nothing = np.full(len(steps), np.nan)
    table = np.ones((len(steps), layers))
    given = {
        "step": steps,
        "epoch": steps // 40,
        "objective": falling,
        "loss": falling,
        "learning_rate": nothing,
        "gradient_norm_before_clipping": falling,
        "gradient_norm_after_clipping": falling,
        "layer_gradient_norm": table,
        "layer_weight_norm": table,
        "layer_update_ratio": table,
        "validation_loss": nothing,
        "validation_accuracy": nothing,
        **columns,
    }
    return Scalars(**{name: frozen(column) for name, column in given.items()})


def shown(make: Any, qtbot: Any, system: str = "d2l-mlp") -> Any:
    """A panel on screen before a system's graph, its session as ``panel.session``."""
    session = RecordingSession()
    session.stand_before(fake_topology(system))
    panel = make(session)
    qtbot.addWidget(panel, before_close_func=lambda _: session.close())
    session.topology_changed.connect(panel.show_topology)
    session.frame_arrived.connect(panel.show_frame)
    panel.show_topology(session.topology)
    panel.resize(400, 280)
    panel.show()
    qtbot.waitExposed(panel)
    return panel


def feed(panel: Any, scalars: Scalars, **changes: Any) -> Frame:
    """Send the panel's session a frame that carries these rows, standing at the last of them."""
    frame = fake_frame(panel.session.topology, step=int(scalars.step[-1]))
    norms = scalars.layer_gradient_norm[-1]
    changes = {"scalars": scalars, "layer_gradient_norm": norms, **changes}
    frame = dataclasses.replace(frame, **changes)
    panel.session.take(frame)
    if hasattr(panel, "redraw_limit"):
        panel.redraw_limit.draw_now()
    return frame


def plain(label: Any) -> str:
    """The text of a label as it is read: no tags, ordinary spaces."""
    text = QTextDocumentFragment.fromHtml(label.text()).toPlainText()
    return " ".join(text.replace("\u2060", "").split())


def pixel(plot: Any, x: float, y: float) -> QPoint:
    """Where a place of the view lies in the plot's viewport, once its axes have their widths."""
    QApplication.processEvents()
    place: QPoint = plot.mapFromScene(plot.view.mapViewToScene(QPointF(x, y)))
    return place
