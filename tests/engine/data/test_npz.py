"""NPZ files, and a batch that stands in for the data source."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine import data
from engine.support.errors import InputError

SHARED_FOLDER = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
X = np.arange(12, dtype=np.float32).reshape(6, 2)


@pytest.fixture
def save(tmp_path):
    """Save data.npz and return a function that loads it."""

    def saved(**arrays):
        np.savez(tmp_path / "data.npz", **arrays)
        return lambda **options: data.load("data.npz", base=tmp_path, **options)

    return saved


def _refusal(load, **options):
    with pytest.raises(InputError) as caught:
        load(**options)
    assert caught.value.file is not None
    assert "\n" not in str(caught.value)
    return caught.value


def _outcome(folder, name):
    """Return the data set or the refusal; any other exception is a failure."""
    try:
        return data.load(name, base=folder), None
    except InputError as error:
        return None, error


@pytest.mark.parametrize(
    ("y", "task", "outputs"),
    [
        (np.array([0, 1, 2, 0, 1, 2]), data.CLASSIFICATION, 3),
        (np.array([[0], [1], [2], [0], [1], [2]]), data.CLASSIFICATION, 3),
        (np.array([True, False] * 3), data.CLASSIFICATION, 2),
        (np.array(["u", "v"] * 3), data.CLASSIFICATION, 2),
        (np.eye(3)[[0, 1, 2, 0, 1, 2]], data.CLASSIFICATION, 3),
        (np.array([0.0, 1, 2, 0, 1, 2]), data.REGRESSION, 1),
        (np.arange(6), data.REGRESSION, 1),
        (np.arange(12.0).reshape(6, 2), data.REGRESSION, 2),
    ],
)
def test_npz_targets(save, y, task, outputs):
    loaded = save(x=X, y=y)()
    assert (loaded.task, loaded.outputs) == (task, outputs)
    np.testing.assert_array_equal(loaded.x, X)
    if y.ndim == 2 and y.shape[1] > 1:
        np.testing.assert_array_equal(loaded.targets(), y)


def test_npz_names_and_pictures(save):
    pictures = np.arange(6 * 2 * 3, dtype=np.uint8).reshape(6, 2, 3)
    loaded = save(
        x=pictures,
        y=np.array([2, 0, 0, 2, 2, 0]),
        class_names=np.array(["a", "b", "c"]),
        feature_names=np.array(list("pqrstu")),
    )()
    assert loaded.image_shape == (1, 2, 3)
    assert loaded.outputs == 3  # also the class that has no sample
    assert loaded.feature_names == tuple("pqrstu")
    np.testing.assert_array_equal(loaded.x[1], pictures[1].reshape(-1))
    channels = save(x=np.zeros((4, 3, 2, 2)), y=np.arange(4.0))()
    assert channels.image_shape == (3, 2, 2)
    assert channels.features == 12


def test_npz_task_can_be_given(save):
    assert save(x=X, y=np.array([0.0, 1, 2, 0, 1, 2]))(task="classification").outputs == 3
    assert save(x=X, y=np.array([0, 1] * 3))(task="regression").y.shape == (6, 1)
    _refusal(save(x=X, y=np.array(["u", "v"] * 3)), task="regression")
    _refusal(save(x=X, y=np.arange(12.0).reshape(6, 2)), task="classification")


def _spoilt(value, *places):
    array = X.copy()
    for place in places:
        array[place, 1] = value
    return array


@pytest.mark.parametrize(
    ("arrays", "part"),
    [
        ({"x": X}, "expected an array 'y', found the arrays x"),
        ({}, "no arrays"),
        ({"x": X, "y": np.zeros(5)}, "y: expected 6 targets, as x has samples, found 5"),
        ({"x": _spoilt(np.nan, 2, 4), "y": np.zeros(6)}, "nan in samples 2 and 4"),
        ({"x": X, "y": np.array([0, 1, np.inf, 0, 0, 0])}, "y: expected finite numbers, found inf"),
        ({"x": X.astype(complex), "y": np.zeros(6)}, "real numbers"),
        ({"x": X.astype(str), "y": np.zeros(6)}, "real numbers"),
        ({"x": X.astype(object), "y": np.zeros(6)}, "x: expected numbers or texts, found Python"),
        ({"x": X, "y": np.array(["a"] * 6, dtype=object)}, "found Python objects"),
        ({"x": np.zeros((0, 2)), "y": np.zeros(0)}, "none of size 0"),
        ({"x": np.float64(3), "y": np.zeros(1)}, "one to four dimensions"),
        ({"x": X, "y": np.zeros((6, 1, 1))}, "one or two dimensions"),
        ({"x": X, "y": np.array([0, 3] * 3), "class_names": np.array(["a", "b"])}, "from 0 to 1"),
        ({"x": X, "y": np.zeros(6), "feature_names": np.array(["a"])}, "2 names"),
        ({"x": X, "y": np.array(["a"] * 6)}, "at least two classes"),
    ],
)
def test_npz_files_that_are_refused(save, arrays, part):
    assert part in str(_refusal(save(**arrays)))


def test_npz_has_no_target_column(save):
    assert _refusal(save(x=X, y=np.zeros(6)), target="y").field == "data.target"


def test_a_single_array_is_no_npz(tmp_path):
    with (tmp_path / "data.npz").open("wb") as file:
        np.save(file, X)
    assert "NPY" in str(_refusal(lambda: data.load("data.npz", base=tmp_path)))


@SHARED_FOLDER
@given(cut=st.integers(0, 600), place=st.integers(0, 599), byte=st.integers(0, 255))
def test_damaged_npz_is_read_or_refused_in_words(tmp_path, cut, place, byte):
    path = tmp_path / "data.npz"
    np.savez_compressed(path, x=X, y=np.arange(6.0))
    content = bytearray(path.read_bytes())
    content[place % len(content)] = byte
    path.write_bytes(content if cut > len(content) else content[:cut])
    loaded, refusal = _outcome(tmp_path, "data.npz")
    if loaded is not None:
        assert loaded.samples == 6
    else:
        assert refusal.file == "data.npz"


# --- a batch in place of the source ------------------------------------------------------------


def test_a_batch_keeps_the_classes_that_do_not_occur_in_it(tmp_path):
    iris = data.load("iris")
    for y in (np.array([2, 0]), np.array([2.0, 0.0]), np.eye(3)[[2, 0]]):
        np.savez(tmp_path / "batch.npz", x=np.zeros((2, 4)), y=y)
        batch = data.load_batch("batch.npz", iris, base=tmp_path)
        assert batch.targets().tolist() == [[0, 0, 1], [1, 0, 0]]
        assert batch.class_names == iris.class_names


@pytest.mark.parametrize(
    ("x", "y", "field"),
    [
        (np.zeros((2, 3)), np.array([0, 1]), "x"),
        (np.zeros((2, 4)), np.array([0, 3]), "y"),
        (np.zeros((2, 4)), np.array([0.5, 1]), "y"),
        (np.zeros((2, 4)), np.zeros((2, 3)), "y"),
        (np.zeros((2, 4)), np.array(["a", "b"]), "y"),
    ],
)
def test_a_batch_that_does_not_fit(tmp_path, x, y, field):
    np.savez(tmp_path / "batch.npz", x=x, y=y)
    error = _refusal(lambda: data.load_batch("batch.npz", data.load("iris"), base=tmp_path))
    assert error.field == field


def test_a_regression_batch(tmp_path):
    linear = data.load("linear")
    np.savez(tmp_path / "batch.npz", x=np.ones((3, 2)), y=np.array([1, 2, 3]))
    assert data.load_batch("batch.npz", linear, base=tmp_path).y.tolist() == [[1], [2], [3]]
    np.savez(tmp_path / "batch.npz", x=np.ones((3, 2)), y=np.ones((3, 2)))
    assert _refusal(lambda: data.load_batch("batch.npz", linear, base=tmp_path)).field == "y"
