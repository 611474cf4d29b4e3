"""The facts that every exported picture carries: which system, seed, dtype and step it shows."""

import contextlib
import os
from pathlib import Path

from engine.errors import InputError
from engine.frame import Frame, Topology
from engine.text import tr

SOFTWARE = "Gradient Flow Explorer"


def facts_of(topology: Topology, frame: Frame | None) -> dict[str, str]:
    """Return the facts as text, under the keys that PNG files use."""
    facts = {
        "Title": topology.title or topology.system,
        "Software": SOFTWARE,
        "System": topology.system,
        "Seed": str(topology.seed),
        "Dtype": topology.dtype,
    }
    if frame is not None:
        facts |= {
            "Step": str(frame.step),
            "Epoch": str(frame.epoch),
            "Operation": str(frame.cursor),
            "Objective": repr(float(frame.objective)),
            "Loss": repr(float(frame.loss)),
        }
    return facts


def write_file(path: Path, data: bytes) -> None:
    """Write a file whole or not at all; raises ``InputError`` naming the file and the reason."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        temporary.write_bytes(data)
        temporary.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise InputError(
            tr("a file that can be written"), error.strerror or str(error), file=str(path)
        ) from error
