"""Gradient Flow Explorer: see the gradient flow through a network while it trains.

The entry point of the command line (``run``, ``list``, …) and of the window. Only the standard
library is imported until ``gui.bootstrap`` has made sure that the packages are installed.
"""

import os
import sys

if sys.version_info < (3, 11):  # noqa: UP036  an old Python can still read this far
    found = f"{sys.executable} is {sys.version_info[0]}.{sys.version_info[1]}"
    print(f"gradient-flow-explorer: needs Python 3.11 or newer, but {found}", file=sys.stderr)
    sys.exit(2)

try:
    from engine.cli import commands
    from engine.support import streams
    from gui.bootstrap import environment, home, machine
except KeyboardInterrupt:
    sys.exit(130)


def command_line(argv: list[str]) -> int:
    """Run a command of the command line; return the exit status."""
    from engine.cli.options import draws
    from gui.export.formats import formats

    found = formats()
    # before training: a missing library is reported first
    environment.ensure(draws="picture" if draws(argv, found) else "")
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    return commands.main(argv, found)


def window(argv: list[str]) -> int:
    """Open the window with these arguments; return the exit status when it is closed."""
    machine.require_display()
    environment.ensure(draws="window")
    from gui.app import application

    return application.main(argv)


def main(argv: list[str]) -> int:
    """Choose between help, version, a command and the window; return the exit status."""
    first = argv[0] if argv else ""
    if "-h" in argv or "--help" in argv:
        from gui.export.formats import formats

        commands.show_help(first, formats())
    elif first == "--version":
        import tomllib

        project = tomllib.loads((environment.ROOT / "pyproject.toml").read_text("utf-8"))["project"]
        print(f"Gradient Flow Explorer {project['version']}")
    else:
        return command_line(argv) if commands.is_command(first) else window(argv)
    return 0


if __name__ == "__main__":
    try:
        streams.prepare()
        home.settle()
        status = main(sys.argv[1:])
        sys.stdout.flush()  # so that a closed pipe raises here, inside the try
        sys.exit(status)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        # the flush at interpreter exit would raise again
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        sys.exit(141)
    except Exception as error:
        if sys.flags.dev_mode:
            raise
        machine.say(f"{type(error).__name__}: {error} (python3 -X dev main.py shows where)")
        sys.exit(2)
