"""The layouts on offer: rough or quick in this process, dot's in another one; and their cache.

``python -m gui.canvas.layout.layouts`` is that process: a graph as JSON on standard input, a
placement on standard output; exit status 3 means that Graphviz is missing.
"""

import dataclasses
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import threading
from collections import OrderedDict
from pathlib import Path
from typing import Any

from engine.support.places import ROOT
from gui.canvas.layout.dot import dot_layout
from gui.canvas.layout.gradients.rows import forward_part, in_parts
from gui.canvas.layout.layered import quick_layout
from gui.canvas.layout.model import Box, GroupFrame, LayoutInput, Link, Placement
from gui.canvas.layout.nesting import shared_leaves
from gui.canvas.layout.rough import rough_layout

# Version of the cache: to be raised whenever the same graph gets a different layout.
VERSION = 10
TIME_LIMIT = 6.0
# Beyond this many boxes dot needs minutes: it is not asked.
MOST_BOXES = 900
REMEMBERED = 64
KEPT_FILES = 200
NO_GRAPHVIZ = 3


def quick(graph: LayoutInput) -> Placement:
    """Return the layered layout of this package, in milliseconds."""
    return in_parts(graph, quick_layout)


def rough(graph: LayoutInput) -> Placement:
    """Return a first placement of a large graph, in less time than the quick one takes."""
    return in_parts(graph, rough_layout, fold_it=False)


def best_now(graph: LayoutInput, cache: "Cache | None" = None) -> Placement:
    """Return dot's layout, waiting for it up to the time limit; else the quick one."""
    known = cache.get(graph) if cache else None
    if known is not None:
        return known
    if not worth_asking(graph):
        return quick(graph)
    try:
        done = subprocess.run(
            command(),
            input=encode(graph),
            capture_output=True,
            timeout=TIME_LIMIT,
            cwd=ROOT,
            check=False,
        )
        placement = decode(done.stdout) if done.returncode == 0 else None
    except (OSError, subprocess.TimeoutExpired, ValueError, KeyError, TypeError):
        placement = None
    if placement is None or len(placement.centres) != len(graph.boxes):
        return quick(graph)
    if cache:
        cache.put(graph, placement)
    return placement


def worth_asking(graph: LayoutInput) -> bool:
    """Whether dot can be expected to answer within the time limit, with a better layout.

    It is not better for time steps and trees that share their weights: dot does not know of them
    and orders their inputs arbitrarily.
    """
    forward = forward_part(graph)
    return 0 < len(forward.boxes) <= MOST_BOXES and not shared_leaves(forward)


def command() -> list[str]:
    """Return the command line of the layout process."""
    return [sys.executable, "-m", "gui.canvas.layout.layouts"]


def encode(graph: LayoutInput) -> bytes:
    """Return the graph as JSON."""
    return json.dumps(dataclasses.asdict(graph)).encode()


def decode_graph(data: bytes) -> LayoutInput:
    """Return the graph that ``encode`` wrote."""
    raw: dict[str, Any] = json.loads(data)
    return LayoutInput(
        tuple(Box(**box) for box in raw.pop("boxes")),
        tuple(GroupFrame(**frame) for frame in raw.pop("frames")),
        tuple(Link(**link) for link in raw.pop("links")),
        **raw,
    )


def decode(data: bytes) -> Placement:
    """Return the placement that the layout process wrote; raises ValueError on anything else."""
    raw = json.loads(data)
    return Placement(
        tuple((x, y) for x, y in raw["centres"]),
        tuple(tuple((x, y) for x, y in curve) for curve in raw["curves"]),
        tuple((x, y, width, height) for x, y, width, height in raw["frames"]),
        raw["engine"],
    )


def key(graph: LayoutInput) -> str:
    """Return the hash of a graph's content, the cache's key."""
    return hashlib.sha256(f"{VERSION}{graph!r}".encode()).hexdigest()[:32]


class Cache:
    """A cache of good placements by graph, in memory and, where one is given, in a folder."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder
        self._memory: OrderedDict[str, Placement] = OrderedDict()
        self._lock = threading.Lock()  # the preparing thread reads the cache, too

    def get(self, graph: LayoutInput) -> Placement | None:
        """Return a remembered placement or None."""
        name = key(graph)
        with self._lock:
            if name in self._memory:
                self._memory.move_to_end(name)
                return self._memory[name]
        if self.folder is None:
            return None
        try:
            placement = decode((self.folder / f"{name}.json").read_bytes())
        except (OSError, ValueError, KeyError, TypeError):
            return None
        self._remember(name, placement)
        return placement

    def put(self, graph: LayoutInput, placement: Placement, data: bytes | None = None) -> None:
        """Remember a placement; a folder that cannot be written is ignored.

        ``data`` is the placement as the layout process encoded it, which saves encoding it again.
        """
        name = key(graph)
        self._remember(name, placement)
        if self.folder is None:
            return
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            handle, temporary = tempfile.mkstemp(dir=self.folder)
            with os.fdopen(handle, "wb") as file:
                file.write(data or json.dumps(dataclasses.asdict(placement)).encode())
            Path(temporary).replace(self.folder / f"{name}.json")
            self._prune()
        except OSError:
            return

    def _remember(self, name: str, placement: Placement) -> None:
        with self._lock:
            self._memory[name] = placement
            while len(self._memory) > REMEMBERED:
                self._memory.popitem(last=False)

    def _prune(self) -> None:
        assert self.folder is not None
        files = sorted(self.folder.glob("*.json"), key=lambda path: path.stat().st_mtime)
        for path in files[:-KEPT_FILES]:
            path.unlink(missing_ok=True)


def main() -> int:
    """Lay out the graph on standard input."""
    graph = decode_graph(sys.stdin.buffer.read())
    try:
        placement = in_parts(graph, dot_layout)
    except ImportError:
        return NO_GRAPHVIZ
    sys.stdout.write(json.dumps(dataclasses.asdict(placement)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
