"""What an outsider may hand the command line: files, names and values that are odd or wrong."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.cli import commands
from engine.layers import types

Line = Callable[..., tuple[int, str, str]]
IRIS = """
[data]
source = "iris"
[[layers]]
type = "linear"
units = 4
[[layers]]
type = "linear"
"""
EXPRESSION = 'expression = "f = x * y"\n[values]\nx = 1\ny = 2\n'


@pytest.fixture
def line(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Line:
    """Run one command in a folder with iris.toml; return status, output and error."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "iris.toml").write_text(IRIS, encoding="utf-8")

    def call(*argv: str) -> tuple[int, str, str]:
        status = commands.main(list(argv))
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return call


def save(path: Path, **arrays: Any) -> None:
    np.savez(path, **arrays)


def refused(line: Line, *argv: str) -> str:
    """The one line on standard error."""
    status, out, err = line(*argv)
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert "Traceback" not in err
    return err


@pytest.mark.parametrize("system", ["iris.toml", "d2l-mlp"])
@pytest.mark.parametrize(("arrays", "found"), [
    ({"linear1.wieght": np.ones((4, 4))}, "p.npz, linear1.wieght: expected the name of a param"),
    ({"linear1.weight": np.ones((9, 9))}, "p.npz, linear1.weight: expected an array of shape"),
    ({"linear1.weight": np.ones((4, 4), bool)}, "p.npz, linear1.weight: expected an array of real"),
    ({"model/linear1.weight": np.ones((4, 4))}, "p.npz, model/linear1.weight: expected the name"),
    ({"value/x": np.ones(3), "gradient/x": np.ones(3)}, "p.npz: expected arrays named as the par"),
    ({}, "p.npz: expected arrays named as the parameters, found none"),
])  # fmt: skip
def test_what_is_wrong_with_parameters_is_said_of_their_own_file(
    line: Line, tmp_path: Path, system: str, arrays: dict[str, Any], found: str
) -> None:
    save(tmp_path / "p.npz", **arrays)
    assert refused(line, "run", system, "--params", "p.npz").startswith(found)


def test_what_the_system_file_says_of_parameters_is_still_said_of_it(
    line: Line, tmp_path: Path
) -> None:
    (tmp_path / "bad.toml").write_text(f"{IRIS}[parameters]\n'linear2.bias' = [1]\n", "utf-8")
    save(tmp_path / "p.npz", **{"linear1.weight": np.ones((4, 4))})
    found = refused(line, "run", "bad.toml", "--params", "p.npz")
    assert found.startswith("bad.toml, line 10, parameters.linear2.bias")


# the text of a system file, and what its error begins with
FILES: list[tuple[str | bytes, str]] = [
    (IRIS.encode("utf-16"), "s.toml, line 1: expected a text in UTF-8, found the byte 0xff"),
    (b'seed = 1\nname = "caf\xe9"\n', "s.toml, line 2: expected a text in UTF-8, found the byte 0"),
    (bytes(range(256)), "s.toml, line 2: expected a text in UTF-8"),
    ("seed = 1\nseed = 2\n" + IRIS, "s.toml, line 2: expected each setting once, found seed"),
    (IRIS + "[data]\n", "s.toml, line 9: expected each setting once, found [data]"),
    ("a = " + "[" * 5000 + "]" * 5000, "s.toml, line 1: expected at most 60 tables"),
    (
        "a = " + "{b = " * 900 + "1" + "}" * 900,
        "s.toml, line 1: expected at most 60 tables",
    ),
    (EXPRESSION + '[data]\nsource = "iris"\n', "s.toml, line 5, data: expected no [data]"),
    (EXPRESSION + "[loss]\nl2 = 0.1\n", "s.toml, line 5, loss: expected no [loss]"),
    ('trainable = ["x"]\n' + IRIS, "s.toml, line 1, trainable: expected nothing"),
    ('data = "iris"\n[[layers]]\n', "s.toml, line 1, data: expected a table, found 'iris'"),
    (IRIS.replace("4", "9" * 22), "s.toml, line 6, layers.0.units: expected a whole number"),
    (
        'data.source = "iris"\nlayers = [\n {type = "linear", units = 3},\n {unitz = 4},\n]\n',
        "s.toml, line 4, layers.1.unitz: expected a known setting",
    ),
    (IRIS + "[parameters.linear1]\nbais = [1]\n", "s.toml, line 10, parameters.linear1.bais"),
]


@pytest.mark.parametrize(("content", "found"), FILES, ids=[found[:60] for _, found in FILES])
def test_a_system_file_that_is_wrong_is_told_with_its_line(
    line: Line, tmp_path: Path, content: str | bytes, found: str
) -> None:
    raw = content if isinstance(content, bytes) else content.encode("utf-8")
    (tmp_path / "s.toml").write_bytes(raw)
    assert refused(line, "run", "s.toml").startswith(found)


@pytest.mark.parametrize(("argv", "found"), [
    (["run", "iris.toml", "--step", "3"], "expected options of main.py run, found '--step'. Did"),
    (["run", "iris.toml", "--rep=r.json"], "Did you mean '--report'? See main.py run --help."),
    (["check", "iris.toml", "extra"], "expected options of main.py check, found 'extra'. See"),
    (["run", "iris.toml", "--dtype", "Float32"], "--dtype: expected one of float64, float32, floa"),
    (["run", "iris.toml", "--set", "loss.type=mse"], "binary_cross_entropy, hinge, found 'mse'\n"),
    (["run", "iris.toml", "--params", ""], "--params: expected the name of a file"),
    (["run", "iris.toml", "--batch", ""], "--batch: expected the name of a file"),
    (["run", "--expr", " "], "--expr: expected formulas"),
    (["run", "--expr", "f = x", "--at", "x 1"], "--at: expected '='"),
    (["run", "--expr", "f = x ** 9 ** 9 ** 9", "--at", "x=1"], "a number that is too large"),
    (["run", "iris.toml", "--report", "r", "--metrics", "r"], "--metrics: expected a file of its"),
    (["run", "iris.toml", "--report", "./iris.toml"], "which is that of the system"),
    (["run", "iris.toml", "--report", "r/"], "--report: expected a file in a folder"),
    (["run", "iris.toml", "--set", "data.source=no.csv"], "no.csv: expected a file, found none"),
    (["sweep", "iris.toml", "--input-scale", "1e-200:1:2"], "--input-scale: expected FROM"),
    (["sweep", "iris.toml", "--input-scale", "1:2:99999999"], "at most 10000"),
])  # fmt: skip
def test_arguments_that_are_wrong_are_named(line: Line, argv: list[str], found: str) -> None:
    assert found in refused(line, *argv)
    assert Path("iris.toml").read_text("utf-8") == IRIS


def test_a_file_named_on_the_command_line_is_not_said_to_be_named_in_the_system_file(
    line: Line,
) -> None:
    assert "iris.toml" not in refused(line, "run", "iris.toml", "--set", "data.source=no.csv")


@pytest.mark.parametrize("name", ["upper.TOML", "ü ☃/net work.toml"])
def test_system_files_of_odd_names(line: Line, tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"\xef\xbb\xbf" + IRIS.replace("\n", "\r\n").encode())
    assert line("run", name)[0] == 0


@pytest.mark.parametrize("arguments", [
    ["--set", "parameters.linear1.bias=[1, 2, 3, 4]"],
    ["--set", "parameters.'linear1.bias'=[1, 2, 3, 4]"],
    ["--set", "parameters={linear1.bias = [1, 2, 3, 4]}"],
])  # fmt: skip
def test_names_with_dots_need_no_quotes(line: Line, arguments: list[str]) -> None:
    status, out, _ = line("run", "iris.toml", *arguments, "--report", "-")
    values = {node["name"]: node.get("value") for node in json.loads(out)["nodes"]}
    assert (status, values["linear1.bias"]) == (0, [1, 2, 3, 4])


def test_a_line_break_in_a_value_begins_no_other_key(line: Line) -> None:
    assert "whole number" in refused(line, "run", "iris.toml", "--set", "seed=1\nname='x'")


def test_a_class_that_is_no_whole_number_is_the_one_named(line: Line, tmp_path: Path) -> None:
    np.savez(tmp_path / "b.npz", x=np.ones((3, 4)), y=np.array([0, 1.5, 2]))
    assert "found 1.5" in refused(line, "run", "iris.toml", "--batch", "b.npz")


@pytest.mark.parametrize("kind", ["rnn", "lstm", "gru"])
def test_a_sequence_of_one_step_is_a_sequence(line: Line, tmp_path: Path, kind: str) -> None:
    """One step from h₀ = 0: W_hh meets nothing, and its gradient is 0."""
    text = f'[[layers]]\ntype = "{kind}"\nunits = 2\n[[layers]]\ntype = "linear"\nunits = 3\n'
    (tmp_path / "s.toml").write_text(f'dtype = "float64"\n{text}', encoding="utf-8")
    np.savez(tmp_path / "b.npz", x=np.ones((2, 1, 4)), y=np.eye(3)[:2])
    argv = ["s.toml", "--batch", "b.npz", "--steps", "1", "--dump", "d.npz"]
    status, out, _ = line("run", *argv, "--report", "-")
    assert status == 0
    nodes = {node["name"]: node for node in json.loads(out)["nodes"]}
    assert nodes["x1"]["shape"] == [4, 2]
    with np.load(tmp_path / "d.npz") as dump:
        assert dump[f"parameter/{kind}1.weight_ih"].shape[1] == 4


def test_layers_that_do_not_fit_in_time_are_named_with_their_shapes(
    line: Line, tmp_path: Path
) -> None:
    rnn = '[[layers]]\ntype = "rnn"\nunits = 2\n'
    data = '[data]\nsource = "adding"\n'
    late = '[[layers]]\ntype = "linear"\nunits = 2\n' + rnn
    (tmp_path / "late.toml").write_text(f'[data]\nsource = "iris"\n{late}', encoding="utf-8")
    found = refused(line, "run", "late.toml")
    assert "layers.1" in found
    assert "rnn1: takes a sequence of time steps, not one value" in found
    assert found.count("found") == 2
    assert found.rstrip().endswith("(2 × 32)")
    (tmp_path / "over.toml").write_text(f"{data}{rnn}sequence = true\n", encoding="utf-8")
    found = refused(line, "run", "over.toml")
    assert "line 3, layers.0: expected one output of the last layer" in found
    assert "rnn1: a sequence of 40 steps, each (2 × 32)" in found


def test_check_says_how_many_it_could_not_resolve(line: Line) -> None:
    """∂f/∂x = 1, but f in float64 has the rounding of 10⁸ y in it."""
    expression = ["--expr", "f = (x + 1e8 * y) - 1e8 * y", "--at", "x=0.3, y=0.7"]
    status, out, _ = line("check", *expression)
    assert status == 0
    assert "too small beside rounding" in out
    assert "small  order 1  x:" in line("check", *expression, "--all")[1]
    assert "too small" not in line("check", "cs231n-gates")[1]


def test_a_layer_is_linear_unless_it_says_otherwise(line: Line, tmp_path: Path) -> None:
    (tmp_path / "s.toml").write_text(IRIS.replace('type = "linear"', ""), encoding="utf-8")
    status, out, _ = line("run", "s.toml", "--report", "-")
    assert status == 0
    assert [layer["name"] for layer in json.loads(out)["layers"]] == ["linear1", "linear2"]


def test_every_setting_of_every_layer_has_a_default(line: Line) -> None:
    """The interface: everything but [[layers]] or expression has a default."""
    for name, kind in types().items():
        if name not in ("residual", "block"):  # which are made of [[layers.layers]]
            assert kind(), name
    argv = ["--set", "data.source=digits", "--set", "layers.0.type=conv2d"]
    argv += ["--set", "layers.0.channels=3", "--set", "layers.0.kernel_size=2"]
    assert "put a flatten layer before it" in refused(line, "run", "iris.toml", *argv)


@pytest.mark.parametrize("name", ["linear1.weight", "w"])
def test_given_parameters_go_before_those_of_the_system_file_under_any_name(
    line: Line, tmp_path: Path, name: str
) -> None:
    """single-neuron's file sets linear1.weight, whose node is called w."""
    save(tmp_path / "p.npz", **{name: np.array([[2.0, 3.0]])})
    status, out, _ = line("run", "single-neuron", "--params", "p.npz", "--report", "-")
    values = {node["name"]: node.get("value") for node in json.loads(out)["nodes"]}
    assert (status, values["w"], values["b"]) == (0, [[2, 3]], [0.1])
