"""Errors of ours cost what we do, never the session."""

from __future__ import annotations

import pytest

from pytest_jama.core.errors import ErrorLog
from pytest_jama.plugin.guard import Guarded, guarded


class Plugin(Guarded):
    """A plugin object with hooks that fail in several ways."""

    def __init__(self) -> None:
        super().__init__(ErrorLog())

    @guarded
    def pytest_works(self, number: int) -> int:
        """Work."""
        return number + 1

    @guarded
    def pytest_breaks(self) -> int:
        """Break."""
        raise KeyError("oops")

    @guarded
    def pytest_refuses(self) -> None:
        """Refuse the session."""
        raise pytest.UsageError("wrong")

    @guarded
    def pytest_is_interrupted(self) -> None:
        """Be interrupted."""
        raise KeyboardInterrupt


def test_hook_that_works_answers() -> None:
    assert Plugin().pytest_works(1) == 2


def test_hook_that_breaks_answers_nothing_and_is_remembered() -> None:
    plugin = Plugin()
    assert plugin.pytest_breaks() is None
    assert plugin.errors.where == "pytest_breaks"
    assert isinstance(plugin.errors.first, KeyError)


@pytest.mark.parametrize("is_registered", [True, False])
def test_plugin_object_is_let_go_of_once(
    is_registered: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # some keep things for later sessions
    config, plugin = pytest.Config.fromdictargs({}, []), Plugin()
    if is_registered:
        config.pluginmanager.register(plugin)
    plugin.pytest_unconfigure(config)
    assert config.pluginmanager.is_registered(plugin) is False
    assert bool(vars(plugin)) is not is_registered


def test_first_error_is_kept_and_all_are_counted() -> None:
    errors = ErrorLog()
    for text in ("first", "second", "third"):
        errors.add(ValueError(text), where="somewhere")
    assert (str(errors.first), errors.count) == ("first", 3)


@pytest.mark.parametrize("costs_nothing", [True, False])
def test_errors_that_may_cost_results_are_told_apart(costs_nothing: bool) -> None:
    errors = ErrorLog()
    errors.add(ValueError(), where="somewhere", costs_nothing=costs_nothing)
    assert errors.may_cost_results is not costs_nothing


def test_usage_errors_pass() -> None:
    with pytest.raises(pytest.UsageError):
        Plugin().pytest_refuses()


def test_interrupts_pass() -> None:
    with pytest.raises(KeyboardInterrupt):
        Plugin().pytest_is_interrupted()
