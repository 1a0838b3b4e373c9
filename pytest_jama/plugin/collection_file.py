"""Writes which tests pytest collected into a file, for commands that need to know and run none.

``python -m pytest --collect-only -p pytest_jama.plugin.collection_file`` writes the file that the
variable `FILE_VARIABLE` names; see `pytest_jama/cli/collecting.py`. It is not an option, since no
person ever gives it.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_jama.core.errors import ErrorLog
from pytest_jama.core.text import first_line
from pytest_jama.hooks.extensions import Extensions, has_hooks
from pytest_jama.plugin.activation import load
from pytest_jama.plugin.collection import CollectedTests
from pytest_jama.plugin.collector import ResultCollector
from pytest_jama.plugin.rootdir import way_to_rootdir

if TYPE_CHECKING:
    from pytest_jama.config import LoadedSettings, SharedSettings

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
    file = CollectionFile(
        config, load(config, unused=("run", "headers")), Path(os.environ[FILE_VARIABLE])
    )
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
        reader = CollectedTests(self._log, self._collector.add_collected)
        config.pluginmanager.register(reader, "jama-collected-tests")

    def pytest_sessionstart(self) -> None:
        """Let the hooks of conftests take part that would in a session with results."""
        plugins = self._config.pluginmanager.get_plugins()
        self._extensions.register(*filter(has_hooks, plugins))

    @pytest.hookimpl(tryfirst=True)
    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Keep what could not be collected, and markers that cannot be understood."""
        self._mistakes += getattr(report, "pytest_jama", ())
        if report.failed:
            lines = str(report.longrepr).splitlines()
            said = [line.removeprefix("E ").strip() for line in lines if line.startswith("E ")]
            why = said[-1] if said else first_line(str(report.longrepr))
            self._errors.setdefault(report.nodeid, why)

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
        }
        self._path.write_text(json.dumps(content), encoding="utf-8")

    def _refuse_link(self, test_id: str, why: str) -> None:
        self._mistakes.append(f"{test_id}: {why}")
