"""The virtual environments that are compared, below ``build/bench/venvs``.

| name   | what is installed                                                     |
|--------|-----------------------------------------------------------------------|
| plain  | pytest                                                                |
| deps   | what pytest-jama needs, in the same versions, but not pytest-jama     |
| jama   | pytest-jama as users get it: a wheel, compiled by pip, not editable   |
| allure | pytest and allure-pytest, as a peer                                   |
| readers | junitparser and lxml of the same versions, and xmltodict, as peers   |

`jama-3.13` and `deps-3.13` are the same on Python 3.13, where ``python3.13`` is found: its
`importlib.metadata` looks at every installed file.
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
PIP = "pip>=26"
"""What installs: scripts of pip 23 import `re`, which takes longer than our own code."""

NEWER = "3.13"


def python_of(name: str) -> str:
    """Return the interpreter of an environment."""
    return str(WORK / "venvs" / name / "bin" / "python")


def find_newer_python() -> str | None:
    """Return the interpreter of Python 3.13; None where there is none, or where this is it."""
    found = shutil.which(f"python{NEWER}")
    if found is None or sys.version.startswith(NEWER):
        return None
    # pyenv has a command for each version, also for those that are not chosen
    works = subprocess.run([found, "-c", "pass"], check=False, capture_output=True)
    return None if works.returncode else found


def make_all() -> None:
    """Make the environments; all but those of `jama` are kept until their requirements change."""
    _make("jama", ["pytest"])
    wheel = _build_wheel()
    kept = _install("jama", wheel)
    pytest = next(line for line in kept if line.startswith("pytest=="))
    _make("deps", kept)
    _make("plain", [pytest])
    _make("allure", [pytest, PEER])
    parsers = [line for line in kept if line.startswith(("junitparser==", "lxml=="))]
    _make("readers", [*parsers, PEER_READER])
    newer = find_newer_python()
    if newer is not None:
        _make(f"jama-{NEWER}", ["pytest"], python=newer)
        _make(f"deps-{NEWER}", _install(f"jama-{NEWER}", wheel), python=newer)


def _install(name: str, wheel: str) -> list[str]:
    """Install the wheel as users get it; return what it needs, in the versions that are there."""
    _pip(name, "install", "--force-reinstall", "--no-deps", wheel)
    _pip(name, "install", wheel)  # what it needs, where that is not there yet
    return [line for line in _freeze(name) if not line.startswith("pytest-jama")]


def _build_wheel() -> str:
    folder = WORK / "wheel"
    shutil.rmtree(folder, ignore_errors=True)
    _pip("jama", "wheel", "--no-deps", "--wheel-dir", str(folder), str(PROJECT))
    return str(next(folder.glob("*.whl")))


def _make(name: str, requirements: list[str], *, python: str = sys.executable) -> None:
    stamp = WORK / "venvs" / name / "requirements.txt"
    version = subprocess.run([python, "-VV"], check=True, capture_output=True, text=True).stdout
    wanted = "\n".join([version, PIP, *requirements])
    if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        return
    subprocess.run([python, "-m", "venv", "--clear", str(stamp.parent)], check=True)
    _pip(name, "install", PIP)
    _pip(name, "install", *requirements)
    stamp.write_text(wanted, encoding="utf-8")


def _freeze(name: str) -> list[str]:
    command = [python_of(name), "-m", "pip", "freeze"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()


def _pip(name: str, *arguments: str) -> None:
    options = ["--quiet", "--quiet", "--disable-pip-version-check"]
    subprocess.run([python_of(name), "-m", "pip", *options, *arguments], check=True)
