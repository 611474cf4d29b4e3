"""`python3 -m tests [pytest's arguments]`: set up what the tests need, then run them."""

import os
import sys

if sys.version_info < (3, 11):  # noqa: UP036  an old Python can still read this far
    print("the tests need Python 3.11 or newer: python3.11 -m tests", file=sys.stderr)
    sys.exit(2)

from gui.bootstrap import environment

# All tests run in as many processes as there are processors, each file within one of them.
WHOLE = ["-n", "auto", "--maxprocesses", "4", "--dist", "loadfile"]


def main() -> int:
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    environment.ensure(("app", "dev"), draws="picture")
    import pytest

    return int(pytest.main(sys.argv[1:] or WHOLE))


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
