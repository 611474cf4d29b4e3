"""A screen of a test's own: an X server without hardware, and a window manager on it."""

import os
import shutil
import struct
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PIL import Image

TOOLS = ("Xvfb", "openbox", "xdotool")
WAIT_SECONDS = 30.0
# Whatever the desktop of the person who runs the tests says to Qt is not the tests' business.
FOREIGN = ("QT_", "WAYLAND_", "DISPLAY", "XDG_", "DESKTOP_", "DBUS_", "GNOME_", "KDE_", "LC_")


class Screen:
    """An X server of a size in pixels, with openbox; `environment` is for what runs on it."""

    def __init__(self, folder: Path, width: int, height: int) -> None:
        self.folder, self.width, self.height = folder, width, height
        self._processes: list[subprocess.Popen[bytes]] = []
        self._buffer = folder / "Xvfb_screen0"
        home = folder / "home"
        home.mkdir(parents=True, exist_ok=True)
        reader, writer = os.pipe()
        geometry = ["-screen", "0", f"{width}x{height}x24", "-fbdir", str(folder)]
        # It would start anew when its only client leaves, and refuse the next one meanwhile.
        server = ["Xvfb", "-displayfd", str(writer), *geometry, "-noreset", "-nolisten", "tcp"]
        kept = {k: v for k, v in os.environ.items() if not k.startswith(FOREIGN)}
        self.environment = {
            **kept,
            "LANG": "C.UTF-8",
            "HOME": str(home),
            "XDG_CONFIG_HOME": str(home / ".config"),
            "XDG_CACHE_HOME": str(home / ".cache"),
            "DBUS_SESSION_BUS_ADDRESS": "disabled:",
        }
        try:
            self._start(server, pass_fds=(writer,))
            os.close(writer)
            with open(reader) as pipe:
                number = pipe.readline().strip()
            assert number, "Xvfb did not start"
            self.environment["DISPLAY"] = f":{number}"
            self._start(["openbox"])
            wait(self._is_managed, "openbox to manage the screen")
            # With the first key of a new keyboard openbox asks for its keys anew, and misses one.
            self.xdotool("key", "shift")
        except BaseException:
            self.close()
            raise

    def _start(self, command: list[str], **options: Any) -> None:
        with open(self.folder / f"{command[0]}.txt", "wb") as out:
            process = subprocess.Popen(
                command, env=self.environment, stdout=out, stderr=out, **options
            )
        self._processes.append(process)

    def _is_managed(self) -> bool:
        return self.xdotool("get_num_desktops", check=False).returncode == 0

    def xdotool(self, *words: object, check: bool = True) -> "subprocess.CompletedProcess[str]":
        """Move the mouse, press keys: what `man xdotool` lists."""
        command = ["xdotool", *map(str, words)]
        run = subprocess.run(
            command, env=self.environment, capture_output=True, text=True, timeout=30, check=False
        )
        assert run.returncode == 0 or not check, f"{' '.join(command)}: {run.stderr}"
        return run

    def screenshot(self, path: Path) -> Path:
        """Write what is on the screen as a PNG file."""
        data = self._buffer.read_bytes()  # XWD: 25 words of header, a name, colours, pixels
        header = struct.unpack(">25I", data[:100])
        size, width, height, line, colours = (header[k] for k in (0, 4, 5, 12, 19))
        start = size + 12 * colours
        pixels = data[start : start + line * height]
        picture = Image.frombytes("RGB", (width, height), pixels, "raw", "BGRX", line)
        path.parent.mkdir(parents=True, exist_ok=True)
        picture.save(path)
        return path

    def close(self) -> None:
        """End the window manager, then the server."""
        for process in reversed(self._processes):
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._processes.clear()


def missing() -> list[str]:
    """The programs that these tests need and this machine lacks."""
    return [tool for tool in TOOLS if shutil.which(tool) is None]


def wait(condition: Callable[[], Any], what: str, seconds: float = WAIT_SECONDS) -> Any:
    """Wait until a condition holds, and return what it said."""
    until = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < until, f"waited {seconds:g} s for {what}"
        time.sleep(0.03)
    return found
