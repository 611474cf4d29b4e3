"""Without a home of its own the program writes nothing where / would be taken for one."""

import os
import pwd
import subprocess
import sys

import pytest

from gui.bootstrap import home

ASK = """
from gui.bootstrap import home
home.settle()
from PySide6.QtCore import QSettings, QStandardPaths
form, scope = QSettings.Format.IniFormat, QSettings.Scope.UserScope
print(QSettings(form, scope, "O", "P").fileName())
print(QStandardPaths.writableLocation(QStandardPaths.StandardLocation.CacheLocation))
"""


@pytest.fixture(params=[None, "", "/", "//", "/.", "relative"])
def homeless(request, monkeypatch):
    monkeypatch.delenv("HOME", raising=False)
    if request.param is not None:
        monkeypatch.setenv("HOME", request.param)


@pytest.mark.usefixtures("homeless")
def test_the_account_s_folder_stands_in_for_a_missing_home(monkeypatch, tmp_path):
    monkeypatch.setattr(home, "_of_account", lambda: str(tmp_path))
    home.settle()
    assert os.environ["HOME"] == str(tmp_path)
    assert not home.is_missing()


@pytest.mark.usefixtures("homeless")
@pytest.mark.parametrize("account", ["", "/", "/there/is/no/such/folder"])
def test_without_any_home_nothing_can_be_written(monkeypatch, account):
    monkeypatch.setattr(home, "_of_account", lambda: account)
    home.settle()
    assert home.is_missing()
    with pytest.raises(OSError, match=home.NOWHERE):
        os.makedirs(os.path.expanduser("~/.config"))  # noqa: PTH103, PTH111


def test_a_number_without_an_account_has_no_home(monkeypatch):
    def unknown(_: int) -> None:
        raise KeyError

    monkeypatch.setattr(pwd, "getpwuid", unknown)
    monkeypatch.setenv("HOME", "/")
    home.settle()
    assert home.is_missing()


def test_a_home_of_one_s_own_stays(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path / "new"))
    home.settle()
    assert os.environ["HOME"] == str(tmp_path / "new")


def test_qt_takes_the_settled_home_for_settings_and_caches():
    kept = {k: v for k, v in os.environ.items() if k != "HOME" and not k.startswith("XDG_")}
    done = subprocess.run(
        [sys.executable, "-c", ASK], env=kept, capture_output=True, text=True, check=True
    )
    lines = done.stdout.split("\n")[:2]
    assert all(line.startswith(pwd.getpwuid(os.getuid()).pw_dir) for line in lines), lines
