"""`python3 -m tests.real_window.install`: what the real-window tests need, where that is allowed.

Standard library only. Where nothing may be installed the tests are skipped, and this is said.
"""

from gui.bootstrap import machine

PACKAGES = {"Xvfb": "xvfb", "openbox": "openbox", "xdotool": "xdotool"}


def main() -> None:
    import shutil

    packages = [package for tool, package in PACKAGES.items() if shutil.which(tool) is None]
    libraries = machine.not_loadable({**machine.DRAWING, **machine.XCB})
    try:
        machine.require_packages(packages, libraries)
    except SystemExit:
        machine.say("the tests in real windows will be skipped")


if __name__ == "__main__":
    main()
