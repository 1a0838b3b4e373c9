"""Commands in this process that find it as they would find one of their own, and leave no trace."""

from __future__ import annotations

import contextlib
import importlib
import io
import os
import sys
import sysconfig
from importlib.metadata import Distribution
from pathlib import Path
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from importlib.metadata import EntryPoints


def run_here(
    command: Callable[[], int], *, folder: Path, environment: Mapping[str, str]
) -> tuple[int, str]:
    """Run a command in a folder and in an environment; return its status and what it printed."""
    output = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)
    with (
        _in_environment(environment),
        _in_folder(folder),
        forgetting_modules_of(folder),
        contextlib.redirect_stdout(output),
        contextlib.redirect_stderr(output),
    ):
        status = int(command())
    output.seek(0)
    return status, output.read()


@contextlib.contextmanager
def _in_environment(environment: Mapping[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.clear()
    os.environ.update(environment)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@contextlib.contextmanager
def _in_folder(folder: Path) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


@contextlib.contextmanager
def forgetting_modules_of(folder: Path) -> Iterator[None]:
    """Forget what was imported from the folder, but no library: those do not bear it."""
    paths, names = list(sys.path), set(sys.modules)
    importlib.invalidate_caches()
    try:
        yield
    finally:
        sys.path[:] = paths
        for name in set(sys.modules) - names:
            source = getattr(sys.modules[name], "__file__", None)
            if source and Path(source).is_relative_to(folder):
                del sys.modules[name]


def remember_entry_points() -> None:
    """Read the entry points of each library once: a session asks all of them, three times.

    What a test installs stands elsewhere, and is read anew.
    """
    libraries = Path(sysconfig.get_path("purelib"))
    read = vars(Distribution)["entry_points"].fget
    known: dict[Path, EntryPoints] = {}

    def entry_points(self: Distribution) -> EntryPoints:
        path = getattr(self, "_path", None)
        if not isinstance(path, Path) or path.parent != libraries:
            return cast("EntryPoints", read(self))
        if path not in known:
            known[path] = read(self)
        return known[path]

    Distribution.entry_points = property(entry_points)  # type: ignore[method-assign, assignment]
