"""Playing scenes: two or three at a time, each in a folder and with a server of its own."""

from __future__ import annotations

import os
import tempfile
import time
import warnings
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_jama.cli.selftest.scene import Sight, judge
from pytest_jama.cli.selftest.workshop import Workshop

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pytest_jama.cli.selftest.scene import Judged, Scene
    from pytest_jama.sandbox.jama.knobs import Knobs
    from pytest_jama.sandbox.jama.server import Sandbox

MOST_AT_ONCE = 3
PREFIX = "pytest-jama-selftest-"


def conduct(
    scenes: Sequence[Scene], *, on_end: Callable[[Scene, Sequence[Judged]], None]
) -> list[Judged]:
    """Play scenes; return what became of their checks, in the order of the scenes.

    A scene that breaks off fails its own checks, and stops no other.

    Args:
        scenes: What to play.
        on_end: Is told of each scene that has ended, in this thread.
    """
    judged: dict[str, list[Judged]] = {}
    at_once = min(MOST_AT_ONCE, (os.cpu_count() or 1) + 1)
    with (
        warnings.catch_warnings(),
        ThreadPoolExecutor(at_once, thread_name_prefix="selftest") as pool,
    ):
        # FastAPI hides these for moments only, which servers in several threads do not share well.
        warnings.filterwarnings("ignore", module="pydantic")
        under_way = {pool.submit(play, scene): scene for scene in scenes}
        try:
            for future in as_completed(under_way):
                scene = under_way[future]
                judged[scene.name] = judge(scene, future.result())
                on_end(scene, judged[scene.name])
        except BaseException:  # also on Ctrl-C: scenes that wait must not begin
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return [each for scene in scenes for each in judged[scene.name]]


def play(scene: Scene, *, knobs: Knobs | None = None) -> Sight:
    """Play one scene; whatever goes wrong in it becomes part of what was seen.

    Args:
        scene: The scene.
        knobs: How the server behaves; as it comes without them.
    """
    skipped = scene.why_not()
    if skipped:
        return Sight(skipped=skipped)
    began = time.monotonic()
    sandbox = _start_sandbox(knobs)
    with tempfile.TemporaryDirectory(prefix=PREFIX, ignore_cleanup_errors=True) as name:
        workshop = Workshop(Path(name).resolve(), sandbox)
        trouble = ""
        try:
            scene.play(workshop)
        except Exception as exc:  # noqa: BLE001 (a check must not stop the others)
            trouble = f"the scene broke off: {type(exc).__name__}: {exc}"
        finally:
            sandbox.stop()
        seconds = time.monotonic() - began
        return Sight(dict(workshop.facts), seconds, tuple(workshop.lines), trouble)


def _start_sandbox(knobs: Knobs | None) -> Sandbox:
    """Start a server with secrets that no other process knows: it is for this one alone."""
    import secrets  # noqa: PLC0415 (only here)

    from pytest_jama.sandbox.jama.model import Credentials  # noqa: PLC0415 (an extra)
    from pytest_jama.sandbox.jama.server import Sandbox  # noqa: PLC0415

    own = Credentials(client_secret=secrets.token_urlsafe(24), password=secrets.token_urlsafe(24))
    return Sandbox(knobs=knobs, credentials=own).start()
