"""Folders of IDX files, as MNIST comes: read, or refused naming the file."""

import gzip
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine import data
from engine.data import idx
from engine.observe.observer import Observer
from engine.support.errors import InputError
from engine.system.system import from_table
from engine.training.feed import Feed

PICTURES = np.random.default_rng(0).integers(256, size=(30, 7, 5), dtype=np.uint8)
LABELS = np.arange(30, dtype=np.uint8) % 3
IMAGES_FILE, LABELS_FILE = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"


def content(array: Any) -> bytes:
    header = bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    return header + array.tobytes()


def save(folder: Path, pictures: Any = PICTURES, labels: Any = LABELS, suffix: str = "") -> Path:
    for name, array in ((IMAGES_FILE, pictures), (LABELS_FILE, labels)):
        whole = content(array)
        packed = gzip.compress(whole) if suffix else whole
        (folder / (name + suffix)).write_bytes(packed)
    return folder


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_pictures_and_labels_are_read(tmp_path: Path, suffix: str) -> None:
    loaded = data.load(str(save(tmp_path, suffix=suffix)))
    assert loaded.image_shape == (1, 7, 5)
    assert loaded.task == data.CLASSIFICATION
    assert loaded.class_names == ("0", "1", "2")
    assert loaded.feature_names[:6][-1] == "row 2, column 1"
    np.testing.assert_array_equal(loaded.x, PICTURES.reshape(30, 35))
    np.testing.assert_array_equal(loaded.y, LABELS)


def test_the_folder_is_relative_to_the_system_files(tmp_path: Path) -> None:
    (tmp_path / "fashion").mkdir()
    save(tmp_path / "fashion")
    loaded = data.load("fashion", base=tmp_path)
    assert (loaded.name, loaded.source) == ("fashion", "fashion")


def test_other_spellings_and_only_the_test_part(tmp_path: Path) -> None:
    save(tmp_path)
    (tmp_path / IMAGES_FILE).rename(tmp_path / "t10k-images.idx3-ubyte")
    (tmp_path / LABELS_FILE).rename(tmp_path / "t10k-labels.idx1-ubyte")
    assert data.load(str(tmp_path)).samples == 30


def test_the_training_part_is_taken_where_there_are_both(tmp_path: Path) -> None:
    save(tmp_path, PICTURES[:9], LABELS[:9])
    (tmp_path / IMAGES_FILE).rename(tmp_path / "t10k-images-idx3-ubyte")
    (tmp_path / LABELS_FILE).rename(tmp_path / "t10k-labels-idx1-ubyte")
    save(tmp_path)
    assert data.load(str(tmp_path)).samples == 30


def test_labels_that_do_not_begin_at_0(tmp_path: Path) -> None:
    """EMNIST's letters are numbered from 1."""
    loaded = data.load(str(save(tmp_path, labels=LABELS * 2 + 1)))
    assert loaded.class_names == ("1", "3", "5")
    np.testing.assert_array_equal(loaded.y, LABELS)


def test_a_convolution_trains_on_them(tmp_path: Path) -> None:
    save(tmp_path)
    chosen = from_table(
        {
            "layers": [
                {"type": "conv2d", "channels": 2},
                {"type": "max_pool2d"},
                {"type": "flatten"},
                {"type": "linear"},
            ],
            "data": {"source": ".", "batch_size": 8},
        },
        folder=tmp_path,
    )
    assert Feed(chosen).input_shapes == ((1, 7, 5),)
    trainer = Observer(chosen)
    trainer.train_step()
    assert trainer.step == 1


def refusal(folder: Path, **options: Any) -> InputError:
    with pytest.raises(InputError) as caught:
        data.load(str(folder), **options)
    assert "\n" not in str(caught.value)
    return caught.value


def test_a_folder_without_them_says_what_they_are_called(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("x")
    error = refusal(tmp_path)
    assert IMAGES_FILE in str(error)
    assert "notes.txt" not in str(error), "nobody asked what else is in the folder"


@pytest.mark.parametrize("missing", [IMAGES_FILE, LABELS_FILE])
def test_half_of_a_pair_is_refused_even_beside_a_whole_one(tmp_path: Path, missing: str) -> None:
    save(tmp_path)
    (tmp_path / "t10k-images-idx3-ubyte").write_bytes(content(PICTURES))
    (tmp_path / "t10k-labels-idx1-ubyte").write_bytes(content(LABELS))
    (tmp_path / missing).unlink()
    assert IMAGES_FILE in str(refusal(tmp_path))


@pytest.mark.parametrize(("name", "bad", "part"), [
    (IMAGES_FILE, b"", "nothing"),
    (IMAGES_FILE, b"\x00\x00", "00 00"),
    (IMAGES_FILE, b"PNG file, surely", "00 00 08 03, found 50 4e 47 20"),
    (IMAGES_FILE, content(LABELS), "3 axes"),
    (IMAGES_FILE, content(PICTURES)[:10], "the lengths of 3 axes"),
    (IMAGES_FILE, content(PICTURES)[:-1], "1050 bytes after the header, for 30 × 7 × 5, found 1"),
    (IMAGES_FILE, content(PICTURES) + b"x", "found more"),
    (IMAGES_FILE, content(PICTURES[:0]), "no axis of length 0"),
    (IMAGES_FILE, bytes([0, 0, 8, 3]) + b"\xff" * 12, "bytes after the header"),
    (IMAGES_FILE, bytes([0, 0, 13, 3]) + content(PICTURES)[4:], "found 00 00 0d 03"),
    (LABELS_FILE, content(LABELS[:-1]), "30 labels, one for each picture, found 29"),
    (LABELS_FILE, content(LABELS * 0), "at least two classes, found only 0"),
    (LABELS_FILE, content(PICTURES), "1 axes"),
])  # fmt: skip
def test_what_is_wrong_in_a_file_names_it(tmp_path: Path, name: str, bad: bytes, part: str) -> None:
    save(tmp_path)
    (tmp_path / name).write_bytes(bad)
    error = refusal(tmp_path)
    assert error.file is not None
    assert error.file.endswith(name)
    assert part in str(error)


@pytest.mark.parametrize("cut", [0, 5, 40, -4])
def test_a_damaged_gzip_names_the_file(tmp_path: Path, cut: int) -> None:
    save(tmp_path, suffix=".gz")
    path = tmp_path / (IMAGES_FILE + ".gz")
    path.write_bytes(path.read_bytes()[:cut] if cut else b"no gzip at all")
    error = refusal(tmp_path)
    assert error.file is not None
    assert error.file.endswith(path.name)


def test_a_gzip_that_unpacks_to_more_is_not_unpacked_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(tmp_path, suffix=".gz")
    path = tmp_path / (IMAGES_FILE + ".gz")
    path.write_bytes(gzip.compress(content(PICTURES) + bytes(10**7)))
    read: list[int] = []
    portions = idx._portions

    def watched(file: Any, count: int) -> Any:
        read.append(count)
        return portions(file, count)

    monkeypatch.setattr(idx, "_portions", watched)
    assert "found more" in str(refusal(tmp_path))
    assert max(read) == PICTURES.size + 1


def test_settings_that_make_no_sense_are_refused(tmp_path: Path) -> None:
    save(tmp_path)
    assert refusal(tmp_path, target="y").field == "data.target"
    assert refusal(tmp_path, task="regression").field == "data.task"
    assert refusal(tmp_path / "nowhere").field == "data.source"
