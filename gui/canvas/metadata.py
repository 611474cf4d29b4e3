"""The facts that every exported picture carries: which system, seed, dtype and step it shows."""

from engine.frame import Frame, Topology

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
