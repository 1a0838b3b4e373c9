"""Commands in this process that find it as they would find one of their own, and leave no trace."""

from __future__ import annotations

import contextlib
import importlib
import io
import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from pytest_jama.cli import main as toolbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import TextIO


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


class Served(NamedTuple):
    """The end of a sandbox that was served beside a command.

    Attributes:
        returncode: The exit status.
        stdout: What it and the command printed.
        stderr: The same of standard error.
    """

    returncode: int
    stdout: str
    stderr: str


def run_sandbox_here(*arguments: str, folder: Path, environment: Mapping[str, str]) -> Served:
    """Run ``pytest-jama sandbox`` in this process, beside a command that has one of its own."""
    with (
        tempfile.TemporaryFile("w+", encoding="utf-8") as out,
        tempfile.TemporaryFile("w+", encoding="utf-8") as err,
        _in_environment(environment),
        _in_folder(folder),
        _into(1, out),
        _into(2, err),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        status = toolbox(["sandbox", *arguments])
        out.seek(0)
        err.seek(0)
        return Served(status, out.read(), err.read())


@contextlib.contextmanager
def _into(descriptor: int, file: TextIO) -> Iterator[None]:
    """Let what is written to a descriptor, also by other processes, go to a file."""
    before = os.dup(descriptor)
    os.dup2(file.fileno(), descriptor)
    try:
        yield
    finally:
        os.dup2(before, descriptor)
        os.close(before)


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
