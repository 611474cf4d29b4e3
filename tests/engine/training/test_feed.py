"""The one door between data and graph: fixed batches in all their forms, and mini-batches."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.support.errors import InputError
from engine.system import catalogue
from engine.system.system import System, from_table, override
from engine.training.feed import Feed, Samples, read_batch

LABELS = np.array([0, 1, 2, 0, 1])
X = np.arange(20.0).reshape(5, 4)


def system(loss: str = "softmax_cross_entropy", **data: Any) -> System:
    return from_table({
        "layers": [{"type": "linear"}],
        "loss": {"type": loss},
        "data": {"source": "iris", **data},
        "dtype": "float64",
    })  # fmt: skip


def read(tmp_path: Path, chosen: System, **arrays: Any) -> Samples:
    np.savez(tmp_path / "batch.npz", **arrays)
    return read_batch(tmp_path / "batch.npz", chosen)


@pytest.mark.parametrize("y", [
    LABELS, LABELS.astype(np.uint8), LABELS.astype(float), LABELS[:, None], LABELS[:, None] * 1.0,
    np.eye(3)[LABELS], np.eye(3, dtype=int)[LABELS],
    np.array(["setosa", "versicolor", "virginica"])[LABELS],
])  # fmt: skip
@pytest.mark.parametrize("loss", ["softmax_cross_entropy", "hinge", "squared_error"])
def test_classes_in_every_form_are_the_same_batch(tmp_path: Path, loss: str, y: Any) -> None:
    samples = read(tmp_path, system(loss), x=X, y=y)
    np.testing.assert_array_equal(samples.x, X)
    np.testing.assert_array_equal(samples.y, np.eye(3)[LABELS])


def test_inside_samples_are_columns_in_the_systems_dtype(tmp_path: Path) -> None:
    chosen = override(system(), "dtype", "float32")
    feed = Feed(chosen, read(tmp_path, chosen, x=X, y=LABELS))
    for step in (0, 1, 77):
        (x,), y = feed.batch_of(step)
        assert x.dtype == y.dtype == np.float32
        np.testing.assert_array_equal(x, X.T)
        np.testing.assert_array_equal(y, np.eye(3)[LABELS].T)
    assert (feed.outputs, feed.batch_size_of(3)) == (3, 5)
    assert feed.validation is None


@pytest.mark.parametrize("y", [[3.0], [[3.0]], [3], [[3]]])
def test_a_number_as_the_target_of_one_output(tmp_path: Path, y: Any) -> None:
    chosen = catalogue.load("pytorch-241")
    samples = read(tmp_path, chosen, x=np.array([[1, 2]]), y=np.array(y))
    assert samples.y.tolist() == [[3.0]]


def test_two_classes_and_one_output(tmp_path: Path) -> None:
    chosen = from_table({
        "layers": [{"type": "linear", "units": 1}],
        "loss": {"type": "binary_cross_entropy"},
        "data": {"source": "moons"},
    })  # fmt: skip
    samples = read(tmp_path, chosen, x=X[:, :2], y=np.array([0, 1, 1, 0, 1]))
    assert samples.y.tolist() == [[0], [1], [1], [0], [1]]
    feed = Feed(chosen)
    assert feed.outputs == 1
    assert set(np.unique(feed.train.y)) == {0.0, 1.0}


def test_soft_targets_stay_as_they_are(tmp_path: Path) -> None:
    soft = np.full((5, 3), 1 / 3)
    np.testing.assert_array_equal(read(tmp_path, system(), x=X, y=soft).y, soft)


@pytest.mark.parametrize(("arrays", "words"), [
    ({"x": X, "y": np.array([0, 1, 2, 3, 0])}, ["y", "3"]),
    ({"x": X, "y": np.array([0, 1, 2, -1, 0])}, ["y"]),
    ({"x": X, "y": np.array([0.5, 1, 2, 1, 0])}, ["y"]),
    ({"x": X, "y": np.array(list("abcab"))}, ["y", "'a'"]),
    ({"x": X, "y": LABELS[:3]}, ["y", "5", "3"]),
    ({"x": X, "z": LABELS}, ["'y'", "z"]),
    ({"x": X[:0], "y": LABELS[:0]}, ["x"]),
    ({"x": X * np.nan, "y": LABELS}, ["x", "nan"]),
    ({"x": X * 1j, "y": LABELS}, ["x", "complex"]),
    ({"x": np.array([{}, 1], dtype=object), "y": LABELS}, ["x"]),
])  # fmt: skip
def test_what_does_not_fit_names_file_array_and_find(
    tmp_path: Path, arrays: Any, words: list[str]
) -> None:
    with pytest.raises(InputError, match=r"batch\.npz") as caught:
        read(tmp_path, system(), **arrays)
    for word in words:
        assert word in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"hello", b"PK\x03\x04broken"])
def test_files_that_are_no_npz(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "batch.npz").write_bytes(content)
    with pytest.raises(InputError, match=r"batch\.npz"):
        read_batch(tmp_path / "batch.npz", system())
    with pytest.raises(InputError, match=r"none\.npz.*none of that name"):
        read_batch(tmp_path / "none.npz", system())


def test_an_expression_takes_no_batch(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="network"):
        read(tmp_path, catalogue.load("cs231n-gates"), x=X, y=LABELS)


def test_an_epoch_uses_every_training_sample_once_and_no_held_back_one() -> None:
    feed = Feed(system(batch_size=7))
    assert feed.validation is not None
    assert len(feed.train.x) + len(feed.validation.x) == 150
    for epoch in range(2):
        steps = range(
            epoch * feed.sampler.steps_per_epoch, (epoch + 1) * feed.sampler.steps_per_epoch
        )
        columns = np.concatenate([feed.batch_of(step)[0][0].T for step in steps])
        order = np.lexsort(columns.T), np.lexsort(feed.train.x.T)
        np.testing.assert_array_equal(columns[order[0]], feed.train.x[order[1]])
        assert [feed.batch_size_of(step) for step in steps] == [7] * 17 + [1]


def test_a_batch_is_a_function_of_seed_and_step_alone() -> None:
    one, other = Feed(system()), Feed(system())
    other.batch_of(5)
    np.testing.assert_array_equal(one.batch_of(2)[0][0], other.batch_of(2)[0][0])
    moved = Feed(override(system(), "seed", 1))
    assert not np.array_equal(moved.batch_of(0)[0][0], one.batch_of(0)[0][0])


def test_standardised_features_have_mean_0_and_deviation_1_in_the_training_samples() -> None:
    feed = Feed(system())
    np.testing.assert_allclose(feed.train.x.mean(axis=0), np.zeros(4), atol=1e-13)
    np.testing.assert_allclose(feed.train.x.std(axis=0), np.ones(4), rtol=1e-12)
    raw = Feed(system(standardize=False, validation=0.0))
    assert raw.validation is None
    assert raw.train.x.max() == 7.9  # the longest sepal among the irises, in centimetres


def test_samples_in_the_file_itself() -> None:
    chosen = from_table({
        "layers": [{"type": "linear"}], "loss": {"type": "squared_error"}, "dtype": "float64",
        "data": {"x": [[1, 2], [3, 4], [5, 6]], "y": [1, 2, 3]},
    })  # fmt: skip
    feed = Feed(chosen)
    (x,), y = feed.batch_of(0)
    assert x.tolist() == [[1, 3, 5], [2, 4, 6]]
    assert y.tolist() == [[1, 2, 3]]
    assert feed.validation is None


def test_samples_in_the_file_come_in_the_batches_and_with_the_share_asked_for() -> None:
    chosen = from_table({
        "layers": [{"type": "linear"}], "loss": {"type": "squared_error"},
        "data": {"x": [[k] for k in range(8)], "y": list(range(8)), "batch_size": 2},
    })  # fmt: skip
    feed = Feed(chosen)
    assert [feed.batch_size_of(step) for step in range(4)] == [2, 2, 2, 2]
    seen = sorted(feed.batch_of(step)[1].item(k) for step in range(4) for k in range(2))
    assert seen == list(range(8))
    half = Feed(override(chosen, "data.validation", 0.5))
    assert half.validation is not None
    assert len(half.validation.x) == 4


@pytest.mark.parametrize(("data", "words"), [
    ({"x": [[1, 2], [3]], "y": [1, 2]}, "data.x"),
    ({"x": [["a"]], "y": [1]}, "data.x"),
    ({"x": [["1"]], "y": [1]}, "data.x"),
    ({"x": [[1]], "y": [True]}, "data.y"),
    ({"x": [[1], [float("nan")]], "y": [1, 2]}, "data.x"),
    ({"x": [[1]], "y": [1], "source": "iris"}, "data.source.*both"),
    ({"x": [[[1]]], "y": [1]}, "data.x"),
    ({"x": [[1]], "y": [1, 2]}, "data.y"),
    ({"x": [[1]]}, "data.y"),
    ({}, "data.source"),
    ({"source": "irsi"}, "iris"),
    ({"source": "iris", "batch_size": 1000}, "data.batch_size"),
    ({"source": "iris", "target": 1}, "data.target"),
])  # fmt: skip
def test_data_that_is_wrong_in_the_file(data: dict[str, Any], words: str) -> None:
    chosen = from_table({"layers": [{"type": "linear"}], "data": data})
    with pytest.raises(InputError, match=words):
        Feed(chosen)
