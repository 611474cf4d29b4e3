"""Pooling: the maximum's gradient goes to its place only, the mean's everywhere alike."""

from typing import Any

import numpy as np
import pytest

from engine.observe.observer import Observer
from engine.support.errors import EngineError
from engine.system.build import build
from engine.system.system import System, from_table
from engine.training.feed import Samples


def system(kind: str, **settings: Any) -> System:
    return from_table({
        "layers": [{"type": kind, **settings}, {"type": "flatten"}, {"type": "linear"}],
        "loss": {"type": "squared_error"}, "dtype": "float64",
    })  # fmt: skip


def pooled(x: Any, kind: str, **settings: Any) -> tuple[Any, Any, Any]:
    """The pooled pictures, the upstream gradient and the gradient by x, all (batch, c, h, w)."""
    samples = Samples(x.reshape(len(x), -1), np.ones((len(x), 2)), picture=x.shape[1:])
    trainer = Observer(system(kind, **settings), batch=samples)
    trainer.finish_pass()
    node = trainer.current.model.graph.value(f"{kind}1.h").id
    upstream = trainer.current.gradient(node)
    into = trainer.current.gradient(trainer.current.model.inputs[0])
    assert upstream is not None
    assert into is not None
    arrays = trainer.current.value(node), upstream, into
    return tuple(array.transpose(3, 0, 1, 2) for array in arrays)  # type: ignore[return-value]


def test_max_takes_the_maximum_and_routes_the_gradient_to_its_place_zero_elsewhere() -> None:
    x = np.random.default_rng(0).permutation(2 * 3 * 4 * 6).astype(float).reshape(2, 3, 4, 6)
    out, upstream, into = pooled(x, "max_pool2d")
    windows = x.reshape(2, 3, 2, 2, 3, 2).transpose(0, 1, 2, 4, 3, 5).reshape(2, 3, 2, 3, 4)
    np.testing.assert_array_equal(out, windows.max(axis=4))
    routed = into.reshape(2, 3, 2, 2, 3, 2).transpose(0, 1, 2, 4, 3, 5).reshape(2, 3, 2, 3, 4)
    assert (np.count_nonzero(routed, axis=4) == 1).all()
    np.testing.assert_array_equal(routed.argmax(axis=4) * 0 + np.abs(routed).argmax(axis=4),
                                  windows.argmax(axis=4))  # fmt: skip
    np.testing.assert_array_equal(routed.sum(axis=4), upstream)


def test_mean_spreads_the_gradient_evenly() -> None:
    x = np.random.default_rng(0).normal(size=(2, 3, 4, 6))
    out, upstream, into = pooled(x, "avg_pool2d")
    np.testing.assert_allclose(out, x.reshape(2, 3, 2, 2, 3, 2).mean(axis=(3, 5)), rtol=1e-12)
    np.testing.assert_allclose(into, upstream.repeat(2, axis=2).repeat(2, axis=3) / 4, rtol=1e-12)


def test_among_equal_maxima_the_first_gets_all() -> None:
    _, upstream, into = pooled(np.ones((1, 1, 2, 2)), "max_pool2d")
    assert into[0, 0].tolist() == [[upstream.item(), 0], [0, 0]]


def test_overlapping_windows_add_up_what_they_send_back() -> None:
    x = np.zeros((1, 1, 3, 3))
    x[0, 0, 1, 1] = 1.0  # the maximum of all four windows
    out, upstream, into = pooled(x, "max_pool2d", size=2, stride=1)
    assert out.tolist() == [[[[1, 1], [1, 1]]]]
    assert into[0, 0, 1, 1] == pytest.approx(upstream.sum(), rel=1e-14)
    assert np.count_nonzero(into) == 1


def test_rows_and_columns_that_no_window_covers_get_no_gradient() -> None:
    for kind in ("max_pool2d", "avg_pool2d"):
        out, _, into = pooled(np.random.default_rng(0).normal(size=(1, 2, 5, 5)), kind)
        assert out.shape == (1, 2, 2, 2)
        assert not into[:, :, 4].any()
        assert not into[:, :, :, 4].any()


def test_nan_is_data_and_the_largest() -> None:
    x = np.arange(4.0).reshape(1, 1, 2, 2)
    x[0, 0, 0, 1] = np.nan
    out, _, into = pooled(x, "max_pool2d")
    assert np.isnan(out).all()
    assert np.isnan(into[0, 0, 0, 1])
    assert into[0, 0, 1, 1] == 0


def test_a_window_of_one_changes_nothing() -> None:
    x = np.random.default_rng(0).normal(size=(2, 1, 3, 3))
    for kind in ("max_pool2d", "avg_pool2d"):
        out, upstream, into = pooled(x, kind, size=1)
        np.testing.assert_array_equal(out, x)
        np.testing.assert_array_equal(into, upstream)


@pytest.mark.parametrize(("kind", "settings", "shape", "message"), [
    ("max_pool2d", {"size": 5}, (1, 4, 4), r"max_pool2d1.*5 × 5 does not fit into 4 × 4"),
    ("avg_pool2d", {}, (64,), r"avg_pool2d1.*pictures"),
])  # fmt: skip
def test_misfits_name_the_layer(
    kind: str, settings: dict[str, Any], shape: Any, message: str
) -> None:
    with pytest.raises(EngineError, match=message):
        build(system(kind, **settings), (shape,), 2, 3)


def test_other_spellings_of_the_size() -> None:
    for name in ("size", "kernel_size", "pool_size"):
        built = build(system("max_pool2d", **{name: 3}), ((2, 6, 6),), 2, 1)
        assert built.graph.value("max_pool2d1.h").shape == (2, 2, 2, 1)
