"""Gradient Flow Explorer: see the gradient flow through a network while it trains."""

import os
import sys

if sys.version_info < (3, 11):  # noqa: UP036  an old Python can still read this far
    found = f"{sys.executable} is {sys.version_info[0]}.{sys.version_info[1]}"
    print(f"gradient-flow-explorer: needs Python 3.11 or newer, but {found}", file=sys.stderr)
    sys.exit(2)

try:
    from engine.support import streams
    from gui.bootstrap import environment, machine
except KeyboardInterrupt:
    sys.exit(130)

VERBS = ("list", "run", "check", "sweep")


def draws(argv: list[str]) -> bool:
    """Whether Qt will be needed: asked before there is any package to ask."""
    options = ("--png", "--svg", "--pdf", "--animate", "--plot")
    exports = [word for word in argv[2:] if word.lower().endswith((".png", ".svg", ".pdf"))]
    return bool(exports) or any(word.startswith(options) for word in argv)


def command_line(argv: list[str]) -> int:
    environment.ensure(draws="picture" if draws(argv) else "")  # before training, not after it
    if argv in (["list"], ["list", "--json"]):
        from engine.system import catalogue

        return catalogue.show(as_json=len(argv) > 1)
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from engine.cli.commands import main as run_command
    from gui.export.formats import formats

    return run_command(argv, formats())


def window(argv: list[str]) -> int:
    machine.require_display()
    environment.ensure(draws="window")
    from gui.app import application

    return application.main(argv)


def main(argv: list[str]) -> int:
    first = argv[0] if argv else ""
    if "-h" in argv or "--help" in argv:
        from engine.cli import options
        from gui.export.formats import formats

        options.show_help(first if first in VERBS else "", formats())
    elif first == "--version":
        import tomllib

        project = tomllib.loads((environment.ROOT / "pyproject.toml").read_text("utf-8"))["project"]
        print(f"Gradient Flow Explorer {project['version']}")
    else:
        return command_line(argv) if first in VERBS else window(argv)
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
