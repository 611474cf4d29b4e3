"""Ranges of a colour scale as they are typed and copied."""

import pytest

from engine.recipes.colour_ranges import parse_range, range_text
from engine.support.errors import InputError

SPELLINGS = (
    "1e-6 … 1e2",
    "1e-6:1e2",
    "1E-6 ... 100",
    "10⁻⁶ … 10²",
    "10⁻⁶ to 10²",
    "1·10⁻⁶ … 1·10²",
    "  0.000001 100 ",
)


@pytest.mark.parametrize("text", SPELLINGS)
def test_all_spellings_mean_the_same(text):
    assert parse_range(text, "magnitude") == pytest.approx((1e-6, 1e2), rel=1e-12)


@pytest.mark.parametrize("ends", [(1e-6, 1e2), (1.2345678901e-7, 3.0), (0.1 + 0.2, 1e300)])
def test_what_is_copied_is_read_back(ends):
    assert parse_range(range_text(*ends), "magnitude") == pytest.approx(ends, rel=1e-12)


def test_percent_and_signs():
    assert parse_range("0 % … 5 %", "fraction") == (0.0, 0.05)
    assert parse_range("0 … 0.5", "fraction") == (0.0, 0.5)
    assert parse_range("−0.5 … 0.5", "signed") == (-0.5, 0.5)


@pytest.mark.parametrize(
    ("text", "kind", "reason"),
    [
        ("", "magnitude", "two numbers"),
        ("1e-6", "magnitude", "two numbers"),
        ("low … high", "magnitude", "two numbers"),
        ("1 … 1", "magnitude", "smaller one first"),
        ("2 … 1", "magnitude", "smaller one first"),
        ("1 … 1e999", "magnitude", "finite"),
        ("0 … 1", "magnitude", "logarithmic"),
        ("-1 … 1", "magnitude", "logarithmic"),
        ("0 … 2", "fraction", "0 % to 100 %"),
        ("-1 … 2", "signed", "zero is in the middle"),
    ],
)
def test_what_is_no_range_is_refused(text, kind, reason):
    with pytest.raises(InputError, match=reason):
        parse_range(text, kind)
