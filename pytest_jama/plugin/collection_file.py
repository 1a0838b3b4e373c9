"""Writes which tests pytest collected into a file, for commands that need to know and run none.

``python -m pytest --collect-only -p pytest_jama.plugin.collection_file`` writes the file that the
variable `FILE_VARIABLE` names; see `pytest_jama/cli/collecting.py`. It is not an option, since no
person ever gives it.
"""

from __future__ import annotations

import inspect
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_jama.core.errors import ErrorLog
from pytest_jama.core.left_out import MapFindings, look_at_map
from pytest_jama.core.results import TestResult
from pytest_jama.core.text import shorten
from pytest_jama.hooks.extensions import Extensions, has_hooks
from pytest_jama.plugin.activation import JAMA, OCTANE, load
from pytest_jama.plugin.collection import CollectedTests
from pytest_jama.plugin.collector import ResultCollector
from pytest_jama.plugin.coverage import read_coverage
from pytest_jama.plugin.overrides import read_deselecting
from pytest_jama.plugin.rootdir import way_to_rootdir

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pytest_jama.config import LoadedSettings, SharedSettings
    from pytest_jama.core.cases import CaseLink
    from pytest_jama.plugin.collection import CollectedPlain

FILE_VARIABLE = "PYTEST_JAMA_COLLECTION_FILE"


def pytest_configure(config: pytest.Config) -> None:
    """Take part in the collection.

    Raises:
        pytest.UsageError: When the settings are wrong, or the plugin itself is not loaded.
    """
    if not config.pluginmanager.has_plugin("jama"):
        raise pytest.UsageError("the plugin pytest-jama is not loaded: leave out `-p no:jama`")
    # As in a session with --jama: what `--lf` leaves out stays known.
    config.pluginmanager.set_blocked("lfplugin-collwrapper")
    kind = OCTANE if config.getoption("octane") else JAMA
    loaded = load(config, kind, unused=("run", "headers"))
    file = CollectionFile(config, loaded, Path(os.environ[FILE_VARIABLE]))
    config.pluginmanager.register(file, "jama-collection-file")


class CollectionFile:
    """Collects what is collected, and writes it at the end of the session.

    Args:
        config: pytest's own.
        loaded: The settings, with the map and the pattern for names.
        path: The file.
    """

    def __init__(
        self, config: pytest.Config, loaded: LoadedSettings[SharedSettings], path: Path
    ) -> None:
        self._config = config
        folder = way_to_rootdir(loaded.file, config)
        self._above = f"{folder}/" if folder else ""
        self._path = path
        self._log = ErrorLog()
        self._extensions = Extensions(loaded.settings, errors=self._log)
        self._errors: dict[str, str] = {}
        self._mistakes: list[str] = []
        self._collector = ResultCollector(
            self._extensions.find_links, self._extensions.find_by_id, self._refuse_link
        )
        self._sources: dict[str, _Source] = {}
        self._settings = loaded.settings
        self._skipped: list[str] = []
        self._map = MapFindings()
        reader = CollectedTests(self._log, self._add_collected)
        reader.on_test = self._keep_source
        config.pluginmanager.register(reader, "jama-collected-tests")

    def pytest_sessionstart(self) -> None:
        """Let the hooks of conftests take part that would in a session with results."""
        plugins = self._config.pluginmanager.get_plugins()
        self._extensions.register(*filter(has_hooks, plugins))

    def _add_collected(
        self, collected: CollectedPlain, links: Mapping[str, tuple[CaseLink, ...]]
    ) -> None:
        self._collector.add_collected(collected, links)
        if self._settings.tests:
            failed = (*self._errors, *self._skipped)
            coverage = read_coverage(self._config, collected, failed=failed)
            tests = [
                TestResult(test_id, outcome, links=links)
                for outcome, tests in self._collector.collected.items()
                for test_id, links in tests.items()
            ]
            self._map = look_at_map(self._settings.tests, tests, coverage)

    @pytest.hookimpl(tryfirst=True)
    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Keep what could not be collected, and markers that cannot be understood."""
        self._mistakes += getattr(report, "pytest_jama", ())
        if report.failed:
            lines = str(report.longrepr).splitlines()
            said = [line.removeprefix("E ").strip() for line in lines if line.startswith("E ")]
            self._errors.setdefault(report.nodeid, said[-1] if said else _joined(lines))
        elif report.skipped and report.nodeid:
            self._skipped.append(report.nodeid)

    def pytest_sessionfinish(self) -> None:
        """Write the file, with test IDs that are relative to the folder of jama.yaml."""
        tests = [
            [self._above + test_id, outcome.value, [str(link) for link in links]]
            for outcome, tests in self._collector.collected.items()
            for test_id, links in tests.items()
        ]
        self._mistakes += [f"{each.where}: {each.why}" for each in self._log.unusable]
        if self._log.first is not None:
            self._mistakes.append(f"{self._log.where}: {self._log.first}")
        content = {
            "tests": tests,
            "uncollected": list(self._errors.items()),
            "mistakes": self._mistakes,
            "sources": self._sources,
            "taken_out": [self._above + test_id for test_id in self._collector.taken_out],
            "map": self._map.plain(),
            "deselecting": list(map(str, read_deselecting(self._config))),
        }
        self._path.write_text(json.dumps(content), encoding="utf-8")

    def _refuse_link(self, test_id: str, why: str) -> None:
        self._mistakes.append(f"{test_id}: {why}")

    def _keep_source(self, item: pytest.Item, test_id: str) -> None:
        self._sources[self._above + test_id] = _describe(item)


def _joined(lines: Iterable[str]) -> str:
    """Return a reason of pytest's own: one such as ``import file mismatch:`` goes on below."""
    first, *others = [line.strip() for line in lines if line.strip()] or [""]
    whole = " ".join((first, *others)) if first.endswith(":") else first
    return shorten(whole, at_most=_LONGEST_ARGUMENT)


_Source = dict[str, Any]
"""Of one test, what `pytest_jama.cli.collecting.TestSource` has: file (an absolute path), line
(from 1, or 0), docstring, markers, and steps as far as the test itself is a list of them."""

_LONGEST_ARGUMENT = 1000


def _describe(item: pytest.Item) -> _Source:
    path, line, _ = item.reportinfo()
    function = getattr(item, "obj", None)
    return {
        "file": os.path.abspath(path),  # noqa: PTH100 (of a text or a path)
        "line": 0 if line is None else line + 1,
        "docstring": _docstring(item, function),
        "markers": [
            (mark.name, [*map(_text, mark.args), *_named(mark)])
            for mark in item.iter_markers()
            if mark.name != "parametrize"  # long, and in the test ID already
        ],
        "steps": list(_scenario_steps(function)),
    }


def _docstring(item: pytest.Item, function: object) -> str:
    """Return the docstring of a test; of a doctest the one that it stands in."""
    doctest = getattr(item, "dtest", None)
    if doctest is not None:
        is_python = str(doctest.filename).endswith(".py")  # else it is a whole document
        text = doctest.docstring if is_python else ""
    else:
        text = getattr(function, "__doc__", "")
    return inspect.cleandoc(text) if isinstance(text, str) else ""


def _named(mark: pytest.Mark) -> Iterator[str]:
    return (f"{name}={_text(value)}" for name, value in mark.kwargs.items())


def _text(value: object) -> str:
    """Return an argument of a marker as text; any class may be one, and its `repr` may fail."""
    is_plain = value is None or isinstance(value, (str, int, float, list, tuple, set))
    try:
        text = str(value) if is_plain else type(value).__name__
    except Exception:  # noqa: BLE001 (code of users)
        text = type(value).__name__
    return shorten(text, at_most=_LONGEST_ARGUMENT)


def _scenario_steps(function: object) -> Iterator[tuple[int, str, str]]:
    """Yield the steps of a scenario of pytest-bdd: number, action, expected result."""
    scenario = getattr(function, "__scenario__", None)
    for number, step in enumerate(getattr(scenario, "steps", None) or (), 1):
        keyword = str(getattr(step, "keyword", "")).strip()
        yield number, f"{keyword} {getattr(step, 'name', '')}".strip(), ""
