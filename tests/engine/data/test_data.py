"""Built-in and generated data sets, and what a data set promises.

The expected figures are the published ones: UCI's class counts, Fisher's means, the means that
Efron et al. print for diabetes.
"""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import data
from engine.data.sources import FOLDER
from engine.support.errors import InputError


def _classes(labels, features=1):
    labels = np.asarray(labels)
    x = np.arange(labels.size * features, dtype=float).reshape(labels.size, features)
    names = tuple(str(i) for i in range(int(labels.max()) + 1))
    columns = tuple(f"x{i}" for i in range(features))
    return data.Dataset("set", "Set", x, labels, data.CLASSIFICATION, columns, names)


def _regression(x, y):
    columns = tuple(f"x{i}" for i in range(np.shape(x)[1]))
    return data.Dataset("set", "Set", np.array(x), np.array(y), data.REGRESSION, columns)


# --- built-in sets ---------------------------------------------------------------------------


def test_digits_are_the_published_test_set():
    digits = data.load("digits")
    assert digits.x.shape == (1797, 64)
    counts = [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    assert np.bincount(digits.y).tolist() == counts
    assert digits.image_shape == (1, 8, 8)
    assert digits.x.min() == 0
    assert digits.x.max() == 16
    first = digits.x[0].reshape(8, 8)  # the published first sample is a zero: a ring
    assert first[0].tolist() == [0, 0, 5, 13, 9, 1, 0, 0]
    assert digits.y[0] == 0
    assert digits.class_names == tuple("0123456789")


def test_iris_has_fishers_means():
    iris = data.load("iris")
    assert np.bincount(iris.y).tolist() == [50, 50, 50]
    np.testing.assert_allclose(iris.x.mean(axis=0), [5.843333, 3.057333, 3.758, 1.199333], 1e-6)
    setosa = iris.x[iris.y == iris.class_names.index("setosa")]
    np.testing.assert_allclose(setosa.mean(axis=0), [5.006, 3.428, 1.462, 0.246], 1e-9)
    # The two samples that differ from Fisher's paper in UCI's file.
    assert iris.x[34].tolist() == [4.9, 3.1, 1.5, 0.2]
    assert iris.x[37].tolist() == [4.9, 3.6, 1.4, 0.1]


def test_wine_has_the_published_counts_and_ranges():
    wine = data.load("wine")
    assert np.bincount(wine.y).tolist() == [59, 71, 48]
    alcohol, proline = wine.x[:, 0], wine.x[:, wine.feature_names.index("proline")]
    assert (alcohol.min(), alcohol.max()) == (11.03, 14.83)
    assert (proline.min(), proline.max()) == (278, 1680)


def test_diabetes_is_the_raw_table_of_the_paper():
    diabetes = data.load("diabetes")
    assert diabetes.x[0].tolist() == [59, 2, 32.1, 101, 157, 93.2, 38, 4, 4.8598, 87]
    assert diabetes.y[:3, 0].tolist() == [151, 75, 141]
    assert diabetes.y.shape == (442, 1)
    assert diabetes.y.mean() == pytest.approx(152.133, abs=1e-3)


@pytest.mark.parametrize("entry", data.catalogue(), ids=lambda entry: entry.name)
def test_catalogue_says_what_load_gives(entry):
    loaded = data.load(entry.name)
    assert (loaded.samples, loaded.features) == (entry.samples, entry.features)
    assert (loaded.name, loaded.title, loaded.task) == (entry.name, entry.title, entry.task)
    assert loaded.outputs == (entry.classes or 1)
    assert len(loaded.feature_names) == loaded.features
    assert loaded.source
    assert not loaded.x.flags.writeable
    assert not loaded.y.flags.writeable
    assert loaded.x.dtype == np.float64
    if entry.generator is None:
        assert loaded.licence
        assert "Licence" in (FOLDER / f"{entry.name}.LICENSE.txt").read_text("utf-8")


def test_no_stored_set_is_missing_from_the_catalogue():
    assert {path.stem for path in FOLDER.glob("*.npz")} <= set(data.names())


def test_targets_are_one_hot_in_the_dtype_asked_for():
    hot = data.load("iris").targets(np.float32)
    assert hot.dtype == np.float32
    assert hot.shape == (150, 3)
    assert hot.sum(axis=1).tolist() == [1.0] * 150
    assert hot[:50, 0].all()
    assert hot[100:, 2].all()
    diabetes = data.load("diabetes")
    np.testing.assert_array_equal(diabetes.targets(), diabetes.y)


def test_unknown_name_gets_the_nearest():
    with pytest.raises(InputError, match=r"Did you mean 'digits'\?"):
        data.load("digit")
    with pytest.raises(InputError, match=r"\.csv or \.npz"):
        data.load("notes.txt")


@pytest.mark.parametrize(
    ("source", "arguments", "field"),
    [
        ("iris", {"samples": 10}, "data.samples"),
        ("digits", {"noise": 0.1}, "data.noise"),
        ("moons", {"target": "y"}, "data.target"),
        ("moons", {"samples": 3}, "data.samples"),
        ("moons", {"noise": -0.1}, "data.noise"),
        ("moons", {"noise": float("nan")}, "data.noise"),
        ("moons", {"seed": -1}, "seed"),
        ("iris", {"task": "regression"}, "data.task"),
        ("iris", {"task": "clasification"}, "data.task"),
    ],
)
def test_settings_that_do_not_fit_are_refused(source, arguments, field):
    with pytest.raises(InputError) as caught:
        data.load(source, **arguments)
    assert caught.value.field == field


# --- generated sets --------------------------------------------------------------------------

GENERATED = [entry.name for entry in data.catalogue() if entry.generator is not None]


@pytest.mark.parametrize("name", GENERATED)
@given(samples=st.integers(4, 200), seed=st.integers(0, 2**40))
def test_generated_sets_repeat_and_balance(name, samples, seed):
    one, two = (data.load(name, samples=samples, seed=seed) for _ in range(2))
    np.testing.assert_array_equal(one.x, two.x)
    np.testing.assert_array_equal(one.y, two.y)
    assert one.samples == samples
    if one.task == data.CLASSIFICATION:
        counts = np.bincount(one.y, minlength=one.outputs)
        # XOR has two corners to a class, hence a difference of up to two.
        assert counts.max() - counts.min() <= (2 if name == "xor" else 1)


@pytest.mark.parametrize("name", GENERATED)
def test_another_seed_gives_other_samples(name):
    assert not np.array_equal(data.load(name, seed=0).x, data.load(name, seed=1).x)


def test_moons_lie_on_their_half_circles():
    moons = data.load("moons", noise=0, samples=101)
    centres = np.array([[0, 0], [1, 0.5]])[moons.y]
    np.testing.assert_allclose(np.hypot(*(moons.x - centres).T), 1)
    assert (moons.x[moons.y == 0, 1] >= 0).all()
    assert (moons.x[moons.y == 1, 1] <= 0.5).all()


def test_circles_have_their_radii():
    circles = data.load("circles", noise=0)
    np.testing.assert_allclose(np.hypot(*circles.x.T), np.array([1, 0.5])[circles.y])
    assert len(np.unique(circles.x.round(9), axis=0)) == circles.samples


def test_spirals_are_those_of_cs231n():
    spirals = data.load("spirals", noise=0, samples=300)
    for arm in range(3):
        points = spirals.x[spirals.y == arm]
        radius, angle = np.linspace(0, 1, 100), np.linspace(arm * 4, (arm + 1) * 4, 100)
        np.testing.assert_allclose(points[:, 0], radius * np.sin(angle), atol=1e-12)
        np.testing.assert_allclose(points[:, 1], radius * np.cos(angle), atol=1e-12)


def test_xor_without_noise_is_the_truth_table():
    xor = data.load("xor", noise=0, samples=4)
    table = {(int(a), int(b)): int(c) for (a, b), c in zip(xor.x, xor.y, strict=True)}
    assert table == {(0, 0): 0, (0, 1): 1, (1, 0): 1, (1, 1): 0}


def test_linear_is_recovered_by_least_squares():
    linear = data.load("linear", seed=3)
    design = np.column_stack([linear.x, np.ones(linear.samples)])
    solution, residual, *_ = np.linalg.lstsq(design, linear.y[:, 0])
    np.testing.assert_allclose(solution, [2, -3.4, 4.2], atol=2e-3)
    assert np.sqrt(residual[0] / linear.samples) == pytest.approx(0.01, rel=0.1)


# --- the data set itself ---------------------------------------------------------------------


def test_a_data_set_does_not_share_what_others_can_write_to():
    x = np.ones((2, 1))
    dataset = _regression(x, [[1.0], [2.0]])
    x[:] = 7
    view = np.ones((4, 1))[:2]
    base = view.base
    assert base is not None
    view.flags.writeable = False
    shared = dataclasses.replace(dataset, x=view)
    base[:] = 7
    assert dataset.x.tolist() == [[1], [1]]
    assert shared.x.tolist() == [[1], [1]]
    with pytest.raises(ValueError, match="read-only"):
        dataset.x[0] = 3


@pytest.mark.parametrize(
    "change",
    [
        {"task": "clustering"},
        {"x": np.zeros((2, 0))},
        {"x": np.zeros(2)},
        {"x": np.array([[0.0], [np.nan]])},
        {"y": np.array([0, 1, 0])},
        {"y": np.array([0, 2])},
        {"y": np.array([-1, 0])},
        {"feature_names": ("a", "b")},
        {"image_shape": (1, 2, 2)},
    ],
)
def test_a_data_set_refuses_what_does_not_fit(change):
    with pytest.raises(InputError):
        dataclasses.replace(_classes([0, 1]), **change)
