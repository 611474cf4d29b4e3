"""The panels around the canvas; the window makes a dock of each.

``PANELS`` names the classes instead of importing them: the window imports each panel when it
makes its dock, so that the start does not wait for closed panels.
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
