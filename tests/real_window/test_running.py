"""Run, as a person sees it: steps that can be followed, a halt at NaN, the way to any step."""

import re

import pytest

pytestmark = pytest.mark.slow
SIZE = (1600, 1000)


def number(text):
    """The step that a text tells."""
    plain = re.sub(r"<[^>]*>|&nbsp;", " ", text)
    match = re.search(r"step\s*(\d{1,3}(?:[,\u2009]\d{3})+|\d+)", plain)
    assert match is not None, text
    return int(re.sub(r"\D", "", match[1]))


def steps_told(program):
    """What each part on the screen says of the step it belongs to."""
    return {
        "status bar": number(program.value("status.step.text()")),
        "transport": program.find("Go to step").value,
        "words": number(program.value("panels.transport.message.text()").lower()),
        "canvas": program.value("canvas.frame.step"),
        "gradient norms": number(program.value("panels.gradient_norms.read_out.text()")),
        "their line": round(program.value("panels.gradient_norms.plot.cursor_line.value()")),
    }


def test_two_seconds_of_running_are_about_twenty_steps_and_all_say_the_same_one(start):
    program = start("d2l-mlp", size=SIZE)
    assert program.value("panels.transport.speed.words.text()") == "10 steps a second"
    program.screen.xdotool("key", "space", "sleep", 2, "key", "space")
    program.wait(lambda: not program.value("session.frame.running"), "the pause")
    program.settle()
    step = program.value("session.frame.step")
    assert 14 <= step <= 23
    assert set(steps_told(program).values()) == {step}
    program.click("Loss", kind="Tab")
    assert number(program.value("panels.loss.read_out.text()")) == step


def test_the_speed_is_remembered_and_at_full_speed_one_step_stands_on_the_screen(start):
    program = start("d2l-mlp", size=SIZE)
    speed = program.find("Speed")
    program.click((speed.rect.right - 4, speed.rect.centre[1]))
    program.click((speed.rect.right - 4, speed.rect.centre[1]))
    for _ in range(12):
        if program.value("panels.transport.speed.words.text()") != "full speed":
            program.click((speed.rect.right - 4, speed.rect.centre[1]))
    program.screen.xdotool("key", "space", "sleep", 2, "key", "space")
    program.wait(lambda: not program.value("session.frame.running"), "the pause")
    program.settle()
    step = program.value("session.frame.step")
    assert step > 100
    assert set(steps_told(program).values()) == {step}
    again = program.restart()
    assert again.value("panels.transport.speed.words.text()") == "full speed"


def test_running_halts_at_the_first_nan_and_goes_to_the_step_before(start):
    program = start("d2l-mlp", "--set", "optimizer.learning_rate=1e80", size=SIZE)
    program.keys("space")
    program.wait(lambda: program.value("session.frame.step") > 0, "a step")
    program.wait(lambda: not program.value("session.frame.running"), "the halt")
    program.settle()
    since = program.value("session.frame.nonfinite_since")
    assert program.value("session.frame.step") == since
    assert "NaN or Inf, first in ‖W⁽¹⁾‖²" in program.value("panels.transport.message.shown")
    program.click(f"Go to step {since - 1}")
    assert program.value("session.frame.step") == since - 1
    assert program.value("session.frame.nonfinite_since") is None
    assert not program.has(f"Go to step {since - 1}", "QToolButton")


def test_a_step_written_into_the_box_is_gone_to_and_the_keys_are_free_again(start):
    program = start("d2l-mlp", size=SIZE)
    program.click("Go to step")
    program.keys("ctrl+a")
    program.type("40")
    program.keys("Return")
    program.wait(lambda: program.value("session.frame.step") == 40, "step 40")
    program.click("Go to step")
    program.keys("ctrl+a")
    program.type("7")
    program.keys("Return")
    program.wait(lambda: program.value("session.frame.step") == 7, "step 7")
    program.settle()
    assert program.value("panels.transport.history.maximum()") == 40
    assert set(steps_told(program).values()) == {7}
    program.keys("shift+Right")
    assert program.value("session.frame.step") == 8
    assert program.value("panels.transport.history.maximum()") == 40, "it comes again"


def test_a_click_in_the_plot_goes_to_its_step(start):
    program = start("d2l-mlp", size=SIZE)
    program.keys("ctrl+Right")
    program.wait(lambda: program.value("session.frame.step") == 100, "100 steps")
    program.settle()
    plot = program.find("Gradient norms over the steps")
    program.click((plot.rect.x + plot.rect.width * 0.6, plot.rect.y + plot.rect.height / 2))
    program.wait(lambda: program.value("session.frame.step") < 100, "an earlier step")
    program.settle()
    step = program.value("session.frame.step")
    assert 40 < step < 65
    assert set(steps_told(program).values()) == {step}


def test_six_hundred_steps_as_the_tour_has_them(start):
    program = start("adding-rnn", size=SIZE)
    program.click("Number of training steps")
    program.keys("ctrl+a")
    program.type("600")
    button = next(w for w in program.widgets("QToolButton") if "steps in the box" in w.tip)
    program.click(button)
    program.wait(lambda: program.value("session.frame.step") == 600, "600 steps")
    program.settle()
    program.click("Over time", kind="Tab")
    norms = program.value("panels.gradient_norms.time.data.now.0.norms")
    assert norms[0] < 1e-3 * norms[-1]
