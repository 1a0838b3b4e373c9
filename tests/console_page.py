"""Pages that are run: files are written, commands are run in order, what they print is filled in.

A page is a story in one folder. A sentence that ends with the name of a file in backquotes and a
colon is followed by the file. A block of the console has commands; what they print is filled in,
by `make docs` for good and by a test for comparison.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NamedTuple

import pytest

from junit_uploader.cli import main as junit_uploader
from pytest_jama.cli import main as toolbox
from tests.harness import ADDOPTS, INSIDE
from tests.here import run_here

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_BLOCK = re.compile(r"(?:`([\w./-]+)`:\n\n)?^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_PROMPT = "$ "
_PORT = "8421"
_IN_ORDER = "upload: {concurrency: 1}\n"
"""Added to the settings: progress is told as answers come, in another order on a busy machine."""

_SAME_EVERY_TIME = (
    (r"\d{8}T\d{6}Z-[0-9a-f]{8}", "20261122T071940Z-1fbe1eba"),
    (r"in \d+\.\d\ds", "in 0.42s"),
    (r"takes \d+\.\d+ s", "takes 0.004 s"),
    (r"takes about \d+ s", "takes about 1 s"),
    (r"\d{4}-\d\d-\d\d", "2026-11-22"),
    (r'(?s)"sessions": \[.*?\n  \]', '"sessions": [ ... ]'),
)
"""What differs between two runs: names of journals, durations, the day, this machine."""
_OF_THE_PLATFORM = re.compile(
    r"^(platform|rootdir:|configfile:|plugins:|cachedir:|.*Warning: .*pytest-|-+ generated xml)"
    r".*\n",
    re.MULTILINE,
)
"""What differs between machines; where a report is, `-q` tells before pytest 9."""


_OF_THE_SYSTEM = ("PATH", "HOME", "TMPDIR", "LANG", "LC_ALL", "VIRTUAL_ENV")
"""What commands need of the environment; the rest, such as that of a CI system, would show."""
_TERMINAL = {"COLUMNS": "80", "NO_COLOR": "1", "NO_PROXY": "127.0.0.1"}
_INSIDE = (*INSIDE[1:], "-Wignore::pytest.PytestAssertRewriteWarning")  # a page says --jama itself


class Printed(NamedTuple):
    """What a command did."""

    status: int
    output: str


class Story:
    """Runs the blocks of a page, in a folder.

    Args:
        folder: An empty folder.
        stack: Ends the servers that the page starts.
    """

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self._folder = folder
        self._stack = stack
        self._port = _PORT
        kept = {
            name: value
            for name, value in os.environ.items()
            if name in _OF_THE_SYSTEM or name.startswith("PYTHON")
        }
        self._environment = {**kept, **_TERMINAL, "PYTEST_ADDOPTS": ADDOPTS}
        self.statuses: dict[str, int] = {}

    def tell(self, page: str) -> str:
        """Return the page with what its commands print now."""
        return _BLOCK.sub(self._block, page)

    def _block(self, match: re.Match[str]) -> str:
        file, language, text = match.groups()
        if file:
            (self._folder / file).write_text(text.replace(_PORT, self._port), encoding="utf-8")
        if language != "console":
            return match[0]
        commands = [line for line in text.splitlines() if line.startswith(_PROMPT)]
        told = "".join(f"{line}\n{self._run(line.removeprefix(_PROMPT))}" for line in commands)
        return match[0].replace(text, told)

    def _run(self, line: str) -> str:
        program, *arguments = shlex.split(line)
        if program == "export":
            name, _, value = arguments[0].partition("=")
            self._environment[name] = value
            return ""
        if arguments[:1] == ["sandbox"]:
            return self._serve(arguments)
        printed = _PROGRAMS[program](self, arguments)
        self.statuses[line] = printed.status
        return self._settled(printed.output)

    def _serve(self, arguments: list[str]) -> str:
        """Start a sandbox on any free port; files of the page that name the port follow it."""
        process = self._stack.enter_context(
            subprocess.Popen(  # noqa: S603 (our own command)
                [sys.executable, "-u", "-m", "pytest_jama", *arguments, "--port", "0"],
                cwd=self._folder,
                env=self._environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
        )
        self._stack.callback(process.terminate)
        assert process.stdout
        said = [process.stdout.readline() for _ in range(4)]
        self._port = re.findall(r":(\d+)", said[0])[0]
        settings = self._folder / "jama.yaml"
        text = settings.read_text(encoding="utf-8")
        settings.write_text(text.replace(_PORT, self._port) + _IN_ORDER, encoding="utf-8")
        return self._settled("".join(said))

    def _settled(self, output: str) -> str:
        text = output.replace(self._port, _PORT).replace(str(self._folder), "/home/you/pump")
        text = _OF_THE_PLATFORM.sub("", text)
        for pattern, replacement in _SAME_EVERY_TIME:
            text = re.sub(pattern, replacement, text)
        return re.sub(r"\n{3,}", "\n\n", text)

    def here(self, command: Callable[[], int]) -> Printed:
        """Run a command in this process."""
        return Printed(
            *run_here(command, folder=self._folder, environment=self._environment),
        )

    def replace(self, expression: str, file: str) -> Printed:
        """Do what `sed -i` does with an expression."""
        _, old, new, _ = expression.split("/")
        path = self._folder / file
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")
        return Printed(0, "")


_PROGRAMS: Mapping[str, Callable[[Story, list[str]], Printed]] = {
    "pytest": lambda story, words: story.here(lambda: int(pytest.main([*_INSIDE, *words]))),
    "pytest-jama": lambda story, words: story.here(lambda: toolbox(words)),
    "junit-uploader": lambda story, words: story.here(lambda: junit_uploader(words)),
    "sed": lambda story, words: story.replace(words[1], words[2]),
}


def told_page(page: str, folder: Path) -> tuple[str, dict[str, int]]:
    """Return a page with what its commands print, and the exit status of each."""
    with ExitStack() as stack:
        story = Story(folder, stack)
        return story.tell(page), story.statuses


def main(pages: list[str]) -> None:
    """Write pages anew."""
    for path in map(Path, pages):
        with TemporaryDirectory() as folder:
            page, _ = told_page(path.read_text(encoding="utf-8"), Path(folder).resolve())
        path.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
