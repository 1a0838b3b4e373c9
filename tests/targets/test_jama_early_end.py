"""What the end of a session makes of what it sent while its tests ran."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from pytest_jama.core.plan import Plan, SendState
from pytest_jama.core.verdicts import Judgement, StepVerdict, Verdict
from tests.targets.early_session import EarlySession
from tests.targets.test_jama_early_sending import by_status, requests, statuses
from tests.targets.test_jama_lost import Swallow
from tests.targets.test_jama_others import by_hand

if TYPE_CHECKING:
    from pytest_jama.core.cases import CaseRef
    from tests.targets.conftest import MakeWorld
    from tests.targets.jama_world import JamaWorld
    from tests.targets.scripted import FakeTime

PATCH = "PATCH /testruns/N"


def text(world: JamaWorld) -> str:
    (run,) = world.runs()
    return run.actual_results or ""


@pytest.fixture
def case(world: JamaWorld) -> CaseRef:
    (ref,) = world.add_cases(1)
    world.start([ref])
    return ref


def by_ann(world: JamaWorld, **fields: Any) -> None:
    """Change the one run as another user than the one that sends results."""
    by_hand(world, **fields)
    (run,) = world.runs()
    world.store.database.update("nodes", {"modified_by": run.modified_by + 1}, id=run.id)


def test_a_verdict_that_changed_is_sent_in_its_place_and_told(
    world: JamaWorld, case: CaseRef
) -> None:
    session = EarlySession(world, [case])
    session.early(case)
    plan = session.end_complete(session.case(case, Verdict.FAILED, "its teardown failed"))
    (update,) = plan.updates
    assert statuses(world) == ["FAILED"]
    told = (
        f"{update.title}: PASSED was sent while tests ran; FAILED is sent in its place: "
        "its teardown failed"
    )
    assert session.told.warnings == [told]
    assert (update.was, update.will_be) == ("NOT_RUN", "FAILED")
    assert "earlier entry" not in text(world)


def test_another_account_of_the_same_verdict_is_sent_again(world: JamaWorld, case: CaseRef) -> None:
    session = EarlySession(world, [case])
    session.early(case)
    new = session.case(case, Verdict.PASSED)
    noted = replace(new, results=(new.results[0]._replace(notes=("a note",)),))
    session.end_complete(noted)
    assert "a note" in text(world)
    (warning,) = session.told.warnings
    assert "PASSED is sent again, with another account" in warning


def steps_and_texts(world: JamaWorld) -> list[Any]:
    return [
        (
            run.status,
            [(step.status, step.result) for step in run.steps],
            "earlier" in (run.actual_results or ""),
        )
        for run in world.runs()
    ]


SAID_LATER = [
    (Verdict.FAILED, ()),
    (Verdict.INPROGRESS, ()),
    (Verdict.FAILED, (StepVerdict(1, Verdict.PASSED), StepVerdict(2, Verdict.FAILED, ("why",)))),
    (Verdict.INPROGRESS, (StepVerdict(2, Verdict.INPROGRESS, ("half",)),)),
]


@pytest.mark.parametrize("before", ["NOT_RUN", "FAILED"])
@pytest.mark.parametrize("verdict, steps", SAID_LATER)
def test_what_is_sent_in_its_place_is_what_the_end_alone_would_have_sent(
    make_world: MakeWorld, before: str, verdict: Verdict, steps: tuple[StepVerdict, ...]
) -> None:
    found = []
    for early in (True, False):
        world = make_world()
        refs = [world.add_case(1, steps=3)]
        world.start(refs)
        if before != "NOT_RUN":
            earlier = EarlySession(world, refs)
            earlier.findings = earlier.findings._replace(session="s0", provenance="pytest 8")
            earlier.end_complete(earlier.case(refs[0], Verdict.FAILED))
        session = EarlySession(world, refs)
        if early:
            session.early(refs[0])
        session.end(replace(session.case(refs[0], verdict), steps=steps))
        found.append(steps_and_texts(world))
    if before == "FAILED" and verdict is Verdict.INPROGRESS:  # at the end alone it is left as it is
        found = [[each[:2] for each in runs] for runs in found]
    assert found[0] == found[1]


def test_incomplete_evidence_does_not_leave_what_was_sent_early(
    world: JamaWorld, case: CaseRef
) -> None:
    earlier = EarlySession(world, [case])
    earlier.findings = earlier.findings._replace(session="s0", provenance="pytest 8")
    earlier.end_complete(earlier.case(case, Verdict.FAILED))
    session = EarlySession(world, [case])
    session.early(case)
    plan = session.end_complete(session.case(case, Verdict.INPROGRESS))
    assert (statuses(world), plan.left) == (["INPROGRESS"], ())


def test_what_an_earlier_session_left_is_told_once_and_stays_below(
    world: JamaWorld, case: CaseRef
) -> None:
    earlier = EarlySession(world, [case])
    earlier.findings = earlier.findings._replace(session="s0", provenance="pytest 8")
    earlier.end_complete(earlier.case(case, Verdict.FAILED))
    session = EarlySession(world, [case])
    session.early(case)
    plan = session.end_complete()
    assert [(each.was, each.will_be) for each in plan.replaced] == [("FAILED", "PASSED")]
    assert [each.was for each in plan.updates] == ["FAILED"]
    again = session.end_complete(session.case(case, Verdict.BLOCKED))
    assert again.updates
    plan = session.plan or Plan()
    assert [(each.was, each.will_be) for each in plan.replaced] == [("FAILED", "BLOCKED")]
    assert text(world).count("earlier entry") == 1


@pytest.mark.parametrize("run", [{"actual_results": False}, {"others": "leave"}])
@pytest.mark.parametrize("then", [Verdict.PASSED, Verdict.INPROGRESS, Verdict.FAILED])
def test_what_was_sent_early_is_known_as_our_own(
    world: JamaWorld, case: CaseRef, run: dict[str, Any], then: Verdict
) -> None:
    run = {"others": "leave", **run}
    session = EarlySession(world, [case], run=run)
    session.early(case)
    plan = session.end_complete(session.case(case, then))
    assert (plan.left, plan.replaced, statuses(world)) == ((), (), [then.value])


def test_where_no_account_is_stored_a_changed_verdict_is_sent(make_world: MakeWorld) -> None:
    world = make_world(actual_results="drop")
    (case,) = world.add_cases(1)
    world.start([case])
    session = EarlySession(world, [case], run={"others": "leave"})
    session.early(case)
    session.end(session.case(case, Verdict.FAILED))
    assert statuses(world) == ["FAILED"]


def test_a_run_that_a_person_has_changed_is_left_alone_and_that_is_said(
    world: JamaWorld, case: CaseRef
) -> None:
    session = EarlySession(world, [case])
    session.early(case)
    by_ann(world, testRunStatus="BLOCKED")
    requests(world)
    plan = session.end_complete()
    assert (statuses(world), requests(world)[PATCH]) == (["BLOCKED"], 0)
    (update,) = plan.earlier
    assert (plan.updates, update.key) == ((), session.told.receipts[0].update.key)
    told = (
        f"{update.title} shows BLOCKED, though PASSED was sent there while tests ran: "
        "another user changed it since, so it is left alone"
    )
    assert plan.warnings == (told,)


def test_a_run_that_was_rewritten_is_left_alone_whoever_did_it(
    world: JamaWorld, case: CaseRef
) -> None:
    session = EarlySession(world, [case])
    session.early(case)
    by_hand(world, testRunStatus="BLOCKED", actualResults="<p>seen by Ann, on the bench</p>")
    requests(world)
    plan = session.end_complete()
    assert (statuses(world), requests(world)[PATCH]) == (["BLOCKED"], 0)
    assert (plan.updates, len(plan.earlier), len(plan.warnings)) == ((), 1, 1)


def test_a_run_that_may_have_been_changed_by_the_server_is_a_mismatch_and_left_alone(
    world: JamaWorld, case: CaseRef
) -> None:
    session = EarlySession(world, [case])
    session.early(case)
    by_hand(world, testRunStatus="BLOCKED")
    requests(world)
    (receipt,) = session.end()
    assert (statuses(world), requests(world)[PATCH]) == (["BLOCKED"], 0)
    assert (receipt.state, receipt.error) == (
        SendState.MISMATCH,
        "intended PASSED, Jama stores BLOCKED",
    )


def test_a_run_that_a_person_has_changed_gets_a_verdict_that_changed(
    world: JamaWorld, case: CaseRef
) -> None:
    session = EarlySession(world, [case])
    session.early(case)
    by_ann(world, testRunStatus="BLOCKED", actualResults="<p>seen by Ann</p>")
    plan = session.end_complete(session.case(case, Verdict.FAILED))
    assert (statuses(world), "seen by Ann" in text(world)) == (["FAILED"], True)
    assert [(each.was, each.will_be) for each in plan.replaced] == [("BLOCKED", "FAILED")]


def test_a_remark_of_a_person_stays_below_a_verdict_that_changed(
    world: JamaWorld, case: CaseRef
) -> None:
    session = EarlySession(world, [case])
    session.early(case)
    by_ann(world, actualResults=f"{text(world)}<p>seen by Ann</p>")
    session.end_complete(session.case(case, Verdict.FAILED))
    assert (statuses(world), "seen by Ann" in text(world)) == (["FAILED"], True)


def test_another_session_that_wrote_there_since_is_left_alone(
    world: JamaWorld, case: CaseRef
) -> None:
    session = EarlySession(world, [case])
    session.early(case)
    other = EarlySession(world, [case])
    other.findings = other.findings._replace(session="s2", provenance="pytest 9")
    other.end_complete(other.case(case, Verdict.FAILED))
    plan = session.end_complete()
    assert (statuses(world), plan.updates, len(plan.earlier)) == (["FAILED"], (), 1)


def test_a_status_that_the_server_made_of_ours_is_a_mismatch(make_world: MakeWorld) -> None:
    world = make_world(skipped_steps="pass")
    refs = [world.add_case(1, steps=2)]
    world.start(refs)
    session = EarlySession(world, refs)
    half = replace(
        session.case(refs[0], Verdict.INPROGRESS), steps=(StepVerdict(1, Verdict.PASSED),)
    )
    session.verdicts[refs[0]] = half
    findings = session.findings._replace(judgement=Judgement((half,)))
    session.target.send_early(findings, observer=session.told)
    (receipt,) = session.end()
    assert receipt.state is SendState.MISMATCH
    assert session.told.receipts[-1].state is SendState.MISMATCH


def test_what_was_lost_on_the_way_is_found_out_and_sent_once_more(
    world: JamaWorld, fake_time: FakeTime
) -> None:
    refs = world.add_cases(3)
    world.start(refs)
    session = EarlySession(world, refs, time=fake_time, upload={"concurrency": 1})
    session.early(verdict=None)
    proxy = Swallow(session.target, 2)
    session.early(*refs)
    assert by_status(world) == {"NOT_RUN": 2, "PASSED": 1}
    plan = session.end_complete()
    assert (by_status(world), len(proxy.seen), len(plan.updates)) == ({"PASSED": 3}, 5, 3)


def test_what_is_sent_in_its_place_and_lost_is_sent_once_more(
    world: JamaWorld, case: CaseRef, fake_time: FakeTime
) -> None:
    session = EarlySession(world, [case], time=fake_time)
    session.early(case)
    Swallow(session.target, 1)
    session.end_complete(session.case(case, Verdict.FAILED))
    assert statuses(world) == ["FAILED"]


@pytest.mark.parametrize("with_another", [False, True])
def test_a_verdict_that_is_not_written_at_the_end_stays_and_that_is_said(
    world: JamaWorld, with_another: bool
) -> None:
    refs = world.add_cases(2)
    world.start(refs)
    session = EarlySession(world, refs)
    session.early(refs[0])
    second = Verdict.PASSED if with_another else None
    session.end_complete(session.case(refs[0], None), session.case(refs[1], second))
    plan = session.plan or Plan()
    title = session.told.receipts[0].update.title
    assert [each for each in plan.warnings if each.startswith(title)]
    assert len(plan.updates) == with_another
    assert [place.kind for place in plan.places] == ["project", "plan", "cycle"]


def test_a_run_that_was_made_anew_gets_the_result(make_world: MakeWorld) -> None:
    world = make_world(regenerate="recreate_all")
    refs = world.add_cases(2)
    world.start(refs[:1])
    cycle = {"name": "Build 7", "missing_runs": "regenerate"}
    session = EarlySession(world, refs, cycle=cycle)
    session.refs = refs[:1]
    session.early(refs[0])
    before = {run.id for run in world.runs()}
    session.refs = refs
    plan = session.end_complete(session.case(refs[1], Verdict.PASSED))
    after = {run.id for run in world.runs()}
    assert before.isdisjoint(after)
    assert by_status(world) == {"PASSED": 2}
    assert any("nothing leads to that run any more" in each for each in plan.warnings)


def test_a_case_named_late_has_no_run_and_the_reason_is_said(world: JamaWorld) -> None:
    refs = world.add_cases(2)
    session = EarlySession(world, refs[:1])
    session.early(refs[0])
    session.end(session.case(refs[1], Verdict.PASSED))
    plan = session.plan or Plan()
    (unresolved,) = plan.unresolved
    assert unresolved.case_ref == refs[1]
    assert "the cycle was made while tests ran" in unresolved.reason
    for remedy in ("pytest-jama prepare", "when: end", "missing_runs: regenerate"):
        assert remedy in unresolved.remedy


def test_a_case_named_late_gets_a_run_where_runs_are_regenerated(world: JamaWorld) -> None:
    refs = world.add_cases(2)
    cycle = {"name": "Build 7", "missing_runs": "regenerate"}
    session = EarlySession(world, refs[:1], cycle=cycle)
    session.early(refs[0])
    session.end_complete(session.case(refs[1], Verdict.PASSED))
    assert by_status(world) == {"PASSED": 2}


def test_accounts_become_plain_text_where_the_server_shows_tags(make_world: MakeWorld) -> None:
    world = make_world(actual_results="plain")
    refs = world.add_cases(2)
    world.start(refs)
    session = EarlySession(world, refs)
    session.early(refs[0])
    session.end_complete(session.case(refs[1], Verdict.PASSED))
    assert ["<p>" in (run.actual_results or "") for run in world.runs()] == [False, False]
    assert by_status(world) == {"PASSED": 2}


def test_warnings_come_once(world: JamaWorld) -> None:
    refs = [world.add_case(number, steps=1) for number in (1, 2)]
    world.start(refs)
    world.store.add_cycle(world.store.plans(world.key)[0].id, "Build 7")
    session = EarlySession(world, refs)
    wrong = replace(session.case(refs[0], Verdict.PASSED), steps=(StepVerdict(7, Verdict.PASSED),))
    session.verdicts[refs[0]] = wrong
    findings = session.findings._replace(judgement=Judgement((wrong,)), awaited=(refs[1],))
    session.target.send_early(findings, observer=session.told)
    assert session.told.warnings == []
    plan = session.end_complete(session.case(refs[1], Verdict.PASSED))
    assert len(plan.warnings) == len(set(plan.warnings)) == 2
    assert [("reports step 7" in each, "Build 7" in each) for each in plan.warnings] == [
        (False, True),
        (True, False),
    ]
