"""Verdicts that are sent while tests run: what goes when, and with how many requests."""

from __future__ import annotations

import re
import threading
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from pytest_jama.core.cases import CaseRef
from pytest_jama.core.errors import OutOfReachError, TargetError
from pytest_jama.core.plan import ChangeKind, Findings, SendState
from pytest_jama.core.port import SendsEarly
from pytest_jama.core.verdicts import Judgement, Verdict
from pytest_jama.targets.http.give_up import Clocks
from tests.targets.early_session import EarlySession
from tests.targets.rounds import Refusing
from tests.targets.test_jama_others import by_hand

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.targets.conftest import MakeWorld
    from tests.targets.jama_world import JamaWorld
    from tests.targets.scripted import FakeTime


def requests(world: JamaWorld) -> Counter[str]:
    """Count the requests so far, and forget them."""
    lines = [re.sub(r"\d+", "N", f"{each.method} {each.path}") for each in world.sandbox.requests]
    world.sandbox.clear_requests()
    return Counter(lines)


def statuses(world: JamaWorld) -> list[str]:
    return [run.status for run in sorted(world.runs(), key=lambda run: run.id)]


def by_status(world: JamaWorld) -> Counter[str]:
    return Counter(statuses(world))


def test_a_target_of_jama_sends_early(world: JamaWorld) -> None:
    assert isinstance(world.target(), SendsEarly)


def test_each_case_takes_one_patch_and_a_plan_and_cycle_that_exist_are_read_once(
    make_world: MakeWorld,
) -> None:
    world = make_world()
    refs = world.add_cases(120)
    world.start(refs)
    session = EarlySession(world, refs)
    session.early(*refs[:20])
    first = requests(world)
    assert first.pop("PATCH /testruns/N") == 20
    reads = {line: count for line, count in first.items() if line != "POST /rest/oauth/token"}
    assert reads == {
        "GET /projects": 1,
        "GET /testplans": 1,
        "GET /testplans/N/testcycles": 1,
        "GET /abstractitems": 3,
        "GET /testruns": 3,
    }
    for start in range(20, 100, 20):
        session.early(*refs[start : start + 20])
    assert requests(world) == {"PATCH /testruns/N": 80}
    plan = session.end_complete(*(session.case(ref, Verdict.PASSED) for ref in refs[100:]))
    assert len(plan.updates) == 120
    at_the_end = requests(world)
    assert at_the_end.pop("PATCH /testruns/N") == 20
    read_back = 1
    assert at_the_end == {**reads, "GET /testruns": 3 + read_back}
    assert by_status(world) == {"PASSED": 120}


def test_what_was_sent_early_is_checked_by_what_the_plan_read(world: JamaWorld) -> None:
    refs = world.add_cases(3)
    world.start(refs)
    session = EarlySession(world, refs)
    session.early(*refs)
    told = len(session.told.receipts)
    requests(world)
    receipts = session.end()
    assert [each.state for each in receipts] == [SendState.SENT] * 3
    assert requests(world)["GET /testruns"] == 1
    assert (told, session.told.receipts[3:]) == (3, list(receipts))


def test_a_first_build_makes_everything_ready_at_once_and_writes_what_is_final(
    world: JamaWorld,
) -> None:
    refs = world.add_cases(6)
    session = EarlySession(world, refs)
    session.early(refs[0])
    assert by_status(world) == {"PASSED": 1, "NOT_RUN": 5}
    made = session.told.plans[-1].changes
    assert set(made) == set(session.told.changes)
    assert len(made) == 8  # plan, cycle, six cases
    session.early(*refs[1:4])
    plan = session.end_complete(*(session.case(ref, Verdict.FAILED) for ref in refs[4:]))
    assert plan.changes == made
    assert [update.was for update in plan.updates] == ["NOT_RUN"] * 6
    assert by_status(world) == {"PASSED": 4, "FAILED": 2}


def test_cases_of_which_nothing_is_said_come_into_the_cycle_too(world: JamaWorld) -> None:
    refs = world.add_cases(4)
    unknown_to_tests = world.add_case(9)
    known = Findings((), Judgement(), "pytest 9", "s1", known=(unknown_to_tests,))
    session = EarlySession(world, refs, findings=known)
    session.early(refs[0], verdict=None)
    assert (requests(world), session.told.changes) == ({}, [])
    session.early(refs[1])
    assert by_status(world) == {"PASSED": 1, "NOT_RUN": 4}
    plan = session.end_complete(*(session.case(ref, Verdict.PASSED) for ref in refs[2:]))
    assert len(plan.updates) == 3


def test_without_a_verdict_to_write_nothing_is_asked_or_created(world: JamaWorld) -> None:
    refs = world.add_cases(2)
    session = EarlySession(world, refs)
    session.early(refs[0], verdict=None)
    session.early(refs[1], verdict=None)
    plan = session.end_complete()
    assert (plan.places, requests(world), world.runs()) == ((), {}, [])


def test_a_plan_that_is_made_early_has_the_cases_in_the_order_of_the_tests(
    world: JamaWorld,
) -> None:
    refs = world.add_cases(4)[::-1]
    session = EarlySession(world, refs, upload={"concurrency": 1})
    results = [session.case(ref, Verdict.PASSED).results[0] for ref in refs]
    session.findings = session.findings._replace(results=results)
    session.early(refs[1], verdict=None)
    session.early(refs[2])
    added = [each.what for each in session.told.changes if each.kind is ChangeKind.ADD]
    assert added == [f"case {ref}" for ref in refs]


def test_where_only_reported_cases_come_into_the_plan_nothing_is_created_early(
    world: JamaWorld,
) -> None:
    refs = world.add_cases(3)
    session = EarlySession(world, refs, plan={"name": "Release 1", "add": "reported"})
    session.early(refs[0])
    requests(world)
    session.early(refs[1])
    assert (requests(world), session.told.changes) == ({}, [])
    session.end_complete(session.case(refs[2], None))
    assert statuses(world) == ["PASSED", "PASSED"]


def test_where_only_reported_cases_come_into_the_plan_an_existing_cycle_is_used(
    world: JamaWorld,
) -> None:
    refs = world.add_cases(3)
    world.start(refs[:2])
    plan = {"name": "Release 1", "add": "reported"}
    session = EarlySession(world, refs, plan=plan)
    session.early(refs[0])
    assert (statuses(world), session.told.changes) == (["PASSED", "NOT_RUN"], [])


def ended_once(session: EarlySession) -> Callable[[Any], None]:
    """Return what ends early sending when it is called first."""
    ends = iter([session.target.end_early])
    return lambda _: next(ends, lambda: None)()


def names_of(world: JamaWorld) -> tuple[CaseRef, CaseRef]:
    """Return two names of one case that has a run."""
    (key,) = world.add_cases(1)
    world.start([key])
    return key, CaseRef.parse(world.case_ids[key])


@pytest.mark.parametrize("last", [Verdict.PASSED, Verdict.FAILED, None])
def test_a_run_waits_for_all_names_that_lead_to_it(world: JamaWorld, last: Verdict | None) -> None:
    names = names_of(world)
    session = EarlySession(world, names)
    session.early(names[0])
    assert statuses(world) == ["NOT_RUN"]
    session.early(names[1], verdict=last)
    expected = "INPROGRESS" if last is None else last.value
    assert statuses(world) == [expected]
    requests(world)
    session.end_complete()
    assert (statuses(world), requests(world)["PATCH /testruns/N"]) == ([expected], 0)


def test_a_name_without_a_verdict_that_came_first_counts(world: JamaWorld) -> None:
    names = names_of(world)
    session = EarlySession(world, names)
    session.early(names[1], verdict=None)
    session.early(names[0])
    assert statuses(world) == ["INPROGRESS"]


def test_all_runs_of_a_case_are_written(make_world: MakeWorld) -> None:
    world = make_world(duplicate_case="allow-second-group")
    (ref,) = world.add_cases(1)
    plan_id = world.store.add_plan(world.key, "Release 1", cases=[world.case_ids[ref]])
    world.store.add_to_plan(plan_id, world.case_ids[ref], group="Second")
    world.store.add_cycle(plan_id, "Build 7")
    session = EarlySession(world, [ref])
    session.early(ref)
    assert len(session.end_complete().updates) == 2
    assert statuses(world) == ["PASSED", "PASSED"]


def test_runs_read_long_ago_are_read_again_and_keep_what_others_wrote_since(
    world: JamaWorld, fake_time: FakeTime
) -> None:
    refs = world.add_cases(2)
    world.start(refs[:1])
    session = EarlySession(world, refs, time=fake_time)
    other = EarlySession(world, refs, time=fake_time)
    other.refs = refs[:1]
    session.refs = refs[:1]
    session.early(awaited=(), verdict=None)
    late = CaseRef.parse(world.case_ids[refs[0]])
    session.refs = [refs[0], late]
    session.early(refs[0], awaited=(late,))
    by_hand(world, actualResults="<p>seen by Ann</p>")
    fake_time.now += 61
    session.early(late)
    assert "seen by Ann" in str(world.runs()[0].actual_results)


def test_runs_read_lately_are_not_read_again(world: JamaWorld, fake_time: FakeTime) -> None:
    refs = world.add_cases(4)
    world.start(refs)
    session = EarlySession(world, refs, time=fake_time)
    session.early(refs[0])
    requests(world)
    fake_time.now += 59
    session.early(refs[1])
    assert requests(world) == {"PATCH /testruns/N": 1}


def test_few_runs_are_read_by_themselves_until_all_take_no_more(
    make_world: MakeWorld, fake_time: FakeTime
) -> None:
    world = make_world()
    refs = world.add_cases(160)
    world.start(refs)
    session = EarlySession(world, refs, time=fake_time)
    session.early(refs[0])
    requests(world)
    fake_time.now += 61
    reads = []
    for ref in refs[1:8]:
        session.early(ref)
        reads.append(requests(world)["GET /testruns"])
    assert reads == [1, 1, 1, 4, 0, 0, 0]  # then all is fresh for a minute


def test_an_update_that_is_refused_early_is_sent_again_at_the_end(make_world: MakeWorld) -> None:
    world = make_world()
    refs = world.add_cases(2)
    world.start(refs)
    session = EarlySession(world, refs)
    world.sandbox.faults.add(Refusing(400, lambda arrival: arrival.method in {"PATCH", "PUT"}))
    session.early(refs[0])
    assert [each.state for each in session.told.receipts] == [SendState.REFUSED]
    world.sandbox.faults.clear()
    session.early(refs[1])
    session.end_complete()
    assert statuses(world) == ["PASSED", "PASSED"]


def test_what_a_server_does_not_take_is_learned_once_for_all_calls(make_world: MakeWorld) -> None:
    world = make_world(run_patch="405")
    refs = world.add_cases(3)
    world.start(refs)
    session = EarlySession(world, refs)
    for ref in refs:
        session.early(ref)
    session.end_complete()
    assert requests(world)["PATCH /testruns/N"] <= 2
    assert by_status(world) == {"PASSED": 3}


def test_who_is_assigned_is_asked_once(world: JamaWorld) -> None:
    refs = world.add_cases(3)
    world.start(refs)
    session = EarlySession(world, refs, run={"assigned_to": "me"})
    for ref in refs[:2]:
        session.early(ref)
    session.end_complete(session.case(refs[2], Verdict.PASSED))
    assert requests(world)["GET /users/current"] == 1


def test_a_server_out_of_reach_is_an_error_and_the_next_call_sends_what_is_left(
    make_world: MakeWorld, fake_time: FakeTime
) -> None:
    world = make_world()
    refs = world.add_cases(3)
    world.start(refs)
    session = EarlySession(world, refs, time=fake_time)
    session.early(refs[0])
    world.sandbox.faults.add(Refusing(503, lambda _: True))
    with pytest.raises(OutOfReachError):
        session.early(refs[1])
    world.sandbox.faults.clear()
    session.early()
    assert statuses(world) == ["PASSED", "PASSED", "NOT_RUN"]
    session.end_complete(session.case(refs[2], Verdict.PASSED))
    assert by_status(world) == {"PASSED": 3}


def test_a_server_out_of_reach_leaves_all_to_the_end(
    make_world: MakeWorld, fake_time: FakeTime
) -> None:
    world = make_world()
    refs = world.add_cases(2)
    session = EarlySession(world, refs, time=fake_time)
    world.sandbox.faults.add(Refusing(503, lambda arrival: arrival.path.endswith("testcycles")))
    with pytest.raises(TargetError):
        session.early(refs[0])
    world.sandbox.faults.clear()
    plan = session.end_complete(session.case(refs[1], Verdict.PASSED))
    assert plan.changes == tuple(session.told.changes)
    assert [each.what for each in plan.changes].count("test plan 'Release 1'") == 1
    assert by_status(world) == {"PASSED": 2}


def test_files_are_attached_once(world: JamaWorld, tmp_path: Path) -> None:
    from tests.targets.test_jama_files import Evidence, attached, attachments  # noqa: PLC0415

    evidence = Evidence(tmp_path)
    refs = world.add_cases(3)
    world.start(refs)
    shot = evidence.file()
    findings = Findings((), Judgement(), "pytest 9", "s1", find_file=evidence.store.find)
    session = EarlySession(world, refs, findings=findings, files=dict.fromkeys(refs, (shot,)))
    session.early(refs[0])
    session.early(refs[1])
    session.end_complete(session.case(refs[2], Verdict.PASSED))
    assert len(attachments(world)) == 1
    assert [len(each) for each in attached(world)] == [1, 1, 1]
    assert all("shot.png" in str(run.actual_results) for run in world.runs())


def test_nothing_new_is_begun_after_the_end(world: JamaWorld) -> None:
    refs = world.add_cases(2)
    session = EarlySession(world, refs)
    session.target.end_early()
    session.early(refs[0])
    assert (requests(world), session.told.changes) == ({}, [])
    session.end_complete(session.case(refs[1], Verdict.PASSED))
    assert by_status(world) == {"PASSED": 2}


def test_filling_the_plan_goes_on_when_the_end_comes_and_nothing_is_written(
    world: JamaWorld,
) -> None:
    refs = world.add_cases(3)
    session = EarlySession(world, refs)
    session.told._then = ended_once(session)  # noqa: SLF001 - in the midst of it
    session.early(refs[0])
    assert (len(session.told.changes), statuses(world)) == (5, ["NOT_RUN"] * 3)
    session.end_complete(*(session.case(ref, Verdict.PASSED) for ref in refs[1:]))


def test_patches_under_way_end_and_no_other_begins(world: JamaWorld) -> None:
    refs = world.add_cases(9)
    world.start(refs)
    session = EarlySession(world, refs, upload={"concurrency": 2})
    session.told._then = ended_once(session)  # noqa: SLF001 - in the midst of it
    session.early(*refs)
    sent = len(session.told.receipts)
    assert 1 <= sent <= 3
    assert {each.state for each in session.told.receipts} == {SendState.SENT}
    session.told._then = lambda _: None  # noqa: SLF001
    requests(world)
    session.end_complete()
    assert requests(world)["PATCH /testruns/N"] == 9 - sent
    assert by_status(world) == {"PASSED": 9}


@pytest.mark.parametrize("calls, failing_s", [(2, 0.0), (1, 6.0)])
def test_to_end_it_twice_or_while_the_server_is_away_stops_what_is_under_way(
    make_world: MakeWorld, calls: int, failing_s: float
) -> None:
    world = make_world()
    refs = world.add_cases(1)
    world.start(refs)
    session = EarlySession(world, refs)
    later_s = 0.0
    clocks = Clocks(monotonic=lambda: time.monotonic() + later_s)
    session.target = world.target(clocks=clocks)
    world.sandbox.faults.add(Refusing(503, lambda arrival: arrival.method == "PATCH"))
    errors: list[Any] = []

    def send() -> None:
        try:
            session.early(*refs)
        except OutOfReachError as error:
            errors.append(error)

    tries = threading.Event()
    session.told.retried = lambda _: tries.set()  # type: ignore[method-assign, assignment]
    thread = threading.Thread(target=send)
    thread.start()
    assert tries.wait(30)
    later_s = failing_s
    for _ in range(calls):
        session.target.end_early()
    thread.join(30)
    assert not thread.is_alive()
    assert len(errors) == 1
    world.sandbox.faults.clear()
    session.end_complete()
    assert statuses(world) == ["PASSED"]


def test_a_cycle_begins_on_the_day_of_the_clock_that_tests_did_not_replace(
    world: JamaWorld, fake_time: FakeTime
) -> None:
    refs = world.add_cases(1)
    EarlySession(world, refs, time=fake_time).early(*refs)
    (plan,) = world.store.plans(world.key)
    (cycle,) = world.store.cycles(plan.id)
    assert str(cycle.fields["startDate"]).startswith("2023-11-14")  # of `FakeTime`
