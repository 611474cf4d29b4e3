"""How long the GUI thread is busy with a frame's pictures: ``-m bench -s`` shows the figures.

The arrays are those of networks much larger than the catalogue's: VGG's kernels, MNIST in large
batches. A frame must stay below 16 ms of the thread's own time.
"""

import time
from typing import Any

import numpy as np
import pytest

from engine.messages.pictures import Pictures, Pooling
from engine.observe.pictures import places_of_maxima
from gui.panels.pictures.boards import Words
from gui.panels.pictures.page import PicturePage

pytestmark = pytest.mark.bench
REPEATS = 15
WORDS = Words("p", "L", "h")


def normal(*shape: int) -> Any:
    return np.random.default_rng(0).standard_normal(shape, np.float32)


def kernels() -> Pictures:
    shape = (256, 256, 3, 3)
    return Pictures("kernels", shape, normal(*shape), normal(*shape))


def colour_kernels() -> Pictures:
    shape = (256, 3, 5, 5)
    return Pictures("kernels", shape, normal(*shape), normal(*shape))


def maps() -> Pictures:
    shape = (64, 28, 28, 128)
    return Pictures("maps", shape, normal(*shape), normal(*shape))


def digits() -> Pictures:
    shape = (1, 28, 28, 512)
    return Pictures("samples", shape, normal(*shape), normal(*shape))


def routing() -> Pictures:
    x = normal(32, 56, 56, 64)
    shape = (32, 28, 28, 64)
    pooling = Pooling("max_pool2d", 2, 2, 0, x, x, places_of_maxima(x, 2, 2))
    return Pictures("maps", shape, normal(*shape), normal(*shape), pooling=pooling)


@pytest.mark.parametrize("make", [kernels, colour_kernels, maps, digits, routing])
@pytest.mark.parametrize("size", [(392, 430), (1800, 1000)])
def test_a_frame_of_pictures(make: Any, size: tuple[int, int], qtbot: Any) -> None:
    page = PicturePage()
    qtbot.addWidget(page)
    page.resize(*size)
    page.show()
    qtbot.waitExposed(page)
    pictures = make()
    times = []
    for _ in range(REPEATS):
        began = time.thread_time()
        page.show_pictures(pictures, WORDS)
        page.view.repaint()
        times.append(1000 * (time.thread_time() - began))
    median = float(np.median(times))
    print(f"\n{make.__name__} {size}: {median:.1f} ms, at most {max(times):.1f} ms")
    assert median < 16
