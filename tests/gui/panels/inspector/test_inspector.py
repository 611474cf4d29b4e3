"""The inspector: numbers of a node or an edge, and the ledger that adds up."""

import dataclasses

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication

from engine.messages.frame import Detail, LedgerRow
from gui.appearance.theme import DARK
from gui.panels.inspector.array_text import as_text
from gui.panels.inspector.heat_map import blocks
from gui.panels.inspector.inspector import InspectorPanel
from gui.panels.inspector.pages import bin_edges, statistics
from tests.gui.fakes import fake_frame
from tests.gui.panel_help import plain, shown


def number(value):
    return np.array(float(value))


def row(edge, target, local, upstream, local_value, contribution, position=0):
    return LedgerRow(edge, target, position, local, upstream, local_value, contribution)


@pytest.fixture
def gates(qtbot):
    """f = 2·(x·y + max(z, w)) at 3, −4, 2, −1, standing at step 0."""
    return shown(InspectorPanel, qtbot, "cs231n-gates")


@pytest.fixture
def mlp(qtbot):
    return shown(InspectorPanel, qtbot, "d2l-mlp")


def show(panel, detail, step=0):
    frame = fake_frame(panel.session.topology, step=step)
    panel.session.take(dataclasses.replace(frame, detail=detail))
    panel.redraw_limit.draw_now()


def select_node(panel, name, step=0, **numbers):
    node = next(n for n in panel.session.topology.nodes if n.name == name)
    panel.session.select(node=node.index)
    given = {"value": None, "gradient": None, "ledger": (), "residual": None, **numbers}
    show(panel, Detail(node.index, None, step, **given), step)
    return node


def choose_tab(panel, qtbot, index):
    bar = panel.tabs.tabBar()
    qtbot.mouseClick(bar, Qt.MouseButton.LeftButton, pos=bar.tabRect(index).center())


def test_empty_state(gates):
    assert gates.empty.isVisible()
    assert gates.empty.text() == "Click a node or an edge of the graph."
    assert not gates.tabs.isVisible()


def test_waits_for_the_numbers_without_showing_older_ones(gates):
    select_node(gates, "x", value=number(3), gradient=number(-8))
    gates.session.select(node=1)
    assert "Waiting for the numbers" in plain(gates.heading)
    assert "3" not in plain(gates.heading)


def test_heading_of_a_node(gates):
    select_node(gates, "x", step=12, value=number(3), gradient=number(-8))
    text = plain(gates.heading)
    assert text == "x input · scalar · float64 step 12 value 3 gradient −8"


def test_ledger_of_one_contribution(gates):
    ledger = (row(0, "_1", "∂(x y)/∂x = y", number(2), number(-4), number(-8)),)
    select_node(gates, "x", value=number(3), gradient=number(-8), ledger=ledger, residual=0.0)
    card = gates.ledger.cards[0]
    assert plain(card.heading) == "→ (x y) argument 1"
    assert card.chain.text() == "∂f/∂(x y) × ∂(x y)/∂x"
    assert [plain(cell) for cell in card.cells] == ["upstream 2", "× local −4", "= contribution −8"]
    assert plain(gates.ledger.sum) == "The only contribution: −8 ∂f/∂x: −8"
    assert plain(gates.ledger.residual) == "Σ contributions − gradient = 0, exactly"


def test_ledger_of_two_contributions_and_a_residual(gates):
    ledger = (
        row(0, "a", "∂a/∂x = y", number(2), number(3), number(6)),
        row(1, "b", "∂b/∂x = 1", number(2), number(1), number(2)),
    )
    select_node(gates, "x", value=number(3), gradient=number(8), ledger=ledger, residual=1e-16)
    assert len([c for c in gates.ledger.cards if c.isVisible()]) == 2
    assert plain(gates.ledger.sum) == "Σ of 2 contributions: 8 ∂f/∂x: 8"
    assert plain(gates.ledger.residual) == "max |Σ contributions − gradient| = 10⁻¹⁶"


def test_ledger_not_computed_yet(gates):
    ledger = (row(0, "_1", "∂a/∂x = y", None, None, None),)
    select_node(gates, "x", value=number(3), ledger=ledger)
    assert "gradient not computed yet" in plain(gates.heading)
    assert plain(gates.ledger.cards[0].cells[2]) == "= contribution not computed yet"
    assert "Not all contributions" in plain(gates.ledger.residual)


def test_clicking_a_card_selects_its_edge(gates, qtbot):
    ledger = (row(0, "_1", "∂(x y)/∂x = y", number(2), number(-4), number(-8)),)
    node = select_node(gates, "x", value=number(3), gradient=number(-8), ledger=ledger)
    qtbot.mouseClick(gates.ledger.cards[0], Qt.MouseButton.LeftButton)
    assert gates.session.selected_edge == 0
    show(gates, Detail(node.index, 0, 5, number(3), None, ledger, None), step=5)
    assert gates.edge_ledger.isVisible()
    assert plain(gates.heading).startswith("x → x·y argument 1 of multiply")
    assert "step 5" in plain(gates.heading)
    assert plain(gates.edge_ledger.cards[0].cells[2]) == "= contribution −8"
    gates.heading.linkActivated.emit("0")
    assert gates.session.selected_node == 0


def test_enter_on_a_card_selects_too(gates, qtbot):
    ledger = (row(0, "_1", "∂(x y)/∂x = y", number(2), number(-4), number(-8)),)
    select_node(gates, "x", value=number(3), gradient=number(-8), ledger=ledger)
    qtbot.keyClick(gates.ledger.cards[0], Qt.Key.Key_Return)
    assert gates.session.selected_edge == 0


def test_where_no_gradient_flows_it_says_so(gates):
    select_node(gates, "2", value=number(2))
    assert "No gradient reaches 2." in plain(gates.ledger.words)
    assert "gradient" not in plain(gates.heading)


def test_the_start_of_the_backward_pass(gates):
    select_node(gates, "f", value=number(-20), gradient=number(1))
    assert plain(gates.ledger.words) == "The backward pass starts here: ∂f/∂f = 1."


def test_big_arrays_are_norms_with_heat_maps_on_demand(mlp, qtbot):
    gradient = np.random.default_rng(0).standard_normal((10, 256))
    ledger = (row(4, "o", "∂o/∂W⁽²⁾ = (·) hᵀ", np.ones((10, 32)), None, gradient),)
    select_node(mlp, "W2", value=gradient, gradient=gradient, ledger=ledger, residual=0.0)
    card = mlp.ledger.cards[0]
    assert plain(card.cells[0]) == "upstream ‖·‖ 17.89 10 × 32"
    assert plain(card.cells[1]) == "× local (·) hᵀ"
    assert not card.arrays
    qtbot.mouseClick(card.more, Qt.MouseButton.LeftButton)
    shown_views = [view for _, view in card.arrays if view.isVisibleTo(card)]
    assert len(shown_views) == 2
    assert shown_views[1].currentWidget() is shown_views[1].heat_map
    qtbot.mouseClick(card.more, Qt.MouseButton.LeftButton)
    assert not [view for _, view in card.arrays if view.isVisibleTo(card)]


def test_many_edges_come_in_portions(gates, qtbot):
    ledger = tuple(row(k, "t", "∂t/∂x = 1", number(1), number(1), number(1)) for k in range(100))
    select_node(gates, "x", value=number(3), gradient=number(100), ledger=ledger, residual=0.0)
    assert len(gates.ledger.cards) == 24
    assert plain(gates.ledger.sum).startswith("Σ of 100 contributions: 100")
    assert gates.ledger.rest.text() == "Show the other 76 edges"
    gates.ledger.rest.click()
    assert len(gates.ledger.cards) == 100


def test_value_as_a_table_that_copies_as_tsv(mlp, qtbot):
    value = np.arange(12.0).reshape(3, 4) / 10
    select_node(mlp, "z", value=value)
    choose_tab(mlp, qtbot, 1)
    table = mlp.value_page.view.table
    assert mlp.value_page.view.currentWidget() is table
    model = table.model()
    assert (model.rowCount(), model.columnCount()) == (3, 4)
    assert model.data(model.index(2, 3)) == "1.1"
    table.copy_contents()
    assert QGuiApplication.clipboard().text() == as_text(value)
    cell = table.visualRect(model.index(1, 0)).center()
    qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=cell)
    for _ in range(3):
        qtbot.keyClick(table, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    table.copy_contents()
    assert QGuiApplication.clipboard().text() == "0.4\t0.5\t0.6\t0.7"


def test_a_scalar_is_one_number(gates, qtbot):
    select_node(gates, "x", value=number(3), gradient=number(-8))
    choose_tab(gates, qtbot, 2)
    view = gates.gradient_page.view
    assert view.currentWidget() is view.number
    assert view.number.text() == "−8"
    assert not gates.gradient_page.switch.isVisible()


def test_heat_map_reads_the_number_under_the_mouse(mlp, qtbot):
    value = np.random.default_rng(0).standard_normal((256, 32))
    value[3, 5] = np.nan
    select_node(mlp, "z", value=value)
    choose_tab(mlp, qtbot, 1)
    heat_map = mlp.value_page.view.heat_map
    assert mlp.value_page.view.currentWidget() is heat_map
    assert heat_map.scale.limit == np.nanmax(np.abs(value))
    QGuiApplication.processEvents()
    place = heat_map.picture()
    at = QPoint(place.left() + place.width() // 2, place.top() + place.height() // 2)
    qtbot.mouseMove(heat_map, at)
    cell = heat_map.cell
    assert cell == heat_map.cell_at(at)
    assert heat_map.read_out().startswith(f"[{cell[0]}, {cell[1]}] = ")
    qtbot.keyClick(heat_map, Qt.Key.Key_Right)
    assert heat_map.cell == (cell[0], cell[1] + 1)


def test_norms_of_the_gradient(mlp, qtbot):
    gradient = np.zeros((20, 20))
    gradient[0, 0], gradient[0, 1], gradient[0, 2] = 3, 4, 1e-310
    select_node(mlp, "z", value=gradient, gradient=gradient)
    choose_tab(mlp, qtbot, 2)
    text = plain(mlp.gradient_page.norms)
    assert "norm 5 RMS 0.25 max |·| 4" in text
    assert "exactly 0: 99.2 %" in text
    assert "underflow: 0.2 %" in text
    assert "not finite: 0" in text


def test_histogram_by_its_button(mlp, qtbot):
    value = np.random.default_rng(0).standard_normal((30, 30))
    value[0, 0] = np.nan
    select_node(mlp, "z", value=value)
    choose_tab(mlp, qtbot, 1)
    qtbot.mouseClick(mlp.value_page.switch.histogram, Qt.MouseButton.LeftButton)
    histogram = mlp.value_page.histogram
    assert histogram.isVisible()
    assert histogram.counts.sum() == 899
    assert np.any(np.isclose(histogram.edges, 0))


def test_not_computed_yet_in_this_pass(mlp, qtbot):
    select_node(mlp, "z", value=np.ones((2, 2)))
    choose_tab(mlp, qtbot, 2)
    assert mlp.gradient_page.view.words.text() == "Not computed yet in this pass."


def test_a_new_graph_forgets_the_numbers(gates):
    select_node(gates, "x", value=number(3), gradient=number(-8))
    gates.session.selected_node = None
    gates.session.stand_before(gates.session.topology)
    assert gates.empty.isVisible()


@pytest.mark.parametrize(
    ("low", "high"), [(0.0, 1.0), (-2.0, 1.0), (5.0, 5.0), (0.0, 0.0), (-3, -1)]
)
def test_bins_cover_everything(low, high):
    edges = bin_edges(low, high)
    assert edges[0] <= low
    assert edges[-1] >= high
    assert (np.diff(edges) > 0).all()


def test_statistics_of_float32_that_would_underflow():
    array = np.full((10, 10), 1e-30, np.float32)
    assert statistics(array, 1e-38).l2 == pytest.approx(1e-29, rel=1e-5)


def test_blocks_keep_the_largest_and_nan():
    matrix = np.zeros((2000, 3))
    matrix[700, 1], matrix[1500, 2] = -9, np.nan
    small, block = blocks(matrix, most=100)
    assert small.shape == (100, 3)
    assert block == (20, 1)
    assert small[35, 1] == -9
    assert np.isnan(small[75, 2])


def test_dark_theme_and_everything_fits_in_400_pixels(gates):
    ledger = (row(0, "_1", "∂(x y)/∂x = y", number(2), number(-4), number(-8)),)
    select_node(gates, "x", value=number(3), gradient=number(-8), ledger=ledger)
    gates.apply_theme(DARK)
    assert gates.minimumSizeHint().width() <= 400
    gates.grab()
