"""`python3 -m tests.bench.painted BEGAN`: open the window as main.py does, say when it is painted.

Prints the seconds from BEGAN (of time.time) to the first paint, and to the first paint after the
first frame: then graph, numbers and panels are there. Ends the program by itself.
"""

import sys
import time
from typing import Any

from gui.bootstrap import environment


def main(began: float) -> int:
    """Run the program with a watch on its canvas."""
    environment.ensure(draws="window")
    from PySide6.QtCore import QEvent, QObject, QTimer
    from PySide6.QtWidgets import QApplication

    import gui.app.application

    class Watch(QObject):
        """Hears the canvas's paint events."""

        def __init__(self, window: Any) -> None:
            super().__init__(window)
            self.shown: float | None = None
            self.has_frame = False
            window.session.frame_arrived.connect(self._frame)
            self.viewport = window.canvas.view.viewport()
            self.viewport.installEventFilter(self)

        def _frame(self, frame: object) -> None:
            self.has_frame = True
            self.viewport.update()

        def eventFilter(self, watched: QObject, event: QEvent) -> bool:
            if event.type() == QEvent.Type.Paint:
                if self.has_frame:
                    self.has_frame = False
                    self.viewport.removeEventFilter(self)
                    QTimer.singleShot(0, self._done)
                elif self.shown is None:
                    self.shown = time.time() - began
            return False

        def _done(self) -> None:
            print(self.shown or time.time() - began, time.time() - began, flush=True)
            QApplication.exit()

    make = gui.app.application.make_window

    def watched(*arguments: Any, **options: Any) -> Any:
        window = make(*arguments, **options)
        Watch(window)
        return window

    gui.app.application.make_window = watched
    return gui.app.application.main([])


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1])))
