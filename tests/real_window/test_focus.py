"""The keys go to the canvas once a person is done with something else."""

SIZE = (1440, 900)


def on_canvas(program):
    return program.value("canvas.view.hasFocus()")


def test_space_runs_after_the_mouse_chose_in_the_form(start):
    program = start("deep-mlp", size=SIZE)
    assert on_canvas(program)
    program.click("dtype", within="SettingsPanel")
    program.keys("Up", "Return")
    program.wait(lambda: program.value("session.system.dtype") == "float64", "the rebuild")
    program.settle()
    assert on_canvas(program)
    program.keys("space")
    program.wait(lambda: program.value("session.frame.step") > 0, "the training")
    program.keys("space")


def test_what_is_typed_keeps_its_field_until_enter(start):
    program = start("deep-mlp", size=SIZE)
    program.click("seed", within="SettingsPanel", count=2)
    program.type("12")
    assert not on_canvas(program)
    program.keys("Return")
    program.wait(lambda: program.value("session.system.seed") == 12, "the rebuild")
    assert on_canvas(program)


def test_who_goes_through_the_form_by_tab_stays_there(start):
    program = start("deep-mlp", size=SIZE)
    program.click("seed", within="SettingsPanel", count=2)
    program.type("12")
    program.keys("Tab")
    program.wait(lambda: program.value("session.system.seed") == 12, "the rebuild")
    program.settle()
    focus = program.focus()
    assert focus is not None
    assert focus.accessible == "dtype"


def test_a_field_clicked_during_a_rebuild_is_left_alone(start):
    program = start("deep-mlp", size=SIZE)
    program.click("seed", within="SettingsPanel", count=2)
    program.type("12")
    program.click("batch size", within="SettingsPanel")
    program.wait(lambda: program.value("session.system.seed") == 12, "the rebuild")
    program.settle()
    focus = program.focus()
    assert focus is not None
    assert focus.accessible == "batch size"


def test_menus_and_dialogs_give_the_keys_back(start):
    program = start("deep-mlp", size=SIZE)
    for path in (["View", "Zoom in"], ["Help", "About Gradient Flow Explorer"]):
        program.click("seed", within="SettingsPanel")
        assert not on_canvas(program)
        program.menu(*path)
        if path[0] == "Help":
            program.keys("Escape")
        program.settle()
        assert on_canvas(program)
    program.menu("Edit", "Find a node…")  # which has its own place for the keys
    assert not on_canvas(program)


def test_a_menu_given_up_and_a_shortcut_leave_the_keys_where_they_are(start):
    program = start("deep-mlp", size=SIZE)
    program.click("seed", within="SettingsPanel")
    program.click("View", kind="Entry")
    program.keys("Escape")
    program.settle()
    assert not on_canvas(program)
    program.keys("ctrl+plus")
    assert not on_canvas(program)


def test_the_rebuild_button_takes_over_what_was_typed(start):
    program = start("deep-mlp", size=SIZE)
    program.keys("shift+Right")
    program.click("seed", within="SettingsPanel", count=2)
    program.type("7")
    program.keys("Tab")
    program.click("Rebuild", within="SettingsPanel")
    program.wait(lambda: program.value("session.system.seed") == 7, "the rebuild")
    program.settle()
    assert on_canvas(program)
