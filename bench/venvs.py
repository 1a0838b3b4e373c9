"""The virtual environments that are compared, below ``build/bench/venvs/VERSION``.

| name        | what is installed                                                          |
|-------------|----------------------------------------------------------------------------|
| plain       | pytest                                                                     |
| jama        | pytest-jama as users get it: a wheel, compiled by pip, not editable        |
| deps        | what pytest-jama needs, in the same versions, but not pytest-jama          |
| allure      | pytest and allure-pytest, as a peer                                        |
| json-report | pytest and pytest-json-report, as a peer                                   |
| plugins     | the wheel and both peers, for sessions that enable one of them             |
| served      | the wheel with the sandbox                                                 |
| readers     | junitparser and lxml of the same versions, and xmltodict, as peers         |
| trcli       | the command line of TestRail, whose junitparser is another one             |
| plots       | matplotlib                                                                 |

None of them has pip. Each is made when it is needed first, and kept until its requirements change;
the wheel is installed anew in each run.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from zipfile import ZipFile

PROJECT = Path(__file__).resolve().parent.parent
WORK = PROJECT / "build" / "bench"
VENVS = WORK / "venvs"
ALLURE, JSON_REPORT = "allure-pytest==2.16.2", "pytest-json-report==1.5.0"
READER = "xmltodict==1.0.4"
_ALONE = {"trcli": "trcli==1.15.3", "plots": "matplotlib==3.11.2"}
_PIP = (sys.executable, "-m", "pip", "--quiet", "--quiet", "--disable-pip-version-check")
"""One pip for all: it compiles with the interpreter of the environment."""

_SAME_PARSERS = ("junitparser==", "lxml==")
_MINORS = range(10, 15)


def all_pythons() -> dict[str, str]:
    """Return the interpreters that are found, also by pyenv, by version: ``3.11``."""
    own = f"3.{sys.version_info.minor}"
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"), "versions")
    found = {}
    for version in (f"3.{minor}" for minor in _MINORS):
        candidates = [sys.executable] if version == own else [shutil.which(f"python{version}")]
        candidates += [str(each) for each in sorted(pyenv.glob(f"{version}.*/bin/python"))]
        works = (each for each in candidates if each and _runs(each))
        if python := next(works, None):
            found[version] = python
    return found


def python_of(name: str, version: str) -> str:
    """Return the interpreter of an environment, which is made first where it is not there.

    Args:
        name: Which environment.
        version: Of which Python: ``3.11``.
    """
    _make(name, version)
    return _python(name, version)


def release_of(version: str) -> str:
    """Return the version of Python to its last part: ``3.11.7``."""
    command = [all_pythons()[version], "-c", "import platform; print(platform.python_version())"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def module_count() -> int:
    """Return how many modules the wheel has."""
    with ZipFile(_wheel()) as wheel:
        return sum(name.endswith(".py") for name in wheel.namelist())


@cache
def _make(name: str, version: str) -> None:
    if name in {"jama", "plugins", "served"}:
        extra = "[sandbox]" if name == "served" else ""
        peers = [ALLURE, JSON_REPORT] if name == "plugins" else []
        _make_kept(name, version, ["pytest", *peers])
        # what it needs, where that is not there yet; then itself, which may have changed
        _pip(name, version, "install", _wheel() + extra)
        _pip(name, version, "install", "--force-reinstall", "--no-deps", _wheel())
        return
    if name in _ALONE:
        _make_kept(name, version, [_ALONE[name]])
        return
    _make("jama", version)
    kept = [line for line in _freeze("jama", version) if not line.startswith("pytest-jama")]
    pytest = next(line for line in kept if line.startswith("pytest=="))
    requirements = {
        "plain": [pytest],
        "deps": kept,
        "allure": [pytest, ALLURE],
        "json-report": [pytest, JSON_REPORT],
        "readers": [*(line for line in kept if line.startswith(_SAME_PARSERS)), READER],
    }
    _make_kept(name, version, requirements[name])


def _make_kept(name: str, version: str, requirements: list[str]) -> None:
    python = all_pythons()[version]
    stamp = VENVS / version / name / "requirements.txt"
    release = subprocess.run([python, "-VV"], check=True, capture_output=True, text=True).stdout
    wanted = "\n".join([release, *requirements])
    if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        return
    print(f"making the environment {name} of Python {version}", file=sys.stderr, flush=True)
    make = (python, "-m", "venv", "--clear", "--without-pip", str(stamp.parent))
    subprocess.run(make, check=True)
    _pip(name, version, "install", *requirements)
    stamp.write_text(wanted, encoding="utf-8")


@cache
def _wheel() -> str:
    folder = WORK / "wheel"
    shutil.rmtree(folder, ignore_errors=True)
    command = (*_PIP, "wheel", "--no-deps", "--wheel-dir", str(folder), str(PROJECT))
    subprocess.run(command, check=True)
    return str(next(folder.glob("*.whl")))


def _python(name: str, version: str) -> str:
    return str(VENVS / version / name / "bin" / "python")


def _runs(python: str) -> bool:
    # pyenv has a command for each version, also for those that are not chosen
    return not subprocess.run([python, "-c", "pass"], check=False, capture_output=True).returncode


def _freeze(name: str, version: str) -> list[str]:
    command = (*_PIP, "--python", _python(name, version), "freeze")
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()


def _pip(name: str, version: str, *arguments: str) -> None:
    subprocess.run((*_PIP, "--python", _python(name, version), *arguments), check=True)
