"""Settings of pytest that say what is collected, and that a command line overrides.

``-o``/``--override-ini`` there or in ``PYTEST_ADDOPTS`` is of one session, so that this may have
collected only a part; what the configuration file says, also in its ``addopts``, is the whole.
"""

from __future__ import annotations

import argparse
import configparser
import importlib
import os
import shlex
import sys
from typing import TYPE_CHECKING, Any

import pytest

from pytest_jama.core.left_out import find_deselecting

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from pytest_jama.core.left_out import DeselectingOption

_DESELECT: Mapping[str, tuple[str, ...]] = {
    "markexpr": ("-m",),
    "keyword": ("-k",),
    "deselect": ("--deselect",),
    "lf": ("--lf", "--last-failed"),
    "stepwise": ("--sw", "--stepwise"),
    "jama_select": ("--jama-select",),
}
"""The options that deselect tests, by the name of their value, the first spelling for messages.

Source: pytest, ``_pytest/mark/__init__.py``, ``main.py``, ``cacheprovider.py``, ``stepwise.py``.
"""


def read_deselecting(config: pytest.Config) -> tuple[DeselectingOption, ...]:
    """Return the options that deselect tests in this session, and where each of them stands."""
    file = f"addopts in {config.inipath.name}" if config.inipath else "addopts"
    sources = (
        (file, config.getini("addopts")),
        ("PYTEST_ADDOPTS", _split(os.environ.get("PYTEST_ADDOPTS", ""))),
        ("command line", list(map(str, config.invocation_params.args))),
    )
    values = {spelt: config.getoption(name, None) for name, spelt in _DESELECT.items()}
    return find_deselecting(values, sources)


def _split(arguments: str) -> list[str]:
    try:
        return shlex.split(arguments)
    except ValueError:  # pytest has read them already, in its own way
        return arguments.split()


_DEFAULTS: Mapping[str, Sequence[str]] = {
    "python_files": ("test_*.py", "*_test.py"),
    "python_classes": ("Test",),
    "python_functions": ("test",),
    "norecursedirs": (
        "*.egg",
        ".*",
        "_darcs",
        "build",
        "CVS",
        "dist",
        "node_modules",
        "venv",
        "{arch}",
    ),
    "testpaths": (),
}
"""Source: pytest, ``_pytest/python.py`` and ``_pytest/main.py``, ``pytest_addoption``."""

_of_file = pytest.StashKey[dict[str, "Sequence[str]"]]()


def value_of_file(config: pytest.Config, name: str) -> Sequence[str]:
    """Return the value that a setting has without the overrides of the command line."""
    if _of_file not in config.stash:
        config.stash[_of_file] = _read_overridden(config)
    known = config.stash[_of_file].get(name)
    return list(map(str, config.getini(name))) if known is None else known


def read_override(config: pytest.Config, name: str) -> Sequence[str] | None:
    """Return the patterns that the command line gives instead; None when it leaves nothing out."""
    patterns = list(map(str, config.getini(name)))
    return None if set(value_of_file(config, name)) <= set(patterns) else patterns


def _read_overridden(config: pytest.Config) -> dict[str, Sequence[str]]:
    """Return what the settings would be that the command line overrides."""
    given: list[str] = config.getoption("override_ini") or []
    if not given:
        return {}
    always = _find_overrides(config.getini("addopts"))  # they come first
    names = {each.partition("=")[0].strip() for each in given[len(always) :]} & _DEFAULTS.keys()
    if not names:
        return {}
    file = {} if config.inipath is None else _read_file(config.inipath)
    values = {name: _as_patterns(value) for name, value in file.items() if name in names}
    for each in always:
        name, _, value = each.partition("=")
        values[name.strip()] = shlex.split(value)
    return {name: values.get(name, _DEFAULTS[name]) for name in names}


def _find_overrides(arguments: Sequence[str]) -> Sequence[str]:
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("-o", "--override-ini", action="append", default=[])
    found: list[str] = parser.parse_known_args(list(arguments))[0].override_ini
    return found


def _read_file(path: Path) -> dict[str, Any]:
    """Return what a configuration file says; pytest tells only what became of it.

    Source: https://docs.pytest.org/en/stable/reference/customize.html
    """
    if path.suffix == ".toml":
        reader = importlib.import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")
        content = reader.loads(path.read_text(encoding="utf-8"))
        table = content.get("tool", content).get("pytest", {})
        return {**table, **table.get("ini_options", {})}
    parser = configparser.RawConfigParser(strict=False, allow_no_value=True)
    parser.read(path, encoding="utf-8")
    section = "tool:pytest" if path.suffix == ".cfg" else "pytest"
    return dict(parser[section]) if parser.has_section(section) else {}


def _as_patterns(value: Any) -> Sequence[str]:
    return shlex.split(value) if isinstance(value, str) else list(map(str, value))
