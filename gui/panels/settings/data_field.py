"""The field for a data source: the built-in names, or a person's own file."""

from pathlib import Path

from PySide6.QtWidgets import QFileDialog

from engine import data
from engine.support.text import tr
from gui.panels.settings.entries import Entry
from gui.panels.settings.forms import ChoiceField
from gui.session.session import Session

FILE_FILTER = "CSV, NPZ (*.csv *.npz)"


class DataField(ChoiceField):
    """Names of data sets, a typed path, or a last line that asks for a file."""

    def __init__(self, entry: Entry, session: Session) -> None:
        super().__init__(entry, data.names(), editable=True)
        self._session = session
        self.insertSeparator(self.count())
        self.addItem(tr("Open a file…"))
        self.activated.disconnect()
        self.activated.connect(self._choose)

    def _choose(self, index: int) -> None:
        if index != self.count() - 1:
            self._commit()
            return
        self.show_value(self._shown)
        path, _ = QFileDialog.getOpenFileName(self, tr("Open data"), "", FILE_FILTER)
        if path:
            self.entered.emit(str(Path(path)))
