"""Splitting, standardising and drawing mini-batches."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import data
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


def _held(parts):
    assert parts.validation is not None
    return parts.validation


# --- splitting -------------------------------------------------------------------------------


@given(
    labels=st.lists(st.integers(0, 4), min_size=2, max_size=120),
    fraction=st.floats(0.01, 0.99),
    seed=st.integers(0, 2**32),
)
def test_split_uses_each_sample_once_and_keeps_proportions(labels, fraction, seed):
    dataset = _classes(labels)
    counts = np.bincount(labels)
    if counts.max() < 2:
        with pytest.raises(InputError):
            data.split(dataset, fraction, seed)
        return
    parts = data.split(dataset, fraction, seed)
    together = np.concatenate([parts.train.x, _held(parts).x])[:, 0]
    assert sorted(together) == dataset.x[:, 0].tolist()
    for part in (parts.train, _held(parts)):
        np.testing.assert_array_equal(part.y, dataset.y[part.x[:, 0].astype(int)])
    held = np.bincount(_held(parts).y, minlength=counts.size)
    assert (held[counts > 0] < counts[counts > 0]).all()  # each class can be learnt
    assert (held <= np.ceil(counts * fraction)).all()
    assert (held >= np.minimum(np.floor(counts * fraction), counts - 1)).all()
    assert held.sum() <= max(1, round(len(labels) * fraction))


def test_split_of_balanced_classes_is_exact_and_seeded():
    iris = data.load("iris")
    parts = data.split(iris, 0.2, seed=1)
    assert np.bincount(_held(parts).y).tolist() == [10, 10, 10]
    assert np.bincount(parts.train.y).tolist() == [40, 40, 40]
    again, other = data.split(iris, 0.2, seed=1), data.split(iris, 0.2, seed=2)
    np.testing.assert_array_equal(parts.train.x, again.train.x)
    assert not np.array_equal(parts.train.x, other.train.x)
    assert len(np.unique(parts.train.y[:12])) > 1  # shuffled, not class by class


def test_split_of_a_regression():
    dataset = _regression(np.arange(10.0)[:, None], np.arange(10.0)[:, None] ** 2)
    parts = data.split(dataset, 0.25, seed=0)
    assert (parts.train.samples, _held(parts).samples) == (8, 2)
    np.testing.assert_array_equal(_held(parts).y, _held(parts).x ** 2)


def test_no_fraction_holds_nothing_back():
    iris = data.load("iris")
    assert data.split(iris, 0, seed=0) == data.Split(iris, None)


@pytest.mark.parametrize("fraction", [-0.1, 1.0, float("nan")])
def test_split_refuses_a_fraction_out_of_range(fraction):
    with pytest.raises(InputError) as caught:
        data.split(data.load("iris"), fraction, seed=0)
    assert caught.value.field == "data.validation"


# --- standardising ---------------------------------------------------------------------------


@given(
    rows=st.lists(
        st.tuples(*[st.floats(-1e3, 1e3, allow_subnormal=False)] * 2), min_size=4, max_size=40
    ),
    scale=st.sampled_from([1e-200, 1e-9, 1.0, 1e9, 1e200]),
)
def test_standardising_gives_mean_0_and_deviation_1_and_can_be_undone(rows, scale):
    x = np.round(np.array(rows), 3) * scale
    dataset = _regression(x, x[:, :1])
    parts = data.split(dataset, 0.25, seed=0)
    standard, moments = data.standardize(parts, standardize_target=True)
    varied = np.ptp(parts.train.x, axis=0) > 0
    np.testing.assert_allclose(standard.train.x.mean(axis=0), 0, atol=1e-7)
    np.testing.assert_allclose(standard.train.x.std(axis=0), np.where(varied, 1, 0), atol=1e-7)
    assert (moments.scale[~varied] == 1).all()
    np.testing.assert_allclose(standard.train.y, standard.train.x[:, :1], atol=1e-7)
    for before, after in ((parts.train, standard.train), (_held(parts), _held(standard))):
        back = moments.invert(after)
        room = 1e-9 * np.abs(x).max()
        np.testing.assert_allclose(back.x, before.x, rtol=1e-9, atol=room)
        np.testing.assert_allclose(back.y, before.y, rtol=1e-9, atol=room)


def test_validation_is_standardised_by_the_training_part():
    train, held = _regression([[0.0], [4.0]], [[1.0], [3.0]]), _regression([[6.0]], [[5.0]])
    standard, moments = data.standardize(data.Split(train, held))
    assert (moments.mean.tolist(), moments.scale.tolist()) == ([2], [2])
    assert _held(standard).x.tolist() == [[2]]
    assert _held(standard).y.tolist() == [[5]]  # targets stay as they are
    _, moments = data.standardize(data.Split(train, held), standardize_target=True)
    assert moments.apply(held).y.tolist() == [[3]]
    assert moments.invert_targets(np.array([[3.0]])).tolist() == [[5]]


def test_a_constant_feature_is_divided_by_one_even_if_it_is_no_binary_number():
    standard, moments = data.standardize(data.Split(_regression([[0.1]] * 7, [[0.0]] * 7), None))
    assert moments.scale.tolist() == [1]
    assert standard.train.x.tolist() == [[0]] * 7


def test_classes_cannot_be_standardised():
    with pytest.raises(InputError) as caught:
        data.standardize(data.Split(data.load("iris"), None), standardize_target=True)
    assert caught.value.field == "data.standardize_target"


# --- mini-batches ----------------------------------------------------------------------------


@given(
    samples=st.integers(1, 60),
    share=st.floats(0, 1),
    seed=st.integers(0, 2**63),
    epoch=st.integers(0, 10**6),
)
def test_every_epoch_uses_each_sample_exactly_once(samples, share, seed, epoch):
    size = 1 + int(share * (samples - 1))
    sampler = data.Sampler(samples, size, seed)
    start = epoch * sampler.steps_per_epoch
    batches = [sampler.indices(start + step) for step in range(sampler.steps_per_epoch)]
    assert all(len(batch) == size for batch in batches[:-1])
    assert 1 <= len(batches[-1]) <= size
    assert sorted(np.concatenate(batches)) == list(range(samples))
    assert {sampler.epoch(start), sampler.epoch(start + sampler.steps_per_epoch - 1)} == {epoch}
    assert sampler.epoch(start + sampler.steps_per_epoch) == epoch + 1


@given(steps=st.lists(st.integers(0, 500), min_size=1, max_size=10), seed=st.integers(0, 99))
def test_a_step_needs_no_history(steps, seed):
    travelled = data.Sampler(23, 5, seed)
    for step in steps:
        fresh = data.Sampler(23, 5, seed).indices(step)
        np.testing.assert_array_equal(travelled.indices(step), fresh)


def test_batches_already_handed_out_do_not_change():
    sampler = data.Sampler(10, 3, seed=0)
    first = sampler.indices(0)
    copy = first.copy()
    sampler.indices(100)
    np.testing.assert_array_equal(first, copy)
    assert not first.flags.writeable


def test_epochs_and_seeds_shuffle_differently_and_uniformly():
    sampler = data.Sampler(50, 25, seed=0)
    assert not np.array_equal(sampler.indices(0), sampler.indices(2))
    assert not np.array_equal(sampler.indices(0), data.Sampler(50, 25, seed=1).indices(0))
    # Which of four samples comes first: 4000 draws, 1000 expected, deviation √750 ≈ 27.
    small = data.Sampler(4, 1, seed=0)
    counts = np.bincount([small.indices(4 * epoch)[0] for epoch in range(4000)])
    assert np.abs(counts - 1000).max() < 5 * 27


def test_full_batch_is_everything_in_order():
    for size in ("full", 7):
        sampler = data.Sampler(7, size, seed=0)
        assert sampler.steps_per_epoch == 1
        assert sampler.indices(5).tolist() == list(range(7))
        assert sampler.epoch(5) == 5


@pytest.mark.parametrize("size", [0, -1, 8, True, "half", 2.5])
def test_batch_sizes_that_cannot_be(size):
    with pytest.raises(InputError) as caught:
        data.Sampler(7, size, seed=0)
    assert caught.value.field == "data.batch_size"
    assert "from 1 to 7" in str(caught.value)


def test_steps_and_seeds_below_zero_are_refused():
    with pytest.raises(InputError):
        data.Sampler(7, 2, seed=-1)
    with pytest.raises(InputError):
        data.Sampler(7, 2, seed=0).indices(-1)
