"""A hook that raises no ordinary exception is named like any other, and costs only itself."""

from __future__ import annotations

import pytest

from pytest_jama import hookimpl
from pytest_jama.config import Settings
from pytest_jama.core.results import Outcome
from pytest_jama.core.verdicts import Verdict
from pytest_jama.extensions import BrokenHookError, Extensions
from pytest_jama.troubles import Troubles
from tests.core.values import case_of, result_of


class UnprintableError(Exception):
    """Has no text."""

    def __str__(self) -> str:
        raise ValueError("no text")


ODD = {
    "Failed: own": pytest.fail.Exception("own"),
    "Skipped: own": pytest.skip.Exception("own"),
    "SystemExit: 9": SystemExit(9),
    "SystemExit": SystemExit(),
    "GeneratorExit": GeneratorExit(),
    "UnprintableError": UnprintableError(),
}


class BrokenPlugin:
    """Raises the same in each hook."""

    def __init__(self, error: BaseException) -> None:
        self._error = error

    @hookimpl
    def find_case_refs(self) -> None:
        raise self._error

    @hookimpl
    def adjust_verdict(self) -> None:
        raise self._error

    @hookimpl
    def make_target(self) -> None:
        raise self._error

    @hookimpl
    def upload_finished(self) -> None:
        raise self._error


def break_with(error: BaseException) -> tuple[Extensions, Troubles]:
    """Return extensions in which every hook raises, and where they complain."""
    troubles = Troubles()
    extensions = Extensions(Settings(), complain=troubles.add)
    extensions.register(BrokenPlugin(error))
    return extensions, troubles


@pytest.mark.parametrize("said", ODD)
def test_broken_adjust_verdict_leaves_the_verdict(said: str) -> None:
    extensions, troubles = break_with(ODD[said])
    verdicts = (case_of(Verdict.PASSED),)
    assert extensions.adjust_all(verdicts) == verdicts
    assert (troubles.where, str(troubles.first)) == ("hook adjust_verdict", said)


@pytest.mark.parametrize("said", ODD)
def test_broken_find_case_refs_leaves_the_map(said: str) -> None:
    extensions, troubles = break_with(ODD[said])
    assert extensions.find_links(result_of(Outcome.PASSED)) == ()
    assert (troubles.where, str(troubles.first)) == ("hook find_case_refs", said)


@pytest.mark.parametrize("said", ODD)
def test_broken_upload_finished_costs_nothing(said: str) -> None:
    extensions, troubles = break_with(ODD[said])
    extensions.upload_finished(report=None)  # type: ignore[arg-type] # never looked at
    assert (troubles.where, str(troubles.first)) == ("hook upload_finished", said)
    assert not troubles.may_cost_results


@pytest.mark.parametrize("said", ODD)
def test_broken_make_target_can_be_caught(said: str) -> None:
    extensions, _ = break_with(ODD[said])
    with pytest.raises(BrokenHookError, match=f"^{said}$"):
        extensions.make_target()


def test_interrupt_in_a_hook_stays_one() -> None:
    extensions, _ = break_with(KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        extensions.adjust_all((case_of(Verdict.PASSED),))
