"""What the entries of a board say: where a pooling's gradient goes, and what is missing."""

import numpy as np

from engine.messages.pictures import Pictures, Pooling
from gui.panels.pictures.boards import Words, board_of

WORDS = Words("p", "L", "h", "no value", "no gradient")


def test_a_shorter_batch_keeps_the_choice_within_it() -> None:
    value = np.zeros((2, 3, 3, 5))
    found = Pictures("maps", (2, 3, 3, 5), value, None)
    board = board_of(found, WORDS, 4)
    assert board.sheets[1].tiles is None
    assert board.sheets[1].words == "no gradient"


def test_routing_says_where_a_windows_gradient_goes() -> None:
    x = np.array([[1.0, 5.0, 0.0, 0.0], [2.0, 3.0, 0.0, 7.0]]).reshape(1, 2, 4, 1)
    back = np.array([[0.0, -3.0, 0.0, 0.0], [0.0, 0.0, 0.0, 4.0]]).reshape(1, 2, 4, 1)
    after = np.array([[5.0, 7.0]]).reshape(1, 1, 2, 1)
    upstream = np.array([[-3.0, 4.0]]).reshape(1, 1, 2, 1)
    places = np.array([[1, 7]]).reshape(1, 1, 2, 1)
    pooling = Pooling("max_pool2d", 2, 2, 0, x, back, places)
    found = Pictures("maps", (1, 1, 2, 1), after, upstream, pooling=pooling)
    board = board_of(found, WORDS, 0, 0)
    assert board.read((1, 0, 0, 1)) == (
        "window (0, 1) · value 7 · gradient 4, all of it to row 1, column 3"
    )
    assert board.read((0, 0, 0, 1)) == (
        "row 0, column 1: value 5 · maximum of window (0, 0) → gradient −3"
    )
    assert board.read((2, 0, 1, 0)) == (
        "row 1, column 0: value 2 · not its window's maximum → gradient 0"
    )
    assert set(board.links((3, 0, 0, 1))) == {
        (0, (0, 2, 2)), (2, (0, 2, 2)), (1, (0, 1, 1)), (3, (0, 1, 1))
    }  # fmt: skip
    assert (1, (0, 1, 1)) in board.links((0, 0, 1, 2))


def test_routing_of_a_mean_and_of_what_lies_in_no_window() -> None:
    x = np.arange(15.0).reshape(1, 3, 5, 1)
    after = np.zeros((1, 1, 2, 1))
    upstream = np.array([[8.0, 4.0]]).reshape(1, 1, 2, 1)
    pooling = Pooling("avg_pool2d", 2, 2, 0, x, np.full((1, 3, 5, 1), 2.0), None)
    found = Pictures("maps", (1, 1, 2, 1), after, upstream, pooling=pooling)
    board = board_of(found, WORDS, 0, 0)
    assert board.sheets[0].marks is None
    assert board.read((3, 0, 0, 0)).endswith("gradient 8, 2 to each of its 4 entries")
    assert "in no window" in board.read((0, 0, 2, 4))
    assert "its share: 1/4" in board.read((0, 0, 1, 3))


def test_overlapping_windows_that_share_a_maximum() -> None:
    x = np.zeros((1, 3, 5, 1))
    x[0, 1, 2] = 1.0
    pooling = Pooling("max_pool2d", 3, 2, 0, x, x, np.array([[7, 7]]).reshape(1, 1, 2, 1))
    upstream = np.ones((1, 1, 2, 1))
    found = Pictures("maps", (1, 1, 2, 1), upstream, upstream, pooling=pooling)
    assert "maximum of window (0, 0), (0, 1)" in board_of(found, WORDS, 0, 0).read((0, 0, 1, 2))
