"""Random expressions of random shapes: every gradient against central differences, to order 2."""

import numpy as np
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from engine.analysis.check import check
from engine.support.errors import InputError
from engine.system.system import System

SHAPES = [(), (1,), (3,), (3, 1), (1, 3), (2, 3), (3, 2)]
SMOOTH = ["sin", "cos", "tanh", "sigmoid", "softplus", "silu", "gelu", "square", "exp"]
KINKED = ["relu", "abs", "leaky_relu", "elu"]
REDUCING = ["sum", "mean", "max", "min", "logsumexp"]


def combined(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    axes = st.sampled_from(["0", "-1", "[0, 1]"])
    kept = st.sampled_from(["True", "False"])
    return st.one_of(
        st.builds("({} {} {})".format, inner, st.sampled_from("+-*"), inner),
        st.builds("({} / (1 + {} ** 2))".format, inner, inner),
        st.builds("({} @ {})".format, inner, inner),
        st.builds("{}({}, {})".format, st.sampled_from(["max", "min"]), inner, inner),
        st.builds("{}({})".format, st.sampled_from(SMOOTH + KINKED), inner),
        st.builds(
            "{}({}, axis={}, keepdims={})".format, st.sampled_from(REDUCING), inner, axes, kept
        ),
        st.builds("softmax({}, axis={})".format, inner, st.sampled_from(["0", "-1"])),
        st.builds("transpose({})".format, inner),
    )


TERMS = st.recursive(st.sampled_from(["x", "y", "x", "y", "0.5", "2"]), combined, max_leaves=6)


@given(
    lines=st.lists(TERMS, min_size=1, max_size=3),
    shapes=st.tuples(st.sampled_from(SHAPES), st.sampled_from(SHAPES)),
    seed=st.integers(0, 2**32),
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
def test_gradients_of_random_expressions(
    lines: list[str], shapes: tuple[tuple[int, ...], ...], seed: int
) -> None:
    """Each line may use x, y and, as q0, q1 …, the lines before it; the last one is summed."""
    known = ["x", "y"]
    text = []
    for number, line in enumerate(lines):
        text.append(f"q{number} = {line.replace('x', known[-1], 1)}")
        known.append(f"q{number}")
    text.append(f"f = sum({known[-1]}) + 0.1 * sum(x * x) + 0.1 * sum(y * y)")
    rng = np.random.default_rng(seed)
    values = {name: rng.normal(size=s).tolist() for name, s in zip("xy", shapes, strict=True)}
    system = System(expression="\n".join(text), values=values)
    try:
        compared = list(check(system))
    except InputError:
        assume(False)  # shapes that do not fit are refused, which is another test's business
        raise
    assert [c for c in compared if not c.passed] == []
