"""What is fuzzed: for each kind its good files, and what the program does with one."""

from __future__ import annotations

import io
import random
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import engine.ops  # noqa: F401  first of all: `engine` sets one BLAS thread before numpy comes
from engine.data.own_file import load_file
from engine.recipes import embedding
from engine.recipes.recipe import Recipe, read, to_text
from engine.recipes.replay import follow, make_trainer
from engine.support.errors import InputError
from engine.system import system as systems
from engine.system.catalogue import load
from engine.training.feed import read_batch
from engine.training.parameter_files import read_parameters
from tests.fuzz.mutation import mutated

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Kind:
    """A kind of file.

    Attributes
    ----------
    suffixes:
        Of the files; one is chosen for each case.
    seeds:
        Returns the good files.
    use:
        Reads a file as the program does; called with its path.
    spoil:
        Changes a good file: ``mutation.mutated``, or what knows the format.
    """

    suffixes: tuple[str, ...]
    seeds: Callable[[], list[bytes]]
    use: Callable[[Path], object]
    spoil: Callable[[bytes, list[bytes], random.Random], bytes] = mutated


# -- system files ---------------------------------------------------------------------------------


def _system_files() -> list[bytes]:
    return [path.read_bytes() for path in sorted((ROOT / "resources/systems").glob("*.toml"))]


def _train(path: Path) -> None:
    """Build the system of a file and train it for a step."""
    trainer = make_trainer(Recipe(systems.load(path)))
    trainer.train_step()
    trainer.diagnose()


# -- expressions ----------------------------------------------------------------------------------

_EXPRESSIONS = (
    "f = (x + y) * z",
    "q = x * y + max(z, w)\nf = 2 * q",
    "a = tanh(x @ y); b = relu(a) ** 2\nf = sum(b, axis=0) / mean(exp(-a))",
    "f = log(sigmoid(x)) - 1e-3 * sqrt(abs(y)) + logsumexp(z, axis=-1)",
)


def _expression_files() -> list[bytes]:
    values = "x = -2.0\ny = [[1.0, 2.0], [3.0, 4.0]]\nz = [0.5, 1.5]\nw = 3.0\n"
    return [f'expression = """{text}"""\n[values]\n{values}'.encode() for text in _EXPRESSIONS]


def _spoil_expression(data: bytes, others: list[bytes], dice: random.Random) -> bytes:
    """Change what stands between the quotes, so that the file stays a system file."""
    head, text, tail = data.split(b'"""', 2)
    text = mutated(text, [other.split(b'"""', 2)[1] for other in others], dice)
    return b'"""'.join((head, text.replace(b"\\", b"/").replace(b'"', b"'"), tail))


# -- tables ---------------------------------------------------------------------------------------


def _tables() -> list[bytes]:
    dice = random.Random(1)
    rows = [[round(dice.uniform(-9, 9), 3) for _ in range(4)] for _ in range(30)]
    plain = "\n".join(",".join(map(str, row)) for row in rows)
    named = "a;b;c;kind\n" + "\n".join(
        ";".join(map(str, [*row[:3], "cat" if row[3] > 0 else "dog"])) for row in rows
    )
    quoted = '"x, 1","y ""2""",z\n' + "\n".join(f'{a},"{b}",{c}' for a, b, c, _ in rows)
    decimal = "x\ty\n" + "\n".join(f"{a}\t{b}".replace(".", ",") for a, b, *_ in rows)
    return [text.encode() for text in (plain, named, quoted, decimal)]


def _read_table(path: Path) -> None:
    load_file(path.name, path.parent, None, None)


# -- arrays ---------------------------------------------------------------------------------------


def _archives() -> list[bytes]:
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(12, 4)), rng.integers(0, 3, 12)
    named = {"feature_names": np.array(list("abcd")), "class_names": np.array(list("xyz"))}
    pictures = {"x": rng.normal(size=(6, 1, 4, 4)).astype(np.float32), "y": np.eye(6)}
    weights = {"parameter/linear1.weight": rng.normal(size=(3, 4)).astype(np.float16)}
    found = []
    for arrays, save in (
        ({"x": x, "y": y, **named}, np.savez),
        (pictures, np.savez_compressed),
        (weights, np.savez),
    ):
        stream = io.BytesIO()
        save(stream, **arrays)  # type: ignore[arg-type]
        found.append(stream.getvalue())
    return found


def _spoil_archive(data: bytes, others: list[bytes], dice: random.Random) -> bytes:
    """Change the archive, or an array in it; its checksum is then right."""
    if dice.random() < 0.4:
        return mutated(data, others, dice)
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        names = old.namelist()
        spoilt = dice.choice(names)
        for name in names:
            content = old.read(name)
            if name == spoilt:
                content = mutated(content, [content], dice)
            new.writestr(name, content, compress_type=dice.choice((0, 8)))
    return out.getvalue()


def _read_archive(path: Path) -> None:
    """Read it as data, as a batch and as parameters: each may refuse it."""
    reads: tuple[Callable[[], object], ...] = (
        lambda: load_file(path.name, path.parent, None, None),
        lambda: read_batch(str(path), load("mindspore-mlp")),
        lambda: read_parameters(str(path)),
    )
    refusals = []
    for read_it in reads:
        try:
            read_it()
        except InputError as error:
            refusals.append(error)
    if refusals:
        raise refusals[0]


# -- recipes --------------------------------------------------------------------------------------


def _recipes() -> list[bytes]:
    drawn = {
        "theme": "dark", "dpi": 96.0, "opened": [["layer1"]], "seen": [0.0, 0.0, 90.0, 50.0],
        "layout": "quick", "colour": "gradient-norm", "map": ["viridis"], "selected_node": 1,
        "part": [[0, 3]], "part_words": "a layer", "shares": True, "trend": [0, 3], "lit": 2,
    }  # fmt: skip
    plain = Recipe(load("cs231n-add-mul"), step=2, operation=1).drawn(**drawn)
    network = Recipe(load("d2l-mlp"), step=3).drawn(expand="all", range="1e-3:1e3", **drawn)
    changed = Recipe(load("d2l-mlp"), 3, changes=((1, load("d2l-mlp")),)).drawn(lit=-1)
    return [to_text(recipe).encode() for recipe in (plain, network, changed)]


_CARRIERS = (".png", ".svg", ".json", ".csv", ".dot", ".pdf")


def _spoil_recipe(data: bytes, others: list[bytes], dice: random.Random) -> bytes:
    """Change the recipe's text in a whole picture, or the whole picture."""
    carrier = dice.choice(_CARRIERS)
    inside = dice.random() < 0.7
    text = (mutated(data, others, dice) if inside else data).decode("utf-8", "replace")
    file = _carried(text.replace("\0", ""), carrier)
    return file if inside else mutated(file, [file], dice)


def _carried(text: str, carrier: str) -> bytes:
    """Return a picture, graph or table that carries this text."""
    texts = {"Title": "t", "Software": "s", embedding.KEY: text}
    if carrier == ".png":
        return embedding.into_png(_PNG, texts)
    if carrier == ".svg":
        return embedding.into_svg(b'<svg xmlns="http://www.w3.org/2000/svg"></svg>', texts)
    if carrier == ".json":
        import json

        return json.dumps({"graph": {embedding.KEY: text}}).encode()
    if carrier == ".pdf":
        return b"%PDF-1.4\n" + embedding.xml_element(text).encode("utf-8", "replace")
    return embedding.comment_lines(texts, carrier).encode("utf-8", "replace")


def _small_png() -> bytes:
    from PIL import Image

    stream = io.BytesIO()
    Image.new("RGB", (2, 2)).save(stream, "png")
    return stream.getvalue()


_PNG = _small_png()


def _make_again(path: Path) -> None:
    """Read a picture's recipe and train to its step."""
    recipe = read(path)
    follow(make_trainer(recipe), recipe)


KINDS = {
    "systems": Kind((".toml",), _system_files, _train),
    "expressions": Kind((".toml",), _expression_files, _train, _spoil_expression),
    "tables": Kind((".csv",), _tables, _read_table),
    "arrays": Kind((".npz",), _archives, _read_archive, _spoil_archive),
    "recipes": Kind(_CARRIERS, _recipes, _make_again, _spoil_recipe),
}
