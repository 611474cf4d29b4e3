"""The window on screens of many sizes: all of it inside, every start alike, Reset as at first."""

from itertools import combinations, product

import pytest

from tests.real_window.program import Program, Rect, Widget

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

SIZES = [(1024, 768), (1280, 720), (1366, 768), (1440, 900), (1920, 1080), (2560, 1440)]
SCALES = [1.0, 1.5, 2.0]
LEAST = (853, 480)  # in Qt's pixels: nobody works with less than a 1280 × 720 at 1.5 shows
SCREENS = [
    (size, scale)
    for size, scale in product(SIZES, SCALES)
    if size[0] / scale >= LEAST[0] and size[1] / scale >= LEAST[1]
]
SMALL, USUAL, FINE = ((1280, 720), 1.0), ((1920, 1080), 1.0), ((1920, 1080), 2.0)
PANELS_SEEN = {"dock-transport", "dock-inspector", "dock-gradient_norms"}


def names(screen: tuple[tuple[int, int], float]) -> str:
    (width, height), scale = screen
    return f"{width}x{height}@{scale:g}"


screens = pytest.mark.parametrize("screen", SCREENS, ids=map(names, SCREENS))
few_screens = pytest.mark.parametrize(
    "screen", [SMALL, USUAL, FINE], ids=map(names, [SMALL, USUAL, FINE])
)


def panels(program: Program) -> dict[str, Widget]:
    """The panels that can be seen, whole."""
    return {w.name: w for w in program.widgets() if w.name.startswith("dock-") and w.sight}


Layout = list[tuple[str, str, Rect, bool]]


def layout(program: Program) -> Layout:
    """All that makes the layout what it is."""
    wanted = ("Canvas", "QToolBar", "StatusBar", "QMenuBar", "FloatWindow", "Tab", "MainWindow")
    return sorted(
        (w.name or w.kind, str(w.text) if w.kind == "Tab" else "", w.rect, bool(w.value))
        for w in program.widgets()
        if w.sight and (w.name.startswith("dock-") or w.kind in wanted)
    )


def alike(one: Layout, other: Layout) -> None:
    """The same, to the pixel that a scale of a fraction rounds."""
    assert [part[:2] + part[3:] for part in one] == [part[:2] + part[3:] for part in other]
    for (name, text, rect, _), (*_, before, _) in zip(one, other, strict=True):
        assert all(abs(a - b) <= 1 for a, b in zip(rect, before, strict=True)), (name, text)


def stands_well(program: Program) -> None:
    """Everything is inside the screen, nothing over anything else, the canvas largest."""
    room = program.available  # half a pixel of the screen's own becomes a whole one of Qt's
    room = room._replace(width=room.width + 1, height=room.height + 1)
    assert room.contains(program.frame), (room, program.frame)
    seen = panels(program)
    assert seen.keys() >= PANELS_SEEN
    outside = [
        str(w)
        for w in program.widgets()
        if (w.name.startswith("dock-") or w.kind in ("StatusBar", "Canvas"))
        and (w.sight is None or w.sight.height < w.rect.height - 1 or w.sight.width < w.rect.width)
    ]
    assert not outside
    canvas = program.widgets("Canvas")[0].rect
    for one, other in combinations([canvas, *(w.rect for w in seen.values())], 2):
        assert not one.overlaps(other), (one, other)
    for widget in seen.values():
        assert canvas.width * canvas.height > widget.rect.width * widget.rect.height, str(widget)
    assert program.widgets("StatusBar")
    scrolled = [str(w) for w in program.widgets("QScrollBar") if w.within[-2] in PANELS_SEEN]
    assert not scrolled, "the panels in front have the room that they need"


@screens
def test_all_of_it_is_inside_the_screen_and_the_second_start_is_as_the_first(start, screen):
    size, scale = screen
    program = start("d2l-mlp", size=size, scale=scale)
    stands_well(program)
    first = layout(program)
    program.restart()
    alike(layout(program), first)


def disturb(program: Program) -> None:
    """Close one panel, float one, move two, draw a handle: all by mouse and menus."""
    program.menu("View", "Panels", "Diagnosis")
    program.click("Float or dock this panel", within="stack-transport")
    drag_tab(program, "Loss", "left")
    canvas = program.widgets("Canvas")[0].rect
    program.drag((canvas.right + 2, canvas.centre[1]), (canvas.right - 40, canvas.centre[1]))


def drag_tab(program: Program, title: str, side: str) -> None:
    """Drag a panel by its tab to an edge of the canvas."""
    canvas = program.widgets("Canvas")[0].rect
    share = {"left": 0.08, "right": 0.92, "middle": 0.5}[side]
    program.drag(program.find(title, "Tab"), (canvas.x + share * canvas.width, canvas.centre[1]))


@few_screens
def test_reset_gives_the_first_layout_in_any_session(start, screen):
    size, scale = screen
    program = start("d2l-mlp", size=size, scale=scale)
    first = layout(program)
    disturb(program)
    disturbed = layout(program)
    assert program.widgets("FloatWindow")
    assert not program.has("Diagnosis", "Tab")
    assert program.find("Loss", "Tab").rect.x < program.widgets("Canvas")[0].rect.x
    program.restart()
    alike(layout(program), disturbed)
    program.menu("View", "Reset the layout")
    alike(layout(program), first)
    program.restart()
    program.restart()
    alike(layout(program), first)


def test_narrow_and_wide_again_is_as_before(start):
    program = start("d2l-mlp", size=(1920, 1080))
    program.resize(1440, 900)
    for disturbing in (False, True):
        if disturbing:
            disturb(program)
        before = layout(program)
        for size in ((900, 560), (1100, 880), (860, 520)):
            program.resize(*size)
            assert layout(program) != before
            canvas = program.widgets("Canvas")[0]
            assert canvas.rect == canvas.sight
            for widget in panels(program).values():
                assert widget.rect == widget.sight, "no hole, nothing outside"
        program.resize(1440, 900)
        alike(layout(program), before)


def test_what_a_person_arranged_survives_a_restart(start):
    program = start("d2l-mlp", size=(1920, 1080))
    drag_tab(program, "Diagnosis", "right")  # a stack of its own
    drag_tab(program, "Input scaling", "middle")  # a window of its own
    program.click("Close this panel (the View menu brings it back)", within="stack-settings")
    program.click("Loss", kind="Tab")
    before = layout(program)
    assert [w["title"] for w in program.ask("windows") if w["kind"] == "FloatWindow"]
    assert not program.has("System", "Tab")
    for _ in range(2):
        program.restart()
        alike(layout(program), before)
    program.menu("View", "Panels", "System")
    assert program.find("System", "Tab").rect.x < program.widgets("Canvas")[0].rect.x
    inner = next(w for w in program.widgets("FloatWindow"))
    program.click("Float or dock this panel", within=inner.name)
    assert not program.widgets("FloatWindow")
    assert program.find("Input scaling", "Tab").value is True, "back in its stack, in front"


def test_escape_gives_a_dragged_tab_up(start):
    program = start("d2l-mlp", size=(1440, 900))
    program.click("Loss", kind="Tab")
    before = layout(program)
    tab, canvas = program.find("Loss", "Tab").rect, program.widgets("Canvas")[0].rect
    program.screen.xdotool("mousemove", *map(round, tab.centre), "mousedown", 1)
    program.screen.xdotool("mousemove", round(canvas.x + 60), round(canvas.centre[1]))
    program.wait(lambda: program.widgets("QRubberBand"), "the place to be shown")
    program.screen.xdotool("key", "Escape", "mouseup", 1)
    program.settle()
    assert not program.widgets("QRubberBand")
    assert layout(program) == before


@pytest.mark.parametrize("size", [(1280, 720), (1920, 1080)], ids=["maximised", "in its own size"])
@pytest.mark.parametrize("back", ["Escape", "F11"])
def test_full_screen_is_the_canvas_alone_and_gives_back_what_was(start, size, back):
    program = start("d2l-mlp", size=size)
    before, state = layout(program), program.ask("windows")[0]["state"]
    assert ("WindowMaximized" in state) == (size == (1280, 720))
    program.keys("F11")
    program.wait(lambda: "WindowFullScreen" in program.ask("windows")[0]["state"], "full screen")
    program.settle()
    assert program.widgets("Canvas")[0].rect == (0, 0, *size)
    assert program.widgets("LegendStrip")
    assert not panels(program)
    program.keys("shift+Right")
    program.wait(lambda: program.value("session.frame.step") == 1, "the keys to work")
    program.keys(back)
    program.wait(lambda: program.ask("windows")[0]["state"] == state, "the window as it was")
    program.settle()
    alike(layout(program), before)


def test_the_text_of_every_input_fits(start):
    program = start("lenet-digits", size=(1366, 768))
    program.keys("shift+Right")
    seen = fits(program)
    program.click("Input scaling", kind="Tab")
    seen += fits(program)
    program.keys("ctrl+f")
    program.type("conv1")
    seen += fits(program)
    program.keys("Down", "Return", "Escape")
    for title in ("Value", "Gradient", "Pictures"):
        program.click(title, kind="Tab")
        seen += fits(program)
    for path in (
        ("File", "Export the picture…"),
        ("File", "Export an animation…"),
        ("File", "Export a plot…"),
        ("File", "Export the graph's numbers…"),
        ("View", "Colour range", "Pin…"),
    ):
        program.menu(*path)
        program.wait(lambda: len(program.ask("windows")) > 1, "the dialog")
        program.settle()
        seen += fits(program)
        program.keys("Escape")
        program.wait(lambda: len(program.ask("windows")) == 1, "the dialog to go")
    assert seen > 100


def fits(program: Program) -> int:
    """Check the visible inputs, but for paths, which may be of any length; return how many."""
    inputs = [w for w in program.widgets() if w.room and w.need and w.sight]
    found = [w for w in inputs if "/" not in str(w.text)]
    for widget in found:
        room, need = widget.room or (0, 0), widget.need or (0, 0)
        assert room[0] >= need[0], f"{widget}: {widget.text}"
        assert room[1] >= need[1], f"{widget}: {widget.text}"
    return len(found)
