"""Whole ways through the real window with the real engine, by keys and mouse as people do."""

import time

import numpy as np
import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QAction, QImage
from PySide6.QtTest import QTest

from engine.messages.commands import Run, Train
from engine.observe.observer import Observer
from gui.app.application import SWITCH_SECONDS
from gui.window.exporting.dialog import ExportDialog
from tests.gui.rig import open_system, settle, system_of, wait

LEFT = Qt.MouseButton.LeftButton

pytestmark = pytest.mark.window(size=(1440, 900))


def choose(window, qtbot, name):
    """Choose a system from the Catalogue menu and wait until it is drawn."""
    window.menus["catalogue"].findChild(QAction, f"catalogue-{name}").trigger()
    wait(qtbot, lambda: window.session.topology is not None)
    wait(qtbot, lambda: window.session.topology.system == name)
    settle(window, qtbot)
    wait(qtbot, lambda: window.canvas.placement is not None)


def parameters_after(name, steps):
    """The gradient norms of a trainer without a window: what stepping must arrive at."""
    trainer = Observer(system_of(name), 0)
    for _ in range(steps):
        trainer.train_step()
    return trainer.take_frame()


def test_a_student_steps_through_a_whole_pass_and_back(window, qtbot):
    choose(window, qtbot, "d2l-mlp")
    operations = window.session.topology.operations
    words = []
    for index, operation in enumerate(operations):
        QTest.keyClick(window, Qt.Key.Key_Right)
        frame = settle(window, qtbot)
        assert frame.lit == index
        words.append(window.panels["transport"].message.text())
        if operation.phase in ("forward", "backward") and index + 1 < len(operations):
            assert frame.cursor == index + 1
    assert frame.step == 1
    assert len(set(words)) > len(operations) // 2
    for _ in operations:
        QTest.keyClick(window, Qt.Key.Key_Left)
        frame = settle(window, qtbot)
    assert (frame.step, frame.cursor) == (0, 0)


def test_stepping_by_operation_equals_running(window, qtbot):
    choose(window, qtbot, "d2l-mlp")
    count = len(window.session.topology.operations)
    for _ in range(2 * count + count - 1):
        window.actions_by_id["operation"].trigger()
    stepped = settle(window, qtbot)
    expected = parameters_after("d2l-mlp", 2)
    assert stepped.step == 2
    assert np.array_equal(stepped.gradient_norm, expected.gradient_norm, equal_nan=True)
    assert stepped.objective == expected.objective


def test_a_hundred_steps_move_the_plots(window, qtbot):
    choose(window, qtbot, "d2l-mlp")
    box = window.panels["transport"].count
    box.setValue(100)
    qtbot.mouseClick(window.panels["transport"].buttons["steps"], LEFT)
    frame = settle(window, qtbot)
    assert frame.step == 100
    history = window.session.history
    assert np.array_equal(history.steps(), np.arange(101))
    objective = history.column("objective")[:, 0]
    assert objective[-10:].mean() < objective[:10].mean()
    expected = parameters_after("d2l-mlp", 100)
    assert frame.objective == expected.objective


def test_a_click_on_an_edge_shows_its_ledger(window, qtbot):
    choose(window, qtbot, "cs231n-add-mul")
    window.actions_by_id["fit"].trigger()
    window.actions_by_id["step"].trigger()
    settle(window, qtbot)
    topology = window.session.topology
    edge = next(e for e in topology.edges if topology.nodes[e.target].name == "f")
    canvas = window.canvas
    item = next(i for i in canvas.scene.edges if edge.index in i.seen.edges)
    point = canvas.view.mapFromScene(item.mapToScene(item.path().pointAtPercent(0.5)))
    qtbot.mouseClick(canvas.view.viewport(), LEFT, pos=point)
    frame = settle(window, qtbot)
    assert window.session.selected_edge == edge.index
    assert frame.detail is not None
    row = next(r for r in frame.detail.ledger if r.edge == edge.index)
    product = np.asarray(row.upstream) * np.asarray(row.local_value)
    assert np.allclose(product, np.asarray(row.contribution))
    assert window.panels["inspector"].isVisible()


@pytest.mark.slow
def test_the_input_scale_is_swept(window, qtbot):
    choose(window, qtbot, "input-scaling")
    window.docks["input_scaling"].raise_()
    panel = window.panels["input_scaling"]
    qtbot.mouseClick(panel.form.button, LEFT)
    wait(qtbot, lambda: panel.runner.running)
    qtbot.waitUntil(lambda: not panel.runner.running, timeout=60_000)
    qtbot.waitUntil(lambda: not panel.bar.isVisible(), timeout=10_000)
    assert len(panel.points) >= 13


def test_a_teacher_exports_a_picture_with_its_facts(window, qtbot, tmp_path):
    choose(window, qtbot, "d2l-mlp")
    window.session.send(Train(steps=7))
    frame = settle(window, qtbot)
    window.actions_by_id["export"].trigger()
    dialog = window.findChild(ExportDialog)
    target = tmp_path / "slide.png"
    dialog.path.setText(str(target))
    background = dialog.fields.background
    background.setCurrentIndex(background.findData("white"))
    qtbot.mouseClick(dialog.save_button, LEFT)
    wait(qtbot, target.is_file)
    wait(qtbot, lambda: window.findChild(ExportDialog) is None or not dialog.isVisible())
    picture = QImage(str(target))
    assert picture.width() > 800
    assert picture.text("System") == "d2l-mlp"
    assert picture.text("Step") == "7"
    assert float(picture.text("Objective")) == frame.objective


def test_a_bad_learning_rate_while_training(window, qtbot):
    choose(window, qtbot, "d2l-mlp")
    window.session.send(Run())
    wait(qtbot, lambda: window.session.running)
    row = window.panels["settings"].row("optimizer.learning_rate")
    row.field.setFocus()
    row.field.selectAll()
    QTest.keyClicks(row.field, "very fast")
    QTest.keyClick(row.field, Qt.Key.Key_Return)
    assert row.error
    step = window.session.frame.step
    wait(qtbot, lambda: window.session.frame.step > step)
    assert window.session.running
    window.session.toggle_running()
    settle(window, qtbot)


def test_a_practitioner_changes_the_network_and_comes_back(window, qtbot):
    choose(window, qtbot, "deep-mlp")
    window.session.send(Train(steps=5))
    settle(window, qtbot)
    before = window.session.system
    panel = window.panels["settings"]
    panel.edit("layers.0.activation", "sigmoid")
    assert panel.footer.rebuild.isEnabled()
    qtbot.mouseClick(panel.footer.rebuild, LEFT)
    settle(window, qtbot)
    assert window.session.system.layers[0].activation == "sigmoid"
    window.actions_by_id["undo"].trigger()
    settle(window, qtbot)
    assert window.session.system == before


@pytest.mark.slow
def test_the_window_answers_while_fifty_layers_train(window, qtbot):
    import sys

    interval = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_SECONDS)
    gaps: list[float] = []
    beats = QTimer()
    beats.setTimerType(Qt.TimerType.PreciseTimer)
    beats.setInterval(1)
    last = [0.0]

    def beat():
        now = time.perf_counter()
        if last[0]:
            gaps.append(1000 * (now - last[0]))
        last[0] = now

    beats.timeout.connect(beat)
    try:
        open_system(window, qtbot, "deep-mlp", layers__0__repeat=49)
        wait(qtbot, lambda: window.canvas.placement is not None)
        window.session.send(Run())
        wait(qtbot, lambda: window.session.running)
        qtbot.wait(500)
        beats.start()
        qtbot.wait(4000)
        beats.stop()
        step = window.session.frame.step
        window.session.toggle_running()
        settle(window, qtbot)
    finally:
        sys.setswitchinterval(interval)
    assert step > 20
    late = np.percentile(gaps, 99)
    # On a shared machine another process takes the processor now and then: half as much again.
    assert late <= 24, f"p99 of the heartbeat is {late:.1f} ms"
    assert np.percentile(gaps, 95) <= 16
