"""While training runs, whatever the speed, all that stands on screen belongs to one step."""

import re

import pytest

from engine.messages.commands import Speed, Train
from tests.gui.panel_help import plain
from tests.gui.rig import settle, wait

pytestmark = pytest.mark.window("d2l-mlp")

STEP = re.compile(r"step\s*(\d{1,3}(?:[,\s]\d{3})+|\d+)")


@pytest.fixture
def window(window, qtbot):
    window.session.select(node=2)
    window.session.send(Train(steps=1))
    window.docks["inspector"].raise_()
    settle(window, qtbot)
    return window


def number(text):
    match = STEP.search(text)
    assert match is not None, text
    return int(re.sub(r"\D", "", match[1]))


def told(window, plot):
    """The step that each part says, or shows."""
    panels = window.panels
    panel = panels[plot]
    curve = panel.curves["objective"] if plot == "loss" else panel.curves.lines
    return {
        "canvas": window.canvas.frame.step,
        "status bar": number(window.status.step.text()),
        "transport": panels["transport"].step_box.value(),
        "history": panels["transport"].history.value(),
        "plot": number(plain(panel.read_out)),
        "line in the plot": panel.plot.cursor_line.value(),
        "end of the curve": curve.get_data()[0][-1],
        "inspector": panels["inspector"].frame.detail.step,
    }


@pytest.mark.parametrize("plot", ["loss", "gradient_norms"])
@pytest.mark.parametrize("speed", [Speed(10.0), Speed(200.0), Speed(), Speed(full=True)], ids=str)
def test_every_panel_says_the_step_of_the_picture(window, qtbot, speed, plot):
    session = window.session
    window.docks[plot].raise_()
    wait(qtbot, window.panels[plot].isVisible)
    seen = []
    session.fan_out.done.connect(lambda: seen.append((session.frame.step, told(window, plot))))
    session.send(speed)
    window.actions_by_id["run"].trigger()
    wait(qtbot, lambda: len(seen) > 12)
    assert session.running
    window.actions_by_id["run"].trigger()
    settle(window, qtbot)
    for step, parts in seen[1:]:
        assert set(parts.values()) == {step}, parts
    steps = {step for step, _ in seen}
    assert len(steps) > 10
    if speed == Speed(10.0):
        assert max(steps) - min(steps) <= len(seen) + 1, "each step is seen"
