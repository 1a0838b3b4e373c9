"""What a plan gets before its cycle is made: every linked case, of whatever project."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from pytest_jama.core.cases import CaseLink, CaseRef
from pytest_jama.core.plan import ChangeKind, Findings, Plan
from pytest_jama.core.port import Observer
from pytest_jama.core.results import Outcome, TestResult
from pytest_jama.core.verdicts import VerdictRules, judge
from tests.targets.jama_world import CYCLE, PLAN

if TYPE_CHECKING:
    from tests.targets.conftest import MakeWorld
    from tests.targets.jama_world import JamaWorld

KNOWN = (Outcome.DESELECTED, Outcome.SKIPPED, Outcome.NOT_COLLECTED, Outcome.XFAILED)


def _findings(refs: list[CaseRef], *outcomes: Outcome, prepares: bool = False) -> Findings:
    """Return one test for each case, of the outcomes; the last one is that of all others."""
    outcomes = (*outcomes, *(outcomes[-1] for _ in refs[len(outcomes) :]))
    results = [
        TestResult(f"t.py::test_{ref}", outcome, links=(CaseLink(ref),))
        for ref, outcome in zip(refs, outcomes, strict=True)
    ]
    return Findings(results, judge(results, rules=VerdictRules()), prepares=prepares)


def _plan(world: JamaWorld, findings: Findings, *, create: bool = True, **given: Any) -> Plan:
    return world.target(**given).plan(findings, create=create, observer=Observer())


def _adds(**given: Any) -> dict[str, Any]:
    return {"plan": {"name": PLAN, **given}}


def _run_cases(world: JamaWorld) -> set[str]:
    return {run.case_key for run in world.runs()}


def test_a_part_of_the_tests_makes_a_cycle_of_all_cases(world: JamaWorld) -> None:
    refs = world.add_cases(5)
    findings = _findings(refs, Outcome.PASSED, *KNOWN)
    foretold = _plan(world, findings, create=False)
    done = _plan(world, findings)
    assert _run_cases(world) == {ref.text for ref in refs}
    assert [update.title.partition(" ")[0] for update in done.updates] == [refs[0].text]
    assert (foretold.changes, foretold.warnings) == (done.changes, done.warnings)
    assert len(done.changes) == 7
    everything = _plan(world, _findings(refs, Outcome.PASSED))
    assert (everything.unresolved, everything.changes, len(everything.updates)) == ((), (), 5)


def _added(plan: Plan) -> list[str]:
    return [each.what for each in plan.changes if each.kind is ChangeKind.ADD]


def _named(refs: list[CaseRef]) -> list[str]:
    return [f"case {ref}" for ref in refs]


def test_the_order_of_a_new_plan_is_that_of_the_tests_whatever_those_said(
    world: JamaWorld,
) -> None:
    refs = world.add_cases(9)[::-1]
    said = (Outcome.XFAILED, Outcome.PASSED, Outcome.SKIPPED, Outcome.FAILED, Outcome.NOT_REACHED)
    findings = _findings(refs[1:], *said, *KNOWN[:3])._replace(known=(refs[0],))
    plan = _plan(world, findings, create=False)
    assert _added(plan) == _named([*refs[1:], refs[0]])


def test_a_case_stands_where_the_first_of_its_names_does(world: JamaWorld) -> None:
    first, second = world.add_cases(2)
    by_id = CaseRef.parse(world.case_ids[first])
    findings = _findings([first, second, by_id], Outcome.SKIPPED, Outcome.PASSED)
    assert _added(_plan(world, findings, create=False)) == _named([by_id, second])


def test_a_case_that_a_hook_named_stands_where_its_tests_do(world: JamaWorld) -> None:
    refs = world.add_cases(4)
    findings = _findings(refs[:3], Outcome.PASSED)
    first, *others = findings.judgement.cases
    adjusted = (replace(first, case_ref=refs[3], judged=first), *others)
    findings = findings._replace(judgement=findings.judgement._replace(cases=adjusted))
    plan = _plan(world, findings, create=False)
    assert _added(plan) == _named([refs[3], *refs[:3]])


def test_only_reported_cases_are_added_on_demand(world: JamaWorld) -> None:
    refs = world.add_cases(3)
    _plan(world, _findings(refs, Outcome.PASSED, *KNOWN[:2]), **_adds(add="reported"))
    assert _run_cases(world) == {refs[0].text}


def test_an_existing_cycle_gets_nothing_that_is_not_needed(world: JamaWorld) -> None:
    refs = world.add_cases(3)
    world.start(refs[:1])
    before = world.state()
    world.count_requests()
    plan = _plan(world, _findings(refs, Outcome.PASSED, *KNOWN[:2]))
    assert (plan.changes, plan.warnings, plan.unresolved) == ((), (), ())
    assert world.state() == before


@pytest.mark.parametrize("create", [True, False])
def test_a_plan_of_people_is_left_as_it_is(create: bool, world: JamaWorld) -> None:
    refs = world.add_cases(3)
    world.store.add_plan(world.key, PLAN, cases=[world.case_ids[ref] for ref in refs[:2]])
    findings = _findings(refs, Outcome.PASSED, Outcome.DESELECTED, Outcome.PASSED)
    plan = _plan(world, findings, create=create, **_adds(add="none"))
    assert [str(change) for change in plan.changes] == [f"create test cycle {CYCLE!r}"]
    (unresolved,) = plan.unresolved
    assert (unresolved.case_ref, len(plan.updates)) == (refs[2], 1)
    assert "test plan 'Release 1' does not have it" in unresolved.reason
    assert "add it to the plan in Jama" in unresolved.remedy
    assert _run_cases(world) == ({ref.text for ref in refs[:2]} if create else set())


def test_a_plan_that_is_to_be_prepared_by_people_has_to_be_there(world: JamaWorld) -> None:
    from pytest_jama.core.errors import NotUsableError  # noqa: PLC0415 - only here

    refs = world.add_cases(1)
    with pytest.raises(NotUsableError, match="prepare the plan in Jama"):
        _plan(world, _findings(refs, Outcome.PASSED), **_adds(add="none"))
    assert world.store.plans(world.key) == ()


@pytest.mark.parametrize("create", [True, False])
def test_a_session_does_not_fail_for_a_case_it_says_nothing_of_but_names_it(
    create: bool, world: JamaWorld
) -> None:
    (ref,) = world.add_cases(1)
    folder = next(node.parent for node in world.store.cases(world.key))
    wrong = [CaseRef.parse(f"{world.key}-TC-404"), CaseRef.parse(987_654), CaseRef.parse(folder)]
    findings = _findings([ref, *wrong], Outcome.PASSED, Outcome.DESELECTED)
    plan = _plan(world, findings, create=create)
    assert (plan.unresolved, len(plan.updates)) == ((), 1)
    assert sorted(text.partition(" ")[0] for text in plan.warnings) == sorted(map(str, wrong))
    reported = _plan(world, _findings([ref, *wrong], Outcome.PASSED), create=True, cycle="B")
    assert {each.case_ref for each in reported.unresolved} == set(wrong)


def test_of_many_wrong_references_few_are_explained_and_all_are_named(world: JamaWorld) -> None:
    refs = [*world.add_cases(1), *(CaseRef.parse(f"{world.key}-TC-4{n}") for n in range(9))]
    plan = _plan(world, _findings(refs, Outcome.PASSED, Outcome.DESELECTED))
    assert len(plan.warnings) == 4
    assert plan.warnings[-1].startswith("6 more cases linked to tests that do not come into")
    assert all(ref.text in " ".join(plan.warnings) for ref in refs[1:])


def test_nothing_is_created_for_a_session_that_says_nothing(world: JamaWorld) -> None:
    refs = world.add_cases(2)
    assert _plan(world, _findings(refs, Outcome.SKIPPED)) == Plan()
    assert world.sandbox.requests == ()


def test_preparing_makes_everything_and_writes_nothing(world: JamaWorld) -> None:
    refs = world.add_cases(3)
    findings = _findings(refs, Outcome.NOT_COLLECTED, Outcome.PASSED, prepares=True)
    foretold = _plan(world, findings, create=False)
    done = _plan(world, findings)
    assert foretold.changes == done.changes
    assert (done.updates, done.unresolved) == ((), ())
    assert _run_cases(world) == {ref.text for ref in refs}
    state = world.state()
    again = _plan(world, findings)
    assert (again.changes, world.state()) == ((), state)
    assert _plan(world, _findings(refs, Outcome.PASSED)).changes == ()


def _library(world: JamaWorld, number: int = 7, **given: Any) -> CaseRef:
    """Return a case of a project that is not the one of the plan."""
    key = f"LIB{world.key}"
    world.store.add_project(key)
    ref = CaseRef.parse(f"{key}-TC-{number}")
    world.case_ids[ref] = world.store.add_case(key, ref.text, **given)
    return ref


def _names(world: JamaWorld, ref: CaseRef) -> list[CaseRef]:
    return [ref, CaseRef.parse(world.case_ids[ref]), CaseRef.parse(f"GID-L{world.key}")]


@pytest.mark.parametrize("kind", [0, 1, 2], ids=["key", "API ID", "global ID"])
def test_the_run_of_a_library_case_gets_the_result(kind: int, world: JamaWorld) -> None:
    own = world.add_case(1)
    ref = _library(world, global_id=f"GID-L{world.key}")
    world.start([own, ref])
    named = _names(world, ref)[kind]
    target = world.target()
    plan = target.plan(_findings([own, named], Outcome.PASSED), create=True, observer=Observer())
    assert (plan.changes, plan.warnings, plan.unresolved) == ((), (), ())
    target.push(plan.updates, observer=Observer())
    assert {run.case_key: run.status for run in world.runs()} == {
        own.text: "PASSED",
        ref.text: "PASSED",
    }


@pytest.mark.parametrize("kind", [0, 1, 2], ids=["key", "API ID", "global ID"])
@pytest.mark.parametrize("outcome", [Outcome.PASSED, Outcome.DESELECTED])
def test_no_case_of_another_project_comes_into_a_plan_without_a_word(
    outcome: Outcome, kind: int, world: JamaWorld
) -> None:
    own = world.add_case(1)
    named = _names(world, _library(world, global_id=f"GID-L{world.key}"))[kind]
    findings = _findings([own, named], Outcome.PASSED, outcome)
    foretold = _plan(world, findings, create=False)
    done = _plan(world, findings)
    assert (foretold.changes, foretold.warnings) == (done.changes, done.warnings)
    assert f"add case {named} of project LIB{world.key} to group" in str(done.changes[2])
    assert done.warnings == (
        f"test cases of another project, LIB{world.key}, come into test plan {PLAN!r}: {named}",
    )
    assert len(world.runs()) == 2


def test_of_two_projects_that_share_a_global_id_the_own_counts_else_none(
    world: JamaWorld,
) -> None:
    shared, theirs = f"GID-S{world.key}", f"GID-T{world.key}"
    own = world.add_case(1, global_id=shared)
    other = _library(world, 1, global_id=shared)
    for number in (2, 3):
        _library(world, number, global_id=theirs)
    world.start([own, other])
    refs = [CaseRef.parse(shared), CaseRef.parse(theirs)]
    plan = _plan(world, _findings(refs, Outcome.PASSED))
    assert [update.title.partition(" ")[0] for update in plan.updates] == [shared]
    assert world.runs()[0].case_key == own.text
    assert plan.updates[0].key == str(world.runs()[0].id)
    (unresolved,) = plan.unresolved
    assert unresolved.case_ref == refs[1]
    assert unresolved.reason.count(f"of project LIB{world.key}") == 2


def test_only_what_the_project_does_not_have_is_looked_up_everywhere(
    make_world: MakeWorld,
) -> None:
    world = make_world()
    refs = [*world.add_cases(60), *(_library(world, number) for number in range(1, 4))]
    world.start(refs)
    _plan(world, _findings(refs[:60], Outcome.PASSED))
    _, without = world.count_requests()
    plan = _plan(world, _findings(refs, Outcome.PASSED))
    _, requests = world.count_requests()
    assert len(plan.updates) == 63
    assert requests == without + 1
