"""A real browser without a window, told what to do over a pipe.

Source: Chrome DevTools Protocol, `--remote-debugging-pipe`: messages of JSON, each ended by a
zero byte, read from descriptor 3 and written to descriptor 4.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from select import select
from typing import TYPE_CHECKING, Any

from typing_extensions import Self

if TYPE_CHECKING:
    from pathlib import Path

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")

_SWITCHES = (
    "--headless",
    "--no-sandbox",  # build machines run as root, or without user namespaces
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-extensions",
    "--no-first-run",
    "--no-proxy-server",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    "--remote-debugging-pipe",
)

_LAUNCH = """
import fcntl, os, sys
pipes = [fcntl.fcntl(int(each), fcntl.F_DUPFD, 10) for each in sys.argv[1:3]]
for wanted, pipe in zip((3, 4), pipes):
    os.dup2(pipe, wanted)
    os.close(pipe)
os.execv(sys.argv[3], sys.argv[3:])
"""


def find_browser() -> str | None:
    """Return the Chromium or Chrome of this machine, if it has one that takes pipes: no Windows."""
    if os.name == "nt":
        return None
    return next(filter(None, map(shutil.which, _NAMES)), None)


class Browser:
    """One page of a browser.

    Args:
        program: The executable.
        profile: An empty folder for what it keeps.

    Attributes:
        complaints: What the page's console said, and what could not be loaded.
        requested: The addresses that were asked for.
    """

    def __init__(self, program: str, profile: Path) -> None:
        its_input, self._output = os.pipe()
        self._input, its_output = os.pipe()
        with (profile / "browser.log").open("wb") as log:
            self._process = subprocess.Popen(  # noqa: S603 (a browser)
                [
                    *(sys.executable, "-c", _LAUNCH, str(its_input), str(its_output)),
                    *(program, *_SWITCHES, f"--user-data-dir={profile}", "about:blank"),
                ],
                pass_fds=(its_input, its_output),
                stdout=log,
                stderr=log,
            )
        os.close(its_input)
        os.close(its_output)
        self._unread = b""
        self._number = 0
        self._session: str | None = None
        self._is_loaded = False
        self.complaints: list[str] = []
        self.requested: list[str] = []

    def __enter__(self) -> Self:
        target = self._call("Target.createTarget", url="about:blank")["targetId"]
        attached = self._call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self._call(f"{domain}.enable")
        return self

    def __exit__(self, *exception: object) -> None:
        os.close(self._output)  # a browser without its pipe ends
        self._process.wait(timeout=30)
        os.close(self._input)

    def open(self, url: str, *, width_px: int = 1200) -> None:
        """Show a page, and wait until it is loaded."""
        self.complaints.clear()
        self.requested.clear()
        self._call(
            "Emulation.setDeviceMetricsOverride",
            width=width_px,
            height=900,
            deviceScaleFactor=1,
            mobile=False,
        )
        self._is_loaded = False
        self._call("Page.navigate", url=url)
        while not self._is_loaded:
            self._receive()

    def look_as(self, medium: str) -> None:
        """Show the page as it is on ``screen``, or as it is printed: ``print``."""
        self._call("Emulation.setEmulatedMedia", media=medium)

    def value(self, expression: str) -> Any:
        """Return what an expression of JavaScript is worth on the page."""
        answer = self._call("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def _call(self, method: str, **parameters: Any) -> dict[str, Any]:
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if self._session is not None:
            message["sessionId"] = self._session
        os.write(self._output, json.dumps(message).encode() + b"\0")
        while (answer := self._receive()).get("id") != self._number:
            pass
        assert "error" not in answer, answer
        result: dict[str, Any] = answer["result"]
        return result

    def _receive(self) -> dict[str, Any]:
        while b"\0" not in self._unread:
            assert select([self._input], [], [], 60)[0], "the browser has said nothing for 60 s"
            chunk = os.read(self._input, 65536)
            assert chunk, "the browser has ended; see browser.log in its profile"
            self._unread += chunk
        raw, _, self._unread = self._unread.partition(b"\0")
        message: dict[str, Any] = json.loads(raw)
        self._note(message)
        return message

    def _note(self, message: dict[str, Any]) -> None:
        method, parameters = message.get("method"), message.get("params", {})
        if method == "Network.requestWillBeSent":
            self.requested.append(parameters["request"]["url"])
        elif method == "Page.loadEventFired":
            self._is_loaded = True
        elif method in {
            "Log.entryAdded",
            "Runtime.consoleAPICalled",
            "Runtime.exceptionThrown",
            "Network.loadingFailed",
        }:
            self.complaints.append(json.dumps(parameters))
