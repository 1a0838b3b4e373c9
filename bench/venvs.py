"""The virtual environments that are compared, below ``build/bench/venvs``.

| name   | what is installed                                                     |
|--------|-----------------------------------------------------------------------|
| plain  | pytest                                                                |
| deps   | what pytest-jama needs, in the same versions, but not pytest-jama     |
| jama   | pytest-jama as users get it: a wheel, compiled by pip, not editable   |
| allure | pytest and allure-pytest, as a peer                                   |
| readers | junitparser and lxml of the same versions, and xmltodict, as peers   |
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
WORK = PROJECT / "build" / "bench"
PEER = "allure-pytest==2.16.2"
PEER_READER = "xmltodict==1.0.4"


def python_of(name: str) -> str:
    """Return the interpreter of an environment."""
    return str(WORK / "venvs" / name / "bin" / "python")


def make_all() -> None:
    """Make the environments; all but `jama` are kept until their requirements change."""
    _make("jama", ["pytest"])
    wheel = _build_wheel()
    _pip("jama", "install", "--force-reinstall", "--no-deps", wheel)
    _pip("jama", "install", wheel)  # what it needs, where that is not there yet
    kept = [line for line in _freeze("jama") if not line.startswith("pytest-jama")]
    pytest = next(line for line in kept if line.startswith("pytest=="))
    _make("deps", kept)
    _make("plain", [pytest])
    _make("allure", [pytest, PEER])
    parsers = [line for line in kept if line.startswith(("junitparser==", "lxml=="))]
    _make("readers", [*parsers, PEER_READER])


def _build_wheel() -> str:
    folder = WORK / "wheel"
    shutil.rmtree(folder, ignore_errors=True)
    _pip("jama", "wheel", "--no-deps", "--wheel-dir", str(folder), str(PROJECT))
    return str(next(folder.glob("*.whl")))


def _make(name: str, requirements: list[str]) -> None:
    stamp = WORK / "venvs" / name / "requirements.txt"
    wanted = "\n".join([sys.version, *requirements])
    if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        return
    subprocess.run([sys.executable, "-m", "venv", "--clear", str(stamp.parent)], check=True)
    _pip(name, "install", *requirements)
    stamp.write_text(wanted, encoding="utf-8")


def _freeze(name: str) -> list[str]:
    command = [python_of(name), "-m", "pip", "freeze"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()


def _pip(name: str, *arguments: str) -> None:
    options = ["--quiet", "--quiet", "--disable-pip-version-check"]
    subprocess.run([python_of(name), "-m", "pip", *options, *arguments], check=True)
