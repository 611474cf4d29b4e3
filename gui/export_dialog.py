"""The export of the graph: what, how large, on which background; a preview; saved off-thread."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMessageBox,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
)

from engine.errors import EngineError
from engine.files import write_bytes
from engine.text import tr
from gui.canvas.export import (
    Drawing,
    Options,
    check_suffix,
    pdf_bytes,
    png_bytes,
    possible_scale,
    render_image,
    svg_bytes,
)

if TYPE_CHECKING:
    from gui.window import MainWindow

PREVIEW = QSize(460, 340)
POLL_MS = 30
FORMATS = (".png", ".svg", ".pdf")


class ExportDialog(QDialog):
    """Shows what will be in the file; closes once it is written, stays open where it can't be."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._settings = window.settings
        self._drawing: Drawing = window.canvas.export_state()
        self._writing: Future[None] | None = None
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="export")
        self.setWindowTitle(tr("Export the picture"))
        self._make_fields()
        self.preview = QLabel(self)
        self.preview.setFixedSize(PREVIEW)
        self.preview.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.preview.setAccessibleName(tr("Preview"))
        self.size_label = QLabel(self)
        self.size_label.setProperty("role", "muted")
        self.problem = QLabel(self)
        self.problem.setProperty("role", "error")
        self.problem.setWordWrap(True)
        self._lay_out()
        self._timer = QTimer(self)
        self._timer.setInterval(POLL_MS)
        self._timer.timeout.connect(self._look)
        self.finished.connect(self._end)
        self._propose_name()
        self._refresh()

    # -- building ----------------------------------------------------------------------------

    def _make_fields(self) -> None:
        self.format = QComboBox(self)
        for suffix, words in zip(
            FORMATS, (tr("PNG picture"), tr("SVG drawing"), tr("PDF page")), strict=True
        ):
            self.format.addItem(words, suffix)
        self.part = QComboBox(self)
        self.part.addItem(tr("the whole graph"), True)
        self.part.addItem(tr("the part on screen"), False)
        self.background = QComboBox(self)
        self.background.addItem(tr("of the theme"), "theme")
        self.background.addItem(tr("white"), "white")
        self.background.addItem(tr("transparent"), "transparent")
        self.scale = QSpinBox(self)
        self.scale.setRange(1, 8)
        self.scale.setValue(2)
        self.scale.setSuffix("×")
        self.path = QLineEdit(self)
        self.path.setMinimumWidth(240)
        self.browse = QPushButton(tr("Browse…"), self)
        self.browse.clicked.connect(self._browse)
        self.format.activated.connect(lambda _: self._take_format())
        for box in (self.part, self.background):
            box.activated.connect(lambda _: self._refresh())
        self.scale.valueChanged.connect(lambda _: self._show_size())

    def _lay_out(self) -> None:
        file = QHBoxLayout()
        file.addWidget(self.path, 1)
        file.addWidget(self.browse)
        form = QFormLayout()
        form.addRow(tr("Format"), self.format)
        form.addRow(tr("Show"), self.part)
        form.addRow(tr("Background"), self.background)
        form.addRow(tr("Size"), self.scale)
        form.addRow("", self.size_label)
        form.addRow(tr("File"), file)
        facts = QLabel(
            tr(
                "Legend and caption are part of the picture; system, seed, step and objective are "
                "in the file too."
            ),
            self,
        )
        facts.setProperty("role", "muted")
        facts.setWordWrap(True)
        side = QVBoxLayout()
        side.addLayout(form)
        side.addWidget(facts)
        side.addStretch(1)
        side.addWidget(self.problem)
        upper = QHBoxLayout()
        upper.addWidget(self.preview)
        upper.addLayout(side, 1)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel, self)
        self.save_button = QPushButton(tr("Export"), self)
        self.save_button.setDefault(True)
        buttons.addButton(self.save_button, QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.accepted.connect(self.save)
        buttons.rejected.connect(self.reject)
        box = QVBoxLayout(self)
        box.addLayout(upper)
        box.addWidget(buttons)

    # -- choosing ----------------------------------------------------------------------------

    def options(self, scale: float | None = None) -> Options:
        """The options as chosen, at another scale for the preview."""
        return Options(
            whole=bool(self.part.currentData()),
            scale=float(self.scale.value()) if scale is None else scale,
            background=str(self.background.currentData()),
        )

    def _propose_name(self) -> None:
        folder = Path(str(self._settings.value("export_folder", "") or Path.home()))
        topology, frame = self._drawing.topology, self._drawing.frame
        step = f"-step{frame.step}" if frame is not None else ""
        self.path.setText(str(folder / f"{topology.system}{step}{self.format.currentData()}"))

    def _take_format(self) -> None:
        path = Path(self.path.text())
        if path.suffix.lower() in FORMATS:
            self.path.setText(str(path.with_suffix(self.format.currentData())))
        self._show_size()

    def _browse(self) -> None:
        chosen, _ = QFileDialog.getSaveFileName(
            self, tr("Export the picture"), self.path.text(), "PNG, SVG, PDF (*.png *.svg *.pdf)"
        )
        if chosen:
            path = Path(chosen)
            if path.suffix.lower() not in FORMATS:
                path = path.with_name(path.name + self.format.currentData())
            self.path.setText(str(path))

    def _refresh(self) -> None:
        """Draw the preview: the picture itself at the size of the preview."""
        image = render_image(self._drawing, self.options(1.0))
        self._natural = image.size()
        ratio = self.devicePixelRatioF()
        pixmap = QPixmap.fromImage(image).scaled(
            PREVIEW * ratio,
            Qt.AspectRatioMode.KeepAspectRatio,
            Qt.TransformationMode.SmoothTransformation,
        )
        pixmap.setDevicePixelRatio(ratio)
        self.preview.setPixmap(pixmap)
        self._show_size()

    def _show_size(self) -> None:
        vector = self.format.currentData() != ".png"
        self.scale.setEnabled(not vector)
        if vector:
            self.size_label.setText(tr("sharp at every size"))
            return
        width, height = self._natural.width(), self._natural.height()
        scale = possible_scale(width, height, self.scale.value())
        text = tr("{width} × {height} pixels").format(
            width=round(width * scale), height=round(height * scale)
        )
        if scale < self.scale.value():
            text += " · " + tr("more would be too large")
        self.size_label.setText(text)

    # -- saving ------------------------------------------------------------------------------

    def save(self) -> None:
        """Draw here, since only the GUI thread may; encode and write on another thread."""
        path = Path(self.path.text()).expanduser()
        try:
            suffix = check_suffix(path)
        except EngineError as error:
            self.problem.setText(str(error))
            return
        if not self._may_replace(path):
            return
        self.problem.clear()
        self.save_button.setEnabled(False)
        options = self.options()
        if suffix == ".png":
            image = render_image(self._drawing, options)
            self._writing = self._pool.submit(lambda: write_bytes(path, png_bytes(image)))
        else:
            draw = svg_bytes if suffix == ".svg" else pdf_bytes
            data = draw(self._drawing, options)
            self._writing = self._pool.submit(write_bytes, path, data)
        self._timer.start()

    def _may_replace(self, path: Path) -> bool:
        """Ask before a file that is there already is overwritten."""
        if not path.exists():
            return True
        buttons = QMessageBox.StandardButton
        answer = QMessageBox.question(
            self,
            tr("Replace the file?"),
            tr("{name} exists already. Replace it?").format(name=path.name),
            buttons.Yes | buttons.Cancel,
        )
        return answer == buttons.Yes

    def _look(self) -> None:
        if self._writing is None or not self._writing.done():
            return
        self._timer.stop()
        self.save_button.setEnabled(True)
        try:
            self._writing.result()
        except (EngineError, OSError) as error:
            self.problem.setText(str(error))
            return
        path = Path(self.path.text()).expanduser()
        self._settings.setValue("export_folder", str(path.parent))
        self._window.note(tr("Exported {path}").format(path=path))
        self.accept()

    def _end(self) -> None:
        self._timer.stop()
        self._pool.shutdown(wait=False)
        self.deleteLater()
