"""The dialog for a CSV or NPZ file as data: its content, the target column, and its use."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtWidgets import (
    QDialogButtonBox,
    QFormLayout,
    QPushButton,
    QVBoxLayout,
)

from engine import data
from engine.data import CLASSIFICATION, Dataset
from engine.support.errors import InputError
from engine.support.figures import whole
from engine.support.text import tr
from engine.system import system as systems
from engine.system.setting_words import refusal
from engine.system.system import System
from gui.widgets.background_work import BackgroundWork, End
from gui.widgets.dialog import Dialog, WholeText
from gui.widgets.inputs import ComboBox
from gui.window.parts import WindowParts


class DataDialog(Dialog):
    """Reads the file off the GUI thread; shows what it holds, or the line with an error."""

    def __init__(self, window: WindowParts, path: Path) -> None:
        super().__init__(window)
        self._window, self._path = window, path.absolute()
        self._dataset: Dataset | None = None
        self._reading = BackgroundWork("read data", self)
        self._reading.ended.connect(self._show_outcome)
        self.setWindowTitle(tr("Data from {name}").format(name=path.name))
        self.setMinimumWidth(440)
        self.found = WholeText(parent=self)
        self.problem = WholeText(parent=self, role="error")
        self.target = ComboBox(self)
        self.target.addItem(tr("last column"), None)
        for column in header_of(self._path):
            self.target.addItem(column, column)
        self.target.setEnabled(self.target.count() > 1)
        self.target.setToolTip(tr("The column to predict; a text column makes classes"))
        self.target.activated.connect(lambda _: self._read())
        form = QFormLayout()
        form.addRow(tr("Target"), self.target)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel, self)
        self.use_button = QPushButton(tr("Train on it"), self)
        self.use_button.setToolTip(tr("Build the network anew on these data"))
        buttons.addButton(self.use_button, QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.accepted.connect(self._use)
        buttons.rejected.connect(self.reject)
        box = QVBoxLayout(self)
        box.addWidget(self.found)
        box.addLayout(form)
        box.addWidget(self.problem)
        box.addWidget(buttons)
        self.finished.connect(self.deleteLater)
        self._read()

    def _read(self) -> None:
        self.use_button.setEnabled(False)
        self.problem.clear()
        self.found.setText(tr("Reading…"))
        target = self.target.currentData()
        path = str(self._path)
        options: dict[str, Any] = {} if target is None else {"target": target}
        self._reading.start(lambda _: data.load(path, **options))

    def _show_outcome(self, end: End) -> None:
        self._dataset = end.result
        if self._dataset is None:
            self.found.setText(tr("The file can't be used as it is."))
            self.problem.setText(str(end.error))
            return
        self.found.setText(describe(self._dataset))
        self.use_button.setEnabled(True)
        self.use_button.setFocus()

    def _use(self) -> None:
        assert self._dataset is not None
        session = self._window.session
        try:
            system = with_data(
                session.draft.system, self._path, self.target.currentData(), self._dataset
            )
        except InputError as error:
            self.problem.setText(refusal(error, "", session.draft.system))
            return
        fresh = session.draft.system is None or session.draft.system.is_expression
        if fresh:
            session.open(system)
        else:
            session.draft.replace(system, tr("data from {name}").format(name=self._path.name))
            if not session.at_start:  # before the first update the draft has rebuilt it already
                session.draft.rebuild()
        self._window.files.note_recent(self._path)
        self.accept()


def header_of(path: Path) -> list[str]:
    """Return the names in the first line of a CSV file, if it looks like a header."""
    if path.suffix.lower() != ".csv":
        return []
    try:
        with path.open(encoding="utf-8-sig") as stream:
            first = stream.readline(100_000).strip()
    except (OSError, UnicodeDecodeError):
        return []
    mark = max(",;\t", key=first.count)
    names = [name.strip().strip('"') for name in first.split(mark)]
    numeric = [name for name in names if _is_number(name)]
    return [] if numeric or not all(names) else names


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def describe(dataset: Dataset) -> str:
    """Return a data set's content in a line."""
    text = tr("{samples} samples, {features} features, {kind}")
    if dataset.task == CLASSIFICATION:
        kind = tr("{count} classes").format(count=len(dataset.class_names))
    else:
        kind = tr("a number to predict")
    features = dataset.x.shape[1] if dataset.x.ndim > 1 else 1
    return text.format(samples=whole(dataset.samples), features=whole(features), kind=kind)


def with_data(
    system: System | None, path: Path, target: str | int | None, dataset: Dataset
) -> System:
    """Return the network with other data, and a loss and last layer that fit them.

    An expression takes no data: a small network replaces it.
    """
    classes = dataset.task == CLASSIFICATION
    loss = "softmax_cross_entropy" if classes else "mean_squared_error"
    source: dict[str, Any] = {"source": str(path)}
    if target is not None:
        source["target"] = target
    if system is None or system.is_expression:
        hidden = {"type": "linear", "units": 32, "activation": "relu", "initializer": "he_normal"}
        source["batch_size"] = fitting_batch(32, 0.2, dataset)
        return systems.from_table(
            {
                "name": path.stem,
                "title": path.name,
                "data": source,
                "layers": [hidden, {"type": "linear"}],
                "loss": {"type": loss},
            }
        )
    table = systems.to_table(system)
    size = fitting_batch(system.data.batch_size, system.data.validation, dataset)
    kept = {"validation": system.data.validation, "batch_size": size}
    table["data"] = {**kept, **source}
    fits = classes == (system.loss.type in ("softmax_cross_entropy", "hinge"))
    if not fits:
        table["loss"] = {**table.get("loss", {}), "type": loss}
    table["layers"] = [dict(layer) for layer in table["layers"]]
    table["layers"][-1].pop("units", None)
    return systems.from_table(table, system.folder)


def fitting_batch(wanted: int | str, validation: float, dataset: Dataset) -> int | str:
    """Return the batch size, or "full" where there are fewer training samples."""
    left = int(dataset.samples * (1 - validation)) - 1
    return wanted if isinstance(wanted, int) and wanted <= left else "full"
