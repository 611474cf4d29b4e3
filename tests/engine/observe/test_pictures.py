"""What the inspector shows as pictures, against brute force over windows and the batch itself."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from engine.messages.frame import Detail
from engine.messages.pictures import Pictures, Pooling
from engine.observe.detail import make_detail
from engine.observe.observer import Observer
from engine.observe.pictures import places_of_maxima
from engine.recipes.recipe import open_system
from engine.system import catalogue
from engine.system.system import System, from_table
from engine.training.feed import Samples


def detail_of(trainer: Observer, name: str) -> Detail:
    node = trainer.current.model.graph.value(name).id
    value, gradient, _ = trainer.readiness.at(trainer.cursor)
    feed = trainer.training.feed
    return make_detail(trainer.current, node, None, trainer.step, value, gradient, feed)


def pictures_of(trainer: Observer, name: str) -> Pictures:
    found = detail_of(trainer, name).pictures
    assert found is not None
    return found


def pooling_of(trainer: Observer, name: str) -> tuple[Pictures, Pooling]:
    found = pictures_of(trainer, name)
    assert found.pooling is not None
    return found, found.pooling


def windows(
    shape: tuple[int, ...], size: int, stride: int
) -> Iterator[tuple[tuple[int, ...], list[tuple[int, ...]]]]:
    """Every window of a picture (channels, height, width, samples): its index and its entries'."""
    channels, height, width, samples = shape
    for c in range(channels):
        for n in range(samples):
            for i in range((height - size) // stride + 1):
                for j in range((width - size) // stride + 1):
                    rows = range(i * stride, i * stride + size)
                    columns = range(j * stride, j * stride + size)
                    yield (c, i, j, n), [(c, r, k, n) for r in rows for k in columns]


def small(kind: str, x: Any, **settings: Any) -> Observer:
    """A network that begins with a pooling of these pictures (batch, channels, height, width)."""
    system: System = from_table({
        "layers": [{"type": kind, "name": "pool", **settings}, {"type": "flatten"},
                   {"type": "linear"}],
        "loss": {"type": "squared_error"}, "dtype": "float64",
    })  # fmt: skip
    samples = Samples(x.reshape(len(x), -1), np.ones((len(x), 2)), picture=x.shape[1:])
    trainer = Observer(system, batch=samples)
    trainer.finish_pass()
    return trainer


@pytest.fixture(scope="module")
def lenet() -> Observer:
    trainer = Observer(open_system("lenet-digits"))
    trainer.train_step()
    return trainer


@pytest.mark.parametrize(("size", "stride"), [(2, 2), (3, 2), (2, 1), (2, 3)])
def test_places_and_routed_gradient_of_max_pooling_by_brute_force(size: int, stride: int) -> None:
    x = np.random.default_rng(1).integers(0, 5, (3, 2, 7, 6)).astype(float)  # with many ties
    found, pooling = pooling_of(small("max_pool2d", x, size=size, stride=stride), "pool.h")
    assert found.gradient is not None
    assert pooling.pooled is not None
    assert pooling.places is not None
    np.testing.assert_array_equal(pooling.pooled, x.transpose(1, 2, 3, 0))
    expected = np.zeros(pooling.pooled.shape)
    for window, entries in windows(pooling.pooled.shape, size, stride):
        first = entries[int(np.argmax([pooling.pooled[at] for at in entries]))]
        assert divmod(int(pooling.places[window]), x.shape[3]) == first[1:3]
        expected[first] += found.gradient[window]
    assert pooling.routed is not None
    np.testing.assert_allclose(pooling.routed, expected, rtol=1e-13)


@pytest.mark.parametrize(("size", "stride"), [(2, 2), (3, 2), (4, 4)])
def test_routed_gradient_of_average_pooling_by_brute_force(size: int, stride: int) -> None:
    x = np.random.default_rng(2).normal(size=(3, 2, 8, 9))
    found, pooling = pooling_of(small("avg_pool2d", x, size=size, stride=stride), "pool.h")
    assert pooling.places is None
    assert pooling.pooled is not None
    assert pooling.routed is not None
    assert found.gradient is not None
    expected = np.zeros(pooling.pooled.shape)
    for window, entries in windows(pooling.pooled.shape, size, stride):
        for at in entries:
            expected[at] += found.gradient[window] / size**2
    np.testing.assert_allclose(pooling.routed, expected, rtol=1e-12, atol=1e-18)


def test_the_edge_into_a_pooling_has_its_routing_and_no_other_edge_has_one() -> None:
    rng = np.random.default_rng(3)
    trainer = small("max_pool2d", rng.normal(size=(2, 1, 4, 4)), size=2, stride=2)
    trainer.train_step()
    everything = np.ones(len(trainer.topology.nodes), bool)
    node = next(n.index for n in trainer.topology.nodes if n.name == "pool.h")
    _, of_node = pooling_of(trainer, "pool.h")
    for edge in trainer.topology.edges:
        found = make_detail(
            trainer.current, edge.source, edge.index, 1, everything, everything
        ).pictures
        if edge.target != node:
            assert found is None
            continue
        assert found is not None
        assert found.pooling is not None
        assert found.pooling.source == edge.source
        assert of_node.routed is not None
        assert found.pooling.routed is not None
        np.testing.assert_array_equal(found.pooling.routed, of_node.routed)


def test_of_several_nan_the_first_is_the_maximum_as_in_numpy() -> None:
    x = np.array([[1.0, np.nan], [np.nan, 9.0]]).reshape(1, 2, 2, 1)
    assert places_of_maxima(x, 2, 2).item() == int(np.argmax(x))


def test_lenet_routes_float32_gradients_to_the_maxima_only(lenet: Observer) -> None:
    found, pooling = pooling_of(lenet, "pool1.h")
    assert found.shape == (16, 4, 4, 32)
    assert pooling.pooled is not None
    assert pooling.routed is not None
    assert found.gradient is not None
    elsewhere = np.ones(pooling.pooled.shape, bool)
    for window, entries in windows(pooling.pooled.shape, 2, 2):
        first = entries[int(np.argmax([pooling.pooled[at] for at in entries]))]
        assert pooling.routed[first] == found.gradient[window]
        elsewhere[first] = False
    assert not pooling.routed[elsewhere].any()


def test_kernels_and_their_gradients_keep_their_axes(lenet: Observer) -> None:
    found = pictures_of(lenet, "conv2.weight")
    assert found.kind == "kernels"
    assert found.shape == (32, 16, 3, 3)
    np.testing.assert_array_equal(found.value, lenet.parameters["conv2.weight"])
    assert found.gradient is not None
    at = lenet.current.model.graph.value("conv2.weight").id
    np.testing.assert_array_equal(found.gradient, lenet.current.gradient(at))
    assert found.pooling is None


def test_feature_maps_have_their_samples_targets(lenet: Observer) -> None:
    found = pictures_of(lenet, "conv1.h")
    feed = lenet.training.feed
    assert feed is not None
    classes = feed.train.y[feed.sampler.indices(lenet.step)].argmax(axis=1)
    assert found.kind == "maps"
    assert found.shape == (16, 8, 8, 32)
    assert found.targets == tuple(feed.class_names[k] for k in classes)


def test_inputs_are_the_batch_of_pictures(lenet: Observer) -> None:
    found = pictures_of(lenet, "x")
    feed = lenet.training.feed
    assert feed is not None
    rows = feed.train.x[feed.sampler.indices(lenet.step)]
    assert found.kind == "samples"
    assert found.value is not None
    np.testing.assert_array_equal(found.value[0].transpose(2, 0, 1), rows.reshape(-1, 8, 8))


def test_time_steps_are_the_rows_of_one_picture() -> None:
    trainer = Observer(open_system("rnn-bptt"))
    trainer.finish_pass()
    feed = trainer.training.feed
    assert feed is not None
    digits = feed.train.x[feed.sampler.indices(0)].reshape(-1, 8, 8)
    for step in (1, 8):
        found = pictures_of(trainer, f"x{step}")
        assert found.row == step - 1
        assert found.value is not None
        assert found.gradient is not None
        np.testing.assert_array_equal(found.value[0].transpose(2, 0, 1), digits)
        own = detail_of(trainer, f"x{step}").gradient
        np.testing.assert_array_equal(found.gradient[0, step - 1], own)


def test_time_steps_whose_gradient_is_still_to_come_are_missing() -> None:
    trainer = Observer(open_system("rnn-bptt"))
    last = trainer.current.model.graph.value("x8").id
    while not trainer.readiness.at(trainer.cursor)[1][last]:
        trainer.operate()
    found = pictures_of(trainer, "x1").gradient
    assert found is not None
    assert np.isfinite(found[0, 7]).all()
    assert np.isnan(found[0, 0]).all()


def test_rows_of_a_first_linear_layer_are_pictures_of_the_data() -> None:
    trainer = Observer(open_system("d2l-mlp"))
    trainer.finish_pass()
    found = pictures_of(trainer, "W⁽¹⁾")
    weight = trainer.parameters["linear1.weight"]
    assert found.shape == (32, 1, 8, 8)
    assert found.value is not None
    np.testing.assert_array_equal(found.value[5, 0, 2], weight[5, 16:24])
    assert detail_of(trainer, "W⁽²⁾").pictures is None
    assert pictures_of(trainer, "x").shape == (1, 8, 8, 32)


def test_what_is_no_picture_has_none(lenet: Observer) -> None:
    for name in ("conv1.bias", "dense.h", "output.weight", "L", "y"):
        assert detail_of(lenet, name).pictures is None, name


def test_not_computed_yet_is_none_and_comes_with_the_pass() -> None:
    trainer = Observer(open_system("lenet-digits"))
    found, pooling = pooling_of(trainer, "pool1.h")
    assert found.value is None
    assert (pooling.pooled, pooling.routed, pooling.places) == (None, None, None)
    assert found.targets == ()
    node = trainer.current.model.graph.value("pool1.h").id
    while not trainer.readiness.at(trainer.cursor)[1][node]:
        trainer.operate()
    found, pooling = pooling_of(trainer, "pool1.h")
    assert found.gradient is not None
    assert pooling.places is not None
    assert pooling.routed is None  # h's own gradient is the next operation
    trainer.operate()
    assert pooling_of(trainer, "pool1.h")[1].routed is not None


def test_own_networks_with_normalised_pictures_and_input_scale() -> None:
    x = np.random.default_rng(0).normal(size=(4, 3, 6, 6))
    system = from_table({
        "layers": [{"type": "batch_norm", "name": "norm"},
                   {"type": "conv2d", "name": "conv", "channels": 2, "kernel_size": 5},
                   {"type": "flatten"}, {"type": "linear", "name": "out"}],
        "data": {"input_scale": 2.0}, "loss": {"type": "squared_error"},
    })  # fmt: skip
    samples = Samples(x.reshape(4, -1), np.ones((4, 2)), picture=x.shape[1:])
    trainer = Observer(system, batch=samples)
    trainer.finish_pass()
    assert pictures_of(trainer, "conv.weight").shape == (2, 3, 5, 5)
    assert pictures_of(trainer, "norm.h").shape == (3, 6, 6, 4)
    assert pictures_of(trainer, "x_scaled").shape == (3, 6, 6, 4)
    assert pictures_of(trainer, "out.weight").shape == (2, 2, 2, 2)
    assert detail_of(trainer, "norm.mean").pictures is None


def test_without_the_data_classes_are_numbers_and_flat_digits_no_pictures() -> None:
    trainer = Observer(open_system("d2l-mlp"))
    trainer.finish_pass()
    value, gradient, _ = trainer.readiness.at(trainer.cursor)
    node = trainer.current.model.graph.value("x").id
    assert make_detail(trainer.current, node, None, 0, value, gradient).pictures is None


@pytest.mark.parametrize("name", [entry.name for entry in catalogue.entries()])
def test_every_system_gives_pictures_that_cannot_be_changed(name: str) -> None:
    trainer = Observer(open_system(name))
    trainer.finish_pass()
    for node in trainer.topology.nodes:
        found = detail_of(trainer, node.name).pictures
        if found is None:
            continue
        arrays = [found.value, found.gradient]
        if found.pooling is not None:
            arrays += [found.pooling.pooled, found.pooling.routed, found.pooling.places]
        for array in arrays:
            assert array is None or not array.flags.writeable
        assert found.value is not None
        assert found.value.shape == found.shape
        assert found.targets == () or len(found.targets) == found.shape[3]
