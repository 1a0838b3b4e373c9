from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pytest_jama.core.plan import Receipt, SendState
from pytest_jama.core.port import Observer
from pytest_jama.core.verdicts import StepVerdict, Verdict
from pytest_jama.targets.jama.parallel import INTERRUPTED, not_sent
from tests.targets.jama_world import updates_for
from tests.targets.told import Told

if TYPE_CHECKING:
    from pytest_jama.core.cases import CaseRef
    from pytest_jama.sandbox.jama.model import Node
    from tests.targets.conftest import MakeWorld
    from tests.targets.jama_world import JamaWorld
    from tests.targets.scripted import FakeTime


def _push(
    world: JamaWorld, refs: list[CaseRef], verdict: Verdict = Verdict.PASSED, **settings: Any
) -> tuple[Receipt, ...]:
    target = world.target(**settings)
    updates = updates_for(target.resolve(refs, create=True, observer=Observer()), verdict)
    return target.push(updates, observer=Observer())


def _states(receipts: tuple[Receipt, ...]) -> list[str]:
    return [receipt.state.value for receipt in receipts]


def _only_run(world: JamaWorld) -> Node:
    (run,) = world.runs()
    return run


def test_the_account_is_written_as_escaped_paragraph(world: JamaWorld) -> None:
    _push(world, world.add_cases(1))
    text = _only_run(world).actual_results or ""
    signed = "<br />session a-session, checksum 434e47ae</p>"
    assert text.strip() == f"<p>PASSED: no results<br />pytest-jama, commit abc{signed}"


def test_the_account_may_be_switched_off(world: JamaWorld) -> None:
    _push(world, world.add_cases(1), run={"actual_results": False})
    assert not _only_run(world).actual_results


@pytest.mark.parametrize("assigned_to", ["none", "me"])
def test_a_run_is_assigned_only_on_demand(assigned_to: str, world: JamaWorld) -> None:
    _push(world, world.add_cases(1), run={"assigned_to": assigned_to})
    me = world.store.users()[0].id
    assert _only_run(world).assigned_to == (me if assigned_to == "me" else None)


def test_custom_fields_are_written(make_world: MakeWorld) -> None:
    world = make_world()
    name = world.store.add_run_field("build")
    _push(world, world.add_cases(1), run={"fields": {name: "4711"}})
    assert dict(_only_run(world).custom_fields) == {name: "4711"}


def test_a_refused_custom_field_is_told_in_the_words_of_the_server_and_costs_no_verdict(
    make_world: MakeWorld,
) -> None:
    world = make_world(custom_run_fields="400")
    (receipt,) = _push(world, world.add_cases(1), run={"fields": {"color$37": "red"}})
    ((what, why),) = receipt.remarks
    assert what == "field color$37 not stored"
    assert why.startswith("400 Bad Request: ")
    assert (receipt.state, receipt.error) == (SendState.SENT, "")
    assert (_only_run(world).status, bool(_only_run(world).actual_results)) == ("PASSED", True)


@pytest.mark.parametrize("locked_write", ["403", "400", "409", "423"])
def test_a_locked_run_is_told_and_left_alone(locked_write: str, make_world: MakeWorld) -> None:
    world = make_world(locked_write=locked_write)
    refs = world.add_cases(3)
    world.start(refs)
    locked = world.runs()[1]
    world.store.set_lock(locked.id)
    receipts = _push(world, refs)
    assert _states(receipts) == ["sent", "locked", "sent"]
    assert world.store.run(locked.id).locked_by
    assert world.store.run(locked.id).status == "NOT_RUN"


def test_another_rule_for_the_status_shows_in_the_read_back(make_world: MakeWorld) -> None:
    world = make_world(status_rule="inprogress_until_complete")
    (ref,) = world.add_cases(1, steps=3)
    target = world.target()
    steps = (StepVerdict(1, Verdict.FAILED),)
    updates = updates_for(
        target.resolve([ref], create=True, observer=Observer()), Verdict.FAILED, *steps
    )
    told = Told()
    (receipt,) = target.push(updates, observer=told)
    assert receipt.state is SendState.MISMATCH
    assert receipt.error == "intended FAILED, Jama stores INPROGRESS"
    assert [each.state.value for each in told.receipts] == ["sent", "mismatch"]


def test_throttled_and_failing_requests_are_repeated(world: JamaWorld, fake_time: FakeTime) -> None:
    refs = world.add_cases(6)
    world.start(refs)
    world.sandbox.fail_next(4, 429, method="PATCH")
    target = world.target(clocks=fake_time.clocks)
    updates = updates_for(target.resolve(refs, create=True, observer=Observer()), Verdict.FAILED)
    receipts = target.push(updates, observer=Observer())
    assert {receipt.state for receipt in receipts} == {SendState.SENT}
    assert sum(receipt.attempts for receipt in receipts) == 6 + 4


def test_a_server_that_fails_for_good_leaves_the_rest_unsent(
    make_world: MakeWorld, fake_time: FakeTime
) -> None:
    world = make_world()
    refs = world.add_cases(30)
    world.start(refs)
    target = world.target(clocks=fake_time.clocks, upload={"give_up_after": "30s"})
    updates = updates_for(target.resolve(refs, create=True, observer=Observer()), Verdict.FAILED)
    world.sandbox.fail_next(10_000, 503)
    receipts = target.push(updates, observer=Observer())
    assert {receipt.state for receipt in receipts} == {SendState.NOT_SENT}
    assert "nothing succeeded at" in receipts[-1].error


def test_a_run_that_makes_the_server_fail_does_not_stop_the_others(
    make_world: MakeWorld, fake_time: FakeTime
) -> None:
    world = make_world()
    refs = world.add_cases(4)
    world.start(refs)
    poison = world.runs()[0].id
    world.sandbox.fail_next(10_000, 500, method="PATCH", path=f"/testruns/{poison}")
    target = world.target(clocks=fake_time.clocks, upload={"concurrency": 1})
    updates = updates_for(target.resolve(refs, create=True, observer=Observer()), Verdict.PASSED)
    receipts = target.push(updates, observer=Observer())
    assert _states(receipts) == ["refused", "sent", "sent", "sent"]


def test_what_could_not_be_read_back_is_sent_but_noted(
    make_world: MakeWorld, fake_time: FakeTime
) -> None:
    world = make_world()
    refs = world.add_cases(2)
    world.start(refs)
    target = world.target(clocks=fake_time.clocks)
    updates = updates_for(target.resolve(refs, create=True, observer=Observer()), Verdict.PASSED)
    world.sandbox.fail_next(10_000, 403, method="GET", path="/testruns*")
    receipts = target.push(updates, observer=Observer())
    assert _states(receipts) == ["not read back", "not read back"]
    assert receipts[0].error.startswith("accepted, but GET")


def test_an_interruption_leaves_receipts_for_all(world: JamaWorld) -> None:
    refs = world.add_cases(40)
    world.start(refs)
    target = world.target(upload={"concurrency": 2})
    updates = updates_for(target.resolve(refs, create=True, observer=Observer()), Verdict.PASSED)

    def interrupt(_receipt: object) -> None:
        if len(told.receipts) == 3:
            raise KeyboardInterrupt

    told = Told(interrupt)
    receipts = target.push(updates, observer=told)
    sent = [run for run in world.runs() if run.status == "PASSED"]
    assert _states(receipts).count("sent") == len(sent) <= 5
    assert receipts[-1] == not_sent(updates[-1], INTERRUPTED)


def test_a_wrong_secret_ends_it_with_the_names_of_the_variables(world: JamaWorld) -> None:
    from pytest_jama.config.environment import OAuthCredentials  # noqa: PLC0415 - only here
    from pytest_jama.core.errors import CredentialsError  # noqa: PLC0415 - only here

    wrong = OAuthCredentials.model_validate({"client_id": "x", "client_secret": "hidden"})
    with pytest.raises(CredentialsError, match="JAMA_CLIENT_SECRET") as caught:
        world.resolve([], credentials=wrong)
    assert "hidden" not in str(caught.value)


def test_a_password_will_do(make_world: MakeWorld) -> None:
    from pytest_jama.config.environment import BasicCredentials  # noqa: PLC0415 - only here

    world = make_world(auth="basic")
    known = world.sandbox.credentials
    login = {"username": known.username, "password": known.password}
    credentials = BasicCredentials.model_validate(login)
    assert _states(_push(world, world.add_cases(1), credentials=credentials)) == ["sent"]


def test_tokens_that_live_for_a_moment_are_renewed(make_world: MakeWorld) -> None:
    world = make_world(token_lifetime_s=0.2, token_type="bearer")
    assert _states(_push(world, world.add_cases(20))) == ["sent"] * 20
