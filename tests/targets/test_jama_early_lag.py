"""What was sent while tests ran and is replaced at the end, on a server whose lists lag."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from pytest_jama.core.plan import Receipt, SendState
from pytest_jama.core.prior_state import EarlierStatus
from pytest_jama.core.verdicts import Verdict
from pytest_jama.sandbox.faults import RandomFault
from tests.targets.early_session import EarlySession, ToldEarly
from tests.targets.test_jama_early_end import PATCH, SAID_LATER, by_ann
from tests.targets.test_jama_early_sending import requests, statuses

if TYPE_CHECKING:
    from pytest_jama.core.cases import CaseRef
    from pytest_jama.core.verdicts import StepVerdict
    from tests.targets.conftest import MakeWorld
    from tests.targets.jama_world import JamaWorld
    from tests.targets.scripted import FakeTime


def shows_old(*, after: int = 0) -> RandomFault:
    """Let one list show what is changed from now on as it is now.

    Args:
        after: How many lists show such a change before that one.
    """
    return RandomFault("lag", path="/testruns", wait_s=9e9, times=1, after=after)


def start(world: JamaWorld, *, steps: int = 0) -> CaseRef:
    ref = world.add_case(1, steps=steps)
    world.start([ref])
    return ref


def end_with(session: EarlySession, verdict: Verdict, *, lag: RandomFault) -> Receipt:
    """End a session that says something else of its one case; return the receipt."""
    requests(session.world)
    with session.world.sandbox.faults.during(lag):
        (receipt,) = session.end(session.case(session.refs[0], verdict, "why"))
    return receipt


@pytest.mark.parametrize("is_early_listed", [True, False])
@pytest.mark.parametrize("verdict", [Verdict.INPROGRESS, Verdict.FAILED])
def test_a_list_may_show_what_was_sent_early(
    world: JamaWorld, fake_time: FakeTime, verdict: Verdict, is_early_listed: bool
) -> None:
    session = EarlySession(world, [start(world)], time=fake_time)
    with world.sandbox.faults.during(*[shows_old()][is_early_listed:]):
        session.early(*session.refs)
        receipt = end_with(session, verdict, lag=shows_old())
    assert (receipt.state, receipt.error) == (SendState.SENT, "")
    assert (statuses(world), requests(world)[PATCH]) == ([verdict.value], 1)
    assert fake_time.slept == [0.5]


def test_a_list_may_show_what_was_there_before_that(world: JamaWorld, fake_time: FakeTime) -> None:
    ref = start(world)
    by_ann(world, actualResults="<p>a note of Ann</p>")
    session = EarlySession(world, [ref], time=fake_time)
    with world.sandbox.faults.during(shows_old(after=1)):
        session.early(ref)
        requests(world)
        session.end_complete(session.case(ref, Verdict.FAILED))
    assert (statuses(world), requests(world)[PATCH]) == (["FAILED"], 1)
    assert fake_time.slept == [0.5]


@pytest.mark.parametrize("verdict, steps", SAID_LATER)
def test_a_list_may_show_the_steps_that_were_sent_early(
    world: JamaWorld, fake_time: FakeTime, verdict: Verdict, steps: tuple[StepVerdict, ...]
) -> None:
    session = EarlySession(world, [start(world, steps=3)], time=fake_time)
    session.early(*session.refs)
    requests(world)
    with world.sandbox.faults.during(shows_old()):
        session.end_complete(replace(session.case(session.refs[0], verdict), steps=steps))
    assert (requests(world)[PATCH], fake_time.slept) == (1, [0.5])


@pytest.mark.parametrize("is_stored", [True, False])
def test_a_list_may_show_it_where_no_account_is_stored(
    make_world: MakeWorld, fake_time: FakeTime, is_stored: bool
) -> None:
    world = make_world(actual_results="rich" if is_stored else "drop")
    run = {"actual_results": not is_stored}
    session = EarlySession(world, [start(world)], time=fake_time, run=run)
    session.early(*session.refs)
    receipt = end_with(session, Verdict.FAILED, lag=shows_old())
    assert "intended" not in receipt.error
    assert (statuses(world), requests(world)[PATCH]) == (["FAILED"], 1)
    assert fake_time.slept == [0.5]


@pytest.mark.parametrize(
    "fields",
    [
        {"testRunStatus": "PASSED"},
        {"testRunStatus": "PASSED", "actualResults": "<p>seen by Ann</p>"},
        {"testRunStatus": "BLOCKED", "actualResults": ""},
    ],
)
def test_what_a_person_makes_of_it_is_a_mismatch_at_once(
    world: JamaWorld, fake_time: FakeTime, fields: dict[str, Any]
) -> None:
    session = EarlySession(world, [start(world)], time=fake_time)
    session.early(*session.refs)
    session.told = ToldEarly(lambda _: by_ann(world, **fields))
    (receipt,) = session.end(session.case(session.refs[0], Verdict.FAILED))
    shown = fields["testRunStatus"]
    assert receipt.state is SendState.MISMATCH
    assert receipt.error.startswith(f"intended FAILED, Jama stores {shown}")
    assert (statuses(world), fake_time.slept) == ([shown], [])


@pytest.mark.parametrize(
    "shown, text, state",
    [
        ("PASSED", "", SendState.SENT),
        ("PASSED", "<p>seen by Ann</p>", SendState.MISMATCH),
        ("BLOCKED", "", SendState.MISMATCH),
    ],
)
def test_a_list_may_show_what_an_earlier_upload_sent(
    world: JamaWorld, fake_time: FakeTime, shown: str, text: str, state: SendState
) -> None:
    ref = start(world)
    session = EarlySession(world, [ref], time=fake_time)
    with world.sandbox.faults.during(shows_old()):
        by_ann(world, testRunStatus=shown, actualResults=text)
        (run,) = world.runs()
        known = EarlierStatus("NOT_RUN"), EarlierStatus("PASSED", ())
        session.findings = session.findings._replace(statuses={str(run.id): known})
        assert end_with(session, Verdict.FAILED, lag=shows_old()).state is state
    assert statuses(world) == ["FAILED"]


def test_the_same_status_with_other_steps_is_a_mismatch(
    world: JamaWorld, fake_time: FakeTime
) -> None:
    run = {"actual_results": False}
    session = EarlySession(world, [start(world, steps=2)], time=fake_time, run=run)
    session.early(*session.refs, verdict=Verdict.INPROGRESS)

    def execute(receipt: Receipt) -> None:
        world.store.set_status(int(receipt.update.key), steps=["PASSED", "INPROGRESS"])

    session.told = ToldEarly(execute)
    (receipt,) = session.end(session.case(session.refs[0], Verdict.FAILED))
    assert receipt.state is SendState.MISMATCH
    assert (statuses(world), fake_time.slept) == (["INPROGRESS"], [])


def test_a_list_may_show_what_was_there_before_an_account_got_tags(
    make_world: MakeWorld, fake_time: FakeTime
) -> None:
    world = make_world(actual_results="plain")
    session = EarlySession(world, [start(world)], time=fake_time)
    session.verdicts[session.refs[0]] = session.case(session.refs[0], Verdict.PASSED)
    with world.sandbox.faults.during(shows_old(after=1)):
        (receipt,) = session.end()
    assert (receipt.state, receipt.attempts, receipt.remarks) == (SendState.SENT, 2, ())
    assert fake_time.slept == [0.5]
