"""An installed extension in whose time nobody waits; a session finds it as any other one."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, cast

from pytest_jama import hookimpl
from pytest_jama.targets.http.connection import READ_TIMEOUT_S
from pytest_jama.targets.http.give_up import Clocks
from pytest_jama.targets.jama import make_jama_target
from pytest_jama.targets.octane.target import make_octane_target

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_jama.config import Settings
    from pytest_jama.config.octane_settings import OctaneSettings
    from pytest_jama.core.port import Target


_AT_MOST = 20
"""So many seconds of a session pass in one of ours where an answer is waited for.

With more of them a busy machine would spend `give_up_after` on what it does.
"""


class HurriedTime:
    """Time of which a pause takes as much as any other, and of ours next to nothing.

    What is really done takes as long as it does, so that a machine that is slow changes little.
    """

    def __init__(self) -> None:
        self._skipped_s = 0.0
        self._speed = 1.0
        self._speed_since = time.monotonic()
        self._lock = threading.Lock()

    def monotonic(self) -> float:
        """Return seconds that never run backwards."""
        now = time.monotonic()
        return now + self._ahead_s(now)

    def wall(self) -> float:
        """Return seconds since 1970, for a server that is as hurried as its clients."""
        return time.time() + self._ahead_s(time.monotonic())

    def sleep(self, seconds: float) -> None:
        """Let that much time be over; threads that pause together do so at the same time."""
        until = self.monotonic() + seconds
        time.sleep(0)
        with self._lock:
            self._skipped_s += max(0.0, until - self.monotonic())

    @contextmanager
    def running(self, speed: float) -> Iterator[None]:
        """Let so many seconds pass in each of ours inside a ``with`` block."""
        self._run(speed)
        try:
            yield
        finally:
            self._run(1.0)

    def _run(self, speed: float) -> None:
        with self._lock:
            now = time.monotonic()
            self._skipped_s = self._ahead_s(now)
            self._speed, self._speed_since = speed, now

    def _ahead_s(self, now: float) -> float:
        return self._skipped_s + (now - self._speed_since) * (self._speed - 1)


TIME = HurriedTime()
CLOCKS = Clocks(monotonic=TIME.monotonic, sleep=TIME.sleep)
"""The date is ours: journals have it, too."""


class Hurried:
    """Makes targets that hurry.

    Attributes:
        read_timeout_s: For how long they wait for an answer, in seconds of ours.
    """

    read_timeout_s = READ_TIMEOUT_S

    @hookimpl
    def make_target(self, name: str, settings: Settings | OctaneSettings) -> Target:
        """Make the usual target."""
        if name == "octane":
            ours = cast("OctaneSettings", settings)
            return make_octane_target(ours, clocks=CLOCKS, read_timeout_s=self.read_timeout_s)
        settings = cast("Settings", settings)
        return make_jama_target(settings, clocks=CLOCKS, read_timeout_s=self.read_timeout_s)

    @contextmanager
    def waiting_for(self, read_timeout_s: float) -> Iterator[None]:
        """Let targets wait for that long inside a ``with`` block, and their time pass faster."""
        self.read_timeout_s = read_timeout_s
        try:
            with TIME.running(min(_AT_MOST, READ_TIMEOUT_S / read_timeout_s)):
                yield
        finally:
            self.read_timeout_s = READ_TIMEOUT_S


EXTENSION = Hurried()


def install(folder: Path) -> None:
    """Make a distribution that brings the extension, for whoever puts the folder on its path."""
    metadata = folder / "hurried-1.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: hurried\nVersion: 1\n")
    entry = f"[pytest_jama]\nhurried = {__name__}:EXTENSION\n"
    (metadata / "entry_points.txt").write_text(entry)
