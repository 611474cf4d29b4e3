"""The export dialog: what to export, a preview, the options, and the file."""

from __future__ import annotations

import glob
from pathlib import Path

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtGui import QImage, QPixmap
from PySide6.QtWidgets import (
    QDialogButtonBox,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from engine.export.formats import Kind, format_for
from engine.support.errors import EngineError
from engine.support.text import tr
from gui.appearance.fonts import code_font
from gui.export.formats import formats, kinds
from gui.export.job import Answer, RenderJob
from gui.export.renderer import Renderer
from gui.plots import export
from gui.widgets.dialog import Dialog, WholeText
from gui.widgets.inputs import ComboBox
from gui.window.exporting.fields import Fields
from gui.window.exporting.material import material_of, plot_of, plots_there
from gui.window.parts import WindowParts

PREVIEW = QSize(460, 340)


class ExportDialog(Dialog):
    """One dialog for all exports; ``kind`` is the one that it begins with.

    It shows a preview, closes once the file is written, and stays open if that failed. All is
    drawn by another process (``gui.export.renderer``), except plots, which are drawn as they are on
    the screen.
    """

    def __init__(self, window: WindowParts, kind: Kind = "picture") -> None:
        super().__init__(window)
        self._window, self.kind = window, kind
        self._settings = window.settings
        self._material = material_of(window)
        self._plots = plots_there(window)
        self.fields = Fields(kind, self._material.frame.step, self._plots, self)
        self._renderer = Renderer(self)
        self._renderer.answered.connect(self._hear)
        self._make()
        self._lay_out()
        self.finished.connect(self._end)
        self._take_fields(self.fields)

    # -- building ----------------------------------------------------------------------------

    def _make(self) -> None:
        self.preview = QLabel(tr("Drawing…"), self)
        self.preview.setFixedSize(PREVIEW + QSize(2, 2))
        self.preview.setFrameStyle(QLabel.Shape.StyledPanel)
        self.preview.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.preview.setAccessibleName(tr("Preview"))
        self.preview.setTextFormat(Qt.TextFormat.PlainText)
        self.what = ComboBox(self)
        for entry in kinds():
            if entry.kind != "plot" or self._plots:
                self.what.addItem(entry.name, entry.kind)
        self.what.setCurrentIndex(self.what.findData(self.kind))
        self.what.activated.connect(lambda _: self._choose_kind(self.what.currentData()))
        self._file = QWidget(self)
        self.path = QLineEdit(self._file)
        self.path.setMinimumWidth(240)
        self.path.setAccessibleName(tr("File"))
        self.browse = QPushButton(tr("Browse…"), self)
        self.browse.clicked.connect(self._browse)
        self.problem = WholeText(parent=self, role="error")
        self.progress = QProgressBar(self)
        self.progress.setTextVisible(True)
        policy = self.progress.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.progress.setSizePolicy(policy)
        self.progress.hide()

    def _lay_out(self) -> None:
        file = QHBoxLayout(self._file)
        file.setContentsMargins(0, 0, 0, 0)
        file.addWidget(self.path, 1)
        file.addWidget(self.browse)
        facts = WholeText(
            tr("System, seed, step and settings travel in the file: opened, it stands for them."),
            self,
            role="muted",
        )
        self._side = side = QVBoxLayout()
        side.addWidget(self.fields)
        side.addWidget(facts)
        side.addStretch(1)
        side.addWidget(self.progress)
        upper = QHBoxLayout()
        upper.setSpacing(16)
        upper.addWidget(self.preview)
        upper.addLayout(side, 1)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel, self)
        self.cancel_button = buttons.button(QDialogButtonBox.StandardButton.Cancel)
        self.save_button = QPushButton(tr("Export"), self)
        self.save_button.setDefault(True)
        buttons.addButton(self.save_button, QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.accepted.connect(self.save)
        buttons.rejected.connect(self.reject)
        box = QVBoxLayout(self)
        box.addLayout(upper)
        box.addWidget(self.problem)
        box.addWidget(buttons)

    def _choose_kind(self, kind: Kind) -> None:
        """Change to another kind of export, with the fields that it needs."""
        if kind == self.kind:
            return
        self.kind = kind
        old = self.fields
        self.fields = Fields(kind, self._material.frame.step, self._plots, self)
        self._take_fields(self.fields)
        self._side.replaceWidget(old, self.fields)
        old.deleteLater()
        self.problem.clear()
        self.preview.clear()

    def _take_fields(self, fields: Fields) -> None:
        self._entry = next(entry for entry in kinds() if entry.kind == self.kind)
        self.setWindowTitle(self._entry.title)
        self.preview.setWordWrap(self.kind != "data")
        fields.form.insertRow(0, tr("Export"), self.what)
        fields.form.addRow(tr("File"), self._file)
        fields.changed.connect(self._refresh)
        fields.format.activated.connect(lambda _: self._take_format())
        fields.plot.activated.connect(lambda _: self._propose_name())
        self._propose_name()
        self._refresh()

    # -- options -----------------------------------------------------------------------------

    def _propose_name(self) -> None:
        remembered = Path(str(self._settings.value("export_folder", "") or Path.home()))
        folder = Path(self.path.text()).parent if self.path.text() else remembered
        name = self._material.topology.system
        if self.kind == "plot":
            name += f"-{self.fields.plot.currentData()}"
        elif self.kind != "animation":
            name += f"-step{self._material.frame.step}"
        suffix = self.fields.format.currentData()
        self.path.setText(str(folder / f"{name}{suffix or '-frames'}"))

    def _take_format(self) -> None:
        known = {suffix for one in formats() for suffix in one.suffixes}
        path = Path(self.path.text())
        if path.suffix.lower() in known:
            self.path.setText(str(path.with_suffix(self.fields.format.currentData())))

    def _browse(self) -> None:
        suffixes = [s for one in formats() if one.kind == self.kind for s in one.suffixes if s]
        patterns = " ".join(f"*{suffix}" for suffix in suffixes)
        chosen, _ = QFileDialog.getSaveFileName(
            self, self._entry.title, self.path.text(), f"{self._entry.title} ({patterns})"
        )
        if chosen:
            path = Path(chosen)
            if path.suffix.lower() not in suffixes:
                path = path.with_name(path.name + self.fields.format.currentData())
            self.path.setText(str(path))

    # -- the preview -------------------------------------------------------------------------

    def _refresh(self) -> None:
        self.fields.show_size()
        if self.kind == "plot":
            # in a turn of its own, since it takes some time
            QTimer.singleShot(0, self, self._refresh_plot)
            return
        box = PREVIEW * self.devicePixelRatioF()
        chosen = self.fields.chosen.name
        self._renderer.ask(
            RenderJob(
                chosen, self._material, self.fields.picture(), box=(box.width(), box.height())
            )
        )

    def _refresh_plot(self) -> None:
        """Record the plot's painter commands; they are drawn on the renderer's thread."""
        strokes = export.DrawnPlot.of(plot_of(self._window, self.fields.plot.currentData()))
        ratio = self.devicePixelRatioF()
        job = RenderJob(self.fields.chosen.name, None, box=PREVIEW.toTuple())
        self._renderer.ask(job, lambda: export.png_bytes(strokes.image(ratio), {}))

    def _show(self, image: QImage) -> None:
        ratio = self.devicePixelRatioF()
        self.preview.setAlignment(Qt.AlignmentFlag.AlignCenter)
        pixmap = QPixmap.fromImage(image)
        if pixmap.width() > PREVIEW.width() * ratio or pixmap.height() > PREVIEW.height() * ratio:
            pixmap = pixmap.scaled(
                PREVIEW * ratio,
                Qt.AspectRatioMode.KeepAspectRatio,
                Qt.TransformationMode.SmoothTransformation,
            )
        pixmap.setDevicePixelRatio(ratio)
        self.preview.setPixmap(pixmap)

    # -- saving ------------------------------------------------------------------------------

    def save(self) -> None:
        """Write the file in the background."""
        path = Path(self.path.text()).expanduser()
        try:
            chosen = format_for(formats(), (self.kind,), str(path))
            steps = self.fields.steps()
        except EngineError as error:
            self.problem.setText(str(error))
            return
        if not self._may_replace(path):
            return
        self.problem.clear()
        self._show_running(True)
        job = RenderJob(chosen.name, self._material, self.fields.picture(), str(path), steps=steps)
        make = None
        if self.kind == "plot":
            plot = plot_of(self._window, self.fields.plot.currentData())
            texts = export.texts_of(plot, path)
            make = export.maker(plot, path.suffix[1:].lower(), texts)
        self._renderer.ask(job, make)

    def _may_replace(self, path: Path) -> bool:
        """Ask before an existing file, or its tiles, are overwritten."""
        tiles = f"{glob.escape(path.stem)}-*-*{path.suffix}"
        if self.fields.picture().get("tiles") and path.parent.is_dir():
            path = next(iter(sorted(path.parent.glob(tiles))), path)
        if not path.exists() or path.is_dir():
            return True
        from gui.window.dialogs import Button, ask

        answer = ask(
            self,
            tr("Replace the file?"),
            tr("{name} exists already. Replace it?").format(name=path.name),
            Button.Yes | Button.Cancel,
        )
        return answer == Button.Yes

    def _show_running(self, on: bool) -> None:
        self._running = on
        self.save_button.setEnabled(not on)
        self.fields.setEnabled(not on)
        self.progress.setVisible(on)
        if on:
            self.progress.setRange(0, 0)
            self.progress.setFormat("")

    _running = False

    def _hear(self, answer: Answer) -> None:
        if not answer.finished:
            self.progress.setRange(0, answer.total)
            self.progress.setValue(answer.done)
            self.progress.setFormat(answer.words)
        elif answer.job.target:
            self._written(answer)
        elif answer.job.format != self.fields.chosen.name:
            return  # the preview of an earlier choice
        elif answer.problem:
            self.problem.setText(answer.problem)
        elif not answer.cancelled:
            self._show_preview(answer)

    def _show_preview(self, answer: Answer) -> None:
        if answer.image is not None:
            self.fields.natural = answer.size
            self.fields.show_size()
            self._show(answer.image)
        else:
            self.preview.setFont(code_font(10))
            self.preview.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
            self.preview.setText(answer.text)

    def _written(self, answer: Answer) -> None:
        self._show_running(False)
        if answer.cancelled:
            self.problem.setText(tr("Cancelled; nothing was written."))
        elif answer.problem:
            self.problem.setText(answer.problem)
        else:
            path = Path(answer.job.target)
            self._settings.setValue("export_folder", str(path.parent))
            text = tr("Exported {path}").format(path=path)
            self._window.note(" · ".join([text, *answer.notes]))
            self.accept()

    def reject(self) -> None:
        """Cancel the export that runs; close the dialog if none does."""
        if self._running:
            self._renderer.cancel()
        else:
            super().reject()

    def leave(self) -> None:
        """Cancel the export that runs and close; called when the window closes."""
        self._renderer.close(wait=True)
        self._show_running(False)
        super().reject()

    def _end(self) -> None:
        self._renderer.close()
        self.deleteLater()
