from __future__ import annotations

from datetime import date, datetime, timezone
from typing import TYPE_CHECKING, Any

import pytest

from pytest_jama.core.port import Observer
from pytest_jama.core.verdicts import Verdict
from tests.targets.jama_world import updates_for
from tests.targets.told import Told

if TYPE_CHECKING:
    from pytest_jama.core.cases import CaseRef
    from pytest_jama.targets.jama.runs import Resolution
    from tests.targets.conftest import MakeWorld
    from tests.targets.jama_world import JamaWorld
    from tests.targets.scripted import FakeTime

REGENERATE = {"name": "Build 7", "missing_runs": "regenerate"}


def _names(world: JamaWorld) -> dict[str, set[int]]:
    plan = world.store.plans(world.key)[0]
    return {group.name: set(group.case_ids) for group in world.store.groups(plan.id)}


def _ids(world: JamaWorld, *refs: CaseRef) -> set[int]:
    return {world.case_ids[ref] for ref in refs}


def _words(resolution: Resolution) -> tuple[str, ...]:
    return tuple(map(str, resolution.changes))


def test_everything_that_is_missing_is_created(world: JamaWorld) -> None:
    refs = world.add_cases(2)
    resolution = world.resolve(refs)
    assert _words(resolution) == (
        "create test plan 'Release 1'",
        f"add case {refs[0]} to group 'Default Test Group'",
        f"add case {refs[1]} to group 'Default Test Group'",
        "create test cycle 'Build 7'",
    )
    assert _names(world) == {"Default Test Group": _ids(world, *refs)}


def test_a_named_group_is_created_if_missing(world: JamaWorld) -> None:
    refs = world.add_cases(1)
    plan = {"name": "Release 1", "group": "Automated"}
    assert _words(world.resolve(refs, plan=plan))[1] == "create test group 'Automated'"
    more = world.add_cases(1)
    assert _words(world.resolve(more, plan=plan, cycle="Build 8")) == (
        f"add case {more[0]} to group 'Automated'",
        "create test cycle 'Build 8'",
    )
    assert _names(world)["Automated"] == _ids(world, *refs, *more)


def test_a_case_in_another_group_is_left_there(world: JamaWorld) -> None:
    refs = world.add_cases(3)
    plan_id = world.store.add_plan(world.key, "Release 1", cases=[world.case_ids[refs[0]]])
    world.store.add_to_plan(plan_id, world.case_ids[refs[1]], group="Manual")
    changes = _words(world.resolve(refs))
    assert changes[0] == f"add case {refs[2]} to group 'Default Test Group'"
    assert _names(world)["Manual"] == _ids(world, refs[1])


@pytest.mark.parametrize("duplicate_case", ["400", "201-noop"])
def test_two_names_of_one_case_add_it_once(duplicate_case: str, make_world: MakeWorld) -> None:
    from pytest_jama.core.cases import CaseRef  # noqa: PLC0415 - only here

    world = make_world(duplicate_case=duplicate_case)
    (ref,) = world.add_cases(1)
    resolution = world.resolve([ref, CaseRef.parse(world.case_ids[ref])])
    assert [change for change in _words(resolution) if change.startswith("add")] == [
        f"add case {ref} to group 'Default Test Group'"
    ]
    assert len(resolution.runs) == 2


@pytest.mark.parametrize(
    "given, expected",
    [
        ({}, ("today", "today")),
        ({"start": "2026-01-01", "end": "2026-02-01"}, (date(2026, 1, 1), date(2026, 2, 1))),
        ({"start": "2199-01-01"}, (date(2199, 1, 1), date(2199, 1, 1))),
        ({"end": "2001-01-01"}, (date(2001, 1, 1), date(2001, 1, 1))),
    ],
)
def test_a_new_cycle_is_of_today_unless_told(
    given: dict[str, Any], expected: tuple[Any, Any], world: JamaWorld
) -> None:
    today = datetime.now(tz=timezone.utc).date()
    world.resolve(world.add_cases(1), cycle={"name": "B", **given})
    (cycle,) = world.store.cycles(world.store.plans(world.key)[0].id)
    days = [today if day == "today" else day for day in expected]
    assert [str(cycle.start_date), str(cycle.end_date)] == [str(day) for day in days]


def test_runs_that_come_late_are_waited_for(make_world: MakeWorld) -> None:
    world = make_world(cycle_generation_delay_s=0.3)
    refs = world.add_cases(3)
    resolution = world.resolve(refs)
    assert list(resolution.runs) == refs
    assert resolution.unresolved == ()


def test_runs_that_never_come_are_unresolved(make_world: MakeWorld, fake_time: FakeTime) -> None:
    world = make_world(cycle_generation_delay_s=3600)
    refs = world.add_cases(1)
    resolution = world.target(clocks=fake_time.clocks).resolve(
        refs, create=True, observer=Observer()
    )
    assert "generated no run of it in test cycle 'Build 7'" in resolution.unresolved[0].reason
    assert 30 < sum(fake_time.slept) < 120


@pytest.mark.parametrize("create", [True, False])
def test_a_case_without_run_in_an_existing_cycle_is_ready_for_the_next(
    create: bool, world: JamaWorld
) -> None:
    old, new = world.add_cases(2)
    world.start([old])
    before = world.runs()
    resolution = world.resolve([old, new], create=create)
    (unresolved,) = resolution.unresolved
    assert unresolved.case_ref == new
    assert "new cycle name" in unresolved.remedy
    assert _words(resolution) == (f"add case {new} to group 'Default Test Group'",)
    assert world.runs() == before
    assert (_ids(world, new) <= _names(world)["Default Test Group"]) is create


def test_a_case_with_two_runs_has_both(make_world: MakeWorld) -> None:
    world = make_world(duplicate_case="allow-second-group")
    (ref,) = world.add_cases(1)
    plan_id = world.store.add_plan(world.key, "Release 1", cases=[world.case_ids[ref]])
    world.store.add_to_plan(plan_id, world.case_ids[ref], group="Second")
    world.store.add_cycle(plan_id, "Build 7")
    runs = world.resolve([ref]).runs[ref]
    assert [run.run_id for run in runs] == sorted(run.id for run in world.runs())
    assert len(runs) == 2


def _cycle_with_a_result(world: JamaWorld) -> list[CaseRef]:
    old, new = world.add_cases(2)
    world.start([old])
    target = world.target()
    updates = updates_for(target.resolve([old], create=True, observer=Observer()), Verdict.FAILED)
    target.push(updates, observer=Observer())
    return [old, new]


def test_missing_runs_are_generated_on_demand(world: JamaWorld) -> None:
    refs = _cycle_with_a_result(world)
    resolution = world.resolve(refs, cycle=REGENERATE)
    assert _words(resolution)[-1] == "regenerate the runs of test cycle 'Build 7'"
    assert [resolution.runs[ref][0].status for ref in refs] == ["FAILED", "NOT_RUN"]
    assert resolution.warnings == ()


def test_results_lost_by_regenerating_are_told(make_world: MakeWorld) -> None:
    world = make_world(regenerate="recreate_all")
    refs = _cycle_with_a_result(world)
    lost = world.runs()[0].document_key
    resolution = world.resolve(refs, cycle=REGENERATE)
    assert f"{lost} (FAILED -> gone)" in resolution.warnings[0]
    ids = {run.id for run in world.runs()}
    assert {resolution.runs[ref][0].run_id for ref in refs} <= ids


def test_a_dry_run_regenerates_nothing(world: JamaWorld) -> None:
    refs = _cycle_with_a_result(world)
    before = world.state()
    resolution = world.resolve(refs, create=False, cycle=REGENERATE)
    assert _words(resolution)[-1] == "regenerate the runs of test cycle 'Build 7'"
    assert resolution.runs[refs[1]][0].run_id is None
    assert world.state() == before


def test_a_creation_that_failed_at_first_happens_once(
    world: JamaWorld, fake_time: FakeTime
) -> None:
    refs = world.add_cases(2)
    for path in ("/testplans", "/testplans/*/testcases", "/testplans/*/testcycles"):
        world.sandbox.fail_next(1, 503, method="POST", path=path)
    world.target(clocks=fake_time.clocks).resolve(refs, create=True, observer=Observer())
    (plan,) = world.store.plans(world.key)
    assert len(world.store.cycles(plan.id)) == 1
    assert len(world.runs()) == 2


def test_old_servers_tell_the_new_id_by_location(make_world: MakeWorld) -> None:
    world = make_world(created_id="no")
    refs = world.add_cases(1)
    assert list(world.resolve(refs).runs) == refs


def test_each_change_is_told_as_soon_as_it_is_made(world: JamaWorld) -> None:
    refs = world.add_cases(2)
    told = Told()
    resolution = world.target().resolve(refs, create=True, observer=told)
    assert tuple(told.changes) == resolution.changes != ()


def test_a_dry_run_tells_no_change_since_none_is_made(world: JamaWorld) -> None:
    refs = world.add_cases(2)
    told = Told()
    resolution = world.target().resolve(refs, create=False, observer=told)
    assert resolution.changes
    assert told.changes == []
