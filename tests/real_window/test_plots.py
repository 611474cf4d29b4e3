"""A plot with real hands: read by mouse and keys, smoothed, made logarithmic, copied."""

import pytest

pytestmark = pytest.mark.slow

LOSS = "Loss over the steps"
MENU = [
    "Epoch marks",
    "Logarithmic axis",
    "Mean of each epoch",
    "Show all (double click)",
    "Copy plot",
    "Export plot as PNG…",
    "Export plot as SVG…",
    "Export plot as CSV…",
]


def told(program, path):
    return program.value(f"panels.loss.plot.{path}")


@pytest.mark.parametrize(("size", "scale"), [((1280, 720), 1), ((1920, 1080), 2)])
def test_a_plot_is_read_and_copied_by_mouse_and_keys(start, size, scale):
    program = start("d2l-mlp", size=size, scale=scale)
    program.click("Loss", kind="Tab")
    program.keys("ctrl+Right")
    program.wait(lambda: program.value("session.frame.step") == 100)
    plot = program.find(LOSS)
    assert plot.sight == plot.rect, "the whole plot can be seen"
    assert plot.rect.width > 150
    assert plot.rect.height > 90
    program.move(plot)
    program.wait(lambda: told(program, "crosshair.isVisible()"))
    at = told(program, "crosshair.reading.x")
    assert 30 < at < 70
    program.move((plot.rect.x + 5, plot.rect.bottom + 60))
    program.wait(lambda: not told(program, "crosshair.isVisible()"))
    program.click(plot)  # gives it the focus, and goes to that step
    program.wait(lambda: program.value("session.frame.step") == at)
    program.move((plot.rect.x + 5, plot.rect.bottom + 60))
    program.keys("Left", "Left", "Left")
    assert told(program, "crosshair.reading.x") == at - 2  # the first stands at the step itself
    assert program.value("session.frame.step") == at, "arrows move the crosshair, not the training"
    assert program.find(LOSS).focus
    program.keys("Escape")
    assert not told(program, "crosshair.isVisible()")
    program.keys("ctrl+c")
    assert program.value("status.words.text()") == "Plot copied"
    width, height = program.ask("clipboard")["picture"]
    assert width >= 2 * plot.rect.width
    assert height >= 2 * plot.rect.height
    program.keys("shift+Right")
    program.wait(lambda: program.value("session.frame.step") == at + 1)
    program.close()


def test_axis_and_smoothing_are_chosen_in_the_menu_and_remembered(start):
    program = start("d2l-mlp", size=(1366, 768))
    program.click("Loss", kind="Tab")
    program.keys("ctrl+Right")
    program.click(LOSS, button=3)
    entries = [
        w.text.partition("\t")[0] for w in program.widgets("Entry") if w.within[0] == "QMenu"
    ]
    assert [text for text in entries if text] == MENU
    program.click("Logarithmic axis", kind="Entry")
    assert told(program, "options.log") is True
    program.click("log")  # the button beside the plot
    assert told(program, "options.log") is False
    program.click("log")
    program.click(LOSS, button=3)
    slider = program.find("Smoothing")
    program.drag(
        (slider.rect.x + 6, slider.rect.centre[1]), (slider.rect.right, slider.rect.centre[1])
    )
    assert told(program, "options.smoothing") > 0.9
    program.keys("Escape")
    program.click(LOSS, button=3)
    program.keys("Down", "Down", "Down", "Down", "Left", "Left", "Left")
    assert told(program, "options.smoothing") == 0.98
    program.keys("Escape")
    assert "smoothed, w = 0.98" in program.value("panels.loss.read_out.text()").replace(
        "&nbsp;", " "
    )
    again = program.restart()
    again.click("Loss", kind="Tab") if not again.has(LOSS) else None
    assert (told(again, "options.log"), told(again, "options.smoothing")) == (True, 0.98)
    again.close()
