"""What ``--jama``, ``--octane`` and ``--junitxml`` start: plugin objects, and their settings."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from pytest_jama.core.errors import ErrorLog
from pytest_jama.core.text import printable
from pytest_jama.plugin.attempts import COLLECTION, AttemptEndings, start_attempts
from pytest_jama.plugin.collection import CollectedTests, FirstReport, MarkersForFile
from pytest_jama.plugin.rootdir import RootdirForFile, way_to_rootdir

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from pytest_jama.config import LoadedSettings, SharedSettings
    from pytest_jama.core.cases import CaseLink
    from pytest_jama.core.errors import SettingsError
    from pytest_jama.core.plan import Mode
    from pytest_jama.plugin.collection import CollectedPlain

SETTING_FLAGS = ("url", "project", "plan", "cycle", "report", "strict", "journal")
"""The settings for Jama that have a flag."""


class ServerKind(NamedTuple):
    """A kind of server that a session may report to.

    Attributes:
        option: The option that wants it; its other options begin with that.
        title: The title of its section in the summary.
        flags: The settings that have a flag.
    """

    option: str
    title: str
    flags: tuple[str, ...]


JAMA = ServerKind("jama", "Jama Connect", SETTING_FLAGS)
OCTANE = ServerKind("octane", "ALM Octane", ("journal", "report"))
KINDS = (JAMA, OCTANE)

_RUN_AGAIN_SILENTLY = frozenset({"flaky.flaky_pytest_plugin", "pytest_retry.retry_plugin"})
_RUN_AGAIN = _RUN_AGAIN_SILENTLY | {"pytest_rerunfailures"}
"""The modules of plugins that run a test again; the first two do not report every attempt."""

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
    refuse_lonely(config)
    if any(config.getoption(name, None) for name in _RUNS_NO_TESTS):
        is_ours = config.pluginmanager.hasplugin("pytest_jama.plugin.collection_file")
        if config.option.collectonly and not is_ours:  # our commands want to know all tests
            _select(config, None, lambda item: item.nodeid)
        return
    # `--lf` filters files while it collects them, so that the tests it left out are unknown;
    # without this wrapper it deselects the same tests afterwards, visibly.
    config.pluginmanager.set_blocked("lfplugin-collwrapper")
    if hasattr(config, "workerinput"):
        first_report = FirstReport(ErrorLog(), config.pluginmanager)
        config.pluginmanager.register(first_report, "jama-first-report")
        collection = CollectedTests(first_report.errors, first_report.keep)
        _select(config, None, collection.id_of)
    else:
        collection = _register_reporters(config)
    config.pluginmanager.register(collection, COLLECTION)
    if getattr(config.option, "xmlpath", None):
        config.pluginmanager.register(RootdirForFile(collection.errors, config))
    _watch_attempts(config.pluginmanager, collection.errors)


def _register_reporters(config: pytest.Config) -> CollectedTests:
    """Start a reporter for each server; return what tells all of them what is collected."""
    from pytest_jama.plugin.reporter import Reporter  # noqa: PLC0415 (workers need none of it)

    kinds = [each for each in KINDS if config.getoption(each.option)]
    loaded = [(each, _with_lock(load(config, each), config)) for each in kinds]
    reporters = [
        Reporter(config, kind, settings, is_first=kind is kinds[0]) for kind, settings in loaded
    ]
    for each in reporters:
        config.pluginmanager.register(each, f"{each.kind.option}-reporter")

    def pass_on(collected: CollectedPlain, links: Mapping[str, tuple[CaseLink, ...]]) -> None:
        for each in reporters:
            each.add_collected(collected, links)

    collection = CollectedTests(reporters[0].errors, pass_on)
    _select(config, loaded[0][1], collection.id_of)
    return collection


def _select(
    config: pytest.Config,
    loaded: LoadedSettings[SharedSettings] | None,
    id_of: Callable[[pytest.Item], str],
) -> None:
    """Start the selection of tests by their cases, if the command line asks for one."""
    if config.option.jama_select is not None:
        from pytest_jama.plugin.case_selection import start_selection  # noqa: PLC0415 (rarely used)

        start_selection(config, loaded, id_of)


def refuse_lonely(config: pytest.Config) -> None:
    """Refuse options that say more of a report that is not wanted.

    Raises:
        pytest.UsageError: For the first of them.
    """
    for name in (each.option for each in KINDS if not config.getoption(each.option)):
        if config.getoption(f"{name}_dry_run"):
            raise pytest.UsageError(f"--{name}-dry-run says what --{name} would do: give both")
        if config.getoption(f"{name}_select", None) is not None:
            raise pytest.UsageError(f"--{name}-select selects for --{name}: give both")
        if config.getoption(f"{name}_report"):
            raise pytest.UsageError(f"--{name}-report reports a session with --{name}: give both")


def activate_file(config: pytest.Config) -> None:
    """Let ``--junitxml`` have what tests say of test cases; `junit-uploader` may read it later."""
    if any(config.getoption(name, None) for name in _RUNS_NO_TESTS):
        return
    markers = MarkersForFile(ErrorLog())
    config.pluginmanager.register(markers, COLLECTION)
    config.pluginmanager.register(RootdirForFile(markers.errors, config))
    _watch_attempts(config.pluginmanager, markers.errors)


def _watch_attempts(plugins: pytest.PytestPluginManager, errors: ErrorLog) -> None:
    """Keep attempts apart, and take up scenarios, where a plugin makes some."""
    has_scenarios = hasattr(plugins.hook, "pytest_bdd_before_step")
    if not has_scenarios and _RUN_AGAIN.isdisjoint(sys.modules):
        return
    attempts = start_attempts(plugins, errors)
    if not _RUN_AGAIN_SILENTLY.isdisjoint(sys.modules):
        plugins.register(AttemptEndings(attempts), "jama-attempt-endings")
    if has_scenarios:
        from pytest_jama.plugin.scenario_steps import ScenarioSteps  # noqa: PLC0415 (only there)

        plugins.register(ScenarioSteps(attempts), "jama-scenario-steps")


def load(
    config: pytest.Config, kind: ServerKind = JAMA, *, unused: tuple[str, ...] = ()
) -> LoadedSettings[SharedSettings]:
    """Load the settings for a pytest session.

    Args:
        config: The session.
        kind: The kind of server.
        unused: Settings that are left out when a variable in them is unset.

    Raises:
        pytest.UsageError: With every mistake, a line each.
    """
    from pytest_jama.config import kind_of, load_settings  # noqa: PLC0415 (pydantic)
    from pytest_jama.core.errors import SettingsError  # noqa: PLC0415

    named = config.getoption(f"--{kind.option}-config")
    is_offline = config.getoption(f"--{kind.option}-no-upload")
    flags = {name: config.getoption(f"--{kind.option}-{name}") for name in kind.flags}
    try:
        loaded = load_settings(
            start=config.rootpath,
            file=Path(config.invocation_params.dir, named) if named else None,
            flags={
                **flags,
                "journal": next(iter(_absolute(filter(None, [flags["journal"]]), config)), None),
                "report": _absolute(flags["report"] or (), config),
            },
            environ=os.environ,
            needs_target=not is_offline,
            may_keep=True,
            unused=("url", "headers", *unused) if is_offline else unused,
            kind=kind_of(kind.option),
        )
    except SettingsError as exc:
        raise _refusal(exc) from exc
    folder = way_to_rootdir(loaded.file, config)
    if not folder:
        return loaded.seen_in(config.rootpath)
    seen = loaded.settings.tests.seen_from(folder)
    return replace(loaded, settings=loaded.settings.model_copy(update={"tests": seen}))


def _absolute(names: Iterable[str], config: pytest.Config) -> list[str]:
    """Return paths of the command line, which are relative to where it was given."""
    return [os.path.join(config.invocation_params.dir, name) for name in names]  # noqa: PTH118 (may be empty)


def _with_lock(
    loaded: LoadedSettings[SharedSettings], config: pytest.Config
) -> LoadedSettings[SharedSettings]:
    from pytest_jama.config import with_lock  # noqa: PLC0415 (pydantic)
    from pytest_jama.core.errors import SettingsError  # noqa: PLC0415

    try:
        loaded = with_lock(loaded, start=config.rootpath)
    except SettingsError as exc:
        raise _refusal(exc) from exc
    folder = way_to_rootdir(loaded.file, config)
    if not folder or loaded.lock is None:
        return loaded
    return replace(loaded, lock=loaded.lock.seen_from(folder))


def _refusal(error: SettingsError) -> pytest.UsageError:
    return cannot_start(error.lines)


def cannot_start(mistakes: Iterable[str]) -> pytest.UsageError:
    """Return what ends a session before any test runs; pytest prints it, a line each."""
    return pytest.UsageError("\n".join(("pytest-jama cannot start:", *map(printable, mistakes))))


def mode_of(config: pytest.Config, kind: ServerKind) -> Mode:
    """Return what is done with the verdicts."""
    from pytest_jama.core.plan import Mode  # noqa: PLC0415 (workers need none of it)

    if config.getoption(f"--{kind.option}-no-upload"):
        return Mode.NO_UPLOAD
    return Mode.DRY_RUN if config.getoption(f"--{kind.option}-dry-run") else Mode.SEND
