"""``python -m tests.fuzz KIND [--seconds S] [--case K]``: exit status 1 after a failure.

A process of its own, since a case may end the interpreter, and its memory is limited.
"""

import argparse
import contextlib
import faulthandler
import os
import random
import re
import resource
import signal
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Iterator
from pathlib import Path

from engine.support.cancellation import Cancelled, watched
from engine.support.errors import EngineError
from tests.fuzz.kinds import KINDS, Kind

PATIENCE = 0.5  # seconds of a case, then it is cancelled
CPU_SECONDS = 4.0  # of a case; cancelling leaves it this much more than it ever takes
MEMORY = 2_000_000_000  # bytes beyond those that the program has at its start
LONGEST = 1500  # characters of a message
MOST_FAILURES = 5
# What Python, numpy and tomllib say of their own types and functions is no message for people.
PYTHON = re.compile(
    r"'(int|str|float|bool|list|tuple|dict|bytes|NoneType)' object|unsupported operand"
    r"|not subscriptable|not iterable|invalid literal|could not convert|positional argument"
    r"|unexpected keyword|recursion|codec can't|Exceeds the limit|__\w+__|<class|object at 0x"
    r"|Traceback|Error:|Warning:|array\(|dtype\(|datetime\.|np\.",
)


class TooSlow(BaseException):
    """A case that took too much of the processor."""


def failure_of(kind: Kind, path: Path) -> str | None:
    """Return what is wrong with how the program takes this file, or None."""
    until = time.monotonic() + PATIENCE

    def watch(done: int, total: int) -> None:
        if time.monotonic() > until:
            raise Cancelled

    try:
        with limited(), watched(watch):
            kind.use(path)
    except Cancelled:
        return None
    except EngineError as error:
        text = str(error)
        if "\n" in text or len(text) > LONGEST:
            return f"more than a line: {text[:300]!r} ({len(text)} characters)"
        found = PYTHON.search(text)
        return f"Python's own words: {text!r}" if found else None
    except TooSlow:
        return f"more than {CPU_SECONDS:g} s:\n{traceback.format_exc(limit=-6)}"
    except Exception:
        return traceback.format_exc(limit=-8)
    return None


@contextlib.contextmanager
def limited() -> Iterator[None]:
    """A context that raises ``TooSlow`` after some seconds of the processor's time."""

    def stop(*_: object) -> None:
        raise TooSlow

    before = signal.signal(signal.SIGPROF, stop)
    faulthandler.dump_traceback_later(60, exit=True)  # it does not even come back to Python
    signal.setitimer(signal.ITIMER_PROF, CPU_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        faulthandler.cancel_dump_traceback_later()
        signal.signal(signal.SIGPROF, before)


def limit_memory() -> None:
    """Let the process have this much more than it has."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    most = pages * os.sysconf("SC_PAGE_SIZE") + MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (most, most))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--case", type=int, help="this case only; its file is kept")
    options = parser.parse_args()
    warnings.simplefilter("error")
    kind, seeds = KINDS[options.kind], KINDS[options.kind].seeds()
    limit_memory()
    until = time.monotonic() + options.seconds
    failures, case = 0, options.case or 0
    with tempfile.TemporaryDirectory(prefix="gradient-flow-explorer-fuzz-") as folder:
        while options.case == case or (options.case is None and time.monotonic() < until):
            dice = random.Random(f"{options.seed} {options.kind} {case}")
            data = kind.spoil(dice.choice(seeds), seeds, dice)
            path = Path(folder) / f"case{case}{dice.choice(kind.suffixes)}"
            path.write_bytes(data)
            failure = failure_of(kind, path)
            path.unlink()
            if failure is not None:
                failures += 1
                print(f"-- {options.kind}, seed {options.seed}, case {case}: {failure}", flush=True)
            if options.case is not None:
                kept = Path(f"fuzz-{options.kind}-{case}{path.suffix}")
                kept.write_bytes(data)
                print(f"kept as {kept}")
            if failures == MOST_FAILURES:
                break
            case += 1
    print(f"{options.kind}: {case} cases, {failures} failures")
    return int(failures > 0)


if __name__ == "__main__":
    sys.exit(main())
