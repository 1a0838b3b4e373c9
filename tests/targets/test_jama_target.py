"""Jama is a target; what its runs and steps become is held here, beside the contract."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_jama.core.cases import CaseRef
from pytest_jama.core.plan import Findings, Plan, SendState
from pytest_jama.core.port import Observer
from pytest_jama.core.verdicts import CaseVerdict, Judgement, StepVerdict, Verdict
from tests.targets.contract import TargetContract, findings_of
from tests.targets.jama_world import updates_for

if TYPE_CHECKING:
    from tests.targets.jama_world import JamaWorld


class TestJamaTarget(TargetContract):
    """The fixture `world` is an empty project in the sandbox."""


def test_each_case_gets_a_run(world: JamaWorld) -> None:
    refs = world.add_cases(3)
    resolution = world.resolve(refs)
    assert list(resolution.runs) == refs
    assert {runs[0].status for runs in resolution.runs.values()} == {"NOT_RUN"}
    assert all(runs[0].run_id for runs in resolution.runs.values())


def test_a_dry_run_foretells_the_runs(world: JamaWorld) -> None:
    refs = world.add_cases(2, steps=2)
    foretold = world.resolve(refs, create=False)
    done = world.resolve(refs)
    assert foretold.changes == done.changes
    assert foretold.cycle.place_id is None
    assert [runs[0].run_id for runs in foretold.runs.values()] == [None, None]
    assert [[runs[0].name, runs[0].steps] for runs in foretold.runs.values()] == [
        [runs[0].name, runs[0].steps] for runs in done.runs.values()
    ]


def test_an_unknown_case_is_unresolved_with_reason_and_remedy(world: JamaWorld) -> None:
    refs = world.add_cases(1)
    unknown = CaseRef.parse("NO-SUCH-99")
    plan = world.target().plan(findings_of([unknown, *refs]), create=True, observer=Observer())
    (unresolved,) = plan.unresolved
    assert unresolved.case_ref == unknown
    assert unresolved.reason
    assert unresolved.remedy
    assert [update.facts()["case"] for update in plan.updates] == list(map(str, refs))


def test_verdicts_are_stored(world: JamaWorld) -> None:
    (ref,) = world.add_cases(1)
    updates = updates_for(world.resolve([ref]), Verdict.FAILED)
    (receipt,) = world.target().push(updates, observer=Observer())
    assert receipt.state is SendState.SENT
    assert world.statuses(ref) == [["FAILED"]]


def test_steps_are_stored(world: JamaWorld) -> None:
    (ref,) = world.add_cases(1, steps=3)
    steps = (StepVerdict(1, Verdict.PASSED), StepVerdict(2, Verdict.FAILED, ("a < b",)))
    updates = updates_for(world.resolve([ref]), Verdict.FAILED, *steps)
    (receipt,) = world.target().push(updates, observer=Observer())
    assert receipt.state is SendState.SENT
    assert world.statuses(ref) == [["FAILED", "PASSED", "FAILED", "NOT_RUN"]]


def test_without_a_verdict_nothing_is_asked_of_jama(world: JamaWorld) -> None:
    left = Judgement((CaseVerdict(CaseRef.parse("KEY-TC-1"), None),))
    world.count_requests()
    target = world.target(credentials=None)
    assert target.plan(Findings((), left), create=True, observer=Observer()) == Plan()
    assert world.count_requests() == (0, 0)
