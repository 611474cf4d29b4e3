"""The diagnosis: empty state, cards, and links that select."""

import dataclasses

import pytest

from engine.messages.frame import Finding
from gui.panels.diagnosis import DiagnosisPanel
from tests.gui.fakes import fake_frame
from tests.gui.panel_help import plain, shown

VANISHING = Finding(
    "vanishing gradient", "linear1", "norm 3e-19 < 0.07", "Use ReLU with He initialisation."
)
SATURATED = Finding("saturated activation", "h2, nowhere", "97 % of slopes", "Scale down.")


@pytest.fixture
def panel(qtbot):
    return shown(DiagnosisPanel, qtbot, "deep-mlp:3")


def report(panel, *findings, step=7):
    frame = fake_frame(panel.session.topology, step=step)
    panel.session.take(dataclasses.replace(frame, findings=findings))


def test_empty_states(panel):
    assert plain(panel.heading) == "Findings appear with the first step."
    report(panel)
    text = plain(panel.heading)
    assert text.startswith("Nothing to report at step 7.")
    assert "vanishing" in text
    assert "NaN" in text


def test_a_card_says_rule_place_evidence_and_remedy(panel):
    report(panel, VANISHING)
    assert plain(panel.heading) == "1 finding at step 7"
    assert plain(panel.cards[0]) == (
        "vanishing gradient linear1 norm 3e-19 < 0.07 Remedy: Use ReLU with He initialisation."
    )


def test_a_layer_s_link_selects_its_weight(panel):
    report(panel, VANISHING)
    panel.cards[0].linkActivated.emit("linear1")
    assert panel.session.topology.nodes[panel.session.selected_node].name == "linear1.weight"


def test_a_node_s_link_selects_it_and_unknown_places_are_plain(panel):
    report(panel, SATURATED)
    assert 'href="h2"' in panel.cards[0].text()
    assert 'href="nowhere"' not in panel.cards[0].text()
    panel.cards[0].linkActivated.emit("h2")
    assert panel.session.topology.nodes[panel.session.selected_node].name == "h2"


def test_cards_follow_the_findings(panel):
    report(panel, VANISHING, SATURATED)
    assert plain(panel.heading) == "2 findings at step 7"
    first = panel.cards[0]
    report(panel, SATURATED, step=8)
    assert panel.cards == [first]
    assert "saturated" in plain(first)
    report(panel, step=9)
    assert panel.cards == []
    assert plain(panel.heading).startswith("Nothing to report at step 9.")
