"""Dialogs: export, data, find, shortcuts, about, and what should never happen; arguments too."""

import threading

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest

from engine.support.errors import EngineError, InputError, UsageError
from engine.system.system import System
from gui.app import application
from gui.app.command_line import parse_arguments, starting_recipe
from gui.app.crash import CrashDialog, CrashReporter
from gui.window.actions import specs
from gui.window.dialogs import AboutBox, ShortcutSheet
from gui.window.opening.data_dialog import DataDialog, header_of
from tests.gui.rig import open_system, settle, wait


def laid_out(window, qtbot, name, **changes):
    open_system(window, qtbot, name, **changes)
    wait(qtbot, lambda: window.canvas.placement is not None)


# -- data ------------------------------------------------------------------------------------


def flowers(folder, bad=False):
    rows = ["sepal,petal,kind"]
    rows += [f"{i / 10},{(i % 7) / 3},{'rose' if i % 2 else 'lily'}" for i in range(40)]
    if bad:
        rows[17] = "1.5,oops,rose"
    path = folder / "flowers.csv"
    path.write_text("\n".join(rows) + "\n")
    return path


def test_a_csv_becomes_the_data_of_the_network(window, qtbot, tmp_path):
    open_system(window, qtbot, "deep-mlp")
    dialog = DataDialog(window, flowers(tmp_path))
    dialog.open()
    wait(qtbot, dialog.use_button.isEnabled)
    assert "40" in dialog.found.text()
    assert "2 classes" in dialog.found.text()
    assert dialog.target.findText("kind") >= 0
    dialog.use_button.click()
    settle(window, qtbot)
    assert window.session.system.data.source.endswith("flowers.csv")
    assert window.session.frame.step == 0


def test_another_target_column_makes_a_regression(window, qtbot, tmp_path):
    open_system(window, qtbot, "cs231n-gates")
    path = tmp_path / "numbers.csv"
    path.write_text("a,b,c\n" + "".join(f"{i},{i * 2},{i % 3 + 0.5}\n" for i in range(30)))
    dialog = DataDialog(window, path)
    dialog.open()
    wait(qtbot, dialog.use_button.isEnabled)
    dialog.target.setCurrentIndex(dialog.target.findData("b"))
    dialog.target.activated.emit(dialog.target.currentIndex())
    wait(qtbot, dialog.use_button.isEnabled)
    dialog.use_button.click()
    wait(qtbot, lambda: window.session.system.name == "numbers")
    settle(window, qtbot)
    assert not window.session.system.is_expression
    assert window.session.system.data.target == "b"


def test_a_bad_csv_names_its_row_and_changes_nothing(window, qtbot, tmp_path):
    open_system(window, qtbot, "deep-mlp")
    before = window.session.system
    dialog = DataDialog(window, flowers(tmp_path, bad=True))
    dialog.open()
    wait(qtbot, lambda: bool(dialog.problem.text()))
    assert "flowers.csv" in dialog.problem.text()
    assert "line 18" in dialog.problem.text()
    assert not dialog.use_button.isEnabled()
    dialog.reject()
    assert window.session.system == before


def test_headers_are_read_where_there_are_some(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text('"a", b,c\n1,2,3\n')
    assert header_of(path) == ["a", "b", "c"]
    path.write_text("1,2,3\n4,5,6\n")
    assert header_of(path) == []
    path.write_bytes(b"\xff\xfe\x00")
    assert header_of(path) == []
    assert header_of(tmp_path / "x.npz") == []


# -- find, sheets ----------------------------------------------------------------------------


def test_finding_a_node_by_plain_letters(window, qtbot):
    laid_out(window, qtbot, "d2l-mlp")
    window.actions_by_id["find"].trigger()
    field = window.find_bar.field
    QTest.keyClicks(field, "w2")
    QTest.keyClick(field, Qt.Key.Key_Return)
    settle(window, qtbot)
    node = window.session.topology.nodes[window.session.selected_node]
    assert node.symbol == "W⁽²⁾"
    field.clear()
    QTest.keyClicks(field, "nothing like it")
    assert "no such node" in window.find_bar.count.text()


def test_the_next_match_comes_with_enter(window, qtbot):
    laid_out(window, qtbot, "d2l-mlp")
    window.actions_by_id["find"].trigger()
    QTest.keyClicks(window.find_bar.field, "w")
    found = set()
    for _ in range(2):
        window.find_bar.go()
        found.add(window.session.selected_node)
    assert len(found) == 2
    settle(window, qtbot)


def test_the_sheet_shows_every_shortcut_and_filters(window, qtbot):
    sheet = ShortcutSheet(window)
    sheet.open()
    assert len(sheet.rows) == sum(1 for spec in specs() if spec.keys)
    QTest.keyClicks(sheet.filter, "undo")
    QTest.keyClicks(sheet.filter, "xyz")
    assert not any(widgets[0].isVisible() for _, widgets in sheet.rows)
    sheet.filter.clear()
    assert all(widgets[0].isVisible() for _, widgets in sheet.rows)
    sheet.close()


def test_about_names_versions_and_licences(window):
    from engine.support.about import program_version
    from gui.window.dialogs import about_text

    text = about_text()
    for word in ("MIT", "numpy", np.__version__, "PySide6", "digits", "CC BY"):
        assert word in text, word
    assert program_version()[0].isdigit()
    box = AboutBox(window)
    box.open()
    box.close()


# -- what should never happen ----------------------------------------------------------------


@pytest.mark.qt_no_exception_capture
def test_an_exception_is_shown_and_the_session_goes_on(window, qtbot, capsys):
    open_system(window, qtbot, "cs231n-gates")
    reporter = CrashReporter(window)
    restore = reporter.install()
    try:
        thread = threading.Thread(target=lambda: 1 / 0)
        thread.start()
        thread.join()
        wait(qtbot, lambda: window.findChild(CrashDialog) is not None)
        dialog = window.findChild(CrashDialog)
        assert "ZeroDivisionError" in dialog.summary.text()
        assert not dialog.details.isVisible()
        dialog.show_button.click()
        assert dialog.details.isVisible()
        dialog.copy_button.click()
        assert "ZeroDivisionError" in QGuiApplication.clipboard().text()
        reporter.report("another\nValueError: second")
        wait(qtbot, lambda: "second" in dialog.details.toPlainText())
        dialog.reject()
    finally:
        restore()
    window.actions_by_id["operation"].trigger()
    assert settle(window, qtbot).cursor == 1
    assert "ZeroDivisionError" in capsys.readouterr().err


# -- arguments -------------------------------------------------------------------------------


def test_arguments_of_run_work_in_the_window():
    found = parse_arguments(
        ["d2l-mlp", "--set", "optimizer.learning_rate=1e-2", "--seed=7", "--dtype", "float32"]
    )
    system = starting_recipe(found).system
    assert isinstance(system, System)
    assert system.optimizer.learning_rate == 0.01
    assert (system.seed, system.dtype) == (7, "float32")


@pytest.mark.parametrize(
    ("argv", "told"),
    [
        (["--stepps", "3"], "--stepps"),
        (["a", "b"], "'b'"),
        (["a", "--set"], "--set"),
        (["d2l-mlp", "--set", "nothing"], "KEY=VALUE"),
        (["a", "--params", "not-there.npz"], "not-there.npz"),
    ],
)
def test_bad_arguments_are_named(argv, told):
    with pytest.raises(EngineError, match=told.replace("(", r"\(")) as raised:
        starting_recipe(parse_arguments(argv))
    assert isinstance(raised.value, InputError | UsageError)


@pytest.mark.parametrize(
    "argv", [["d2l-mpl"], ["d2l-mlp", "--set", "optimizer.rate=1"], ["missing.toml"]]
)
def test_bad_arguments_end_with_one_line_and_status_2(argv, capsys):
    assert application.main(argv) == 2
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert told.startswith("gradient-flow-explorer: ")
