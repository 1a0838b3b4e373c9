"""A user's folder with tests and an octane.yaml, whose server is a `DocumentTarget`."""

from __future__ import annotations

import json
import os
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.fork_server import run_command
from tests.harness import ADDOPTS, Finished

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_jama.sandbox.octane import OctaneSandbox

SETTINGS = """
url: https://octane.example
space: 1001
workspace: 1002
release: "2.4"
tests: {test_it.py::test_passes: 5001}
"""
_DOUBLE = """
import os
from pathlib import Path
from tests.document_target import DocumentExtension

extension = DocumentExtension(Path(os.environ["OCTANE_DOUBLE"]))
"""
_HOME = Path(__file__).parent.parent


class OctaneWork:
    """The folder, and what its server was sent.

    Args:
        folder: An empty folder.
        sandbox: A stand-in of the server, in the place of a `DocumentTarget`.
    """

    def __init__(self, folder: Path, sandbox: OctaneSandbox | None = None) -> None:
        self.folder = folder
        self.sandbox = sandbox
        self.server = folder / "server"
        self.server.mkdir()
        if sandbox is not None:
            self.write("octane.yaml", f"url: {sandbox.browser_url}\n")
            return
        self.write("octane.yaml", SETTINGS)
        metadata = "site/octane_double-1.0.dist-info"
        self.write(f"{metadata}/METADATA", "Metadata-Version: 2.1\nName: octane-double\nVersion: 1")
        self.write(f"{metadata}/entry_points.txt", "[pytest_jama]\no = octane_double:extension\n")
        self.write("site/octane_double.py", _DOUBLE)

    def write(self, name: str, text: str) -> Path:
        """Write a file."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text), encoding="utf-8")
        return path

    def will(self, *words: str) -> None:
        """Say what becomes of the next tasks."""
        (self.server / "will").write_text("\n".join(words), encoding="utf-8")

    def pytest(self, *arguments: str, environment: Mapping[str, str] | None = None) -> Finished:
        """Run ``pytest --octane``."""
        return self.run("pytest", "--octane", *arguments, environment=environment)

    def run(self, *command: str, environment: Mapping[str, str] | None = None) -> Finished:
        """Run a module of Python."""
        whole = {**_usual_environment(), **self.environment(), **(environment or {})}
        words = [sys.executable, "-m", *command]
        return Finished(*run_command(words, folder=self.folder, environment=whole))

    def environment(self) -> dict[str, str]:
        """Return the variables with which the server is found."""
        if self.sandbox is not None:
            return {
                "OCTANE_CLIENT_ID": self.sandbox.credentials.client_id,
                "OCTANE_CLIENT_SECRET": self.sandbox.credentials.client_secret,
                "NO_PROXY": "127.0.0.1",
            }
        return {
            "PYTHONPATH": f"{self.folder / 'site'}{os.pathsep}{_HOME}",
            "OCTANE_DOUBLE": str(self.server),
            "OCTANE_CLIENT_ID": "tester",
            "OCTANE_CLIENT_SECRET": "a-secret-of-the-test",
        }

    def log(self) -> list[str]:
        """Return what the server was sent and asked, a word and a key or number each."""
        file = self.server / "log"
        return file.read_text(encoding="utf-8").splitlines() if file.exists() else []

    def verbs(self) -> list[str]:
        """Return the words of the log alone."""
        return [line.partition(" ")[0] for line in self.log()]

    def documents(self) -> list[dict[str, list[Any]]]:
        """Return the documents that arrived: by test status, message, trace, links and files."""
        names = [line.split()[1] for line in self.log() if line.startswith("pushed")]
        contents = [(self.server / f"{name}.json").read_text(encoding="utf-8") for name in names]
        return [{name: said for name, *said in json.loads(content)} for content in contents]

    def journals(self) -> list[Path]:
        """Return the journals, in the order of their names."""
        return sorted((self.folder / ".jama").glob("*.jsonl"))

    def lines(self, kind: str) -> list[dict[str, Any]]:
        """Return the lines of a kind of all journals."""
        texts = [each.read_text(encoding="utf-8") for each in self.journals()]
        lines = [json.loads(line) for text in texts for line in text.splitlines()]
        return [line for line in lines if line["line"] == kind]


def _usual_environment() -> dict[str, str]:
    foreign = ("JAMA_", "OCTANE_", "PYTEST_XDIST", "PYTEST_CURRENT", "GITHUB_", "CI")
    kept = {name: text for name, text in os.environ.items() if not name.startswith(foreign)}
    return {**kept, "PYTEST_ADDOPTS": ADDOPTS}


def section(output: str, title: str = "ALM Octane") -> str:
    """Return the section of a summary by its title; empty when there is none."""
    behind = output.partition(f" {title} ")[2]
    return behind.partition("\n")[2].partition("\n=")[0]
