"""The command line from outside: every option, every exit status, and one line for bad input."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.cli import commands
from engine.export.formats import Format, Material
from engine.observe.observer import Observer
from engine.support.cancellation import INTERRUPTED
from engine.support.errors import InputError
from engine.system import catalogue

Run = Callable[..., tuple[int, str, str]]
IRIS = """
[data]
source = "iris"
[[layers]]
type = "linear"
units = 4
activation = "relu"
[[layers]]
type = "linear"
"""


def formats_of(write: Callable[[Material, Path], list[str]]) -> tuple[Format, ...]:
    """Formats without Qt, whose files one function writes."""
    return (
        Format("png", "PNG", "picture", (".png",), write),
        Format("svg", "SVG", "picture", (".svg",), write),
        Format("gif", "GIF", "animation", (".gif",), write),
        Format("csv", "CSV", "plot", (".csv",), write),
    )


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run one command in an empty folder; return status, output and error."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "iris.toml").write_text(IRIS, encoding="utf-8")

    def call(*argv: str, formats: Sequence[Format] = ()) -> tuple[int, str, str]:
        status = commands.main(list(argv), formats or formats_of(lambda *_: pytest.fail("drawn")))
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return call


def report(run: Run, *argv: str) -> dict[str, Any]:
    status, out, _ = run("run", *argv, "--report", "-")
    assert status == 0
    found: dict[str, Any] = json.loads(out)
    return found


def save(path: Path, **arrays: Any) -> None:
    np.savez(path, **arrays)


def refused(run: Run, *argv: str) -> str:
    """The one line on standard error."""
    status, out, err = run(*argv)
    assert (status, out) == (2, "")
    assert err.count("\n") == 1
    assert err.endswith("\n")
    assert "Traceback" not in err
    return err


def test_list(run: Run) -> None:
    status, out, _ = run("list")
    names = [entry.name for entry in catalogue.entries()]
    assert status == 0
    assert [line.split()[0] for line in out.splitlines()] == names
    rows = json.loads(run("list", "--json")[1])
    assert [row["name"] for row in rows] == names
    assert all(set(row) == {"name", "title", "source"} and all(row.values()) for row in rows)


def test_the_expression_of_the_interface(run: Run) -> None:
    found = report(run, "--expr", "f = (x + y) * z", "--at", "x=-2, y=5, z=-4")
    assert found["objective"] == -12
    assert found["dtype"] == "float64"
    gradients = {node["name"]: node.get("gradient") for node in found["nodes"]}
    assert [gradients[name] for name in "xyz"] == [-4, -4, 3]


def test_steps_make_n_updates_and_n_plus_1_entries(run: Run) -> None:
    assert report(run, "iris.toml")["history"]["step"] == [0]
    found = report(run, "iris.toml", "--steps", "7")
    assert found["step"] == 7
    assert found["history"]["step"] == list(range(8))
    assert found["objective"] == found["history"]["objective"][-1]


def test_accuracy_is_printed_and_the_report_alone_is_on_standard_output(run: Run) -> None:
    status, out, err = run("run", "d2l-mlp", "--steps", "200", "--report", "-")
    accuracy = json.loads(out)["validation"]["accuracy"]
    assert accuracy > 0.9
    assert f"accuracy {100 * accuracy:.2f} %" in err
    assert (status, "accuracy" in run("run", "d2l-mlp")[1]) == (0, True)


def test_set_is_repeatable_and_applied_in_order(run: Run) -> None:
    found = report(
        run, "iris.toml", "--set", "optimizer.type=adam", "--set", "optimizer.learning_rate=0.5",
        "--set", "layers.0.units=6", "--set", "name=other", "--set", "layers.0.units=9",
    )  # fmt: skip
    assert found["system"] == "other"
    assert found["history"]["learning_rate"] == [0.5]
    shapes = {node["name"]: node["shape"] for node in found["nodes"]}
    assert shapes["linear1.weight"] == [9, 4]


@pytest.mark.parametrize("assignment", [
    "values.x=5", "values = {x = 5.0, y = -4.0, z = 2.0, w = -1.0}",
])  # fmt: skip
def test_set_takes_toml(run: Run, assignment: str) -> None:
    """2 (5 · −4 + 2) = −36."""
    assert report(run, "cs231n-gates", "--set", assignment)["objective"] == -36


def test_at_overrides_a_systems_values(run: Run) -> None:
    assert report(run, "cs231n-gates", "--at", "x=5")["objective"] == -36


def test_seed_and_dtype(run: Run) -> None:
    one = report(run, "iris.toml", "--seed", "1", "--dtype", "float64")
    assert (one["seed"], one["dtype"]) == (1, "float64")
    assert one == report(run, "iris.toml", "--seed", "1", "--dtype", "float64")
    assert one["objective"] != report(run, "iris.toml", "--seed", "2")["objective"]
    half = report(run, "iris.toml", "--dtype", "float16", "--steps", "3")
    assert half["dtype"] == "float16"
    assert half["objective"] == float(np.float16(half["objective"]))


@pytest.mark.parametrize("name", ["linear1.weight", "W⁽¹⁾", "W1", "parameter/linear1.weight"])
def test_params_by_each_name(run: Run, tmp_path: Path, name: str) -> None:
    save(tmp_path / "p.npz", **{name: np.full((32, 64), 0.5)})
    assert run("run", "d2l-mlp", "--params", "p.npz", "--dump", "d.npz")[0] == 0
    with np.load(tmp_path / "d.npz") as dump:
        assert (dump["parameter/linear1.weight"] == 0.5).all()
        assert dump["parameter/linear2.weight"].std() > 0


def test_a_dump_after_n_steps_is_where_training_goes_on(run: Run, tmp_path: Path) -> None:
    run("run", "pytorch-241", "--steps", "10", "--dump", "all.npz")
    run("run", "pytorch-241", "--steps", "4", "--dump", "half.npz")
    run("run", "pytorch-241", "--steps", "6", "--params", "half.npz", "--dump", "rest.npz")
    with np.load(tmp_path / "all.npz") as one, np.load(tmp_path / "rest.npz") as other:
        keys = [key for key in one if key.startswith("parameter/")]
        assert len(keys) == 4
        for key in keys:
            np.testing.assert_array_equal(one[key], other[key])


def test_batch_in_place_of_the_data(run: Run, tmp_path: Path) -> None:
    x = np.array([[1.0, 2.0, 3.0, 4.0], [0.0, 0.0, 0.0, 1.0]])
    save(tmp_path / "b.npz", x=x, y=np.array([2, 0]))
    nodes = {n["name"]: n for n in report(run, "iris.toml", "--batch", "b.npz")["nodes"]}
    assert nodes["x"]["value"] == x.T.tolist()
    assert nodes["y"]["value"] == [[0, 1], [0, 0], [1, 0]]


def test_files_and_pictures(run: Run, tmp_path: Path) -> None:
    drawn: list[tuple[str, Any]] = []

    def draw(material: Material, path: Path) -> list[str]:
        assert len(material.frame.value_norm) == len(material.topology.nodes)
        assert np.isfinite(material.frame.objective)
        drawn.append((path.name, material.recipe.picture))
        path.write_bytes(b"picture")
        return ["drawn small"]

    argv = ["--report", "ü ☃.json", "--metrics", "m.csv", "--dump", "d.npz", "--order", "1"]
    argv += ["--png", "g.png", "--export", "g.svg", "--dpi", "200", "--theme", "dark"]
    argv += ["--expand", "all", "--no-legend"]
    status, out, err = run("run", "iris.toml", "--steps", "2", *argv, formats=formats_of(draw))
    assert status == 0
    assert err.splitlines() == ["g.png: drawn small", "g.svg: drawn small"]
    assert "step 2" in out
    names = {"ü ☃.json", "m.csv", "d.npz", "iris.toml", "g.png", "g.svg"}
    assert {path.name for path in tmp_path.iterdir()} == names
    assert [name for name, _ in drawn] == ["g.png", "g.svg"]
    wanted = {"dpi": 200, "theme": "dark", "expand": "all", "legend": False}
    assert wanted.items() <= drawn[0][1].items()
    assert len((tmp_path / "m.csv").read_text().splitlines()) == 4
    orders = {n["order"] for n in json.loads((tmp_path / "ü ☃.json").read_text("utf-8"))["nodes"]}
    assert orders == {0, 1}


def test_an_animation_has_the_frames_of_its_steps(run: Run) -> None:
    """Each frame's objective is that of the report's history at the same step."""
    seen: list[tuple[int, float]] = []

    def draw(material: Material, path: Path) -> list[str]:
        seen.extend((frame.step, frame.objective) for frame in material.frames)
        path.write_bytes(b"moving")
        return []

    argv = ["--animate", "a.gif", "--from-step", "2", "--to-step", "9", "--every", "3"]
    argv += ["--report", "r.json"]
    status, _, err = run("run", "iris.toml", "--steps", "10", *argv, formats=formats_of(draw))
    assert (status, err) == (0, "")
    history = json.loads(Path("r.json").read_text("utf-8"))["history"]
    assert [step for step, _ in seen] == [2, 5, 8]
    assert [history["objective"][step] for step, _ in seen] == [value for _, value in seen]
    assert history["step"] == list(range(11)), "no row is lost to the frames"


def test_the_end_of_an_animation_is_as_far_as_is_trained(run: Run) -> None:
    def draw(material: Material, path: Path) -> list[str]:
        path.write_bytes(b"moving")
        return []

    argv = ["run", "iris.toml", "--animate", "a.gif", "--to-step", "3"]
    status, out, _ = run(*argv, formats=formats_of(draw))
    assert status == 0
    assert "step 3" in out


def test_a_picture_that_cannot_be_drawn_leaves_nothing(run: Run, tmp_path: Path) -> None:
    def draw(material: Material, path: Path) -> list[str]:
        path.write_bytes(b"half")
        raise InputError("a theme", "'drak'", field="--theme")

    status, _, err = run("run", "iris.toml", "--png", "g.png", formats=formats_of(draw))
    assert status == 2
    assert "--theme" in err
    assert {path.name for path in tmp_path.iterdir()} == {"iris.toml"}


def test_check_passes_and_says_how_many(run: Run) -> None:
    status, out, _ = run("check", "cs231n-gates")
    assert status == 0
    assert out.count("\n") == 1
    assert run("check", "cs231n-gates", "--all")[1].count("\n") > 10


def test_check_that_fails_is_status_1_and_names_what_is_off(run: Run) -> None:
    status, out, _ = run("check", "--expr", "f = log(x)", "--at", "x=-1")
    assert status == 1
    assert "x" in out


def test_sweep_reports_every_point(run: Run) -> None:
    argv = ("input-scaling", "--input-scale", "0.1:10:3", "--jobs", "1", "--steps", "1")
    status, out, _ = run("sweep", *argv)
    table = json.loads(out)
    assert status == 0
    assert [p["scale"] for p in table["points"]] == [0.1, 0.1, 1, 1, 10, 10]
    assert {"objective", "loss", "learning_rate", "compensated"} <= set(table["points"][0])


# what is refused, and a word of the line
REFUSED: list[tuple[list[str], str]] = [
    (["run"], "--expr"),
    (["run", "d2l-mpl"], "'d2l-mlp'"),
    (["run", "iris.toml", "--expr", "f = x"], "both"),
    (["run", "iris.toml", "--at", "q=1"], "q"),
    (["run", "--expr", "f = x +"], "line 1"),
    (["run", "--expr", "f = x", "--at", "x=a"], "'a'"),
    (["run", "--expr", "f = sum(reshape(x, shape=6))", "--at", "x=[1, 2]"], "line 1"),
    (["run", "iris.toml", "--steps", "many"], "'many'"),
    (["run", "iris.toml", "--dtype", "float8"], "float32"),
    (["run", "iris.toml", "--set", "optimizer.learning_rate"], "KEY=VALUE"),
    (["run", "iris.toml", "--set", "optimizer.lr=1"], "optimizer.lr"),
    (["run", "iris.toml", "--set", "optimizer.learning_rate=-1"], "optimizer.learning_rate"),
    (["run", "single-neuron", "--set", "optimizer.learning_rate.x=1"], "optimizer.learning_rate"),
    (["run", "iris.toml", "--set", "layers.9.units=1"], "layers.9.units"),
    (["run", "iris.toml", "--set", "layers.0.units=100000000000"], ""),
    (["run", "iris.toml", "--set", "values.x=1"], "values"),
    (["run", "iris.toml", "--params", "empty"], "empty"),
    (["run", "iris.toml", "--params", "wrong.npz"], "linear1.weight"),
    (["run", "iris.toml", "--params", "shape.npz"], "4 × 4"),
    (["run", "iris.toml", "--params", "complex.npz"], "complex"),
    (["run", "iris.toml", "--params", "twice.npz"], "parameter"),
    (["run", "iris.toml", "--batch", "none.npz"], "none.npz"),
    (["run", "iris.toml", "--batch", "empty"], "empty"),
    (["run", "cs231n-gates", "--batch", "wrong.npz"], "network"),
    (["run", "iris.toml", "--report", "none/r.json"], "none"),
    (["run", "iris.toml", "--report", "."], "--report"),
    (["run", "iris.toml", "--report", ""], "--report"),
    (["run", "iris.toml", "--dump", "x" * 300], "--dump"),
    (["run", "iris.toml", "--png", "none/g.png"], "--png"),
    (["run", "iris.toml", "--export", "g.bmp"], ".svg"),
    (["run", "iris.toml", "--export", "none/g.png"], "--export"),
    (["run", "iris.toml", "--animate", "a.mp4"], ".gif"),
    (["run", "iris.toml", "--steps", "2", "--animate", "a.gif", "--to-step", "3"], "--to-step"),
    (["run", "iris.toml", "--steps", "2", "--animate", "a.gif", "--from-step", "3"], "--from-step"),
    (["run", "iris.toml", "--steps", "100000", "--animate", "a.gif"], "2000"),
    (["run", "iris.toml", "--plot", "lss=l.csv"], "loss"),
    (["run", "iris.toml", "--plot", "l.csv"], "NAME=FILE"),
    (["run", "none.png"], "none.png"),
    (["run", "foreign.png"], "no recipe"),
    (["sweep", "input-scaling"], "FROM:TO:COUNT"),
    (["sweep", "input-scaling", "--input-scale", "1:2"], "FROM:TO:COUNT"),
    (["sweep", "input-scaling", "--input-scale", "1:2:2", "--scheduler", "tcp://x"], "tcp://x"),
    (["sweep", "cs231n-gates", "--input-scale", "1:2:2"], "network"),
    (["sweep", "input-scaling", "--input-scale", "1:2:2", "--report", "none/r"], "none"),
]


@pytest.mark.parametrize(("argv", "word"), REFUSED, ids=[" ".join(a)[:60] for a, _ in REFUSED])
def test_bad_input_is_one_line_status_2_and_leaves_nothing(
    run: Run, tmp_path: Path, argv: list[str], word: str
) -> None:
    (tmp_path / "empty").touch()
    save(tmp_path / "wrong.npz", **{"linear1.weigth": np.zeros((4, 4))})
    save(tmp_path / "shape.npz", **{"linear1.weight": np.zeros((4, 5))})
    save(tmp_path / "complex.npz", **{"linear1.weight": np.ones((4, 4)) * 1j})
    both = {"linear1.weight": np.zeros((4, 4)), "parameter/linear1.weight": np.ones((4, 4))}
    save(tmp_path / "twice.npz", **both)
    (tmp_path / "foreign.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    before = sorted(tmp_path.iterdir())
    assert word in refused(run, *argv)
    assert sorted(tmp_path.iterdir()) == before


def test_ctrl_c_ends_with_what_there_is(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    real = Observer.train_step

    def interrupted(self: Observer) -> None:
        if self.step == 3:
            signal.raise_signal(signal.SIGINT)
        real(self)

    monkeypatch.setattr(Observer, "train_step", interrupted)
    status, out, err = run("run", "iris.toml", "--steps", "1000", "--report", "-")
    assert status == INTERRUPTED
    found = json.loads(out)
    assert 3 <= found["step"] <= 4
    assert found["history"]["step"] == list(range(found["step"] + 1))
    assert "Traceback" not in err


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="has no SIGINT to send to one process")
def test_ctrl_c_at_any_moment_of_a_real_run(project: Path, tmp_path: Path) -> None:
    argv = ["run", "d2l-mlp", "--steps", "10000000", "--report", str(tmp_path / "r.json")]
    for seconds in (2.5, 8, 20):  # a slow machine is still importing at first
        with subprocess.Popen(
            [sys.executable, str(project / "main.py"), *argv], stderr=subprocess.PIPE, text=True
        ) as process:
            time.sleep(seconds)
            os.kill(process.pid, signal.SIGINT)
            _, err = process.communicate(timeout=30)
        assert process.returncode == INTERRUPTED
        assert "Traceback" not in err
        if (tmp_path / "r.json").exists():
            break
    found = json.loads((tmp_path / "r.json").read_text("utf-8"))
    assert found["history"]["step"] == list(range(found["step"] + 1))
    assert found["step"] > 0


@pytest.mark.slow
def test_main_py_from_outside(run_main: Callable[..., Any], tmp_path: Path) -> None:
    done = run_main("run", "cs231n-add-mul", "--report", "-")
    assert (done.returncode, json.loads(done.stdout)["objective"]) == (0, -12)
    bad = run_main("run", "--expr", "f = elu(x, alpha=(1, 2))", "--at", "x=-1")
    assert (bad.returncode, bad.stdout, bad.stderr.count("\n")) == (2, "", 1)
    assert run_main("check", "cs231n-gates").returncode == 0
    assert run_main("check", "--expr", "f = log(x)", "--at", "x=-1").returncode == 1


def test_a_group_that_is_not_there_is_refused_before_training(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: Any, **__: Any) -> None:
        raise AssertionError("trained first")

    monkeypatch.setattr(Observer, "train", never)
    target = str(tmp_path / "graph.png")
    status, _, said = run("run", "d2l-mlp", "--steps", "5", "--png", target, "--expand", "linear3")
    assert status == 2
    assert "--expand" in said
    assert "linear" in said
