"""The expression language: against Python's own grammar, and against nonsense."""

import ast
import math
import operator
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.expression import Assign, Call, Expression, Name, Number, parse, parse_values
from engine.support.errors import InputError

FUNCTIONS = ("sum", "exp", "sigmoid", "maximum", "transpose", "log")
BINARY: dict[type, tuple[str, str, Callable[[Any, Any], Any]]] = {
    ast.Add: ("+", "add", operator.add),
    ast.Sub: ("-", "subtract", operator.sub),
    ast.Mult: ("*", "multiply", operator.mul),
    ast.Div: ("/", "divide", operator.truediv),
    ast.MatMult: ("@", "matmul", operator.matmul),
    ast.Pow: ("**", "power", operator.pow),
}
BY_NAME = {name: function for _, name, function in BINARY.values()}


def expression(text: str) -> Expression:
    return parse(f"f = {text}", FUNCTIONS).statements[0].expression


def refusal(text: str, functions: tuple[str, ...] = FUNCTIONS) -> InputError:
    with pytest.raises(InputError) as caught:
        parse(text, functions)
    return caught.value


def pythons(node: ast.expr) -> Expression:
    """Our tree of Python's."""
    if isinstance(node, ast.Constant):
        assert isinstance(node.value, (int, float))
        return Number(node.value)
    if isinstance(node, ast.Name):
        return Name(node.id)
    if isinstance(node, ast.BinOp):
        return Call(BINARY[type(node.op)][1], (pythons(node.left), pythons(node.right)))
    if isinstance(node, ast.UnaryOp):
        inner = pythons(node.operand)
        if isinstance(node.op, ast.UAdd):
            return inner
        return Number(-inner.value) if isinstance(inner, Number) else Call("negate", (inner,))
    assert isinstance(node, ast.Call)
    assert isinstance(node.func, ast.Name)
    keywords = tuple((str(k.arg), ast.literal_eval(k.value)) for k in node.keywords)
    return Call(node.func.id, tuple(map(pythons, node.args)), keywords)


def evaluated(node: Expression, values: dict[str, float]) -> Any:
    if isinstance(node, Number):
        return node.value
    if isinstance(node, Name):
        return values[node.name]
    arguments = [evaluated(argument, values) for argument in node.arguments]
    return -arguments[0] if node.function == "negate" else BY_NAME[node.function](*arguments)


def outcome(compute: Callable[[], Any]) -> Any:
    """The result's text (NaN too), or the kind of error."""
    try:
        return repr(compute())
    except ArithmeticError as error:
        return type(error)


numbers = st.one_of(
    st.integers(0, 2**53 - 1).map(lambda n: f"{n}.0"),
    st.floats(0, allow_nan=False, allow_infinity=False).map(repr),
)
names = st.sampled_from(["x", "y_1", "σ", "W", "é"])
spaces = st.sampled_from(["", " ", "  ", "\t"])


def combined(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    symbols = st.sampled_from(["+", "-", "*", "/", "**"])
    return st.one_of(
        st.builds(lambda a, s, o, t, b: a + s + o + t + b, inner, spaces, symbols, spaces, inner),
        st.builds(lambda s, a: f"({s}{a})", spaces, inner),
        st.builds(lambda sign, s, a: sign + s + a, st.sampled_from("+-"), spaces, inner),
    )


arithmetic = st.recursive(st.one_of(numbers, names), combined, max_leaves=12)


@given(text=arithmetic, x=st.floats(), y=st.floats(-3, 3))
@settings(deadline=None)
def test_arithmetic_means_what_it_means_to_python(text: str, x: float, y: float) -> None:
    values = {"x": x, "y_1": y, "σ": 0.5, "W": -2.0, "é": 1e200}
    ours = expression(text)
    assert ours == pythons(ast.parse(text, mode="eval").body)
    theirs = outcome(lambda: eval(text, {"__builtins__": {}}, values))
    assert outcome(lambda: evaluated(ours, values)) == theirs


@given(
    text=st.recursive(
        st.one_of(numbers, names),
        lambda inner: st.one_of(
            combined(inner),
            st.builds("{}@{}".format, inner, inner),
            st.builds("exp({})".format, inner),
            st.builds("maximum({}, {})".format, inner, inner),
            st.builds("sum({}, axis=0, shape=(2, -3.5), keep=True)".format, inner),
        ),
        max_leaves=12,
    )
)
@settings(deadline=None)
def test_calls_too(text: str) -> None:
    assert expression(text) == pythons(ast.parse(text, mode="eval").body)


PIECES = [
    *"+-*/@()=,;[]^.:'\"\\{}#_·×−²ᵀ⁽¹⁾\n\t\r\0 ",
    *("**", "f = ", "x", "σ", "exp(", "sum(x, axis=", "1e999", "9", ".", "lambda x: ", "if ", "₀"),
    *("import os", "__import__('os')", "x.y", "f'{x}'", ":=", "0x1F", "1_000", "1j", "...", "½"),
]
garbage = st.one_of(
    st.text(max_size=60), st.lists(st.sampled_from(PIECES), max_size=25).map("".join)
)


@given(text=garbage)
@settings(deadline=None, max_examples=300)
def test_nonsense_raises_nothing_but_input_errors(text: str) -> None:
    messages = []
    for read in (lambda: parse(text, FUNCTIONS), lambda: parse_values(text)):
        try:
            read()
        except InputError as error:
            messages.append(str(error))
    assert all(message.isprintable() for message in messages)


@pytest.mark.parametrize(
    "text",
    [
        "(" * 10_000 + "x" + ")" * 10_000,
        "-" * 50_000 + "x",
        "x" + " + x" * 10_000,
        "x" + "**x" * 10_000,
        "exp(" * 10_000,
        "[" * 10_000,
        "sum(x, axis=" + "(" * 10_000,
        "9" * 5_000,
        "1e400",
    ],
)
def test_size_is_bounded(text: str) -> None:
    refusal(f"f = {text}")
    with pytest.raises(InputError):
        parse_values(f"f = {text}")


def test_huge_texts_are_refused_and_huge_powers_not_computed() -> None:
    assert "at most 100000 characters" in str(refusal("x" * 200_000))
    assert expression("9**9**9**9") == Call(
        "power", (Number(9), Call("power", (Number(9), Call("power", (Number(9), Number(9))))))
    )
    deep = expression("+".join(["x"] * 100))
    assert isinstance(deep, Call)
    assert deep.depth == 100
    assert repr(deep)
    assert hash(deep) == hash(expression(" + ".join(["x"] * 100)))


def test_a_program_of_several_lines() -> None:
    program = parse(
        "# CS231n\nq = x + y  # the sum\n\n  f = (q *\n   z)\ng = f; h = exp(g)\r\n", FUNCTIONS
    )
    assert program.statements == (
        Assign("q", Call("add", (Name("x"), Name("y")))),
        Assign("f", Call("multiply", (Name("q"), Name("z")))),
        Assign("g", Name("f")),
        Assign("h", Call("exp", (Name("g"),))),
    )
    assert [statement.line for statement in program.statements] == [2, 4, 6, 6]
    assert program.free == ("x", "y", "z")
    assert program.result == "h"
    product = program.statements[1].expression
    assert isinstance(product, Call)
    assert (product.line, product.column) == (4, 10)
    assert [(a.line, a.column) for a in product.arguments] == [(4, 8), (5, 4)]


def test_the_books_names() -> None:
    program = parse("z⁽¹⁾ = W⁽¹⁾ @ x₀ + x̂ * φ_1", ())
    assert program.free == ("W⁽¹⁾", "x₀", "x̂", "φ_1")
    assert parse("f = e\u0301", ()).free == ("é",)  # letter and accent apart are the one letter


def test_a_function_name_may_be_a_variables_too() -> None:
    program = parse("sum = x + y; f = sum(x) / sum", FUNCTIONS)
    assert program.statements[1].expression == Call(
        "divide", (Call("sum", (Name("x"),)), Name("sum"))
    )
    assert program.free == ("x", "y")


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("", 1, "expected a line such as f = (x + y) * z, found nothing"),
        ("f = x ^ 2", 1, "found '^' at column 7. Write ** for it."),
        ("f = x²", 1, "found '²' at column 6. Write **2 for it."),
        ("f = 2·x", 1, "found '·' at column 6. Write * for it."),
        ("f = −x", 1, "found '−' at column 5. Write - for it."),
        ("f = 2x", 1, "found 'x' at column 6. Write * between factors."),
        ("f = (2 x)", 1, "found 'x' at column 8. Write * between factors."),
        ("f = (x + y)(z)", 1, "found '(' at column 12. Write * between factors."),
        ("q = x\nf = q(x)", 2, "found 'q' at column 5. Write * between factors."),
        ("q = x\n f = q + ", 2, "expected a number, a name or '(', found the end at column 10"),
        ("f = x +\ng = 2", 1, "found the end of the line at column 8"),
        ("f = (x + y\ng = 2", 2, "found 'g' at column 1. The bracket opens on line 1 at column 5."),
        ("f = x)", 1, "expected an operator or the end of the line, found ')' at column 6"),
        ("f = (x]", 1, "expected an operator or ')', found ']' at column 7"),
        ("x + y", 1, "expected a line such as f = (x + y) * z, found 'x' at column 1"),
        ("f == x", 1, "found '=' at column 4"),
        ("f = x\nf = y", 2, "expected a new name, found 'f' at column 1. It is on line 1 already"),
        ("x = x + 1", 1, "expected a new name, found 'x' at column 1"),
        ("f = x\nx = 3", 2, "It is on line 1 already; take another name."),
        ("f = sigmiod(x)", 1, "found 'sigmiod' at column 5. Did you mean 'sigmoid'?"),
        ("f = exp + 1", 1, "expected '(' after the function exp, found '+' at column 9"),
        ("f = exp()", 1, "found ')' at column 9"),
        ("f = sum(axis=0)", 1, "expected an argument, found 'axis' at column 9"),
        ("f = sum(x, axis=0, axis=1)", 1, "expected each keyword once, found 'axis' at column 20"),
        ("f = sum(x, axis=0, y)", 1, "expected a keyword argument after the first one"),
        ("f = sum(x, axis=y)", 1, "expected a number or a list of numbers, found 'y'"),
        ("f = sum(x, axis=-True)", 1, "expected a number or a list of numbers, found 'True'"),
        ("f = lambda x: x", 1, "found ':' at column 13"),
        ("f = lambda", 1, "found 'lambda' at column 5. The word is reserved; take another name."),
        ("None = x", 1, "expected a name, found 'None' at column 1"),
        ("f = Wᵀ", 1, "A raised T is not part of a name; call a function that transposes."),
        ("f = x.real", 1, "found '.' at column 6"),
        ("f = 'x'", 1, 'found "\'" at column 5'),
        ("f = [x for x in y]", 1, "found '[' at column 5"),
        ("f = (y := x)", 1, "found ':' at column 8. Write = for it."),
        ("f = 1e999", 1, "expected a number that float64 holds, found '1e999' at column 5"),
        ("f = exp(x y)", 1, "expected an operator, ',' or ')', found 'y' at column 11. Write *"),
        ("f = x, y", 1, "found ',' at column 6"),
    ],
)
def test_refusals_say_where_and_what(text: str, line: int, message: str) -> None:
    error = refusal(text)
    assert error.line == line
    assert message in str(error)


def test_lines_count_from_where_the_text_stands() -> None:
    with pytest.raises(InputError, match=r"^line 12: expected"):
        parse("q = x\nf = ", (), first_line=11)
    assert parse("q = x", (), first_line=11).statements[0].line == 11


def test_values() -> None:
    assert parse_values("x=-2, y=5, z=-4") == {"x": -2.0, "y": 5.0, "z": -4.0}
    assert parse_values("x₀ = +.5;\n W⁽¹⁾=[[1,2],[3e-1,-4],]\n # done") == {
        "x₀": 0.5,
        "W⁽¹⁾": [[1.0, 2.0], [0.3, -4.0]],
    }
    assert parse_values("") == {}
    assert parse_values("x=[\n1,\n2]") == {"x": [1.0, 2.0]}
    found = parse_values("a=nan, b=-inf, c=[inf]")
    assert math.isnan(float(str(found["a"])))
    assert (found["b"], found["c"]) == (-math.inf, [math.inf])
    assert all(isinstance(value, float) for value in parse_values("x=1, y=(2)").values())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x", "expected '=', found the end at column 2"),
        ("x=", "expected a number or a list of numbers, found the end at column 3"),
        ("x=1 y=2", "expected ',' or the end, found 'y' at column 5"),
        ("x=1,,y=2", "expected a name, found ',' at column 5"),
        ("x=1, x=2", "expected each name once, found 'x' at column 6"),
        ("x=y", "expected a number or a list of numbers, found 'y' at column 3"),
        ("x=[[1,2],[3]]", "a regular array for x, found rows of unequal lengths at column 3"),
        ("x=[1,[2]]", "a regular array for x, found rows of unequal lengths at column 3"),
        ("x=[1,2", "expected ',' or ']', found the end"),
        ("x=[1 2]", "expected ',' or ']', found '2' at column 6"),
        ("x=[]", "expected a number or a list of numbers, found ']'"),
        ("x=2*3", "expected ',' or the end, found '*' at column 4"),
        ("x=−2", "found '−' at column 3. Write - for it."),
        ("if=2", "expected a name, found 'if' at column 1. The word is reserved"),
        ("y=1\nx:2", "line 2: expected"),
        ("x=True", "expected a number or a list of numbers, found 'True'"),
    ],
)
def test_wrong_values_say_where_and_what(text: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_values(text)
    assert message in str(caught.value)
    assert (caught.value.line is None) == ("\n" not in text)
