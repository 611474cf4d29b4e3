"""All export formats, declared once; dialog, menus and command line are built from this list.

Drawing code is imported inside the functions, so that commands that draw nothing need no Qt.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from engine.export.formats import Format, Kind, Material
from engine.support.text import tr
from engine.support.whole_files import write_bytes


def formats() -> tuple[Format, ...]:
    """Return all formats; within each kind the most used come first."""
    still: Kind = "picture"
    moving: Kind = "animation"
    data: Kind = "data"
    plot: Kind = "plot"
    return (
        Format("png", tr("PNG picture"), still, (".png",), _png, pixels=True),
        Format("svg", tr("SVG drawing"), still, (".svg",), _svg),
        Format("pdf", tr("PDF page"), still, (".pdf",), _pdf),
        Format("gif", tr("GIF animation"), moving, (".gif",), _animation, pixels=True),
        Format("apng", tr("animated PNG"), moving, (".png", ".apng"), _animation, pixels=True),
        Format("webp", tr("animated WebP"), moving, (".webp",), _animation, pixels=True),
        Format("frames", tr("folder of PNG pictures"), moving, ("",), _frames, pixels=True),
        Format("graphml", tr("GraphML"), data, (".graphml",), _graph, draws=False),
        Format("dot", tr("Graphviz DOT"), data, (".dot", ".gv"), _graph, draws=False),
        Format("json", tr("JSON (node-link)"), data, (".json",), _graph, draws=False),
        Format("plot-png", tr("PNG picture"), plot, (".png",), _plot, pixels=True),
        Format("plot-svg", tr("SVG drawing"), plot, (".svg",), _plot),
        Format("plot-csv", tr("CSV table"), plot, (".csv",), _plot),
    )


@dataclass(frozen=True)
class KindEntry:
    """A kind of export: graph, animation, data or plot.

    ``id`` is that of its action in the File menu, ``name`` its entry in the dialog's list.
    """

    kind: Kind
    id: str
    text: str
    tip: str
    title: str
    name: str
    keys: tuple[str, ...] = ()


def kinds() -> tuple[KindEntry, ...]:
    """Return the kinds of exports, in the order of the menu."""
    return (
        KindEntry("picture", "export", tr("&Export the picture…"),
                  tr("Export the graph as PNG, SVG or PDF"),
                  tr("Export the picture"), tr("the picture"), ("Ctrl+Shift+E",)),
        KindEntry("animation", "export-animation", tr("Export an a&nimation…"),
                  tr("Export the graph step after step, as GIF, PNG, WebP or a folder of pictures"),
                  tr("Export an animation"), tr("an animation")),
        KindEntry("data", "export-data", tr("Export the &graph's numbers…"),
                  tr("Export nodes, edges and norms as GraphML, DOT or JSON"),
                  tr("Export the graph's numbers"), tr("the graph's numbers")),
        KindEntry("plot", "export-plot", tr("Export a &plot…"),
                  tr("Export a plot as PNG, SVG or CSV"), tr("Export a plot"), tr("a plot")),
    )  # fmt: skip


def _png(material: Material, path: Path) -> list[str]:
    from gui.export.pictures import write_png

    return write_png(material, path)


def _svg(material: Material, path: Path) -> list[str]:
    from gui.export.pictures import write_svg

    return write_svg(material, path)


def _pdf(material: Material, path: Path) -> list[str]:
    from gui.export.pictures import write_pdf

    return write_pdf(material, path)


def _animation(material: Material, path: Path) -> list[str]:
    from gui.export.animation import write_animation

    return write_animation(material, path)


def _frames(material: Material, path: Path) -> list[str]:
    from gui.export.animation import write_frames

    return write_frames(material, path)


def _plot(material: Material, path: Path) -> list[str]:
    from gui.export.plots import write_plot

    return write_plot(material, path)


def _graph(material: Material, path: Path) -> list[str]:
    from engine.export import graph_files

    graph = graph_files.graph_of(
        material.topology, material.frame, material.texts(path.name), material.arrays
    )
    writers = {".graphml": graph_files.to_graphml, ".json": graph_files.to_json}
    write_bytes(path, writers.get(path.suffix.lower(), graph_files.to_dot)(graph))
    return []
