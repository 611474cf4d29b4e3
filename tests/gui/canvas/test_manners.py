"""What the canvas keeps and leaves alone: the map's corner, a part across orders, the legend."""

import pytest
from PySide6.QtCore import QPointF, QRectF

from engine.messages.commands import Train
from gui.canvas.graph.neuron_plan import FOOTER, HEADER
from gui.canvas.view.overview import MARGIN
from tests.gui.rig import laid_out, open_system, settle, wait

pytestmark = pytest.mark.window(size=(1180, 760))


def show_order(window, qtbot, action):
    window.actions_by_id[action].trigger()
    settle(window, qtbot)
    wait(qtbot, lambda: window.canvas.scene.visible is not None)
    laid_out(window, qtbot)


def named(window, *, op="", kind=""):
    nodes = window.session.topology.nodes
    return next(n.index for n in nodes if (not op or n.op == op) and (not kind or n.kind == kind))


# -- the map ---------------------------------------------------------------------------------


@pytest.fixture
def board(window, qtbot):
    """A neuron view at its own size; where it is in the scene."""
    open_system(window, qtbot, "d2l-mlp")
    laid_out(window, qtbot)
    window.session.select(node=window.session.topology.dense[-1].weight)
    window.actions_by_id["neurons"].trigger()
    settle(window, qtbot)
    laid_out(window, qtbot)
    window.canvas.view.zoom_to(1.0)
    scene = window.canvas.scene
    place = next(k for k, node in enumerate(scene.visible.nodes) if node.board is not None)
    left, top, right, bottom = scene.geometry.node_box[place].tolist()
    return QRectF(left, top, right - left, bottom - top)


def test_the_map_leaves_the_words_of_neurons_free(window, board):
    view, overview = window.canvas.view, window.canvas.overview
    corner = view.viewport().geometry().bottomRight()
    home = (corner.x() - MARGIN, corner.y() - MARGIN)
    words = [
        QRectF(board.left(), board.top(), board.width(), HEADER),
        QRectF(board.left(), board.bottom() - FOOTER, board.width(), FOOTER),
    ]
    places = set()
    for across in (board.left(), board.center().x(), board.right()):
        for down in (board.top(), board.center().y(), *(board.bottom() - k * 40 for k in range(5))):
            view.centre_on(QPointF(across, down))
            assert overview.isVisible()
            taken = QRectF(overview.geometry().translated(-view.viewport().pos()))
            seen = [view.viewportTransform().mapRect(one) for one in words]
            assert not any(one.intersects(taken) for one in seen), (across, down)
            places.add(overview.geometry().bottomRight().toTuple())
    assert home in places, "elsewhere it is where it always is"
    assert len(places) > 1


# -- a part and the gradient graph -----------------------------------------------------------


def test_a_part_stays_when_gradients_are_shown(window, qtbot):
    open_system(window, qtbot, "cs231n-gates")
    laid_out(window, qtbot)
    selecting, scene = window.canvas.selecting, window.canvas.scene
    start = named(window, op="multiply")
    window.session.select(node=start)
    selecting.side("upstream")
    part, words = scene.part, selecting.badge.text()
    show_order(window, qtbot, "with-gradients")
    assert window.session.topology.order == 1
    assert scene.part == part, "what a forward node is computed from is the same"
    assert selecting.badge.isVisible()
    assert selecting.badge.text() == words
    assert window.session.selected_node == start
    show_order(window, qtbot, "forward-only")
    assert scene.part == part
    window.actions_by_id["leave"].trigger()
    show_order(window, qtbot, "with-gradients")
    assert scene.part is None
    assert not selecting.badge.isVisible()


def test_paths_and_their_second_end_stay_as_well(window, qtbot):
    open_system(window, qtbot, "cs231n-gates")
    laid_out(window, qtbot)
    selecting, scene = window.canvas.selecting, window.canvas.scene
    topology = window.session.topology
    window.session.select(node=0)
    selecting.path_from_here()
    window.session.select(node=len(topology.forward) - 1)
    selecting.path()
    part = scene.part
    assert part is not None
    show_order(window, qtbot, "with-gradients")
    assert scene.part == part
    assert selecting.other == 0


def test_a_part_of_gradient_nodes_goes_with_them(window, qtbot):
    open_system(window, qtbot, "cs231n-gates")
    show_order(window, qtbot, "with-gradients")
    topology = window.session.topology
    last = topology.edges[-1]
    assert last.target >= len(topology.forward)
    window.session.select(node=last.target)
    window.canvas.selecting.side("upstream")
    assert window.canvas.scene.part is not None
    show_order(window, qtbot, "forward-only")
    assert window.canvas.scene.part is None
    assert window.session.selected_node is None


def test_another_system_has_no_part(window, qtbot):
    open_system(window, qtbot, "cs231n-gates")
    laid_out(window, qtbot)
    window.session.select(node=named(window, op="multiply"))
    window.canvas.selecting.side("upstream")
    window.session.show_order(1)
    open_system(window, qtbot, "d2l-mlp")
    laid_out(window, qtbot)
    assert window.canvas.scene.part is None
    assert not window.canvas.selecting.badge.isVisible()


def test_the_badge_covers_no_name_of_a_group(window, qtbot):
    open_system(window, qtbot, "d2l-mlp")
    laid_out(window, qtbot)
    window.canvas.fit()
    view, scene = window.canvas.view, window.canvas.scene
    window.session.select(node=2)
    window.canvas.selecting.side("downstream")
    badge = window.canvas.selecting.badge
    taken = QRectF(badge.geometry().translated(-view.viewport().pos()))
    assert view.viewport().rect().contains(taken.toRect())
    for left, top, right, _ in scene.geometry.frames.tolist():
        title = view.viewportTransform().mapRect(QRectF(left, top, right - left, 20))
        assert not title.intersects(taken)


# -- the legend ------------------------------------------------------------------------------


def test_ties_are_explained_only_where_they_are_drawn(window, qtbot):
    legend = window.canvas.legend.legend
    open_system(window, qtbot, "cs231n-gates")
    show_order(window, qtbot, "with-gradients")
    assert window.canvas.scene.ties.drawn
    assert legend.ties, "few enough to be drawn all"
    show_order(window, qtbot, "forward-only")
    assert not legend.ties
    open_system(window, qtbot, "deep-mlp")
    show_order(window, qtbot, "with-gradients")
    assert not window.canvas.scene.ties.drawn
    assert not legend.ties, "too many: only those of what is selected are drawn"
    window.session.select(node=window.session.topology.layers[0].parameters[0])
    assert legend.ties == window.canvas.scene.ties.drawn is True
    window.session.select()
    assert not legend.ties


def test_the_line_in_closed_groups_is_explained(window, qtbot):
    legend = window.canvas.legend.legend
    open_system(window, qtbot, "deep-mlp")
    laid_out(window, qtbot)
    assert not legend.trends
    window.canvas.close_all()
    laid_out(window, qtbot)
    assert not legend.trends, "no line has two points yet"
    window.session.send(Train(steps=3))
    settle(window, qtbot)
    assert legend.trends
    window.canvas.open_all()
    laid_out(window, qtbot)
    assert not legend.trends


# -- words -----------------------------------------------------------------------------------


def test_words_for_work_that_is_over_do_not_stay(window, qtbot):
    open_system(window, qtbot, "d2l-mlp")
    window.session.send(Train(steps=60))
    settle(window, qtbot)
    transport = window.panels["transport"]
    heard: list[str] = []
    window.session.busy_changed.connect(heard.append)
    transport.history.setValue(10)
    wait(qtbot, lambda: window.session.frame.step == 10)
    settle(window, qtbot)
    assert heard == [] or heard[-1] == ""
    for text in (window.status.words.text(), transport.message.text()):
        assert "Going to" not in text
    window._show_busy("Going to step 5…")
    transport._show_busy("Going to step 5…")
    assert window.status.words.text() == transport.message.text() == "Going to step 5…"
    window._show_busy("")
    transport._show_busy("")
    assert window.status.words.text() == ""
    assert transport.message.text() == window.session.frame.message
    window._show_busy("Going to step 5…")
    window.note("Saved")
    window._show_busy("")
    assert window.status.words.text() == "Saved", "what was said since stays"
