"""A file is replaced by a whole one or stays: also when the power goes in between."""

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from engine.support.errors import InputError
from engine.support.whole_files import write_bytes


def test_it_is_on_the_disk_before_it_takes_the_old_one_s_place(tmp_path, monkeypatch):
    path = tmp_path / "a.txt"
    path.write_bytes(b"old")
    order: list[str] = []
    sync, replace = os.fsync, Path.replace

    def noted_sync(handle: int) -> None:
        kind = "folder" if Path(f"/dev/fd/{handle}").is_dir() else "file"
        order.append(f"{kind} synced, {path.read_text()}")
        sync(handle)

    def noted_replace(self: Path, target: Any) -> Path:
        order.append("renamed")
        return replace(self, target)

    monkeypatch.setattr(os, "fsync", noted_sync)
    monkeypatch.setattr(Path, "replace", noted_replace)
    write_bytes(path, b"new")
    assert order == ["file synced, old", "renamed", "folder synced, new"]


@pytest.mark.parametrize("number", [errno.EINVAL, errno.ENOTSUP])
def test_a_file_system_without_fsync_is_written_to_all_the_same(tmp_path, monkeypatch, number):
    def refuse(_: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", refuse)
    write_bytes(tmp_path / "a.txt", b"new")
    assert (tmp_path / "a.txt").read_bytes() == b"new"


def test_a_disk_that_turns_out_full_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "a.txt"
    path.write_bytes(b"old")

    def refuse(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(InputError, match="No space left"):
        write_bytes(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]
