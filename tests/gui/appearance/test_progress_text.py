"""Words over a progress bar read on what is done and on what is not, in both themes."""

import numpy as np
import pytest
from PySide6.QtWidgets import QProgressBar

from gui.appearance.style import style_sheet
from gui.appearance.theme import THEMES
from gui.colour.magnitude import contrast


@pytest.mark.parametrize("theme", THEMES.values(), ids=lambda theme: theme.name)
def test_words_over_a_progress_bar_read(qtbot, theme):
    bar = QProgressBar()
    qtbot.addWidget(bar)
    bar.setStyleSheet(style_sheet(theme))
    bar.setRange(0, 100)
    bar.setValue(50)
    bar.setFormat("drawing 50 of 100")
    bar.resize(300, 22)
    bar.show()
    qtbot.waitExposed(bar)
    image = bar.grab().toImage()
    grounds = [image.pixelColor(x, image.height() // 2).name() for x in (20, image.width() - 20)]
    assert grounds[0] != grounds[1]
    for ground in grounds:
        assert contrast(theme.text, ground) >= 4.5
    colours = {image.pixelColor(x, y).name() for x in range(100, 200) for y in range(4, 18)}
    written = [min(contrast(one, theme.text) for one in colours)]
    np.testing.assert_allclose(written, 1.0, atol=0.6)
