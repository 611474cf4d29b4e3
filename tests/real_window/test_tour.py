"""README's tour, done word by word in a fresh home, with the mouse and the keys it names."""

import pytest

from tests.real_window.program import Program
from tests.real_window.test_form import held, open_layers, reveal

pytestmark = pytest.mark.slow

SIZE = (1440, 900)
MOST_OPERATIONS = 40


def open_from_catalogue(program: Program, name: str) -> None:
    """By the window with the pictures: a double click on the card."""
    program.menu("Catalogue", "All systems, with pictures…")
    program.type(name)
    card = next(w for w in program.widgets("Row") if w.text == name)
    program.click(card, count=2)
    program.wait(lambda: program.value("session.system.name") == name, name)
    program.settle()


def choose(program: Program, key: str, value: str) -> None:
    """Choose from a list in the form by the mouse."""
    program.click(reveal(program, key))
    row = next(w for w in program.widgets("Row") if w.text == value and w.sight)
    program.click(row)
    program.wait(lambda: held(program, key) == value, f"{key} = {value}")
    program.settle()


def enter(program: Program, key: str, text: str) -> None:
    program.click(reveal(program, key))
    program.keys("ctrl+a")
    program.type(text)
    program.keys("Return")


def below_the_graph(program: Program) -> str:
    return str(program.value("session.frame.message"))


def train(program: Program, steps: int) -> None:
    """Write the number into the box below the graph and press the button behind it."""
    program.click("Number of training steps")
    program.keys("ctrl+a")
    program.type(str(steps))
    program.click(next(w for w in program.widgets("QToolButton") if "steps in the box" in w.tip))
    program.wait(lambda: program.value("session.frame.step") == steps, f"{steps} steps")
    program.settle()


def rebuild(program: Program) -> None:
    program.click("Rebuild")
    program.wait(lambda: program.value("session.frame.step") == 0, "the rebuild")
    program.settle()


def findings(program: Program) -> str:
    program.click("Diagnosis", kind="Tab")
    texts = [str(w.text) for w in program.widgets(within="dock-diagnosis")]
    return " ".join(texts)


def test_look_step_ask_and_train(start):
    program = start(size=SIZE)
    assert program.value("session.system.name") == "d2l-mlp"
    assert not program.value("session.frame.gradient_ready.0")
    for _ in range(MOST_OPERATIONS):
        program.keys("Right")
        if below_the_graph(program).startswith("∂J/∂h"):
            break
    assert below_the_graph(program) == "∂J/∂h = W⁽²⁾ᵀ ∂J/∂o, norm 0.2167"
    program.keys("alt+2")
    assert program.value("session.topology.order") == 1
    program.keys("alt+1", "shift+Right")
    assert program.value("session.frame.step") == 1
    for _ in range(30):  # back across the update
        program.keys("Left")
        if program.value("session.frame.step") == 0:
            break
    assert program.value("session.frame.step") == 0
    program.keys("shift+Right")
    program.keys("ctrl+f")
    program.type("W2")
    program.keys("Return", "Escape")
    texts = " ".join(str(w.text) for w in program.widgets(within="dock-inspector"))
    assert "Σ" in texts
    assert "∂J/∂W⁽²⁾" in texts
    program.keys("space")
    program.wait(lambda: program.value("session.frame.step") > 8, "running")
    program.keys("space")
    program.wait(lambda: not program.value("session.frame.running"), "the pause")


def test_break_it_and_mend_it(start):
    program = start(size=SIZE)
    open_from_catalogue(program, "deep-mlp")
    open_layers(program)
    choose(program, "layers.0.activation", "sigmoid")
    enter(program, "layers.0.repeat", "20")
    program.wait(lambda: program.value("session.system.layers.0.repeat") == 20, "20 layers")
    program.settle()
    train(program, 200)
    told = findings(program).lower()
    assert "vanish" in told
    assert "nothing to report" not in told
    assert program.value("session.frame.objective") > 2  # it guesses: ln 10 = 2.3
    choose(program, "layers.0.activation", "relu")
    rebuild(program)
    assert "HeNormal" in str(held(program, "layers.0.initializer"))
    train(program, 200)
    assert program.value("session.frame.objective") < 1
    assert "nothing to report" in findings(program).lower()
    choose(program, "layers.0.activation", "sigmoid")
    choose(program, "layers.0.normalization", "batch")
    program.click(reveal(program, "layers.0.residual"))
    rebuild(program)
    train(program, 200)
    assert program.value("session.frame.objective") < 1


def test_scale_the_inputs(start):
    program = start(size=SIZE)
    open_from_catalogue(program, "input-scaling")
    nodes = range(len(program.value("session.frame.gradient_ready")))
    node = next(k for k in nodes if program.value(f"session.topology.nodes.{k}.symbol") == "W")
    norms = []
    for scale in ("1", "1000"):
        enter(program, "data.input_scale", scale)
        program.keys("Home")  # back to step 0
        for _ in range(MOST_OPERATIONS):
            program.keys("Right")
            if program.value("session.frame.gradient_ready")[node]:
                break
        norms.append(program.value("session.frame.gradient_norm")[node])
    assert norms[1] == pytest.approx(1000 * norms[0], rel=1e-6)


def test_watch_time(start):
    program = start(size=SIZE)
    open_from_catalogue(program, "adding-rnn")
    train(program, 600)
    program.click("Over time", kind="Tab")
    norms = program.value("panels.gradient_norms.time.data.now.0.norms")
    assert norms[0] < 1e-3 * norms[-1]
    program.click("Keep this curve")
    open_from_catalogue(program, "adding-lstm")
    train(program, 600)
    assert program.value("panels.gradient_norms.time.data.kept.0.system") == "adding-rnn"
    letters = [
        program.value(f"panels.gradient_norms.time.data.now.{k}.path.letter") for k in (0, 1)
    ]
    assert set(letters) == {"h", "c"}
    norms = program.value(f"panels.gradient_norms.time.data.now.{letters.index('c')}.norms")
    assert 0.5 < norms[0] / norms[-1] < 2  # as long as it set out


def test_take_it_along(start, tmp_path):
    program = start(size=SIZE)
    program.keys("shift+Right", "shift+Right", "shift+Right")
    program.keys("ctrl+shift+e")
    program.wait(lambda: program.has("Export", "QPushButton"), "the dialog")
    program.click(next(w for w in program.widgets("ComboBox") if w.value == "the picture"))
    program.click(next(w for w in program.widgets("Row") if w.text == "an animation" and w.sight))
    program.click("File", kind="QLineEdit")
    program.keys("ctrl+a")
    target = tmp_path / "moving.gif"
    program.type(str(target))
    program.keys("Return")
    program.wait(target.exists, "the animation")
    program.settle()
    program.keys("ctrl+c")
    program.wait(lambda: "copied" in str(program.value("status.words.text()")), "the copy")
