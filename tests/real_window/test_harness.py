"""The harness itself: what it sees is what is there, and what it does arrives."""

import pytest
from PIL import Image

pytestmark = pytest.mark.slow


def test_keys_and_mouse_reach_the_program_and_it_closes_as_a_person_closes_it(start):
    program = start("d2l-mlp", size=(2160, 1440), scale=1.5)
    assert program.find("run").enabled
    with Image.open(program.screenshot()) as picture:
        assert picture.size == (2160, 1440)
    program.click("Input scaling", kind="Tab")
    assert program.find("Input scaling", kind="Tab").value is True
    assert program.value("session.frame.step") == 0
    program.keys("shift+Right")
    program.wait(lambda: program.value("session.frame.step") == 1)
    program.menu("View", "Shares on edges")
    assert not program.value("actions_by_id.shares.isChecked()")
    again = program.restart("autodiff-xy")
    assert again.value("session.frame.step") == 0
    assert not again.value("actions_by_id.shares.isChecked()"), "the home is kept"
    again.close()
