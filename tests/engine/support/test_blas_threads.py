"""BLAS threads: one by default, more where asked for, also in other processes."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import threadpoolctl

from engine.cli.commands import main
from engine.support import blas_threads

ROOT = Path(__file__).resolve().parents[3]
KNOWN = bool(threadpoolctl.ThreadpoolController().select(user_api="blas").lib_controllers)
needs_blas = pytest.mark.skipif(not KNOWN, reason="this BLAS does not say how many threads it has")


@pytest.fixture(autouse=True)
def as_before(monkeypatch: pytest.MonkeyPatch):
    for name in blas_threads.VARIABLES:
        monkeypatch.setenv(name, os.environ.get(name, "1"))
    yield
    if KNOWN:
        blas_threads.use(1)


def counts() -> set[int]:
    """What threadpoolctl itself finds."""
    found = threadpoolctl.threadpool_info()
    return {library["num_threads"] for library in found if library["user_api"] == "blas"}


def told(code: str, **environment: str) -> str:
    """What a fresh Python prints."""
    kept = {k: v for k, v in os.environ.items() if k not in blas_threads.VARIABLES}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**kept, **environment},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


@needs_blas
def test_one_thread_by_default() -> None:
    assert told("from engine.support import blas_threads; print(blas_threads.in_use())") == "1"


@needs_blas
@pytest.mark.skipif(blas_threads.processors() < 2, reason="one processor, one thread")
def test_what_a_person_set_in_the_environment_stays() -> None:
    code = "from engine.support import blas_threads; print(blas_threads.in_use())"
    assert told(code, **dict.fromkeys(blas_threads.VARIABLES, "2")) == "2"


@needs_blas
def test_more_can_be_used_and_fewer_again() -> None:
    assert blas_threads.use(2) == 2
    assert counts() == {2}
    assert os.environ["OPENBLAS_NUM_THREADS"] == "2", "the processes of a sweep follow"
    assert blas_threads.use(1) == blas_threads.in_use() == 1


def test_choices_are_what_the_processors_allow(monkeypatch: pytest.MonkeyPatch) -> None:
    for processors, expected in ((1, (1,)), (2, (1, 2)), (6, (1, 2, 4, 6)), (8, (1, 2, 4, 8))):
        monkeypatch.setattr(blas_threads, "processors", lambda n=processors: n)
        assert blas_threads.choices() == expected


@needs_blas
@pytest.mark.parametrize("verb", ["run", "check"])
def test_the_command_line_takes_a_number(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([verb, "cs231n-add-mul", "--threads", "2"], ()) == 0
    assert counts() == {2}
    capsys.readouterr()
    assert main([verb, "cs231n-add-mul", "--threads", "0"], ()) == 2
    assert "whole number of 1 or more" in capsys.readouterr().err


def test_the_catalogue_does_not_wait_for_it() -> None:
    code = (
        "import sys; from engine.cli.commands import main; main(['list'], ());"
        "print('threadpoolctl' in sys.modules)"
    )
    assert told(code).splitlines()[-1] == "False"
