"""What every target must pass: inherit from `TargetContract` and give it a world of the target.

A world is a server with one project, plan and cycle in its settings, where nothing exists yet but
the cases that a test asks for.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Protocol

from pytest_jama.core.cases import CaseRef
from pytest_jama.core.observer import Observer
from pytest_jama.core.port import Receipt, SendState
from pytest_jama.core.verdicts import CaseVerdict, StepVerdict, Verdict
from pytest_jama.targets.jama.update_plan import plan_updates
from tests.targets.told import Told

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_jama.core.port import Target
    from pytest_jama.targets.jama.runs import Resolution, RunUpdate


class World(Protocol):
    """A server with an empty project."""

    def target(self) -> Target:
        """Connect to it."""

    def add_cases(self, count: int, *, steps: int = 0) -> list[CaseRef]:
        """Create test cases."""

    def state(self) -> object:
        """Return everything that the server stores, comparable."""

    def statuses(self, ref: CaseRef) -> list[list[str]]:
        """Return run status and step statuses of each run of a case, the oldest run first."""


def verdicts_of(
    refs: Sequence[CaseRef], verdict: Verdict, *steps: StepVerdict
) -> list[CaseVerdict]:
    return [CaseVerdict(ref, verdict, steps) for ref in refs]


def updates_for(
    resolution: Resolution, verdict: Verdict, *steps: StepVerdict
) -> tuple[RunUpdate, ...]:
    verdicts = verdicts_of(list(resolution.runs), verdict, *steps)
    return plan_updates(verdicts, resolution.runs, provenance="pytest-jama, commit abc").updates


class TargetContract:
    """The tests; subclasses provide a fixture `world`."""

    def test_each_case_gets_a_run(self, world: World) -> None:
        refs = world.add_cases(3)
        resolution = world.target().resolve(refs, create=True, observer=Observer())
        assert list(resolution.runs) == refs
        assert {runs[0].status for runs in resolution.runs.values()} == {"NOT_RUN"}
        assert all(runs[0].run_id for runs in resolution.runs.values())

    def test_a_dry_run_changes_nothing(self, world: World) -> None:
        refs = world.add_cases(3)
        before = world.state()
        world.target().resolve(refs, create=False, observer=Observer())
        assert world.state() == before

    def test_a_dry_run_foretells_the_changes_and_the_runs(self, world: World) -> None:
        refs = world.add_cases(2, steps=2)
        foretold = world.target().resolve(refs, create=False, observer=Observer())
        done = world.target().resolve(refs, create=True, observer=Observer())
        assert foretold.changes == done.changes
        assert foretold.cycle.place_id is None
        assert [runs[0].run_id for runs in foretold.runs.values()] == [None, None]
        assert [[runs[0].name, runs[0].steps] for runs in foretold.runs.values()] == [
            [runs[0].name, runs[0].steps] for runs in done.runs.values()
        ]

    def test_resolving_again_changes_nothing_more(self, world: World) -> None:
        refs = world.add_cases(2)
        first = world.target().resolve(refs, create=True, observer=Observer())
        again = world.target().resolve(refs, create=True, observer=Observer())
        assert again.changes == ()
        assert again.runs == first.runs

    def test_an_unknown_case_is_unresolved_with_reason_and_remedy(self, world: World) -> None:
        refs = world.add_cases(1)
        unknown = CaseRef.parse("NO-SUCH-99")
        resolution = world.target().resolve([unknown, *refs], create=True, observer=Observer())
        assert list(resolution.runs) == refs
        (unresolved,) = resolution.unresolved
        assert unresolved.case_ref == unknown
        assert unresolved.reason
        assert unresolved.remedy

    def test_verdicts_are_stored(self, world: World) -> None:
        (ref,) = world.add_cases(1)
        target = world.target()
        updates = updates_for(
            target.resolve([ref], create=True, observer=Observer()), Verdict.FAILED
        )
        (receipt,) = target.push(updates, observer=Observer())
        assert receipt == Receipt(updates[0], SendState.SENT, attempts=1)
        assert world.statuses(ref) == [["FAILED"]]

    def test_steps_are_stored(self, world: World) -> None:
        (ref,) = world.add_cases(1, steps=3)
        target = world.target()
        steps = (StepVerdict(1, Verdict.PASSED), StepVerdict(2, Verdict.FAILED, ("a < b",)))
        updates = updates_for(
            target.resolve([ref], create=True, observer=Observer()), Verdict.FAILED, *steps
        )
        (receipt,) = target.push(updates, observer=Observer())
        assert receipt.state is SendState.SENT
        assert world.statuses(ref) == [["FAILED", "PASSED", "FAILED", "NOT_RUN"]]

    def test_each_update_has_its_receipt_told_in_the_calling_thread(self, world: World) -> None:
        refs = world.add_cases(12)
        target = world.target()
        updates = updates_for(
            target.resolve(refs, create=True, observer=Observer()), Verdict.PASSED
        )
        told = Told()
        receipts = target.push(updates, observer=told)
        assert tuple(receipt.update for receipt in receipts) == updates
        assert set(told.receipts) == set(receipts)
        assert told.threads == {threading.get_ident()}

    def test_sending_twice_is_sending_once(self, world: World) -> None:
        refs = world.add_cases(2, steps=1)
        target = world.target()
        updates = updates_for(
            target.resolve(refs, create=True, observer=Observer()), Verdict.PASSED
        )
        first = target.push(updates, observer=Observer())
        state = [world.statuses(ref) for ref in refs]
        assert target.push(updates, observer=Observer()) == first
        assert [world.statuses(ref) for ref in refs] == state

    def test_nothing_to_send_is_nothing_sent(self, world: World) -> None:
        before = world.state()
        assert world.target().push((), observer=Observer()) == ()
        assert world.state() == before
