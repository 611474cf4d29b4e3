"""The export dialog in a real window, its process, and files opened in place of systems."""

import threading
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, QUrl
from PySide6.QtGui import QGuiApplication, QImage

from engine.cli import commands
from engine.export.formats import Material
from engine.messages.commands import Change, Operate, Train
from engine.recipes import recipe as recipes
from engine.recipes import replay
from engine.recipes.recipe import Recipe
from engine.system import catalogue
from gui.export.formats import formats, kinds
from gui.export.job import Answer, RenderJob
from gui.export.renderer import Renderer
from gui.plots.plot_entries import entries
from gui.window.exporting.dialog import ExportDialog
from tests.gui.rig import open_system, settle, wait


def laid_out(window, qtbot, name, **changes):
    open_system(window, qtbot, name, **changes)
    wait(qtbot, lambda: window.canvas.placement is not None)


def dialog_for(window, kind="picture"):
    window.actions_by_id[next(k.id for k in kinds() if k.kind == kind)].trigger()
    found = window.findChild(ExportDialog)
    assert found is not None
    found.open()
    return found


def choose(box, data):
    box.setCurrentIndex(box.findData(data))
    box.activated.emit(box.currentIndex())


def written(qtbot, window, target):
    wait(qtbot, lambda: target.exists() and window.findChild(ExportDialog) is None)


def run(*argv):
    assert commands.main(["run", *map(str, argv)], formats()) == 0


# -- writing -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "suffix"),
    [(one.kind, one.suffixes[0]) for one in formats() if one.kind != "animation"],
)
def test_every_format_is_written_from_its_dialog(window, qtbot, tmp_path, kind, suffix):
    laid_out(window, qtbot, "cs231n-gates")
    dialog = dialog_for(window, kind)
    choose(dialog.fields.format, suffix)
    assert dialog.path.text().endswith(suffix)
    target = tmp_path / f"graph{suffix}"
    dialog.path.setText(str(target))
    dialog.save()
    written(qtbot, window, target)
    assert target.stat().st_size > 500
    assert window.settings.value("export_folder") == str(tmp_path)
    assert recipes.read(target).system == catalogue.load("cs231n-gates")
    if suffix == ".png":
        picture = QImage(str(target))
        assert picture.text("System") == "cs231n-gates"
        assert picture.text("Step") == "0"


def test_the_window_s_picture_is_made_again_without_it(window, qtbot, tmp_path):
    """In the middle of a pass, after live changes, with a selection: pixel by pixel."""
    laid_out(window, qtbot, "d2l-mlp")
    session = window.session
    wait(qtbot, lambda: window.canvas.placement.engine == "dot" or not window.canvas._layouts.busy)
    session.send(Train(steps=3))
    session.send(Change("optimizer.learning_rate", 0.01))
    session.send(Train(steps=2))
    settle(window, qtbot)
    for _ in range(9):
        session.send(Operate())
    settle(window, qtbot)
    session.select(node=5)
    settle(window, qtbot)
    window.canvas.refit_colours()
    dialog = dialog_for(window)
    first, again = tmp_path / "a.png", tmp_path / "b.png"
    dialog.path.setText(str(first))
    dialog.fields.legend.setChecked(False)
    dialog.save()
    written(qtbot, window, first)
    run(first, "--png", again)
    pixels = [np.asarray(Image.open(path)) for path in (first, again)]
    assert np.array_equal(pixels[0], pixels[1])


def test_one_dialog_exports_whatever_is_chosen_in_it(window, qtbot, tmp_path):
    laid_out(window, qtbot, "cs231n-gates")
    window.session.send(Train(steps=4))
    settle(window, qtbot)
    dialog = dialog_for(window)  # Ctrl+Shift+E
    dialog.path.setText(str(tmp_path / "first.png"))
    seen = []
    for kind in ("data", "plot", "picture", "animation"):
        choose(dialog.what, kind)
        assert dialog.windowTitle() == next(k.title for k in kinds() if k.kind == kind)
        assert Path(dialog.path.text()).parent == tmp_path  # the folder that was typed stays
        own = [one.suffixes[0] for one in formats() if one.kind == kind]
        box = dialog.fields.format
        assert [box.itemData(k) for k in range(box.count())] == own
        wait(qtbot, lambda: bool(dialog.preview.text() or dialog.preview.pixmap().width()))
        seen.append(bool(dialog.preview.text()))
    assert seen == [True, False, False, False]  # the beginning of a file, then pictures
    choose(dialog.fields.format, ".gif")
    target = tmp_path / "moving.gif"
    dialog.path.setText(str(target))
    dialog.save()
    written(qtbot, window, target)
    with Image.open(target) as image:
        assert image.n_frames > 1  # type: ignore[attr-defined]


@pytest.mark.parametrize("suffix", [".gif", ".png", ".webp", ""])
def test_an_animation_leaves_the_window_s_training_alone(window, qtbot, tmp_path, suffix):
    laid_out(window, qtbot, "d2l-mlp")
    window.session.send(Train(steps=6))
    before = settle(window, qtbot)
    dialog = dialog_for(window, "animation")
    choose(dialog.fields.format, suffix)
    dialog.fields.every.setValue(3)
    target = tmp_path / f"moving{suffix}"
    dialog.path.setText(str(target))
    dialog.save()
    written(qtbot, window, target)
    assert window.session.frame is before
    steps = [0, 3, 6]
    if suffix:
        with Image.open(target) as image:
            assert image.n_frames == len(steps)  # type: ignore[attr-defined]
        recipe = recipes.read(target)
        assert (recipe.picture["from_step"], recipe.picture["to_step"]) == (0, 6)
    else:
        assert [recipes.read(path).step for path in sorted(target.iterdir())] == steps


def test_cancel_leaves_nothing_and_the_dialog_stays(window, qtbot, tmp_path):
    laid_out(window, qtbot, "lenet-digits")
    dialog = dialog_for(window, "animation")
    dialog.fields.last.setValue(100_000)
    dialog.fields.every.setValue(1000)
    folder = tmp_path / "out"
    folder.mkdir()
    dialog.path.setText(str(folder / "long.gif"))
    dialog.save()
    wait(qtbot, lambda: dialog.progress.maximum() == 100_000 and dialog.progress.value() > 0)
    began = time.monotonic()
    dialog.reject()
    wait(qtbot, lambda: bool(dialog.problem.text()))
    assert time.monotonic() - began < 3
    assert dialog.isVisible()
    assert dialog.save_button.isEnabled()
    assert list(folder.iterdir()) == []
    dialog.reject()


def test_closing_the_window_ends_an_export(window, qtbot, tmp_path):
    laid_out(window, qtbot, "lenet-digits")
    dialog = dialog_for(window, "animation")
    dialog.fields.last.setValue(100_000)
    dialog.fields.every.setValue(1000)
    folder = tmp_path / "out"
    folder.mkdir()
    dialog.path.setText(str(folder / "long.gif"))
    dialog.save()
    wait(qtbot, lambda: dialog.progress.maximum() == 100_000)
    window.close()
    assert list(folder.iterdir()) == []
    assert "export" not in {thread.name for thread in threading.enumerate()}


def test_a_file_that_cannot_be_written_says_so_and_leaves_nothing(window, qtbot, tmp_path):
    laid_out(window, qtbot, "cs231n-gates")
    dialog = dialog_for(window)
    nowhere = tmp_path / "missing" / "graph.png"
    dialog.path.setText(str(nowhere))
    dialog.save()
    wait(qtbot, lambda: bool(dialog.problem.text()))
    assert str(nowhere) in dialog.problem.text()
    assert dialog.isVisible()
    assert not nowhere.parent.exists()
    dialog.path.setText(str(tmp_path / "graph.gif"))
    dialog.save()
    assert ".png" in dialog.problem.text()
    dialog.reject()


# -- what the dialog shows -----------------------------------------------------------------------


def test_sizes_switches_and_preview(window, qtbot):
    laid_out(window, qtbot, "cs231n-gates")
    dialog = dialog_for(window)
    wait(qtbot, lambda: not dialog.preview.pixmap().isNull())
    sizes = []
    for scale in (1, 2):
        dialog.fields.scale.setValue(scale)
        assert dialog.fields.picture()["dpi"] == 96 * scale
        sizes.append(dialog.fields.size_label.text())
    assert sizes[0] != sizes[1]
    before = dialog.preview.pixmap().toImage()
    dialog.fields.legend.setChecked(False)
    wait(qtbot, lambda: dialog.preview.pixmap().toImage() != before)
    assert not dialog.fields.picture()["legend"]
    dialog.reject()


def test_a_large_canvas_is_said_to_be_scaled_or_tiled(window, qtbot):
    laid_out(window, qtbot, "cs231n-gates")
    dialog = dialog_for(window)
    wait(qtbot, lambda: dialog.fields.natural[0] > 0)
    dialog.fields.natural = (25_000.0, 7_000.0)  # 5,000 nodes, all open
    dialog.fields.show_size()
    assert "too large" in dialog.fields.size_label.text()
    dialog.fields.tiles.setChecked(True)
    assert "50\u2009000 × 14\u2009000" in dialog.fields.size_label.text()
    assert "tiles" in dialog.fields.size_label.text()
    dialog.reject()


def test_the_length_of_an_animation_is_said(window, qtbot):
    laid_out(window, qtbot, "cs231n-gates")
    dialog = dialog_for(window, "animation")
    dialog.fields.last.setValue(40)
    dialog.fields.every.setValue(10)
    dialog.fields.fps.setValue(2)
    assert "5 pictures" in dialog.fields.length.text()
    assert "2.5 s" in dialog.fields.length.text()
    dialog.fields.first.setValue(41)
    dialog.save()
    assert "--every" in dialog.problem.text() or "pictures" in dialog.problem.text()
    dialog.reject()


def test_the_numbers_are_previewed_as_text(window, qtbot):
    laid_out(window, qtbot, "cs231n-gates")
    dialog = dialog_for(window, "data")
    wait(qtbot, lambda: "<node" in dialog.preview.text())
    choose(dialog.fields.format, ".json")
    wait(qtbot, lambda: '"nodes"' in dialog.preview.text())
    dialog.reject()


def test_each_plot_can_be_chosen(window, qtbot, tmp_path):
    laid_out(window, qtbot, "rnn-bptt")
    window.session.send(Train(steps=5))
    settle(window, qtbot)
    dialog = dialog_for(window, "plot")
    for entry in entries():
        dialog.preview.clear()
        choose(dialog.fields.plot, entry.name)
        wait(qtbot, lambda: not dialog.preview.pixmap().isNull())
        assert entry.name in dialog.path.text()
    choose(dialog.fields.plot, "gradient-norms")
    target = tmp_path / "norms.csv"
    dialog.path.setText(str(target))
    dialog.save()
    written(qtbot, window, target)
    again = tmp_path / "again.csv"
    run(target, "--plot", f"gradient-norms={again}")
    rows = [[line for line in path.read_text("utf-8").splitlines() if line[0] != "#"]
            for path in (target, again)]  # fmt: skip
    assert rows[0] == rows[1]


def test_only_plots_that_there_are_can_be_chosen(window, qtbot):
    laid_out(window, qtbot, "d2l-mlp")
    dialog = dialog_for(window, "plot")
    names = [dialog.fields.plot.itemData(k) for k in range(dialog.fields.plot.count())]
    assert names == [entry.name for entry in entries() if entry.name != "time-steps"]
    dialog.reject()


def test_copying_puts_a_picture_on_the_clipboard(window, qtbot):
    laid_out(window, qtbot, "cs231n-gates")
    QGuiApplication.clipboard().clear()
    window.actions_by_id["copy"].trigger()
    wait(qtbot, lambda: QGuiApplication.clipboard().image().width() > 100)


# -- the process ---------------------------------------------------------------------------------


def small_material():
    recipe = Recipe(catalogue.load("cs231n-add-mul"))
    trainer = replay.make_trainer(recipe)
    trainer.finish_pass()
    return Material(trainer.topology, trainer.take_frame(), recipe)


def test_of_previews_that_wait_the_last_one_counts(qtbot):
    renderer = Renderer()
    answers: list[Answer] = []
    renderer.answered.connect(answers.append)
    shown = small_material()
    for theme in ("light", "dark", "light", "dark"):
        renderer.ask(RenderJob("png", shown, {"theme": theme}, box=(200, 200)))
    wait(qtbot, lambda: not renderer.busy)
    assert len(answers) == 4
    assert answers[-1].image is not None
    assert any(answer.cancelled for answer in answers)
    renderer.close(wait=True)


def test_after_a_cancel_the_next_job_gets_a_new_process(qtbot):
    renderer = Renderer()
    answers: list[Answer] = []
    renderer.answered.connect(answers.append)
    shown = small_material()
    for _ in range(2):
        renderer.ask(RenderJob("png", shown, box=(200, 200)))
        wait(qtbot, lambda: not renderer.busy)
        renderer.cancel()
    assert [answer.image is not None for answer in answers] == [True, True]
    renderer.close(wait=True)


def test_a_wish_that_cannot_be_met_is_said(qtbot):
    renderer = Renderer()
    answers: list[Answer] = []
    renderer.answered.connect(answers.append)
    renderer.ask(RenderJob("png", small_material(), {"theme": "drak"}, box=(200, 200)))
    wait(qtbot, lambda: bool(answers))
    assert "dark" in answers[0].problem
    renderer.close(wait=True)


# -- opening -------------------------------------------------------------------------------------


def test_a_picture_is_opened_and_dropped_like_its_system(window, qtbot, tmp_path):
    picture = tmp_path / "p.png"
    run("d2l-mlp", "--set", "layers.0.units=7", "--seed", "5", "--steps", "2", "--png", picture)
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(picture))])
    assert window.files.dropped(data) == picture
    window.files.open_path(picture)
    wait(qtbot, lambda: window.session.system is not None)
    settle(window, qtbot)
    assert window.session.system.seed == 5
    assert window.session.system.layers[0].units == 7
    assert window.session.path is None, "saving must not write over the picture"
    wait(qtbot, lambda: window.session.frame is not None and window.session.frame.step == 2)
