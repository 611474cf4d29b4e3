"""Norms against exact rational arithmetic, over the whole range of each dtype."""

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.support.norms import norm, norms

DTYPES = ("float16", "float32", "float64")


def exact(array: np.ndarray) -> float:
    """‖a‖ for finite entries, from exact sums of exact squares; inf beyond float64."""
    total = sum((Fraction(float(x)) ** 2 for x in array.ravel()), start=Fraction(0))
    if not total:
        return 0.0
    shift = total.numerator.bit_length() - total.denominator.bit_length()
    shift -= shift % 2
    root = math.sqrt(total / Fraction(2) ** shift)
    try:
        return math.ldexp(root, shift // 2)
    except OverflowError:
        return math.inf


def arrays(dtype: str) -> Any:
    """Arrays whose entries lie about one magnitude anywhere in the dtype's range, or all over."""
    width = int(dtype[5:])
    anything = st.lists(st.floats(width=width, allow_nan=False, allow_infinity=False), max_size=20)
    exponents = {16: (-24, 15), 32: (-149, 127), 64: (-1074, 1023)}[width]
    together = st.builds(
        lambda exponent, parts: [math.ldexp(part, exponent) for part in parts],
        st.integers(*exponents),
        st.lists(st.floats(-1.0, 1.0), max_size=20),
    )
    return st.one_of(anything, together).map(lambda entries: np.array(entries, dtype=dtype))


@pytest.mark.parametrize("dtype", DTYPES)
@given(data=st.data())
@settings(deadline=None)
def test_norm_is_right_wherever_the_array_is(dtype: str, data: Any) -> None:
    array = data.draw(arrays(dtype))
    # Half the smallest float64 is all that a subnormal result may be off by.
    assert norm(array) == pytest.approx(exact(array), rel=1e-6, abs=5e-324)
    rows = np.stack([array, array[::-1], np.zeros_like(array)])
    assert norms(rows) == pytest.approx([norm(array), norm(array[::-1]), 0.0], rel=1e-6)


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_ends_of_the_range(dtype: str) -> None:
    info = np.finfo(dtype)
    for entry in (info.smallest_subnormal, info.tiny, info.max):
        array = np.full(9, entry, dtype=dtype)
        assert norm(array) == pytest.approx(3 * float(entry))
        assert norms(array[np.newaxis]) == pytest.approx([3 * float(entry)])


@pytest.mark.parametrize(("dtype", "middle"), [("float32", -63), ("float64", -511)])
def test_where_squares_begin_to_lose_digits(dtype: str, middle: int) -> None:
    parts = np.random.default_rng(0).uniform(1.0, 2.0, (20, 7))
    for exponent in range(middle - 15, middle + 15):
        rows = np.ldexp(parts, exponent).astype(dtype)
        expected = [exact(row) for row in rows]
        np.testing.assert_allclose(norms(rows), expected, rtol=1e-6)
        np.testing.assert_allclose([norm(row) for row in rows], expected, rtol=1e-6)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("size", [2, 5000])
def test_nan_and_inf(dtype: str, size: int) -> None:
    rows = np.ones((5, size), dtype=dtype)
    rows[0, -1], rows[1, 0], rows[2, 0], rows[3, 0] = np.nan, np.inf, -np.inf, np.inf
    rows[3, 1] = np.nan
    expected = [math.nan, math.inf, math.inf, math.nan, math.sqrt(size)]
    np.testing.assert_allclose(norms(rows), expected, rtol=1e-6)
    np.testing.assert_allclose([norm(row) for row in rows], expected, rtol=1e-6)


@pytest.mark.parametrize("value", [0.1, 1 / 3, 0.7, 1e-25, 1e25])
def test_long_float32_arrays_lose_no_digits(value: float) -> None:
    array = np.full(3_000_001, value, dtype=np.float32)
    expected = float(array[0]) * math.sqrt(array.size)
    assert norm(array) == pytest.approx(expected, rel=2e-6)
    assert norms(array[np.newaxis])[0] == pytest.approx(expected, rel=2e-6)


def test_random_arrays_of_any_shape_and_layout() -> None:
    rng = np.random.default_rng(3)
    for shape in ((), (1,), (0,), (3, 4), (2, 3, 4, 5), (4095,), (4097,), (20_000,)):
        array = rng.standard_normal(shape).astype(np.float32)
        assert norm(array) == pytest.approx(np.linalg.norm(array.astype(float)), rel=1e-6)
    matrix = rng.standard_normal((40, 60)).astype(np.float32)
    matrix[::3] *= 1e-30
    for view in (matrix, matrix.T, matrix[::2, ::-3], np.broadcast_to(matrix[0], (3, 60))):
        expected = np.sqrt((view.astype(float) ** 2).sum(axis=1))
        np.testing.assert_allclose(norms(view), expected, rtol=1e-6)
        assert norm(view) == pytest.approx(math.sqrt((expected**2).sum()), rel=1e-6)


def test_results_are_float64_and_arguments_unchanged() -> None:
    for dtype in DTYPES:
        matrix = np.array([[3.0, 4.0], [0.0, 0.0]], dtype=dtype)
        assert norms(matrix).dtype == np.float64
        assert norms(matrix).tolist() == [5.0, 0.0]
        assert matrix.tolist() == [[3.0, 4.0], [0.0, 0.0]]
    assert norms(np.zeros((0, 4))).shape == (0,)
    assert norms(np.zeros((2, 0))).tolist() == [0.0, 0.0]
    with pytest.raises(ValueError, match="matrix"):
        norms(np.zeros(3))
