"""A hook that raises no ordinary exception is named like any other, and costs only itself."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

import pytest_jama
from pytest_jama import hookimpl
from pytest_jama.config import Settings
from pytest_jama.config.octane_settings import OctaneSettings
from pytest_jama.core.case_map import CaseMap, MapEntry
from pytest_jama.core.cases import parse_links
from pytest_jama.core.errors import ErrorLog
from pytest_jama.core.results import Outcome, TestResult
from pytest_jama.core.verdicts import CaseVerdict, StepVerdict, Verdict
from pytest_jama.hooks.extensions import BrokenHookError, Extensions
from tests.core.values import case_of, result_of
from tests.every import every


def test_what_the_package_does_not_offer_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'pytest_jama' has no attribute 'hookimpls'"):
        getattr(pytest_jama, "hookimpls")  # noqa: B009 (mypy knows that there is none)


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


def break_with(error: BaseException) -> tuple[Extensions, ErrorLog]:
    """Return extensions in which every hook raises, and where they complain."""
    troubles = ErrorLog()
    extensions = Extensions(Settings(), errors=troubles)
    extensions.register(BrokenPlugin(error))
    return extensions, troubles


@every("said", ODD)
def test_broken_adjust_verdict_leaves_the_verdict(said: str) -> None:
    extensions, troubles = break_with(ODD[said])
    verdicts = (case_of(Verdict.PASSED),)
    assert extensions.adjust_all(verdicts) == verdicts
    assert (troubles.where, str(troubles.first)) == ("hook adjust_verdict", said)


def _result(**changes: Any) -> TestResult:
    return result_of(Outcome.PASSED)._replace(**changes)


WRONG: dict[str, dict[str, Any]] = {
    "'BLOKED' is not a valid Verdict": {"verdict": "BLOKED"},
    "5 is not a valid Verdict": {"verdict": 5},
    "with 'x', which is not a CaseRef": {"case_ref": "x"},
    "'NoneType' object is not iterable": {"results": None},
    "with 1, which is not a TestResult": {"results": (1,)},
    "with None, which is not a str": {"results": (_result(message=None),)},
    "with 2, which is not a str": {"results": (_result(notes=(2,)),)},
    "'ok' is not a valid Outcome": {"results": (_result(outcome="ok"),)},
    "with 3, which is not a StepVerdict": {"steps": (3,)},
    "0 is not a step number": {"steps": (StepVerdict(0, Verdict.PASSED),)},
    "'good' is not a valid Verdict": {"steps": (StepVerdict(1, "good"),)},  # type: ignore[arg-type]
    "with 4, which is not a str": {"steps": (StepVerdict(1, Verdict.PASSED, (4,)),)},  # type: ignore[arg-type]
}


class Adjusting:
    """Answers verdicts with other values."""

    def __init__(self, **changes: Any) -> None:
        self._changes = changes

    @hookimpl
    def adjust_verdict(self, verdict: CaseVerdict) -> CaseVerdict:
        return replace(verdict, **self._changes)


@every("said", WRONG)
def test_adjusted_verdict_with_a_wrong_value_leaves_the_verdict(said: str) -> None:
    troubles = ErrorLog()
    extensions = Extensions(Settings(), errors=troubles)
    extensions.register(Adjusting(**WRONG[said]))
    verdicts = (case_of(Verdict.PASSED),)
    assert extensions.adjust_all(verdicts) == verdicts
    assert said in str(troubles.first)
    assert troubles.where == "hook adjust_verdict"


def test_text_of_a_verdict_is_as_good_as_the_verdict() -> None:
    troubles = ErrorLog()
    extensions = Extensions(Settings(), errors=troubles)
    steps = [StepVerdict(1, "FAILED", ["low"])]  # type: ignore[arg-type]
    extensions.register(Adjusting(verdict="BLOCKED", steps=steps, results=[]))
    before = case_of(Verdict.PASSED)
    (after,) = extensions.adjust_all((before,))
    assert after == replace(
        before,
        verdict=Verdict.BLOCKED,
        steps=(StepVerdict(1, Verdict.FAILED, ("low",)),),
        results=(),
    )
    assert isinstance(after.verdict, Verdict)
    assert troubles.first is None


class Changing:
    """Changes a verdict itself, and says nothing or returns it."""

    def __init__(self, *, returns_it: bool) -> None:
        self._returns_it = returns_it

    @hookimpl
    def adjust_verdict(self, verdict: CaseVerdict) -> CaseVerdict | None:
        verdict.verdict = Verdict.BLOCKED
        return verdict if self._returns_it else None


@pytest.mark.parametrize("returns_it", [False, True])
def test_hook_that_changes_a_verdict_itself_is_told_and_changes_nothing(returns_it: bool) -> None:
    troubles = ErrorLog()
    extensions = Extensions(Settings(), errors=troubles)
    extensions.register(Changing(returns_it=returns_it))
    before = case_of(Verdict.PASSED)
    (after,) = extensions.adjust_all((before,))
    assert after is before
    assert after.verdict is Verdict.PASSED
    assert "return dataclasses.replace(verdict, verdict=...)" in str(troubles.first)


@every("said", ODD)
def test_broken_find_case_refs_leaves_the_map(said: str) -> None:
    extensions, troubles = break_with(ODD[said])
    assert extensions.find_links(result_of(Outcome.PASSED)) == ()
    assert (troubles.where, str(troubles.first)) == ("hook find_case_refs", said)


class Finding:
    """Names cases."""

    def __init__(self, refs: list[object]) -> None:
        self._refs = refs

    @hookimpl
    def find_case_refs(self) -> list[object]:
        return self._refs


@every(
    "refs, expected, errors",
    [
        (["A-1", "bad", 20497], ["A-1", "20497"], 1),
        (["bad"], ["M-1"], 1),
        (["None"], ["none"], 0),
    ],
)
def test_bad_reference_of_find_case_refs_costs_only_itself(
    refs: list[object], expected: list[str], errors: int
) -> None:
    tests = CaseMap.build([MapEntry("test_a.py", parse_links("M-1"))])[0]
    troubles = ErrorLog()
    extensions = Extensions(Settings(tests=tests), errors=troubles)
    extensions.register(Finding(refs))
    links = extensions.find_links(TestResult("test_a.py::test_it", Outcome.PASSED))
    assert (list(map(str, links)), troubles.count) == (expected, errors)


@every("said", ODD)
def test_broken_upload_finished_costs_nothing(said: str) -> None:
    extensions, troubles = break_with(ODD[said])
    extensions.upload_finished(report=None)  # type: ignore[arg-type] # never looked at
    assert (troubles.where, str(troubles.first)) == ("hook upload_finished", said)
    assert not troubles.may_cost_results


@every("said", ODD)
def test_broken_make_target_can_be_caught(said: str) -> None:
    extensions, _ = break_with(ODD[said])
    with pytest.raises(BrokenHookError, match=f"^{said}$"):
        extensions.make_target()


def test_interrupt_in_a_hook_stays_one() -> None:
    extensions, _ = break_with(KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        extensions.adjust_all((case_of(Verdict.PASSED),))


def test_a_hook_that_names_cases_is_not_asked_for_a_server_without_them() -> None:
    log = ErrorLog()
    extensions = Extensions(OctaneSettings(), errors=log)
    extensions.register(BrokenPlugin(OSError("asked")))

    links = extensions.find_links(result_of(Outcome.PASSED))

    assert (links, log.count) == ((), 0)
