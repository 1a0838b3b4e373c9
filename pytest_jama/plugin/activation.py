"""What ``--jama`` and ``--junitxml`` start: the plugin objects, and for the first the settings."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_jama.core.errors import ErrorLog
from pytest_jama.plugin.attempts import ATTEMPTS, AttemptEndings, Attempts
from pytest_jama.plugin.collection import CollectedTests, FirstReport, MarkersForFile

if TYPE_CHECKING:
    from pytest_jama.config import LoadedSettings
    from pytest_jama.core.errors import SettingsError

SETTING_FLAGS = ("url", "project", "plan", "cycle", "strict")
"""The settings that have a flag."""

_RUNS_NO_TESTS = (
    "collectonly",
    "setuponly",
    "setupplan",
    "help",
    "version",
    "showfixtures",
    "show_fixtures_per_test",
)


def activate(config: pytest.Config) -> None:
    """Start reporting in this process: pytest itself, or a worker or the controller of xdist.

    Raises:
        pytest.UsageError: When the settings are wrong; with all mistakes.
    """
    if any(config.getoption(name, None) for name in _RUNS_NO_TESTS):
        return
    # `--lf` filters files while it collects them, so that the tests it left out are unknown;
    # without this wrapper it deselects the same tests afterwards, visibly.
    config.pluginmanager.set_blocked("lfplugin-collwrapper")
    if hasattr(config, "workerinput"):
        first_report = FirstReport(ErrorLog(), config.pluginmanager)
        config.pluginmanager.register(first_report, "jama-first-report")
        collection = CollectedTests(first_report.errors, first_report.keep)
    else:
        from pytest_jama.plugin.reporter import Reporter  # noqa: PLC0415 (workers need none of it)

        reporter = Reporter(config, _with_lock(load(config), config))
        config.pluginmanager.register(reporter, "jama-reporter")
        collection = CollectedTests(reporter.errors, reporter.add_collected)
    config.pluginmanager.register(collection, "jama-collection")
    _carry_evidence(config, collection.errors)


def activate_file(config: pytest.Config) -> None:
    """Let ``--junitxml`` have what tests say of test cases; `junit-uploader` may read it later."""
    if any(config.getoption(name, None) for name in _RUNS_NO_TESTS):
        return
    markers = MarkersForFile(ErrorLog())
    config.pluginmanager.register(markers, "jama-markers")
    _carry_evidence(config, markers.errors)


def _carry_evidence(config: pytest.Config, errors: ErrorLog) -> None:
    """Put what tests say of themselves on their reports, in the process that runs them."""
    plugins = config.pluginmanager
    attempts = Attempts(errors)
    plugins.register(attempts, ATTEMPTS)
    if "flaky.flaky_pytest_plugin" in sys.modules or "pytest_retry" in sys.modules:
        plugins.register(AttemptEndings(attempts), "jama-attempt-endings")
    if hasattr(config.hook, "pytest_bdd_before_step"):
        from pytest_jama.plugin.scenario_steps import ScenarioSteps  # noqa: PLC0415 (only there)

        plugins.register(ScenarioSteps(attempts), "jama-scenario-steps")


def load(config: pytest.Config) -> LoadedSettings:
    """Load the settings for a pytest session.

    Raises:
        pytest.UsageError: With every mistake, a line each.
    """
    from pytest_jama.config import load_settings  # noqa: PLC0415 (pydantic)
    from pytest_jama.core.errors import SettingsError  # noqa: PLC0415

    named = config.getoption("--jama-config")
    try:
        return load_settings(
            start=config.rootpath,
            file=Path(config.invocation_params.dir, named) if named else None,
            flags={name: config.getoption(f"--jama-{name}") for name in SETTING_FLAGS},
            environ=os.environ,
            needs_target=not config.getoption("--jama-no-upload"),
        )
    except SettingsError as exc:
        raise _refusal(exc) from exc


def _with_lock(loaded: LoadedSettings, config: pytest.Config) -> LoadedSettings:
    from pytest_jama.config import with_lock  # noqa: PLC0415 (pydantic)
    from pytest_jama.core.errors import SettingsError  # noqa: PLC0415

    try:
        return with_lock(loaded, start=config.rootpath)
    except SettingsError as exc:
        raise _refusal(exc) from exc


def _refusal(error: SettingsError) -> pytest.UsageError:
    return pytest.UsageError(f"pytest-jama cannot start:\n{error}")
