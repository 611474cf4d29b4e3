"""The packages keep their order, and nothing names a private place."""

import ast
import re
import subprocess
import unicodedata
from collections import Counter
from pathlib import Path

import networkx as nx
import pytest

ROOT = Path(__file__).resolve().parent.parent
# From below to above: a package imports its own files and packages above it in this list.
PACKAGES = [
    "engine.support",
    "engine.settings",
    "engine.graph",
    "engine.ops",
    "engine.expression",
    "engine.data",
    "engine.optimizer",
    "engine.model",
    "engine.layers",
    "engine.execution",
    "engine.system",
    "engine.messages",
    "engine.training",
    "engine.observe",
    "engine.analysis",
    "engine.recipes",
    "engine.export",
    "engine.cli",
    "gui.bootstrap",
    "gui.appearance",
    "gui.svg",
    "gui.colour",
    "gui.widgets",
    "gui.history",
    "gui.training",
    "gui.session",
    "gui.plots",
    "gui.canvas.layout",
    "gui.canvas.graph",
    "gui.canvas.colours",
    "gui.canvas.text",
    "gui.canvas.neurons",
    "gui.canvas.scene",
    "gui.canvas.raster",
    "gui.canvas.legend",
    "gui.canvas.view",
    "gui.canvas.picture",
    "gui.canvas.control",
    "gui.canvas",
    "gui.panels",
    "gui.export",
    "gui.workspace",
    "gui.window",
    "gui.app",
    "main",
    "tests",
]
QT = {"PySide6", "shiboken6", "pyqtgraph", "PyQt6", "PyQt5"}
# In pieces, so that this file does not find itself.
PRIVATE = re.compile(
    "|".join(
        [
            r"(?<![\w.])/(?:work|tmp)/",
            "py" + r"pi\.(?:org|python)",
            "pythonhosted" + r"\.org",
            "npmjs" + r"\.(?:org|com)",
            "deb" + r"\.debian\.org",
            "extra-index" + "-url",
        ]
    )
)


def project_files() -> list[Path]:
    """What git tracks or would track; without git, what is not hidden."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    try:
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True)
    except (OSError, subprocess.CalledProcessError):
        every = [path for path in ROOT.rglob("*") if path.is_file()]
        hidden = [p for p in every if any(part[0] == "." for part in p.relative_to(ROOT).parts)]
        return sorted(set(every) - set(hidden))
    return sorted(path for name in listed.stdout.split("\0") if (path := ROOT / name).is_file())


FILES = project_files()
SOURCES = [
    path
    for path in FILES
    if path.suffix == ".py" and path.relative_to(ROOT).parts[0] in ("engine", "gui", "tests")
]


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


MODULES = {module_name(path): path for path in FILES if path.suffix == ".py"}


def imports(path: Path) -> set[tuple[str, int]]:
    """(module, line) of every import in a file, those for typing and inside functions too."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {(alias.name, node.lineno) for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}:{node.lineno}: imports are written whole"
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                found.add((inner if inner in MODULES else str(node.module), node.lineno))
    return found


def package_of(module: str) -> str | None:
    """The longest package of the list that this module belongs to."""
    around = [name for name in PACKAGES if module == name or module.startswith(name + ".")]
    return max(around, key=len, default=None)


def test_imports_follow_the_order_of_the_packages() -> None:
    """Every arrow runs up the list, and no two files import each other by any way."""
    wrong = [
        f"{name} is in no package"
        for name in MODULES
        if package_of(name) is None and name not in ("engine", "gui")
    ]
    arrows: nx.DiGraph[str] = nx.DiGraph()
    for name, path in MODULES.items():
        for other, line in imports(path):
            if other not in MODULES:
                if other.partition(".")[0] in QT and name.startswith("engine."):
                    wrong.append(f"{path.relative_to(ROOT)}:{line}: the engine imports {other}")
                continue
            arrows.add_edge(name, other)
            here, there = package_of(name), package_of(other)
            if here and there and PACKAGES.index(there) > PACKAGES.index(here):
                wrong.append(f"{path.relative_to(ROOT)}:{line}: {here} imports {other}")
    circles = [c for c in nx.strongly_connected_components(arrows) if len(c) > 1]
    wrong += ["a circle: " + ", ".join(sorted(circle)) for circle in circles]
    assert not wrong, "\n".join(wrong)


def test_no_folder_is_crowded() -> None:
    """One purpose a folder; more files than these are more than one."""
    count = Counter(p.parent for p in SOURCES if p.name != "__init__.py")
    crowded = {str(p.relative_to(ROOT)): n for p, n in count.items() if n > 16}
    assert {f: n for f, n in crowded.items() if not f.startswith("tests")} == {}


# Files that one other file reads at most, tests counted, by the reason why they stand alone.
ONE_READER = {
    "a declaration: its folder's list, which is read, names it": """
        engine/layers/activation.py engine/layers/attention.py engine/layers/conv2d.py
        engine/layers/dropout.py engine/layers/flatten.py engine/layers/linear.py
        engine/layers/pooling.py engine/layers/recurrent.py engine/layers/residual.py
        engine/layers/tree.py engine/ops/activation.py engine/ops/arithmetic.py
        engine/ops/convolution.py engine/ops/linear.py engine/ops/loss.py engine/ops/movement.py
        engine/ops/pooling.py engine/ops/tensor.py engine/optimizer/adagrad.py
        engine/optimizer/adam.py engine/optimizer/rmsprop.py engine/optimizer/sgd.py""",
    "imported when it is called, since what it needs takes time to import": """
        engine/cli/check.py engine/cli/run.py engine/cli/sweep.py gui/canvas/layout/dot.py
        gui/export/gif_palette.py gui/export/plots.py gui/export/render_process.py
        gui/window/exporting/exports.py""",
    "the other way round: it needs the standard library only, its reader more": """
        engine/cli/argument_types.py engine/cli/parser.py""",
    "a stage of what its reader does, with data of its own in between": """
        engine/data/prepare.py engine/execution/buffers.py
        engine/expression/parser.py engine/expression/values.py engine/observe/blank.py
        engine/observe/measuring.py engine/observe/topology.py
        gui/canvas/layout/gradients/bands.py gui/canvas/layout/gradients/routes.py
        gui/canvas/layout/rows_of_columns.py gui/canvas/layout/time_steps.py
        gui/canvas/raster/marks.py gui/canvas/raster/overlay.py gui/canvas/raster/tiling.py
        gui/panels/pictures/paint.py gui/session/fan_out.py gui/session/starts.py
        gui/history/row_files.py""",
    "one of several layouts between which its reader chooses": """
        gui/canvas/layout/gradients/rows.py gui/canvas/layout/layered.py
        gui/canvas/layout/rough.py""",
    "one thing that is drawn, beside the others that its reader puts together": """
        gui/canvas/legend/samples.py gui/canvas/neurons/board.py
        gui/canvas/scene/gradient_ties.py gui/canvas/scene/highlight.py
        gui/canvas/scene/wire_numbers.py gui/panels/gradient_norms/clipping_lines.py
        gui/panels/gradient_norms/layer_profile.py gui/panels/input_scaling/sweep_curves.py
        gui/panels/inspector/headings.py""",
    "a widget, apart from what is done with it": """
        gui/canvas/view/badge.py gui/canvas/view/breadcrumb.py gui/canvas/view/notice.py
        gui/panels/gradient_norms/short_tabs.py gui/panels/input_scaling/scale_control.py
        gui/panels/settings/form_footer.py gui/panels/transport/step_box.py
        gui/window/choices/colour_swatches.py gui/window/keeping/offer_bar.py
        gui/window/status.py""",
    "one thing that a person does, taken out of the canvas, the window or its actions": """
        gui/canvas/control/neuron_views.py gui/canvas/control/spoken.py
        gui/window/choices/gradient_order.py gui/window/copying.py
        gui/window/exporting/run_export.py gui/window/focus.py gui/window/menus.py
        gui/window/opening/trial_build.py
        gui/window/wayfinding.py gui/workspace/dragging.py gui/workspace/window_place.py""",
    "a command of its own": "gui/app/translation_source.py",
}


def test_every_file_has_a_second_reader_or_a_reason() -> None:
    readers: dict[str, set[str]] = {name: set() for name in MODULES}
    for name, path in MODULES.items():
        strings = {
            node.value.partition(":")[0]
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        }
        for other in {module for module, _ in imports(path)} | strings:
            if other in readers and other != name:
                readers[other].add(name)
    alone = {
        str(MODULES[name].relative_to(ROOT))
        for name, found in readers.items()
        if len(found) < 2
        and name.startswith(("engine.", "gui."))
        and MODULES[name].name != "__init__.py"
    }
    explained = [file for files in ONE_READER.values() for file in files.split()]
    assert sorted(explained) == sorted(alone)


def test_the_start_needs_the_standard_library_only() -> None:
    """main.py and gui/bootstrap run before there is any package."""
    names = ("environment.py", "home.py", "machine.py")
    for name in ("main.py", *(f"gui/bootstrap/{name}" for name in names)):
        tree = ast.parse((ROOT / name).read_text(encoding="utf-8"))
        first = {  # what runs on import: functions may reach for more
            (node.module or "").partition(".")[0]
            for node in tree.body
            if isinstance(node, ast.ImportFrom)
        } | {
            a.name.partition(".")[0]
            for n in tree.body
            if isinstance(n, ast.Import)
            for a in n.names
        }
        assert not first & {"PySide6", "numpy", "networkx", "pyqtgraph", "engine"}, name


def test_no_signal_is_connected_to_an_emit() -> None:
    """`a.connect(b.emit)` calls b with as many arguments as Qt likes, which may be none."""
    wrong = [
        f"{path.relative_to(ROOT)}:{call.lineno}"
        for path in SOURCES
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr == "connect"
        and any(isinstance(a, ast.Attribute) and a.attr == "emit" for a in call.args)
    ]
    assert not wrong, "connect the signal itself, or a slot that emits: " + ", ".join(wrong)


def test_main_is_short() -> None:
    assert len((ROOT / "main.py").read_text(encoding="utf-8").splitlines()) <= 80


def test_no_file_names_a_registry_or_a_place_on_one_machine() -> None:
    wrong = []
    for path in FILES:
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except UnicodeDecodeError:
            continue  # a picture or an array
        wrong += [
            f"{path.relative_to(ROOT)}:{number}: {found[0]}"
            for number, line in enumerate(lines, 1)
            if (found := PRIVATE.search(line))
        ]
    assert not wrong, "\n".join(wrong)


def test_the_patterns_find_what_they_are_for() -> None:
    assert PRIVATE.search("open('" + "/tmp" + "/x')")
    assert PRIVATE.search("index-url = files." + "pythonhosted" + ".org")
    assert not PRIVATE.search("a/work/b and tmp/x")


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_every_package_of_a_lock_has_an_exact_version_and_hashes(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    packages = [line for line in text.splitlines() if line and line[0] not in " #"]
    assert len(packages) >= 7
    assert all(re.match(r"[\w.-]+==[\w.]+( ; .*)? \\$", line) for line in packages)
    assert len(re.findall(r"\\\n    --hash=sha256:[0-9a-f]{64}", text)) >= len(packages)


def test_boxes_that_the_wheel_turns_come_from_one_place() -> None:
    """gui/widgets/inputs.py makes them ignore the wheel without the focus."""
    turned = re.compile(r"\bQ(?:ComboBox|SpinBox|DoubleSpinBox|Slider|Dial|DateEdit|TimeEdit)\(")
    wrong = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in SOURCES
        if path.relative_to(ROOT).parts[0] == "gui" and path.name != "inputs.py"
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if turned.search(line) or re.search(r"class \w+\(Q(?:ComboBox|SpinBox|Slider)\)", line)
    ]
    assert not wrong, ", ".join(wrong)


def test_no_text_for_the_screen_has_a_combining_mark() -> None:
    """Qt loses the hat of m\u0302 or puts it elsewhere: the formula would be another one."""
    wrong = []
    for path in SOURCES:
        if path.relative_to(ROOT).parts[0] == "tests":
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        statements = {id(n.value) for n in ast.walk(tree) if isinstance(n, ast.Expr)}  # docstrings
        wrong += [
            f"{path.relative_to(ROOT)}:{text.lineno}"
            for text in ast.walk(tree)
            if isinstance(text, ast.Constant)
            and isinstance(text.value, str)
            and id(text) not in statements
            and any(unicodedata.combining(letter) for letter in text.value[1:])
        ]
    assert not wrong, ", ".join(wrong)
