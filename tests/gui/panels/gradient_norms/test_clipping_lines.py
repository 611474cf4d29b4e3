"""The global norm before and after clipping among the layers' curves."""

import dataclasses
from typing import Any

import numpy as np
import pytest

from engine.system import catalogue
from engine.system.system import override
from gui.panels.gradient_norms.gradient_norms import GradientNormsPanel
from tests.gui.panel_help import feed, plain, rows, shown

BEFORE = np.linspace(4.0, 1.0, 60)
WORDS = ["all, before clipping", "all, after clipping"]


@pytest.fixture
def panel(qtbot: Any) -> GradientNormsPanel:
    made = shown(GradientNormsPanel, qtbot, "deep-mlp:3")
    made.session.system = catalogue.load("d2l-mlp")
    return made


def clip(panel: GradientNormsPanel, kind: str, threshold: float = 2.0) -> None:
    assert panel.session.system is not None
    system = override(panel.session.system, "clipping.type", kind)
    panel.session.system = override(system, "clipping.threshold", threshold)


def train(panel: GradientNormsPanel, after: Any) -> None:
    table = np.full((60, 3), 0.1)
    columns = {
        "gradient_norm_before_clipping": BEFORE,
        "gradient_norm_after_clipping": np.broadcast_to(after, 60).copy(),
    }
    feed(panel, rows(np.arange(60), 3, layer_gradient_norm=table, **columns))


def lines(panel: GradientNormsPanel) -> list[Any]:
    return [line.get_data()[1].ravel() for line in panel.clipping.lines]


def legend(panel: GradientNormsPanel) -> list[str]:
    return [words for words, _, _ in panel.legend.extras]


def test_nothing_is_added_where_nothing_is_clipped(panel):
    train(panel, BEFORE)
    assert all(not len(y) for y in lines(panel))
    assert legend(panel) == []
    assert not panel.clipping.threshold.isVisible()


def test_by_norm_both_lines_and_the_threshold(panel):
    clip(panel, "norm")
    train(panel, np.minimum(BEFORE, 2.0))
    before, after = lines(panel)
    np.testing.assert_allclose(before, np.log10(BEFORE))
    np.testing.assert_allclose(after, np.log10(np.minimum(BEFORE, 2.0)))
    assert legend(panel) == [*WORDS, "threshold"]
    assert panel.clipping.threshold.value() == pytest.approx(np.log10(2.0))
    low, high = panel.plot.view.viewRange()[1]
    assert low < -1 < np.log10(4.0) < high


def test_the_threshold_is_in_view_though_nothing_reaches_it(panel):
    clip(panel, "norm", 1e6)
    train(panel, BEFORE)
    assert panel.plot.view.viewRange()[1][1] > 6


def test_by_value_there_is_no_global_threshold(panel):
    clip(panel, "value")
    train(panel, 0.5)
    assert legend(panel) == WORDS
    assert not panel.clipping.threshold.isVisible()


def test_what_was_clipped_before_clipping_was_turned_off_stays(panel):
    train(panel, np.where(np.arange(60) < 20, 0.5, BEFORE))
    assert legend(panel) == WORDS


def test_the_read_out_tells_what_clipping_did_to_this_step(panel):
    clip(panel, "norm", 0.25)
    train(panel, 0.25)
    assert "all 1, clipped to 0.25" in plain(panel.read_out)
    clip(panel, "norm", 5.0)
    train(panel, BEFORE)
    assert "all 1" in plain(panel.read_out)
    assert "clipped" not in plain(panel.read_out)


@pytest.mark.parametrize("layers", [3, 50])
def test_the_legend_has_room_for_the_lines(qtbot, layers):
    panel = shown(GradientNormsPanel, qtbot, f"deep-mlp:{layers}")
    plain_height = panel.legend.heightForWidth(390)
    panel.legend.show_extras([(words, "#000000", True) for words in [*WORDS, "threshold"]])
    places = panel.legend.places(390) + panel.legend.extra_places(390)
    assert panel.legend.heightForWidth(390) > plain_height
    assert all(place.right() < 390 for place in panel.legend.extra_places(390))
    assert not any(a.intersects(b) for a in places for b in places if a is not b)


def test_the_table_has_both_norms(panel):
    clip(panel, "norm")
    train(panel, 0.5)
    headings, columns = panel.plot.table()
    assert headings[-2:] == ["gradient_norm_before_clipping", "gradient_norm_after_clipping"]
    np.testing.assert_array_equal(columns[-2], BEFORE)
    np.testing.assert_array_equal(columns[-1], 0.5)


def test_profile_draws_no_marks_before_the_pass_is_done(panel):
    train(panel, BEFORE)
    panel.tabs.setCurrentIndex(1)
    not_yet = dataclasses.replace(
        panel.frame,
        layer_gradient_norm=np.full(3, np.nan),
        gradient_ready=np.zeros_like(panel.frame.gradient_ready),
    )
    panel.session.take(not_yet)
    panel.redraw_limit.draw_now()
    assert not len(panel.profile.marks.bad.getData()[0])
    assert len(panel.profile_plot.getAxis("bottom")._tickLevels[0]) == 3


def test_the_read_out_over_layers_is_of_this_system(panel):
    clip(panel, "norm", 0.25)
    train(panel, 0.25)
    panel.tabs.setCurrentWidget(panel.profile_plot)
    assert "clipped to 0.25" in plain(panel.read_out)
    clip(panel, "none")
    train(panel, BEFORE)
    assert "all" not in plain(panel.read_out), "the lines of the system before are drawn behind"
    clip(panel, "norm", 0.25)
    train(panel, 0.25)
    assert "clipped to 0.25" in plain(panel.read_out)
