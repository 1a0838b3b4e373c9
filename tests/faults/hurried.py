"""An installed extension in whose time pauses are short; a session finds it as any other one."""

from __future__ import annotations

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

SPEED = 50
"""So many seconds of a session pass in a second."""

CLOCKS = Clocks(
    monotonic=lambda: time.monotonic() * SPEED,
    sleep=lambda seconds: time.sleep(seconds / SPEED),
)


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
        """Let targets wait for that long inside a ``with`` block."""
        self.read_timeout_s = read_timeout_s
        try:
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
