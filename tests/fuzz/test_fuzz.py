"""Every kind of file, spoilt at random: no traceback, no time-out, no message but one line."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.fuzz.kinds import KINDS

SECONDS, NIGHTLY_SECONDS = 10, 300


@pytest.mark.slow
@pytest.mark.timeout(NIGHTLY_SECONDS + 100)
@pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot limit a process's memory")
@pytest.mark.parametrize("kind", KINDS)
def test_spoilt_files_are_refused_in_a_line_or_read(
    kind: str, project: Path, request: pytest.FixtureRequest
) -> None:
    nightly = request.config.getoption("--nightly")
    seed, seconds = (int(time.time()), NIGHTLY_SECONDS) if nightly else (0, SECONDS)
    run = subprocess.run(
        [sys.executable, "-m", "tests.fuzz", kind, f"--seconds={seconds}", f"--seed={seed}"],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert int(run.stdout.split()[-4]) > 20 * seconds / SECONDS, run.stdout
