"""CSV files: what is understood, and that what isn't is named by place and kind."""

import csv
import io
import time

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine import data
from engine.data.csv_layout import find_layout
from engine.data.csv_rows import read_rows
from engine.data.csv_table import _read_quickly
from engine.support.errors import InputError

SHARED_FOLDER = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def write(tmp_path):
    """Write data.csv and return a function that loads it."""

    def written(content, encoding="utf-8"):
        raw = content if isinstance(content, bytes) else content.encode(encoding)
        (tmp_path / "data.csv").write_bytes(raw)
        return lambda **options: data.load("data.csv", base=tmp_path, **options)

    return written


def _refusal(load, **options):
    with pytest.raises(InputError) as caught:
        load(**options)
    assert caught.value.file is not None
    assert "\n" not in str(caught.value)
    return caught.value


def _outcome(folder, name):
    """Return the data set or the refusal; any other exception is a failure."""
    try:
        return data.load(name, base=folder), None
    except InputError as error:
        return None, error


# --- CSV: what is understood -----------------------------------------------------------------


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_delimiter_line_ends_and_byte_order_mark(write, delimiter, newline, mark):
    lines = ["length,größe,species", "1.5,-2,cat", "3,4e-1,dog", "", "5,6,cat"]
    loaded = write(mark + newline.join(lines).replace(",", delimiter) + newline)()
    assert loaded.feature_names == ("length", "größe")
    assert loaded.x.tolist() == [[1.5, -2], [3, 0.4], [5, 6]]
    assert loaded.class_names == ("cat", "dog")
    assert loaded.y.tolist() == [0, 1, 0]
    assert (loaded.name, loaded.title, loaded.source) == ("data", "data.csv", "data.csv")


def test_no_header(write):
    loaded = write("5.1,3.5,setosa\n4.9,3.0,setosa\n7.0,3.2,versicolor\n")()
    assert loaded.samples == 3
    assert loaded.feature_names == ("column 1", "column 2")
    assert loaded.class_names == ("setosa", "versicolor")


def test_quoted_fields(write):
    text = '"a, b","c ""d""",kind\r\n"1","2","x, y"\r\n3,4,"say ""hi"""\r\n5, 6 , "x, y"\r\n'
    loaded = write(text)()
    assert loaded.feature_names == ("a, b", 'c "d"')
    assert loaded.class_names == ('say "hi"', "x, y")
    assert loaded.x.tolist() == [[1, 2], [3, 4], [5, 6]]


@pytest.mark.parametrize(
    ("target", "features"),
    [(None, ("a", "b")), ("a", ("b", "c")), (1, ("a", "c")), (-3, ("b", "c")), (-1, ("a", "b"))],
)
def test_target_column_by_name_and_index(write, target, features):
    loaded = write("a,b,c\n1.5,2.5,3.5\n4.5,5.5,6.5\n")(target=target)
    assert loaded.feature_names == features
    rest = ({"a", "b", "c"} - set(features)).pop()
    assert loaded.y[:, 0].tolist() == {"a": [1.5, 4.5], "b": [2.5, 5.5], "c": [3.5, 6.5]}[rest]


def test_text_target_need_not_be_last(write):
    loaded = write("kind,a\nu,1\nv,2\nu,3\n")(target="kind")
    assert loaded.x[:, 0].tolist() == [1, 2, 3]
    assert loaded.y.tolist() == [0, 1, 0]


def _with_targets(targets):
    return "\n".join(f"{i}.5,{target}" for i, target in enumerate(targets))


def test_which_task_a_target_is_for(write):
    classification, regression = data.CLASSIFICATION, data.REGRESSION
    for targets, task in [
        ([0, 1, 1, 0], classification),  # two whole values, two samples each
        ([3, 3, 7, 7, 7.0], classification),
        ([0, 1, 2], regression),  # fewer than two samples for a value
        ([0.5, 0.5, 1, 1], regression),  # not whole
        ([4, 4, 4, 4], regression),  # one value
        (list(range(20)) * 2, classification),
        (list(range(21)) * 2, regression),  # more than 20 values
        (["a", "b", "c"], classification),
    ]:
        assert write(_with_targets(targets))().task == task, targets
    loaded = write(_with_targets([3, 3, -7, -7, 3]))()
    assert loaded.class_names == ("-7", "3")
    assert loaded.y.tolist() == [1, 1, 0, 0, 1]


def test_the_task_can_be_given(write):
    as_numbers = write(_with_targets([0, 1, 1, 0]))(task="regression")
    assert as_numbers.y.tolist() == [[0], [1], [1], [0]]
    as_classes = write(_with_targets([0.5, 2, 9]))(task="classification")
    assert as_classes.class_names == ("0.5", "2", "9")
    mixed = write(_with_targets(["1", "2", "other"]))(task="classification")
    assert mixed.class_names == ("1", "2", "other")
    error = _refusal(write(_with_targets(["a", "b"])), task="regression")
    assert (error.line, error.field) == (1, "column 2")


def test_a_text_class_that_first_comes_late(write):
    loaded = write(_with_targets([1] * 60 + ["b"] * 90))()
    assert np.bincount(loaded.y).tolist() == [60, 90]
    assert loaded.class_names == ("1", "b")


field = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.integers(-(10**20), 10**20).map(str),
    st.sampled_from([" 1", "2 ", "+3", "-.5", "4.", "1E5", "-0"]),
)
label = st.text(st.sampled_from("abc,;\t\"' é#"), min_size=1, max_size=5).map(str.strip)


@SHARED_FOLDER
@given(
    rows=st.lists(st.tuples(field, field, label.filter(bool)), min_size=2, max_size=20),
    delimiter=st.sampled_from(",;\t"),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
)
def test_what_csv_writes_is_read_back(tmp_path, rows, delimiter, quoting):
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, quoting=quoting)
    writer.writerow(["a", "b", "kind"])
    writer.writerows(rows)
    (tmp_path / "data.csv").write_text(text.getvalue(), "utf-8", newline="")
    if len({row[2] for row in rows}) < 2:
        return
    loaded = data.load("data.csv", base=tmp_path)
    assert loaded.x.tolist() == [[float(a), float(b)] for a, b, _ in rows]
    assert [loaded.class_names[i] for i in loaded.y] == [kind for *_, kind in rows]


@SHARED_FOLDER
@given(
    rows=st.lists(st.tuples(field, field, field), min_size=1, max_size=20),
    last=st.sampled_from(["", "u", "v"]),
)
def test_both_readers_give_the_same(tmp_path, rows, last):
    path = tmp_path / "data.csv"
    lines = [
        ",".join((*row[:2], last + str(i % 3) if last else row[2])) for i, row in enumerate(rows)
    ]
    path.write_text("\n".join(lines), "utf-8")
    layout = find_layout(path, "data.csv", None)
    quick, slow = _read_quickly(path, layout), read_rows(path, "data.csv", layout, None)
    assert quick is not None
    np.testing.assert_array_equal(quick.x, slow.x)
    np.testing.assert_array_equal(quick.target, slow.target)


# --- CSV: what is refused --------------------------------------------------------------------

HEADER = "age,height,kind\n"


@pytest.mark.parametrize(
    ("content", "line", "column", "expected", "found"),
    [
        ("1,2,a\n3,b\n", 3, None, "3 values", "2"),
        ("1,2,a\n3,4,b,c\n", 3, None, "3 values", "4"),
        ("1,2,a\n3,tall,b\n", 3, "column 2 'height'", "a number", "'tall'"),
        ("1,2,a\n,4,b\n", 3, "column 1 'age'", "a number", "an empty field"),
        ("1,NA,a\n3,4,b\n", 2, "column 2 'height'", "a number", "'NA'"),
        ("1,2,a\n3,nan,b\n", 3, "column 2 'height'", "a number", "'nan'"),
        ("1,2,a\n3,-inf,b\n", 3, "column 2 'height'", "a finite number", "'-inf'"),
        ("1,2,a\n3,1e999,b\n", 3, "column 2 'height'", "a finite number", "'1e999'"),
        ("1,2,a\n3,1_000,b\n", 3, "column 2 'height'", "a number", "'1_000'"),
        ("1,2,a\n3,4,\n", 3, "column 3 'kind'", "a class", "an empty field"),
        ("1,2,1.5\n3,4,2.5\n5,6,oops\n", 4, "column 3 'kind'", "a number", "'oops'"),
        ("1,2,1.5\n3,4,2.5\n5,6,\n", 4, "column 3 'kind'", "a number", "an empty field"),
    ],
)
def test_a_bad_row_is_named(write, content, line, column, expected, found):
    error = _refusal(write(HEADER + content))
    assert (error.file, error.line, error.field) == ("data.csv", line, column)
    assert (error.expected, error.found) == (expected, found)


def test_all_bad_rows_are_named(write):
    rows = ["1,2,a"] * 40
    for line in (3, 17, 20):
        rows[line - 2] = "1,?,a"
    rows[7] = "1,2"  # line 9, another fault
    error = _refusal(write(HEADER + "\n".join(rows)))
    assert error.line == 3
    assert error.found == "'?' (bad rows: lines 3, 9, 17 and 20)"
    assert error.hint.startswith("Fill in the missing value")
    error = _refusal(write(HEADER + "1,2,a\n" + "1,?,a\n" * 15))
    assert error.found.endswith("lines 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 and 5 more)")


def test_lines_are_counted_as_an_editor_counts_them(write):
    error = _refusal(write('a,b,kind\n1,2,"two\nlines"\n\n\n3,x,c\n'))
    assert error.line == 6
    error = _refusal(write('\n\na,"b\nc",kind\n1,2,a\n3,x,c\n'))
    assert error.line == 6


def test_hints_show_the_way_out(write):
    assert "point" in _refusal(write("a;b;c\n1,5;2;u\n2,5;3;v\n")).hint
    assert "target" in _refusal(write("kind,a\nu,1\nv,2\n")).hint
    assert "header" in _refusal(write("1990,1991,later\n1,2,3\n4,5,6\n7,8,9\n")).hint


@pytest.mark.parametrize(
    ("content", "part"),
    [
        ("", "an empty file"),
        ("\n \n\n", "an empty file"),
        ("\ufeff", "an empty file"),
        ("a,b,c\n", "only a header"),
        ("1\n2\n3\n", "at least two columns"),
        ("just text\nand more\n", "at least two columns"),
        ('a,b\n1,"2\n3,4\n', "CSV form"),
        ("a,b\n1,u\n2,u\n", "at least two classes"),
    ],
)
def test_files_that_hold_no_data_set(write, content, part):
    assert part in str(_refusal(write(content)))


def test_other_encodings_are_named_by_line(write):
    error = _refusal(write("a,kind\n1,ok\n2,größe\n", "latin-1"))
    assert error.line == 3
    assert "UTF-8" in str(error)
    assert "UTF-8" in str(_refusal(write("a,kind\n1,ok\n", "utf-16")))


@pytest.mark.parametrize(
    ("content", "target", "part"),
    [
        ("height,kind\n1,u\n2,v\n", "heigth", "Did you mean 'height'?"),
        ("a,kind\n1,u\n2,v\n", 2, "a column from 0 to 1"),
        ("a,kind\n1,u\n2,v\n", -3, "a column from 0 to 1"),
        ("1,u\n2,v\n", "kind", "no header"),
        ("a,a,b\n1,2,3\n", "a", "2 columns 'a'"),
    ],
)
def test_a_target_that_is_not_there(write, content, target, part):
    error = _refusal(write(content), target=target)
    assert error.field == "data.target"
    assert part in str(error)


def test_files_that_cannot_be_read(tmp_path):
    error = _refusal(lambda: data.load("absent.csv", base=tmp_path))
    assert error.file == "absent.csv"
    assert str(tmp_path) in error.hint
    (tmp_path / "folder.csv").mkdir()
    _refusal(lambda: data.load("folder.csv", base=tmp_path))
    _refusal(lambda: data.load("nul\0.csv", base=tmp_path))


@SHARED_FOLDER
@given(st.text(st.sampled_from('0123.,;\t\n\r"abx-é \0'), max_size=60))
def test_any_text_is_read_or_refused_in_words(tmp_path, text):
    (tmp_path / "data.csv").write_text(text, "utf-8", newline="")
    loaded, refusal = _outcome(tmp_path, "data.csv")
    if loaded is not None:
        assert np.isfinite(loaded.x).all()
    else:
        assert refusal.file == "data.csv"
        assert str(refusal)


# --- size --------------------------------------------------------------------------------------


@pytest.mark.bench
@pytest.mark.parametrize("fault", [False, True])
def test_a_hundred_megabytes(tmp_path, fault):
    row = ",".join(f"{value:.6f}" for value in np.linspace(-1, 1, 20))
    lines = [f"{row},c{i % 3}" for i in range(500_000)]
    if fault:
        lines[400_000] = lines[400_000].replace("1", "x")
    (tmp_path / "data.csv").write_text("\n".join(lines), "utf-8")
    begin = time.perf_counter()
    if fault:
        assert _refusal(lambda: data.load("data.csv", base=tmp_path)).line == 400_001
    else:
        assert data.load("data.csv", base=tmp_path).x.shape == (500_000, 20)
    print(f"{time.perf_counter() - begin:.1f} s")
