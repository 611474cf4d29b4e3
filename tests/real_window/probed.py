"""`python -m tests.real_window.probed SOCKET [ARGUMENTS]`: main.py's own code, watched."""

import runpy
import sys
from pathlib import Path

import gui.app.application
from tests.real_window import probe

MAIN = Path(__file__).resolve().parents[2] / "main.py"


def main() -> None:
    path = sys.argv.pop(1)
    make = gui.app.application.make_application

    def make_and_watch():
        application = make()
        probe.install(path, application)
        return application

    gui.app.application.make_application = make_and_watch
    sys.argv[0] = str(MAIN)
    runpy.run_path(str(MAIN), run_name="__main__")


if __name__ == "__main__":
    main()
