"""The panels, one file each; the window makes a dock of every one.

They are named, not imported, here: the window imports each when it makes its dock, so that
starting does not wait for panels that are closed.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gui.panels.panel import Panel

PANELS: tuple[str, ...] = (
    "gui.panels.transport.transport:TransportPanel",
    "gui.panels.settings.settings:SettingsPanel",
    "gui.panels.inspector.inspector:InspectorPanel",
    "gui.panels.diagnosis:DiagnosisPanel",
    "gui.panels.loss:LossPanel",
    "gui.panels.gradient_norms.gradient_norms:GradientNormsPanel",
    "gui.panels.input_scaling.input_scaling:InputScalingPanel",
)


def panel_class(entry: str) -> "type[Panel]":
    """Import the class of an entry "module:Class" of ``PANELS``."""
    module, _, name = entry.partition(":")
    found: type[Panel] = getattr(import_module(module), name)
    return found
