"""Where the program itself lies: its root, and the resources that come with it."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RESOURCES = ROOT / "resources"
