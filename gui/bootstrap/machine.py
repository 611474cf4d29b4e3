"""Checks of the machine: its display, the libraries that Qt loads, its package manager.

Standard library only, since no package may be installed yet.
"""

import importlib
import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn

# Libraries that Qt 6 and Graphviz load, with the Debian package of each: DRAWING for any drawing,
# XCB and WAYLAND for a window on that platform.
DRAWING = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libX11.so.6": "libx11-6",
    "libXrender.so.1": "libxrender1",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libfreetype.so.6": "libfreetype6",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libgthread-2.0.so.0": "libglib2.0-0",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libstdc++.so.6": "libstdc++6",
    "libz.so.1": "zlib1g",
    "libzstd.so.1": "libzstd1",
}
XCB = {
    "libX11-xcb.so.1": "libx11-xcb1",
    "libxcb.so.1": "libxcb1",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-render.so.0": "libxcb-render0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-shm.so.0": "libxcb-shm0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-util.so.1": "libxcb-util1",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
}
WAYLAND = {
    "libwayland-client.so.0": "libwayland-client0",
    "libwayland-cursor.so.0": "libwayland-cursor0",
    "libwayland-egl.so.1": "libwayland-egl1",
}
# Qt's platforms that need a display, and the variable that says where it is.
DISPLAYS = {"wayland": "WAYLAND_DISPLAY", "xcb": "DISPLAY"}
ANSWER_SECONDS = 2.0


def say(message: str) -> None:
    """Print a message to standard error; standard output is for results only."""
    print(f"gradient-flow-explorer: {message}", file=sys.stderr, flush=True)


def fail(message: str) -> NoReturn:
    """Print a message and exit with status 2."""
    say(message)
    raise SystemExit(2)


def run_quietly(command: list[str]) -> tuple[int, list[str]]:
    """Run a command; return its status and output lines. Packages that pip collects are printed."""
    # PIP_USER would install the packages elsewhere. The handle of the lock is inherited, so that
    # the lock is held until pip ends even if this process is killed.
    env = {**os.environ, "PIP_USER": "0", "PYTHONIOENCODING": "utf-8"}
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        env=env,
        close_fds=sys.platform == "win32",
    )
    lines = []
    with process:
        assert process.stdout is not None
        for line in process.stdout:
            lines.append(line.strip())
            found = re.match(r"Collecting ([\w.-]+)==([\w.]+)", line)
            if found:
                print(f"  {found[1]} {found[2]}", file=sys.stderr, flush=True)
    return process.returncode, lines


def last_error(lines: list[str]) -> str:
    """Return the cause from a failed command's output: its first error, else its last line."""
    errors = [line for line in lines if line.lower().startswith(("error:", "e: "))]
    said = (errors or [line for line in lines if line][-1:] or ["it printed nothing"])[0]
    if "(from versions: none)" in said and any("Retrying (" in line for line in lines):
        return "the package index cannot be reached"
    return said


def has_display() -> bool:
    """Whether a window can be shown; only Linux may lack a display."""
    names = ("QT_QPA_PLATFORM", "DISPLAY", "WAYLAND_DISPLAY")
    return not sys.platform.startswith("linux") or any(os.environ.get(name) for name in names)


def require_display() -> None:
    """Exit with status 2, naming the command line instead, where no display answers.

    One that does not answer beside one that does is left out of the environment. What answers may
    still refuse; that is for ``gui.app.display`` to say.
    """
    if not has_display():
        fail(no_window("neither DISPLAY nor WAYLAND_DISPLAY is set"))
    wish = os.environ.get("QT_QPA_PLATFORM", "")
    named = [platform for platform, name in DISPLAYS.items() if os.environ.get(name)]
    if not sys.platform.startswith("linux") or wish not in ("", *DISPLAYS) or not named:
        return  # Qt's other platforms have displays of their own
    dead = [platform for platform in named if not answers(platform)]
    if dead == named:
        fail(no_window(" and ".join(f"{told(platform)} does not answer" for platform in dead)))
    for platform in dead:
        del os.environ[DISPLAYS[platform]]
        if wish == platform:
            os.environ["QT_QPA_PLATFORM"] = next(other for other in named if other not in dead)


def told(platform: str) -> str:
    """Return a platform's display in words."""
    kind, name = {"wayland": "Wayland", "xcb": "X"}[platform], DISPLAYS[platform]
    return f"the {kind} display {os.environ.get(name, '')!r} ({name})"


def answers(platform: str) -> bool:
    """Whether something listens where the environment says that the display is.

    Of another machine's display this is not asked: it may take long.
    """
    if platform == "wayland":
        folder = os.environ.get("XDG_RUNTIME_DIR", "")
        handed = os.environ.get("WAYLAND_SOCKET")  # a connection that is open already
        return bool(handed) or _listens(str(Path(folder) / os.environ[DISPLAYS[platform]]))
    local = re.fullmatch(r"(?:unix)?:(\d+)(?:\.\d+)?", os.environ[DISPLAYS[platform]])
    if local is None:
        return True
    path = str(Path("/", "tmp", ".X11-unix", f"X{local[1]}"))
    return _listens(f"\0{path}") or _listens(path) or _listens(("localhost", 6000 + int(local[1])))


def _listens(place: str | tuple[str, int]) -> bool:
    try:
        family = socket.AF_UNIX if isinstance(place, str) else socket.AF_INET
        with socket.socket(family) as line:
            line.settimeout(ANSWER_SECONDS)
            line.connect(place)
    except (OSError, OverflowError, ValueError):
        return False
    return True


def no_window(reason: str) -> str:
    """Return the message where no window can be opened; ``gui.app.display`` finds other reasons."""
    return (
        f"no display to open a window on ({reason}); "
        "the command line works without one: python3 main.py list, "
        "python3 main.py run d2l-mlp --steps 200 --png graph.png"
    )


def require_system_libraries(draws: str = "picture") -> None:
    """Install the libraries needed to draw a "picture" or a "window", or exit with status 2."""
    require_packages([], libraries_for(draws))


def libraries_for(draws: str) -> dict[str, str]:
    """Return the missing libraries as soname → Debian package."""
    if not draws or not sys.platform.startswith("linux"):
        return {}
    missing = not_loadable(DRAWING)
    platform = os.environ.get("QT_QPA_PLATFORM", "").partition(":")[0].partition(";")[0]
    if draws == "window" and platform in ("", "xcb", "wayland"):
        use_wayland = platform == "wayland" or bool(os.environ.get("WAYLAND_DISPLAY"))
        use_xcb = platform == "xcb" or bool(os.environ.get("DISPLAY")) or not use_wayland
        kinds = [XCB] * (use_xcb and platform != "wayland")
        kinds += [WAYLAND] * (use_wayland and platform != "xcb")
        lacking = [not_loadable(kind) for kind in kinds]
        if all(lacking):  # Qt needs only one of the two platforms
            missing.update(lacking[0])
    return missing


def not_loadable(libraries: Mapping[str, str]) -> dict[str, str]:
    """Return those of `libraries` that the loader does not find."""
    return {soname: package for soname, package in libraries.items() if not can_load(soname)}


def can_load(soname: str) -> bool:
    """Whether the dynamic loader finds this library."""
    import ctypes

    try:
        ctypes.CDLL(soname)
    except OSError:
        return False
    return True


def require_packages(packages: list[str], libraries: Mapping[str, str]) -> None:
    """Install missing system packages when run as root; otherwise exit with the command to run."""
    wanted = list(dict.fromkeys([*packages, *libraries.values()]))
    if not wanted:
        return
    if sys.platform == "win32" or not shutil.which("apt-get"):
        fail(manual_install_message(packages, list(libraries)))
    if os.geteuid() != 0:
        fail(
            "some system packages are missing; install them with this command and start again:\n"
            f"sudo apt-get update && sudo apt-get install -y {' '.join(wanted)}"
        )
    say(f"installing system packages with apt-get: {' '.join(wanted)}")
    os.environ.setdefault("DEBIAN_FRONTEND", "noninteractive")
    apt = ["apt-get", "-q", "-y", "-o", "DPkg::Lock::Timeout=300"]
    # the result is ignored: an old package list may be enough to install
    run_quietly([*apt, "update"])
    status, output = run_quietly([*apt, "install", "--no-install-recommends", *wanted])
    importlib.invalidate_caches()
    if status != 0:
        fail(f"apt-get could not install {' '.join(wanted)}: {last_error(output)}")
    still = not_loadable(libraries)
    if still:
        fail(
            f"these libraries cannot be loaded although apt-get installed them: {', '.join(still)}"
        )


def manual_install_message(packages: list[str], sonames: list[str]) -> str:
    """Return the message for a system without apt-get; dnf and zypper find packages by soname."""
    if packages:
        return f"this Python ({sys.executable}) lacks venv or ensurepip: install a complete Python"
    message = f"Qt needs system libraries that are missing: {', '.join(sonames)}"
    for manager in ("dnf", "zypper"):
        if shutil.which(manager):
            names = " ".join(f"'{soname}()(64bit)'" for soname in sonames)
            return f"{message}; install them with this command:\nsudo {manager} install {names}"
    return f"{message}; install the packages that hold them and start again"
