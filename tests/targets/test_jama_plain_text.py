"""Servers whose actual results are plain text: no tags of HTML stay in the record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_jama.core.plan import Receipt, SendState
from pytest_jama.core.port import Observer
from pytest_jama.core.verdicts import CaseVerdict, Verdict
from pytest_jama.targets.jama.actual_results import (
    StoredEntry,
    account_html,
    plain_text,
    read_account,
)
from pytest_jama.targets.jama.standing import Writer
from pytest_jama.targets.jama.update_plan import plan_updates
from tests.sandbox.client import Api

if TYPE_CHECKING:
    from pytest_jama.targets.jama.update_plan import PlannedUpdates
    from tests.targets.conftest import MakeWorld
    from tests.targets.jama_world import JamaWorld

REASON = "a <b>bold</b> word & more"
OVER = "replaced 2026-11-28 18:20:05 UTC by pytest-jama 0.1.0; earlier entry:"


def plan(world: JamaWorld, session: str, **given: Any) -> tuple[Any, PlannedUpdates]:
    target = world.target(**given)
    refs = [*world.case_ids]
    resolution = target.resolve(refs, create=True, observer=Observer())
    verdicts = [CaseVerdict(ref, Verdict.FAILED, reasons=(REASON,)) for ref in refs]
    writer = Writer("pytest-jama, commit a", session, OVER)
    return target, plan_updates(verdicts, resolution.runs, writer=writer)


def push(world: JamaWorld, session: str = "a-session", **given: Any) -> tuple[Receipt, ...]:
    target, planned = plan(world, session, **given)
    world.count_requests()
    receipts: tuple[Receipt, ...] = target.push(planned.updates, observer=Observer())
    assert {(each.state, each.error, each.remarks) for each in receipts} == {
        (SendState.SENT, "", ())
    }
    return receipts


def texts(world: JamaWorld) -> list[str]:
    return [run.actual_results or "" for run in world.runs()]


def write(world: JamaWorld, text: str) -> None:
    operation = {"op": "add", "path": "/fields/actualResults", "value": text}
    for run in world.runs():
        assert Api(world.sandbox).patch(f"/testruns/{run.id}", operation).status == 200


PLAIN = f"FAILED: no results\n{REASON}\npytest-jama, commit a\nsession a-session, checksum "


@pytest.mark.parametrize("write_by", ["patch", "put"])
@pytest.mark.parametrize("is_there", [False, True], ids=["new cycle", "cycle without accounts"])
def test_accounts_are_plain_text_where_the_server_says_so(
    is_there: bool, write_by: str, make_world: MakeWorld
) -> None:
    world = make_world(actual_results="plain")
    refs = world.add_cases(3)
    if is_there:
        world.start(refs)
    push(world, run={"write": write_by})
    assert [text.startswith(PLAIN) for text in texts(world)] == [True] * 3


def test_the_form_is_known_after_the_first_upload(make_world: MakeWorld) -> None:
    world = make_world(actual_results="plain")
    world.start(world.add_cases(3))
    push(world)
    assert world.count_requests()[0] == 6
    push(world, "another")
    assert world.count_requests()[0] == 3


def test_earlier_entries_stay_below_a_plain_account(make_world: MakeWorld) -> None:
    world = make_world(actual_results="plain")
    world.start(world.add_cases(1))
    write(world, "measured 4.2 V <at the pin>")
    push(world)
    push(world, "another")
    push(world, "another")
    (text,) = texts(world)
    newest, earlier, person = text.split(f"\n{OVER}\n")
    assert "session another, checksum " in newest
    assert earlier.startswith(PLAIN)
    assert person == "measured 4.2 V <at the pin>"


def test_tags_of_accounts_that_an_earlier_version_wrote_are_taken_out(
    make_world: MakeWorld,
) -> None:
    world = make_world(actual_results="plain")
    world.start(world.add_cases(1))
    account = account_html(["PASSED: 1 < 2", "by x"], keep=["by x"], session="old")
    write(world, account)
    push(world)
    (text,) = texts(world)
    assert "<p>" not in text
    assert f"{OVER}\nPASSED: 1 < 2\nby x\nsession old, checksum " in text


def test_a_session_that_is_sent_again_knows_its_plain_account(make_world: MakeWorld) -> None:
    world = make_world(actual_results="plain")
    world.start(world.add_cases(1))
    push(world)
    _, planned = plan(world, "a-session")
    assert (planned.replaced, [each.earlier for each in planned.updates]) == ((), [""])
    _, planned = plan(world, "another")
    assert planned.replaced == ()
    assert [OVER in each.earlier for each in planned.updates] == [True]


def test_rich_text_that_comes_back_to_the_letter_stays_rich(make_world: MakeWorld) -> None:
    world = make_world(rich_text="keep")
    world.start(world.add_cases(3))
    push(world)
    asked = [each.path for each in world.sandbox.requests].count("/itemtypes")
    assert (world.count_requests()[0], asked) == (3, 1)
    assert all(text.startswith("<p>FAILED: ") for text in texts(world))


@given(st.lists(st.text(max_size=40), max_size=5))
def test_an_account_reads_the_same_as_plain_text(lines: list[str]) -> None:
    account = account_html(["PASSED: x", *lines, "by us"], keep=["by us"], session="s")
    rich, plain = (read_account(StoredEntry(text)) for text in (account, plain_text(account)))
    assert rich is not None
    assert rich == plain
    assert not plain_text(account).startswith("<")
