"""Sequences: what the generated ones promise, and how pictures and files become sequences."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine import data
from engine.support.errors import InputError
from engine.system.system import System, from_table
from engine.training.feed import Feed


def steps_of(name: str, **options: Any) -> tuple[data.Dataset, Any]:
    """A generated set, and its samples as (samples, steps, features)."""
    loaded = data.load(name, **options)
    assert loaded.sequence_shape is not None
    return loaded, loaded.x.reshape(-1, *loaded.sequence_shape)


def system(layer: str, source: str, **more: Any) -> System:
    return from_table({
        "layers": [{"type": layer, "units": 4}, {"type": "linear"}],
        "data": {"source": source, "standardize": False, "batch_size": 8},
        "dtype": "float64", **more,
    })  # fmt: skip


def test_adding_the_target_is_the_sum_of_the_two_marked_values() -> None:
    loaded, x = steps_of("adding", samples=500)
    values, marks = x[:, :, 0], x[:, :, 1]
    assert loaded.task == data.REGRESSION
    assert set(np.unique(marks)) == {0.0, 1.0}
    half = x.shape[1] // 2
    assert (marks[:, :half].sum(axis=1) == 1).all()
    assert (marks[:, half:].sum(axis=1) == 1).all()
    np.testing.assert_allclose(loaded.y[:, 0], (values * marks).sum(axis=1), rtol=1e-15)
    assert values.min() >= 0
    assert values.max() <= 1
    assert loaded.y.var() == pytest.approx(1 / 6, rel=0.2)


def test_tokens_the_last_key_is_one_of_the_others_and_its_value_is_the_label() -> None:
    loaded, x = steps_of("tokens", samples=200)
    count = loaded.outputs
    keys, values = x[:, :, :count], x[:, :, count:]
    assert (keys.sum(axis=2) == 1).all()
    assert (keys[:, :-1].sum(axis=1) == 1).all()  # each key once, and the last one again
    assert (values[:, -1] == 0).all()
    match = (keys[:, :-1] * keys[:, -1:]).sum(axis=2)
    assert (match.sum(axis=1) == 1).all()
    found = (match[:, :, None] * values[:, :-1]).sum(axis=1).argmax(axis=1)
    np.testing.assert_array_equal(found, loaded.y)


def test_tokens_cannot_be_told_from_how_often_values_occur() -> None:
    """The most frequent value is the label more often than 1 in 4, but far from always."""
    loaded, x = steps_of("tokens", samples=2000)
    frequent = x[:, :-1, loaded.outputs :].sum(axis=1).argmax(axis=1)
    assert np.mean(frequent == loaded.y) < 0.6


def beats(a: str, b: str) -> str:
    winning = {("paper", "rock"), ("scissors", "paper"), ("rock", "scissors")}
    return a if (a, b) in winning else b


def test_trees_the_label_is_who_wins_the_tournament() -> None:
    loaded, x = steps_of("trees")
    names = loaded.class_names
    assert names == ("rock", "paper", "scissors")
    assert (x.sum(axis=2) == 1).all()
    for row, label in zip(x.argmax(axis=2), loaded.y, strict=True):
        a, b, c, d, e, f = (names[k] for k in row)
        assert beats(beats(beats(a, b), beats(c, d)), beats(e, f)) == names[label]


def test_trees_the_same_signs_in_another_tree_have_another_winner() -> None:
    assert beats(beats("rock", "paper"), "scissors") == "scissors"
    assert beats("rock", beats("paper", "scissors")) == "rock"


def test_trees_no_tournament_is_there_twice() -> None:
    """All 729, so that what is held back was never trained on."""
    loaded, _ = steps_of("trees")
    assert loaded.samples == 729
    assert len(np.unique(loaded.x, axis=0)) == 729


def test_noise_is_added_to_every_number_and_not_to_the_labels() -> None:
    for name in ("adding", "tokens", "trees"):
        plain, noisy = data.load(name, samples=60), data.load(name, samples=60, noise=0.1)
        np.testing.assert_array_equal(plain.y, noisy.y)
        assert (plain.x - noisy.x).std() == pytest.approx(0.1, rel=0.1)


def test_a_sequence_shape_that_does_not_fit_is_refused() -> None:
    with pytest.raises(InputError, match="sequence_shape"):
        data.Dataset(
            "s", "S", np.ones((2, 6)), np.ones((2, 1)), data.REGRESSION,
            tuple("abcdef"), sequence_shape=(4, 2),
        )  # fmt: skip


def test_features_of_a_step_share_mean_and_scale_over_all_steps() -> None:
    parts, moments = data.standardize(data.Split(data.load("adding"), None))
    assert len(np.unique(moments.mean)) == len(np.unique(moments.scale)) == 2
    x = parts.train.x.reshape(parts.train.samples, -1, 2)
    np.testing.assert_allclose(x.mean(axis=(0, 1)), 0, atol=1e-12)
    np.testing.assert_allclose(x.std(axis=(0, 1)), 1, rtol=1e-12)


def test_pixels_of_a_channel_share_mean_and_scale() -> None:
    parts, moments = data.standardize(data.Split(data.load("digits"), None))
    assert len(np.unique(moments.mean)) == len(np.unique(moments.scale)) == 1
    assert parts.train.x.std() == pytest.approx(1, rel=1e-12)
    back = moments.invert(parts.train)
    np.testing.assert_allclose(back.x, data.load("digits").x, atol=1e-12)


def test_two_channels_have_moments_of_their_own() -> None:
    random = np.random.default_rng(0)
    x = np.concatenate([random.normal(3, 2, (50, 6)), random.normal(-1, 5, (50, 6))], axis=1)
    names = tuple(f"p{k}" for k in range(12))
    pictures = data.Dataset(
        "p", "P", x, np.ones((50, 1)), data.REGRESSION, names, image_shape=(2, 3, 2)
    )
    parts, moments = data.standardize(data.Split(pictures, None))
    assert moments.mean.tolist() == [moments.mean[0]] * 6 + [moments.mean[6]] * 6
    x = parts.train.x.reshape(50, 2, 6)
    np.testing.assert_allclose(x.std(axis=(0, 2)), [1, 1], rtol=1e-12)


def test_a_recurrent_layer_gets_a_leaf_a_step() -> None:
    feed = Feed(system("lstm", "adding", loss={"type": "mean_squared_error"}))
    inputs, y = feed.batch_of(0)
    rows = feed.sampler.indices(0)
    assert len(inputs) == 40
    assert {one.shape for one in inputs} == {(2, 8)}
    assert y.shape == (1, 8)
    for t, one in enumerate(inputs):
        np.testing.assert_array_equal(one, feed.train.x[rows].reshape(8, 40, 2)[:, t].T)


def test_attention_gets_all_tokens_in_one_leaf() -> None:
    feed = Feed(system("self_attention", "tokens"))
    (x,), _ = feed.batch_of(0)
    rows = feed.sampler.indices(0)
    assert x.shape == (8, 5, 8)  # features, tokens, batch
    np.testing.assert_array_equal(x.transpose(2, 1, 0), feed.train.x[rows].reshape(8, 5, 8))


def test_digits_are_read_row_by_row() -> None:
    feed = Feed(system("rnn", "digits"))
    inputs, _ = feed.batch_of(0)
    rows = feed.sampler.indices(0)
    assert len(inputs) == 8
    for r, one in enumerate(inputs):
        np.testing.assert_array_equal(one.T, feed.train.x[rows].reshape(8, 8, 8)[:, r])


def test_plain_features_are_a_sequence_of_numbers() -> None:
    feed = Feed(system("gru", "iris"))
    inputs, _ = feed.batch_of(0)
    assert [one.shape for one in inputs] == [(1, 8)] * 4


@pytest.mark.parametrize("shape", [(20, 5, 3), (20, 1, 5, 3), (20, 2, 5, 3)])
def test_pictures_in_an_npz_file_reach_a_convolution_as_they_are(
    tmp_path: Path, shape: tuple[int, ...]
) -> None:
    x = np.arange(np.prod(shape), dtype=np.float64).reshape(shape)
    np.savez(tmp_path / "p.npz", x=x, y=np.arange(20) % 2)
    chosen = from_table({
        "layers": [{"type": "conv2d", "channels": 2}, {"type": "flatten"}, {"type": "linear"}],
        "data": {"source": str(tmp_path / "p.npz"), "standardize": False, "batch_size": 4},
        "dtype": "float64",
    })  # fmt: skip
    feed = Feed(chosen)
    channels = 1 if len(shape) == 3 else shape[1]
    assert feed.input_shapes == ((channels, 5, 3),)
    (batch,), _ = feed.batch_of(0)
    assert batch.shape == (channels, 5, 3, 4)
    stored = {picture.tobytes() for picture in x.reshape(20, channels, 5, 3)}
    assert all(np.ascontiguousarray(batch[..., k]).tobytes() in stored for k in range(4))
