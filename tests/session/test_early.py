"""Sending while tests run: what goes out when, through a target that does as it is told."""

from __future__ import annotations

import queue
import threading
from typing import TYPE_CHECKING

import pytest

from pytest_jama.config import Settings
from pytest_jama.core.cases import parse_links
from pytest_jama.core.errors import CredentialsError, ErrorLog, OutOfReachError
from pytest_jama.core.plan import Findings
from pytest_jama.core.results import Outcome
from pytest_jama.core.verdicts import Judgement, VerdictRules, judge
from pytest_jama.hooks.extensions import Extensions
from pytest_jama.session.deliver import Delivery
from pytest_jama.session.early import EarlyUpload
from pytest_jama.session.final_cases import FinalCases
from tests.core.values import result_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_jama.core.port import Observer
    from pytest_jama.core.verdicts import CaseVerdict

LONG_S = 20.0


class ScriptedTarget:
    """Tells what it is given, and answers as the script says; then it takes everything."""

    def __init__(self, *script: BaseException) -> None:
        self.calls: queue.Queue[Findings] = queue.Queue()
        self.is_ended = False
        self._script = list(script)

    def send_early(self, findings: Findings, *, observer: Observer) -> None:  # noqa: ARG002
        self.calls.put(findings)
        if self._script:
            raise self._script.pop(0)

    def end_early(self) -> None:
        self.is_ended = True

    def next_call(self) -> dict[str, str]:
        """Return the verdicts of the next call."""
        cases = self.calls.get(timeout=LONG_S).judgement.cases
        return {str(case.case_ref): case.verdict.value if case.verdict else "" for case in cases}


class World:
    """A session of four tests, and what becomes of it."""

    def __init__(self, target: ScriptedTarget, *, has_hooks: bool = False) -> None:
        self.target = target
        self.tests = {test.test_id: test for test in TESTS}
        self.lines: list[str] = []
        self.asked: list[str] = []
        errors = ErrorLog()
        extensions = Extensions(Settings(), errors=errors)
        self.delivery = Delivery(extensions, errors, server="", write=lambda _: None)
        self.early = EarlyUpload(
            FinalCases(self.tests.values(), order=self.tests.keys),
            target,
            delivery=self.delivery,
            rules=VerdictRules(),
            adjust_all=self.ask if has_hooks else None,
            write=lambda *several: self.lines.extend(several),
            find_findings=lambda: Findings((), Judgement(), "pytest 9", session="s"),
            retry_s=0.01,
        )

    def ask(self, cases: Sequence[CaseVerdict]) -> tuple[CaseVerdict, ...]:
        assert threading.current_thread() is threading.main_thread()
        self.asked += [str(case.case_ref) for case in cases]
        return tuple(cases)

    def finish(self, test: str, outcome: Outcome = Outcome.PASSED) -> None:
        self.tests[test] = self.tests[test]._replace(outcome=outcome)
        self.early.take(self.tests[test])

    def warnings(self) -> list[str]:
        """Return what is said beside the results."""
        return self.delivery._warnings  # noqa: SLF001 (it goes into a report)


TESTS = [
    result_of(Outcome.NOT_REACHED, test="a", cases="TC-1"),
    result_of(Outcome.NOT_REACHED, test="b", cases="TC-1"),
    result_of(Outcome.NOT_REACHED, test="c", cases="TC-2"),
    result_of(Outcome.DESELECTED, test="d", cases="TC-3"),
]


@pytest.fixture
def worlds() -> Iterator[list[World]]:
    """Worlds that come to an end."""
    made: list[World] = []
    yield made
    for each in made:
        each.early.close()


@pytest.fixture(params=[False, True], ids=["without-hooks", "with-hooks"])
def world(worlds: list[World], request: pytest.FixtureRequest) -> World:
    """A session whose target takes everything."""
    worlds.append(World(ScriptedTarget(), has_hooks=request.param))
    return worlds[0]


def test_a_verdict_goes_out_when_the_last_test_of_its_case_has_ended(world: World) -> None:
    world.finish("c")

    assert world.target.next_call() == {"TC-3": "", "TC-2": "PASSED"}
    world.finish("a")
    world.finish("b", Outcome.FAILED)
    assert world.target.next_call() == {"TC-1": "FAILED"}


def test_the_target_hears_of_the_cases_that_are_awaited(world: World) -> None:
    world.finish("c")

    findings = world.target.calls.get(timeout=LONG_S)
    assert list(map(str, findings.awaited)) == ["TC-1"]
    assert (findings.provenance, findings.session) == ("pytest 9", "s")


def test_the_target_hears_of_a_case_that_a_test_has_named_while_it_ran(world: World) -> None:
    world.tests["c"] = world.tests["c"]._replace(links=parse_links("TC-2, TC-9"))
    world.finish("c")

    findings = world.target.calls.get(timeout=LONG_S)
    assert sorted(map(str, findings.awaited)) == ["TC-1", "TC-9"]


def test_the_journal_has_a_verdict_before_the_target(world: World) -> None:
    world.finish("c")
    world.target.next_call()

    assert [line.split(",")[1] for line in world.lines] == ['"case":"TC-2"', '"case":"TC-3"']


def test_hooks_are_asked_once(worlds: list[World]) -> None:
    world = World(ScriptedTarget(), has_hooks=True)
    worlds.append(world)
    world.finish("c")
    world.target.next_call()
    world.early.end()
    world.early.join()
    (case, *_) = (each for each in world.early._judged.values() if each)  # noqa: SLF001

    assert world.early.adjust_all((case,)) == (case,)
    assert world.asked == ["TC-2", "TC-3"]


def test_at_the_end_the_journal_lacks_what_was_not_taken_alone(world: World) -> None:
    world.finish("c")
    world.target.next_call()
    world.early.end()
    world.finish("a")
    world.finish("b")

    whole = judge(world.tests.values(), rules=VerdictRules())
    whole = whole._replace(cases=world.early.adjust_all(whole.to_write))
    assert [str(each.case_ref) for each in world.early.unwritten(whole).cases] == ["TC-1"]


def test_another_result_of_a_test_replaces_the_verdict(world: World) -> None:
    world.finish("c")
    world.target.next_call()
    world.finish("c", Outcome.FAILED)
    world.finish("a")
    world.finish("b")

    assert world.target.next_call() == {"TC-1": "PASSED"}
    verdicts = [line.split(",")[2] for line in world.lines if '"case":"TC-2"' in line]
    assert verdicts == ['"verdict":"PASSED"', '"verdict":"FAILED"']
    assert world.asked in ([], ["TC-2", "TC-3", "TC-2", "TC-1"])


def test_a_server_that_cannot_be_used_is_tried_again_with_what_came_since(
    worlds: list[World],
) -> None:
    world = World(ScriptedTarget(OutOfReachError("no answer"), OutOfReachError("no answer")))
    worlds.append(world)

    world.finish("c")
    assert world.target.next_call() == {"TC-3": "", "TC-2": "PASSED"}
    assert world.target.next_call() == {}
    assert world.target.next_call() == {}
    world.finish("a")
    world.finish("b")
    assert world.target.next_call() == {"TC-1": "PASSED"}
    assert world.warnings() == []


@pytest.mark.parametrize(
    "error, told",
    [
        (CredentialsError("who are you?"), ""),
        (RuntimeError("a mock\nin the way"), "broke off (RuntimeError: a mock)"),
    ],
)
def test_what_cannot_be_mended_ends_it_and_the_rest_goes_at_the_end(
    worlds: list[World], error: Exception, told: str
) -> None:
    world = World(ScriptedTarget(error))
    worlds.append(world)

    world.finish("c")
    world.target.next_call()
    world.early.end()
    world.early.join()
    world.finish("a")
    world.finish("b")

    assert world.target.calls.empty()
    assert told in " ".join(world.warnings())
    assert len(world.warnings()) == bool(told)


def test_the_end_begins_nothing_more(world: World) -> None:
    world.early.end()
    world.finish("c")
    world.early.join()

    assert world.target.is_ended
    assert world.target.calls.empty()
    assert world.lines == []
