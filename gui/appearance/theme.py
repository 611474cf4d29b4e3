"""The two themes of the window: every colour that does not encode a magnitude."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Theme:
    """Colours as "#rrggbb". Text on its surface keeps a contrast of at least 4.5 : 1 (WCAG AA).

    ``positive``/``negative`` are the signs (TensorFlow Playground's blue and orange); ``value``
    and ``gradient`` are the numbers above and below an edge (CS231n's green and red).
    """

    name: str
    window: str
    surface: str
    canvas: str
    text: str
    muted: str
    border: str
    grid: str
    accent: str
    on_accent: str
    highlight: str
    positive: str
    negative: str
    value: str
    gradient: str
    error: str
    warning: str
    series: tuple[str, ...]


LIGHT = Theme(
    name="light",
    window="#f3f4f6",
    surface="#ffffff",
    canvas="#fbfbfc",
    text="#1b1f24",
    muted="#5a6472",
    border="#d3d8df",
    grid="#e3e6ea",
    accent="#1f5fbf",
    on_accent="#ffffff",
    highlight="#d6336c",
    positive="#0877bd",
    negative="#c95f06",
    value="#1a7f37",
    gradient="#c8102e",
    error="#b3261e",
    warning="#8a5a00",
    series=("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00"),
)

DARK = Theme(
    name="dark",
    window="#1b1e23",
    surface="#23272e",
    canvas="#17191d",
    text="#e6e9ee",
    muted="#9aa4b2",
    border="#3a414b",
    grid="#31363f",
    accent="#6ea8fe",
    on_accent="#0d1117",
    highlight="#ff6fa3",
    positive="#58b4f0",
    negative="#f5a04c",
    value="#5ad07a",
    gradient="#ff7b85",
    error="#ff8a80",
    warning="#f2c14e",
    series=("#56b4e9", "#e69f00", "#2ec4a0", "#e29cc4", "#8fd0ff", "#f5c264"),
)

THEMES = {theme.name: theme for theme in (LIGHT, DARK)}
