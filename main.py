"""Gradient Flow Explorer: see the gradient flow through a network while it trains."""

import os
import sys

if sys.version_info < (3, 11):  # noqa: UP036  an old Python can still read this far
    found = f"{sys.executable} is {sys.version_info[0]}.{sys.version_info[1]}"
    print(f"gradient-flow-explorer: needs Python 3.11 or newer, but {found}", file=sys.stderr)
    sys.exit(2)

try:
    from engine.cli import commands
    from engine.support import streams
    from gui.bootstrap import environment, machine
except KeyboardInterrupt:
    sys.exit(130)


def command_line(argv: list[str]) -> int:
    from engine.cli.options import draws
    from gui.export.formats import formats

    found = formats()
    environment.ensure(draws="picture" if draws(argv, found) else "")  # before training
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    return commands.main(argv, found)


def window(argv: list[str]) -> int:
    machine.require_display()
    environment.ensure(draws="window")
    from gui.app import application

    return application.main(argv)


def main(argv: list[str]) -> int:
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
        status = main(sys.argv[1:])
        sys.stdout.flush()  # a closed pipe shows here, where it is expected
        sys.exit(status)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # nothing is left to flush at the exit
        sys.exit(141)
    except Exception as error:
        if sys.flags.dev_mode:
            raise
        machine.say(f"{type(error).__name__}: {error} (python3 -X dev main.py shows where)")
        sys.exit(2)
