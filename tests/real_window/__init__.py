"""The program in a real window: an X server, a window manager, real keys and a real mouse.

A test starts the program as a person does, in a process, and looks at it through a probe that only
reads::

    def test_space_trains(start):
        program = start("d2l-mlp", size=(1280, 720))
        program.click("Run")
        program.keys("space")
        program.wait(lambda: program.value("session.frame.step") > 0)
        again = program.restart()
        assert again.find("Run").rect == ...

`python3 -m tests.real_window.install` installs what these tests need where that is allowed; without
it they are skipped.
"""
