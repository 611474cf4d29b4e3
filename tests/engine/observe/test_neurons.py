"""The scalars of a watched layer are those of the model, and nobody pays who watches nothing."""

import numpy as np
import pytest

from engine.messages.commands import Watch
from engine.messages.topology import dense_layers
from engine.observe.neurons import neurons_of
from engine.observe.observer import Observer
from engine.system import catalogue
from engine.system.system import override


def trainer_of(name, steps=3, **changes):
    system = catalogue.load(name)
    for key, value in changes.items():
        system = override(system, key.replace("__", "."), value)
    trainer = Observer(system, 5)
    for _ in range(steps):
        trainer.train_step()
    return trainer


def watched(trainer, group, sample=None):
    layer = next(one for one in dense_layers(trainer.topology) if one.group == group)
    found = neurons_of(trainer, Watch(5, (layer,), sample))
    assert len(found) == 1
    return found[0]


def test_weights_gradient_and_activations_are_the_models():
    trainer = trainer_of("d2l-mlp-bias")
    seen = watched(trainer, ("linear1",))
    vectors = trainer.training.vectors
    names = [p.name for p in trainer.current.model.parameters if p.layer == "linear1"]
    np.testing.assert_array_equal(seen.weights, vectors.parameters[names[0]])
    np.testing.assert_array_equal(seen.gradient, vectors.gradients[names[0]])
    np.testing.assert_array_equal(seen.bias, vectors.parameters[names[1]])
    np.testing.assert_array_equal(seen.bias_gradient, vectors.gradients[names[1]])
    x = trainer.current.value(trainer.current.model.inputs[0])
    h = np.tanh(seen.weights @ x + seen.bias.reshape(-1, 1))
    np.testing.assert_allclose(seen.inputs, x.mean(axis=1))
    np.testing.assert_allclose(seen.outputs, h.mean(axis=1), rtol=1e-6)
    one = watched(trainer, ("linear1",), sample=7)
    np.testing.assert_array_equal(one.inputs, x[:, 7])
    np.testing.assert_allclose(one.outputs, h[:, 7], rtol=1e-6)
    assert (one.sample, one.samples) == (7, x.shape[1])


def test_outputs_are_taken_after_the_activation():
    trainer = trainer_of("mindspore-mlp", steps=1)
    seen = watched(trainer, ("hidden",), sample=2)
    z = seen.weights @ seen.inputs + seen.bias.reshape(-1)
    np.testing.assert_allclose(seen.outputs, 1 / (1 + np.exp(-z)), rtol=1e-4)


def test_the_last_update_of_plain_descent_is_minus_rate_times_gradient():
    trainer = trainer_of("d2l-mlp-bias", optimizer={"type": "sgd", "learning_rate": 0.25})
    before = watched(trainer, ("linear2",))
    trainer.train_step()
    after = watched(trainer, ("linear2",))
    np.testing.assert_allclose(after.update, -0.25 * before.gradient, rtol=1e-12)
    np.testing.assert_allclose(after.bias_update, -0.25 * before.bias_gradient, rtol=1e-12)
    np.testing.assert_allclose(after.weights, before.weights + after.update, rtol=1e-12)
    assert after.step == before.step + 1


def test_what_is_not_known_yet_is_none():
    trainer = trainer_of("d2l-mlp", steps=0)
    seen = watched(trainer, ("linear1",))
    assert seen.gradient is seen.update is seen.outputs is seen.bias is None
    while trainer.cursor < 1 or not trainer.complete:
        trainer.operate()
    seen = watched(trainer, ("linear1",))
    assert seen.gradient is not None
    assert seen.outputs is not None
    assert seen.update is None  # there was none yet
    trainer.train_step()
    trainer.train_step()
    assert watched(trainer, ("linear1",)).update is not None
    trainer.rewind(0)
    assert watched(trainer, ("linear1",)).update is None


def test_arrays_are_read_only_copies():
    trainer = trainer_of("d2l-mlp")
    seen = watched(trainer, ("linear1",))
    kept = seen.weights.copy()
    trainer.train_step()
    np.testing.assert_array_equal(seen.weights, kept)
    for array in (seen.weights, seen.gradient, seen.update, seen.inputs, seen.outputs):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1


def test_only_small_dense_layers_that_are_used_once_have_neurons():
    def groups(name):
        return [layer.group for layer in dense_layers(Observer(catalogue.load(name)).topology)]

    assert groups("resnet-mlp")[:3] == [("input",), ("block1", "a"), ("block1", "b")]
    assert groups("rnn-bptt") == [("output",)]  # W of the cell is used at each time step
    assert groups("lenet-digits") == [("output",)]  # dense has 64 × 128
    assert groups("cs231n-gates") == []


def test_a_watch_of_a_graph_that_is_gone_says_nothing():
    trainer = trainer_of("d2l-mlp")
    layers = dense_layers(trainer.topology)
    assert neurons_of(trainer, Watch(4, layers)) == ()
    assert neurons_of(trainer, Watch(5)) == ()
