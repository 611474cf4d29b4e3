"""A picture's recipe is checked field by field: refused in one line that names the field."""

import time
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from engine.cli import commands
from engine.observe.observer import Observer
from engine.recipes import embedding, recipe
from engine.recipes.picture_values import PictureValues, check_against, check_values
from engine.settings.declaration import settings_of
from engine.support.errors import InputError
from engine.system.catalogue import load

HUGE = 10**9
BAD: list[tuple[str, Any]] = [
    ("part", [[0, HUGE]]),
    ("part", [[-5, 3]]),
    ("part", [[3, 1]]),
    ("part", [[1]]),
    ("part", "all"),
    ("part", [[0, 1]] * 100_001),
    ("selected_node", HUGE),
    ("selected_node", -1),
    ("selected_node", 1.5),
    ("selected_node", True),
    ("selected_edge", HUGE),
    ("other_node", HUGE),
    ("lit", HUGE),
    ("lit", -2),
    ("order", 3),
    ("order", -1),
    ("opened", [["nowhere"]]),
    ("opened", ["layer1"]),
    ("opened", {"a": 1}),
    ("seen", [0.0, 0.0, 0.0, 0.0]),
    ("seen", [0.0, 0.0, float("nan"), 1.0]),
    ("seen", [0.0, 0.0, float("inf"), 1.0]),
    ("seen", [1.0]),
    ("seen", [0.0, 0.0, 1e300, 1.0]),
    ("dpi", 0),
    ("dpi", 1e9),
    ("dpi", float("nan")),
    ("theme", "pink"),
    ("theme", 3),
    ("background", "url(x)"),
    ("legend", "yes"),
    ("map", "viridis"),
    ("map", [1]),
    ("colours", {"low": 5.0, "high": 1.0}),
    ("colours", {"low": float("nan"), "high": 1.0}),
    ("colours", {"low": -1e9, "high": 1.0}),
    ("colours", {"lower": 1.0}),
    ("colours", 3),
    ("node_colours", {"low": 1.0, "high": 1.0}),
    ("node_colours", {"low": 1.0, "high": 2.0, "eval": "x"}),
    ("trend", [5, 1]),
    ("trend", [-1, 3]),
    ("trend", [1, 2, 3]),
    ("neurons", [["nowhere"]]),
    ("neurons", 5),
    ("neurons_sample", -1),
    ("neurons_full", [{"group": ["hidden"], "weights": -1.0}]),
    ("neurons_full", [{"weights": 1.0}]),
    ("neurons_chosen", [{"group": ["hidden"], "kind": "weight", "row": HUGE, "column": 0}]),
    ("neurons_chosen", [{"group": ["hidden"], "kind": "spell", "row": 0, "column": 0}]),
    ("neurons_fan", [{"group": ["hidden"]}]),
    ("part_words", "x" * 1001),
    ("from_step", -1),
    ("every", 0),
    ("fps", 1000),
    ("size", [10, 10]),
    ("size", [10**6, 10**6]),
    ("smoothing", 2.0),
    ("shells", True),
]


@pytest.fixture(scope="module")
def written() -> str:
    return recipe.to_text(recipe.Recipe(load("d2l-mlp"), step=1))


@pytest.mark.parametrize(("name", "value"), BAD, ids=[f"{n}-{k}" for k, (n, _) in enumerate(BAD)])
def test_a_bad_value_is_refused_by_name_at_once(name: str, value: Any) -> None:
    started = time.process_time()
    tracemalloc.start()
    try:
        with pytest.raises(InputError) as refused:
            check_against(check_values({name: value}), Observer(load("d2l-mlp")).topology)
        assert str(refused.value).startswith(f"picture.{name}")
        assert "\n" not in str(refused.value)
        assert tracemalloc.get_traced_memory()[1] < 50_000_000
    finally:
        tracemalloc.stop()
    assert time.process_time() - started < 1.0


@pytest.mark.parametrize("name", settings_of(PictureValues))
@pytest.mark.parametrize("value", [[[[]]], {"a": {}}, 10**17, -(10**17), "\0", float("-inf")])
def test_every_field_bears_every_kind_of_value(name: str, value: Any) -> None:
    said = refusal(name, value)
    kind = str(settings_of(PictureValues)[name].type).removesuffix(" | None")
    assert said.startswith(f"picture.{name}") or kind in ("int", "str", "float")


def refusal(name: str, value: Any) -> str:
    try:
        check_against(check_values({name: value}), Observer(load("cs231n-gates")).topology)
    except InputError as error:
        return str(error)
    return ""


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (("step = 1", "step = -1"), "step"),
        (("step = 1", "step = 1.5"), "step"),
        (("step = 1", "step = 99999999999999"), "step"),
        (("step = 1", "step = 1\noperation = -5"), "operation"),
        (("step = 1", "step = 1\noperation = true"), "operation"),
        (("step = 1", "step = 1\nparameters = 3"), "parameters"),
        (("step = 1", "step = 1\nchanges = 3"), "changes"),
        (("step = 1", "step = 1\nchanges = [{step = 1}]"), "changes.0"),
        (
            ("step = 1", "step = 1\nchanges = [{step = 1, system = {seed = -1}}]"),
            "changes.0.system",
        ),
        (("step = 1", "step = 1\nstop = 2"), "stop"),
        (("format = 1", "format = 2"), "format"),
        (("format = 1", "format = [1]"), "format"),
        (("[system]", "[system]\nsead = 1"), "system.sead"),
    ],
)
def test_the_recipes_own_fields_are_checked(
    change: tuple[str, str], field: str, written: str
) -> None:
    assert change[0] in written
    with pytest.raises(InputError, match=rf"^a.png, {field}"):
        recipe.parse(written.replace(*change, 1), "a.png")


CARRIERS: dict[str, bytes] = {
    ".png": b"\x89PNG\r\n\x1a\n"
    + b"\0" * 25
    + b"\0\0\0\x10iTXtRecipe\0\0\0\0\0\xff\xfe\xfdx"
    + b"\0" * 4,
    ".svg": b"<svg>" + b"<gfe:recipe " * 200_000,
    ".pdf": b"<gfe:recipe>" * 200_000,
    ".webp": b"<gfe:recipe>" + b"&#x41;" * 100_000 + b"</gfe:recipe>",
    ".json": b'{"graph": ' * 100_000,
    ".graphml": b"<gfe:recipe>" + b"[" * 100_000 + b"</gfe:recipe>",
    ".csv": b"#| " + b"a." * 20_000 + b"b = 1\n",
    ".dot": b"//| format = " + b"9" * 5_000 + b"\n",
    ".gif": b"GIF89a" + b"\xff" * 500,
    ".apng": b"\x89PNG\r\n\x1a\n" + b"\0\0\0\0abcd\0\0\0\0" * 100_000,
}


@pytest.mark.parametrize("suffix", CARRIERS)
def test_a_crafted_file_is_refused_in_one_line_at_once(
    suffix: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert suffix in embedding.SUFFIXES
    (tmp_path / f"a{suffix}").write_bytes(CARRIERS[suffix])
    started = time.process_time()
    assert commands.main(["run", str(tmp_path / f"a{suffix}")], ()) == 2
    assert time.process_time() - started < 2.0
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert f"a{suffix}" in said
    assert "Error" not in said
