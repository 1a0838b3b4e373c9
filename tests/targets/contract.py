"""What every target must pass: inherit from `TargetContract` and give it a world of the target.

A world is a server with a place for results in its settings, where nothing exists yet but the cases
that a test asks for. The contract knows the port alone: no run, no step, no word of one server.
"""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Protocol

from pytest_jama.core.cases import CaseLink
from pytest_jama.core.plan import Findings, Plan, Receipt, SendState
from pytest_jama.core.port import Observer
from pytest_jama.core.results import Outcome, TestResult
from pytest_jama.core.verdicts import VerdictRules, judge
from tests.targets.told import Told

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_jama.core.cases import CaseRef
    from pytest_jama.core.port import Target

SERVER = "https://acme.example"


class World(Protocol):
    """A server with an empty project."""

    def target(self) -> Target:
        """Connect to it."""

    def add_cases(self, count: int) -> list[CaseRef]:
        """Create test cases."""

    def state(self) -> object:
        """Return everything that the server stores, comparable."""


def findings_of(refs: Sequence[CaseRef], outcome: Outcome = Outcome.PASSED) -> Findings:
    """Return what a session found that has one test for each case, and one of no case."""
    linked = [TestResult(f"t.py::test_{ref}", outcome, 0.1, links=(CaseLink(ref),)) for ref in refs]
    results = (*linked, TestResult("t.py::test_free", outcome, 0.1))
    return Findings(results, judge(results, rules=VerdictRules()), "pytest-jama, commit abc")


def plan_of(target: Target, refs: Sequence[CaseRef], outcome: Outcome = Outcome.PASSED) -> Plan:
    """Plan what a session found."""
    return target.plan(findings_of(refs, outcome), create=True, observer=Observer())


class TargetContract:
    """The tests; subclasses provide a fixture `world`."""

    def test_every_verdict_is_in_the_plan(self, world: World) -> None:
        plan = plan_of(world.target(), world.add_cases(3))
        assert sum(sum(update.counts().values()) for update in plan.updates) >= 3
        assert plan.unresolved == ()

    def test_updates_are_known_by_text_keys_each_once(self, world: World) -> None:
        keys = [update.key for update in plan_of(world.target(), world.add_cases(3)).updates]
        assert all(keys)
        assert len(set(map(str, keys))) == len(keys)

    def test_updates_and_places_can_be_told_to_people_and_scripts(self, world: World) -> None:
        plan = plan_of(world.target(), world.add_cases(2))
        assert plan.places
        assert all(place.kind and place.name for place in plan.places)
        for update in plan.updates:
            assert update.title
            assert update.will_be
            assert update.describe()
            facts, brief = update.facts(), update.facts(brief=True)
            assert json.loads(json.dumps([facts, brief])) == [facts, brief]

    def test_a_dry_run_changes_nothing(self, world: World) -> None:
        refs = world.add_cases(3)
        before = world.state()
        told = Told()
        world.target().plan(findings_of(refs), create=False, observer=told)
        assert (world.state(), told.changes) == (before, [])

    def test_a_dry_run_foretells_the_changes_and_the_updates(self, world: World) -> None:
        refs = world.add_cases(2)
        foretold = world.target().plan(findings_of(refs), create=False, observer=Observer())
        done = plan_of(world.target(), refs)
        assert foretold.changes == done.changes
        assert [update.will_be for update in foretold.updates] == [
            update.will_be for update in done.updates
        ]

    def test_each_change_is_told_as_it_is_made(self, world: World) -> None:
        told = Told()
        findings = findings_of(world.add_cases(2))
        plan = world.target().plan(findings, create=True, observer=told)
        assert tuple(told.changes) == plan.changes

    def test_planning_again_changes_nothing_more(self, world: World) -> None:
        refs = world.add_cases(2)
        first = plan_of(world.target(), refs)
        before = world.state()
        again = plan_of(world.target(), refs)
        assert (again.changes, world.state()) == ((), before)
        assert [update.key for update in again.updates] == [update.key for update in first.updates]

    def test_preparing_leaves_nothing_to_write_and_twice_changes_nothing(
        self, world: World
    ) -> None:
        findings = findings_of(world.add_cases(2))._replace(prepares=True)
        prepared = world.target().plan(findings, create=True, observer=Observer())
        before = world.state()
        again = world.target().plan(findings, create=True, observer=Observer())
        assert (prepared.updates, prepared.unresolved, again.updates) == ((), (), ())
        assert (again.changes, world.state()) == ((), before)

    def test_what_is_pushed_arrives_and_says_so(self, world: World) -> None:
        target = world.target()
        plan = plan_of(target, world.add_cases(2), Outcome.FAILED)
        before = world.state()
        receipts = target.push(plan.updates, observer=Observer())
        assert tuple(receipt._replace(task=None) for receipt in receipts) == tuple(
            Receipt(update, SendState.SENT, attempts=1) for update in plan.updates
        )
        assert world.state() != before

    def test_what_has_arrived_is_shown_or_unknown_and_has_the_same_fingerprint(
        self, world: World
    ) -> None:
        refs = world.add_cases(2)
        target = world.target()
        updates = plan_of(target, refs).updates
        target.push(updates, observer=Observer())
        later = plan_of(world.target(), refs).updates
        assert [update.is_shown() is not False for update in later] == [True] * len(updates)
        fingerprints = [update.fingerprint(SERVER) for update in updates]
        assert [update.fingerprint(SERVER) for update in later] == fingerprints
        elsewhere = [update.fingerprint("https://other.example") for update in updates]
        assert set(fingerprints).isdisjoint(elsewhere)

    def test_another_outcome_has_another_fingerprint(self, world: World) -> None:
        refs = world.add_cases(1)
        (passed,) = plan_of(world.target(), refs).updates
        (failed,) = plan_of(world.target(), refs, Outcome.FAILED).updates
        assert passed.fingerprint(SERVER) != failed.fingerprint(SERVER)

    def test_each_update_has_its_receipt_told_in_the_calling_thread(self, world: World) -> None:
        target = world.target()
        updates = plan_of(target, world.add_cases(12)).updates
        told = Told()
        receipts = target.push(updates, observer=told)
        assert tuple(receipt.update for receipt in receipts) == updates
        last = {each.update.key: each for each in told.receipts}
        assert last == {each.update.key: each for each in receipts}
        assert all(each.task for each in told.receipts if each not in receipts)
        assert told.threads == {threading.get_ident()}

    def test_sending_twice_is_sending_once(self, world: World) -> None:
        refs = world.add_cases(2)
        target = world.target()
        updates = plan_of(target, refs).updates
        first = target.push(updates, observer=Observer())
        before = plan_of(world.target(), refs)
        assert target.push(updates, observer=Observer()) == first
        assert plan_of(world.target(), refs) == before

    def test_nothing_to_send_is_nothing_sent(self, world: World) -> None:
        before = world.state()
        assert world.target().push((), observer=Observer()) == ()
        assert world.state() == before

    def test_a_target_that_was_never_used_can_be_closed(self, world: World) -> None:
        world.target().close()
