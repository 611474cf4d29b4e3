"""Blocks of layers in a system file: read, written, run and checked, under names of their own."""

from pathlib import Path

import numpy as np
import pytest

from engine.analysis.check import check
from engine.cli.commands import main
from engine.system.system import load, parse_text, save

TEXT = """\
name = "blocks"
dtype = "float64"

[data]
source = "digits"
batch_size = 4

[[layers]]
type = "conv2d"
name = "conv1"
channels = 2
padding = 1
repeat = 2
normalization = "batch"
activation = "relu"

[[layers]]
type = "block"
name = "stage"
repeat = 2

[[layers.layers]]
type = "residual"

[[layers.layers.layers]]
type = "conv2d"
channels = 2
padding = 1
normalization = "layer"
activation = "tanh"

[[layers.layers]]
type = "avg_pool2d"

[[layers]]
type = "flatten"

[[layers]]
type = "linear"
"""
LAYERS = ["conv1.1", "conv1.2", "stage1.residual1.conv2d1", "stage2.residual1.conv2d1", "linear1"]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "blocks.toml"
    path.write_text(TEXT, encoding="utf-8")
    return path


def test_a_block_is_written_as_it_was_read(file: Path, tmp_path: Path) -> None:
    system = load(file)
    save(system, tmp_path / "again.toml")
    assert load(tmp_path / "again.toml") == system


def test_its_gradients_agree_with_central_differences(file: Path) -> None:
    compared = list(check(load(file)))
    assert len(compared) > 50
    assert [one for one in compared if not one.passed] == []


def test_what_is_dumped_is_taken_as_parameters_under_the_same_names(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = tmp_path / "first.npz", tmp_path / "second.npz"
    assert main(["run", str(file), "--steps", "3", "--dump", str(first)]) == 0
    assert main(["run", str(file), "--params", str(first), "--dump", str(second)]) == 0
    with np.load(first) as before, np.load(second) as after:
        keys = [key for key in before if key.startswith("parameter/")]
        assert {key.split("/")[1].rpartition(".")[0].removesuffix(".norm") for key in keys} == {
            *LAYERS
        }
        for key in keys:
            np.testing.assert_array_equal(before[key], after[key])
    capsys.readouterr()


@pytest.mark.parametrize(("old", "new", "place"), [
    ('type = "residual"', 'type = "residul"', "line 23, layers.1.layers.0.type"),
    ("type = \"flatten\"", "type = \"dropout\"\nrate = 2", "layers.2.rate"),
    ("channels = 2\npadding = 1\nnormalization = \"layer\"", "channels = 0",
     "line 27, layers.1.layers.0.layers.0.channels"),
])  # fmt: skip
def test_a_mistake_inside_a_block_is_named_by_its_line(old: str, new: str, place: str) -> None:
    assert old in TEXT
    with pytest.raises(Exception, match=place):
        parse_text(TEXT.replace(old, new))
