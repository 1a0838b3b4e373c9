"""Texts and verdicts of others in runs, and accounts that a server does not keep."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from pytest_jama.core.plan import Findings, Plan, Receipt, SendState
from pytest_jama.core.port import Observer
from pytest_jama.core.results import Outcome
from pytest_jama.core.verdicts import Judgement, Verdict
from pytest_jama.targets.jama.actual_results import words_of
from pytest_jama.targets.jama.standing import Writer
from pytest_jama.targets.jama.update_plan import plan_updates
from pytest_jama.targets.jama.verify import describe_mismatch
from tests.core.values import CASE, case_of, result_of, run_of
from tests.sandbox.client import Api
from tests.targets.test_jama_lost import Swallow

if TYPE_CHECKING:
    from pytest_jama.core.cases import CaseRef
    from tests.targets.conftest import MakeWorld
    from tests.targets.jama_world import JamaWorld
    from tests.targets.scripted import FakeTime

MEASURED = "<p>measured <b>4.2&nbsp;V</b> &amp; &lt;fine&gt;<br />on bench 3</p>\n"


def by_hand(world: JamaWorld, **fields: Any) -> None:
    (run,) = world.runs()
    api = Api(world.sandbox)
    changes = [
        {"op": "add", "path": f"/fields/{name}", "value": value} for name, value in fields.items()
    ]
    assert api.patch(f"/testruns/{run.id}", *changes).status == 200
    api.close()


def session(
    world: JamaWorld, ref: CaseRef, verdict: Verdict, name: str = "s1", **given: Any
) -> tuple[Plan, tuple[Receipt, ...]]:
    """Plan and push as a session does."""
    target = world.target(**given)
    results = (result_of(Outcome.PASSED),)
    judgement = Judgement((case_of(verdict, results=results, case_ref=ref),))
    wants_accounts = target._settings.run.actual_results  # noqa: SLF001 - as `Session` asks it
    findings = Findings(results, judgement, "pytest 9" if wants_accounts else "", name)
    plan = target.plan(findings, create=True, observer=Observer())
    return plan, target.push(plan.updates, observer=Observer())


@pytest.fixture
def case(world: JamaWorld) -> CaseRef:
    (ref,) = world.add_cases(1)
    world.start([ref])
    return ref


def text(world: JamaWorld) -> str:
    (run,) = world.runs()
    return run.actual_results or ""


def test_a_measurement_of_a_person_stays_as_it_is_below_each_account(
    world: JamaWorld, case: CaseRef
) -> None:
    by_hand(world, testRunStatus="PASSED", actualResults=MEASURED)
    plan, _ = session(world, case, Verdict.FAILED)
    assert [each.was for each in plan.replaced] == ["PASSED"]
    assert text(world).startswith("<p>FAILED: 1 passed<br />")
    assert text(world).endswith(MEASURED)
    plan, _ = session(world, case, Verdict.PASSED, "s2")
    assert [(each.was, each.will_be) for each in plan.replaced] == [("FAILED", "PASSED")]
    assert text(world).startswith("<p>PASSED: 1 passed<br />")
    assert text(world).count("earlier entry:") == 2
    assert text(world).endswith(MEASURED)
    plan, receipts = session(world, case, Verdict.PASSED, "s2")
    assert (plan.replaced, text(world).count("earlier entry:")) == ((), 2)
    assert receipts[0].state is SendState.SENT


def test_runs_of_people_are_left_on_demand_and_no_request_is_made(
    world: JamaWorld, case: CaseRef
) -> None:
    by_hand(world, testRunStatus="PASSED", actualResults=MEASURED)
    before = world.state()
    plan, receipts = session(world, case, Verdict.FAILED, run={"others": "leave"})
    assert (world.state(), plan.updates, receipts) == (before, (), ())
    assert [each.title for each in plan.left] == [f"{case} ({world.key}-TSTRN-1)"]


def test_text_of_people_stays_when_no_account_is_written(world: JamaWorld, case: CaseRef) -> None:
    by_hand(world, actualResults=MEASURED)
    session(world, case, Verdict.FAILED, run={"actual_results": False})
    assert text(world) == MEASURED


def test_a_part_leaves_the_run_that_a_whole_session_wrote(world: JamaWorld, case: CaseRef) -> None:
    session(world, case, Verdict.FAILED)
    before = world.state()
    plan, receipts = session(world, case, Verdict.INPROGRESS, "s2")
    assert (world.state(), receipts) == (before, ())
    assert [(each.was, each.will_be) for each in plan.left] == [("FAILED", "INPROGRESS")]


def test_a_run_whose_account_is_not_kept_is_not_sent(make_world: MakeWorld) -> None:
    world = make_world(actual_results="drop")
    (ref,) = world.add_cases(1)
    world.start([ref])
    world.count_requests()
    _, (receipt,) = session(world, ref, Verdict.PASSED)
    assert receipt.state is SendState.MISMATCH
    assert receipt.error == "account not stored: Jama has no text in the actual results"
    assert world.runs()[0].status == "PASSED"
    patches, others = world.count_requests()
    assert (patches, others <= 9) == (1, True)


def test_what_a_server_never_stores_is_sent_again_once_at_most(
    make_world: MakeWorld, fake_time: FakeTime
) -> None:
    world = make_world(actual_results="drop")
    old, new = world.add_cases(2)
    world.start([old, new])

    def send(*refs: CaseRef) -> tuple[list[str], int]:
        world.count_requests()
        target = world.target(clocks=fake_time.clocks)
        results = (result_of(Outcome.PASSED),)
        cases = (case_of(Verdict.PASSED, results=results, case_ref=ref) for ref in refs)
        findings = Findings(results, Judgement(tuple(cases)), "pytest 9", "s1")
        plan = target.plan(findings, create=True, observer=Observer())
        receipts = target.push(plan.updates, observer=Observer())
        return [receipt.error for receipt in receipts], world.count_requests()[0]

    why = "account not stored: Jama has no text in the actual results"
    assert send(old) == ([why], 1)
    assert send(old) == ([why], 2)  # it may have got lost on the way
    assert send(old, new) == ([why, why], 2)  # the status of the new one did not


def test_other_text_in_the_place_of_the_account_is_a_mismatch() -> None:
    (update,) = plan_updates(
        [case_of(Verdict.PASSED)], {CASE: [run_of()]}, writer=Writer("pytest 9", "s1")
    ).updates
    stored = replace(run_of(), status="PASSED", actual_results=MEASURED)
    why = "account not stored: Jama has other text in the actual results"
    assert describe_mismatch(update, stored) == why
    kept = replace(stored, actual_results=f"{update.account_text()}\n{MEASURED}")
    assert describe_mismatch(update, kept) == ""


def test_another_session_that_writes_at_the_same_time_is_not_a_mismatch() -> None:
    mine, its = (
        plan_updates(
            [case_of(Verdict.PASSED)], {CASE: [run_of()]}, writer=Writer("pytest 9", session)
        ).updates[0]
        for session in ("s1", "s2")
    )
    stored = replace(run_of(), status="PASSED", actual_results=its.account_text())
    assert describe_mismatch(mine, stored) == ""
    before = replace(mine, run=replace(mine.run, actual_results=its.account_text()))
    assert describe_mismatch(before, stored) != ""  # it is what stood there before


def test_an_update_that_changes_only_the_account_and_gets_lost_is_made_again(
    world: JamaWorld, case: CaseRef, fake_time: FakeTime
) -> None:
    session(world, case, Verdict.PASSED)
    target = world.target(clocks=fake_time.clocks)
    proxy = Swallow(target, 1)
    results = (result_of(Outcome.PASSED),)
    judgement = Judgement((case_of(Verdict.PASSED, results=results, case_ref=case),))
    findings = Findings(results, judgement, "pytest 9", "s2")
    plan = target.plan(findings, create=True, observer=Observer())
    (receipt,) = target.push(plan.updates, observer=Observer())
    assert (receipt.state, receipt.attempts, len(proxy.seen)) == (SendState.SENT, 2, 2)
    assert " session s2, checksum " in words_of(text(world))
