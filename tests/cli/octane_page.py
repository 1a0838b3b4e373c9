"""docs/octane-flows.md: its examples, run against a stand-in; `make docs` writes them anew.

What stands between the examples is written by hand. An example is a block of the console: its
commands stay, what they print and ask for is filled in.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING
from unittest import mock

from pytest_jama.cli import main as toolbox
from tests.cli.octane_seeds import add_for_page, seeded_sandbox
from tests.cli.octane_world import QUICK, environment_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_jama.sandbox.octane import OctaneSandbox

PAGE = Path(__file__).parents[2] / "docs" / "octane-flows.md"

_BLOCK = re.compile(r"```console\n(.*?)```\n(?:\n```http\n.*?```\n)?", re.DOTALL)
_PROMPT = "$ "


def page_text(text: str) -> str:
    """Return the page with the examples filled in.

    Args:
        text: The page.
    """
    with _settled() as sandbox:
        return _BLOCK.sub(lambda match: _example(match[1], sandbox), text)


@contextlib.contextmanager
def _settled() -> Iterator[OctaneSandbox]:
    """Serve the workspace of the page, and stand in a folder from which commands reach it."""
    here = Path.cwd()
    environ = {name: value for name, value in os.environ.items() if not name.startswith("OCTANE_")}
    with (
        seeded_sandbox() as sandbox,
        tempfile.TemporaryDirectory() as name,
        mock.patch.dict(os.environ, {**environ, **environment_of(sandbox)}, clear=True),
    ):
        add_for_page(sandbox)
        folder = Path(name)
        (folder / "octane.yaml").write_text(QUICK, encoding="utf-8")
        (folder / "gauge.png").write_bytes(b"\x89PNG\r\n\x1a\n")
        os.chdir(folder)
        try:
            yield sandbox
        finally:
            os.chdir(here)


def _example(block: str, sandbox: OctaneSandbox) -> str:
    """Return a block of the console, and behind it the block of its requests."""
    shown: list[str] = []
    before = len(sandbox.requests)
    for line in block.splitlines():
        if line.startswith(_PROMPT):
            shown.append(line)
            shown += _run(line.removeprefix(_PROMPT))
    requests = [
        _request(each.method, each.path, dict(each.query))
        for each in sandbox.requests[before:]
        if not each.path.startswith("/authentication/")
    ]
    console = "\n".join(shown)
    return f"```console\n{console}\n```\n\n```http\n" + "\n".join(requests) + "\n```\n"


def _run(command: str) -> list[str]:
    """Run a command; return the lines that it prints, and its exit status unless that is 0."""
    program, *arguments = shlex.split(command)
    if program != "pytest-jama":
        raise ValueError(f"{command!r} is not a command of ours")
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        status = toolbox(arguments)
    lines = printed.getvalue().splitlines()
    return [*lines, f"exit status {status}"] if status else lines


def _request(method: str, path: str, query: dict[str, str]) -> str:
    """Return a request in a line, its query as people read it."""
    asked = query.get("query", "")[1:-1]
    return f"{method} {path}" + (f" ? {asked}" if asked else "")


def main() -> None:
    """Write the page anew."""
    PAGE.write_text(page_text(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    sys.stdout.write(f"{PAGE.name} is written\n")


if __name__ == "__main__":
    main()
