from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pytest_jama.core.cases import CaseRef
from pytest_jama.core.errors import NotUsableError
from tests.targets.jama_world import JamaWorld
from tests.targets.rounds import Refusing

if TYPE_CHECKING:
    from tests.targets.conftest import MakeWorld


def test_the_project_may_be_given_by_its_id(world: JamaWorld) -> None:
    refs = world.add_cases(1)
    assert world.resolve(refs, project=world.project_id).project.name == world.key


def test_the_project_is_found_beyond_the_first_page(make_world: MakeWorld) -> None:
    world = make_world()
    for number in range(60):
        world.store.add_project(f"{world.key}A{number}")
    assert world.resolve([], project=f"{world.key}A59").project.name == f"{world.key}A59"


@pytest.fixture
def crowded(make_world: MakeWorld) -> JamaWorld:
    """A project that is the last of more than are worth to be listed."""
    world = make_world()
    for number in range(160):
        world.store.add_project(f"A{number}")
    return JamaWorld(world.sandbox, "LAST")


def _pages_of_projects(world: JamaWorld) -> int:
    return sum(request.path == "/projects" for request in world.sandbox.requests)


def test_among_very_many_projects_it_is_found_by_its_cases(crowded: JamaWorld) -> None:
    refs = crowded.add_cases(2)
    unknown = CaseRef.parse("LAST-TC-404")
    with crowded:
        assert crowded.resolve([unknown, *refs]).project.place_id == crowded.project_id
    assert _pages_of_projects(crowded) == 1


def test_where_no_case_leads_to_the_project_the_list_does(crowded: JamaWorld) -> None:
    (ref,) = crowded.add_cases(1)
    by_id = CaseRef.parse(crowded.case_ids[ref])
    with crowded:
        for refs in ([], [by_id], [CaseRef.parse("LAST-TC-404")], [CaseRef.parse("OTHER-TC-1")]):
            assert crowded.resolve(refs).project.place_id == crowded.project_id


def test_a_case_that_is_in_another_project_does_not_lead_there(crowded: JamaWorld) -> None:
    crowded.store.add_case("A7", "LAST-TC-1")
    with crowded:
        resolution = crowded.resolve([CaseRef.parse("LAST-TC-1")])
    assert resolution.project.place_id == crowded.project_id
    assert "of another project, A7, come into" in resolution.warnings[0]


def test_a_server_that_searches_in_one_project_only_is_asked_for_the_list(
    crowded: JamaWorld,
) -> None:
    refs = crowded.add_cases(1)
    crowded.sandbox.faults.add(
        Refusing(400, lambda each: each.path == "/abstractitems" and "project=" not in each.query)
    )
    with crowded:
        assert crowded.resolve(refs).project.place_id == crowded.project_id
    assert _pages_of_projects(crowded) > 1


@pytest.mark.parametrize(
    "wanted, message",
    [
        ("NOPE", r"no project with the key 'NOPE'; check `project`"),
        (999_999, r"no project with the API ID 999999"),
    ],
)
def test_a_missing_project_is_named(wanted: str | int, message: str, world: JamaWorld) -> None:
    with pytest.raises(NotUsableError, match=message):
        world.resolve([], project=wanted)


def test_a_key_in_other_letters_is_not_the_project(world: JamaWorld) -> None:
    with pytest.raises(NotUsableError, match=f"did you mean '{world.key}'"):
        world.resolve([], project=world.key.lower())


def test_plan_and_cycle_are_found_by_name(world: JamaWorld) -> None:
    refs = world.add_cases(1)
    cycle_id = world.start(refs)
    resolution = world.resolve(refs)
    assert resolution.cycle.place_id == cycle_id
    assert resolution.changes == ()


def test_plan_and_cycle_are_found_by_id(world: JamaWorld) -> None:
    refs = world.add_cases(1)
    cycle_id = world.start(refs)
    plan_id = world.store.plans(world.key)[0].id
    resolution = world.resolve(refs, plan={"id": plan_id}, cycle={"id": cycle_id})
    assert (resolution.plan.name, resolution.cycle.name) == ("Release 1", "Build 7")


def test_plan_and_cycle_are_shown_with_a_link(world: JamaWorld) -> None:
    refs = world.add_cases(1)
    world.start(refs)
    resolution = world.resolve(refs)
    page = f"{world.sandbox.url}/perspective.req#/testPlans/{resolution.plan.place_id}"
    assert resolution.plan.link == f"{page}?projectId={world.project_id}"
    assert resolution.cycle.link == f"{page}/testRuns?projectId={world.project_id}"


@pytest.mark.parametrize("kind", ["plan", "cycle"])
def test_of_several_with_one_name_the_oldest_is_used(kind: str, world: JamaWorld) -> None:
    refs = world.add_cases(1)
    cycle_id = world.start(refs)
    plan_id = world.store.plans(world.key)[0].id
    younger = (
        world.store.add_plan(world.key, "Release 1")
        if kind == "plan"
        else world.store.add_cycle(plan_id, "Build 7")
    )
    resolution = world.resolve(refs)
    assert (resolution.plan.place_id, resolution.cycle.place_id) == (plan_id, cycle_id)
    assert f"the others are {younger}" in resolution.warnings[0]


def test_names_are_compared_exactly(world: JamaWorld) -> None:
    refs = world.add_cases(1)
    world.start(refs, plan="Release 10")
    world.start(refs, plan="release 1")
    changes = world.resolve(refs, create=False).changes
    assert str(changes[0]) == "create test plan 'Release 1'"


def test_an_active_plan_is_preferred_to_an_archived_one(world: JamaWorld) -> None:
    refs = world.add_cases(1)
    archived = world.store.add_plan(world.key, "Release 1", archived=True)
    world.start(refs)
    resolution = world.resolve(refs)
    assert resolution.plan.place_id != archived
    assert resolution.warnings == ()


@pytest.mark.parametrize("by_id", [False, True])
def test_results_of_an_archived_plan_come_with_a_warning(by_id: bool, world: JamaWorld) -> None:
    refs = world.add_cases(1)
    world.start(refs)
    plan_id = world.store.plans(world.key)[0].id
    world.store.set_archived(plan_id)
    resolution = world.resolve(refs, plan={"id": plan_id} if by_id else "Release 1")
    assert resolution.plan.place_id == plan_id
    assert "is archived" in resolution.warnings[0]


@pytest.mark.parametrize(
    "settings, message",
    [
        ({"plan": {"name": "New", "create": False}}, r"has no test plan 'New', and `plan: {cr"),
        ({"cycle": {"name": "New", "create": False}}, r"no test cycle 'New', and `cycle: {cr"),
        ({"plan": {"id": 99_999}}, "no test plan with the API ID 99999"),
        ({"cycle": {"id": 99_999}}, "no test cycle with the API ID 99999"),
    ],
)
def test_what_is_missing_and_may_not_be_created_ends_it(
    settings: dict[str, Any], message: str, world: JamaWorld
) -> None:
    refs = world.add_cases(1)
    world.start(refs)
    before = world.state()
    with pytest.raises(NotUsableError, match=message):
        world.resolve(refs, **settings)
    assert world.state() == before


def test_a_plan_of_another_project_is_not_used(world: JamaWorld) -> None:
    world.store.add_project("ELSEWHERE")
    plan_id = world.store.add_plan("ELSEWHERE", "Release 1")
    with pytest.raises(NotUsableError, match=f"is not in project {world.key}"):
        world.resolve([], plan={"id": plan_id})


def test_a_cycle_of_another_plan_is_not_used(world: JamaWorld) -> None:
    refs = world.add_cases(1)
    cycle_id = world.start(refs, plan="Other")
    world.start(refs)
    with pytest.raises(NotUsableError, match="is not in test plan 'Release 1'"):
        world.resolve(refs, cycle={"id": cycle_id})


def test_a_cycle_by_id_needs_a_plan_that_exists(world: JamaWorld) -> None:
    refs = world.add_cases(1)
    cycle_id = world.start(refs, plan="Other")
    with pytest.raises(NotUsableError, match="the test plan, which does not exist yet"):
        world.resolve(refs, cycle={"id": cycle_id})


HIDDEN, SHOWN = "Rel\u202e1", r"Rel\u202e1"


def test_what_nobody_sees_in_a_name_is_written_out_where_it_is_created(world: JamaWorld) -> None:
    refs = world.add_cases(1)
    first = world.resolve(refs, plan={"name": HIDDEN, "group": HIDDEN}, cycle=HIDDEN)
    (plan,) = world.store.plans(world.key)
    (cycle,) = world.store.cycles(plan.id)
    assert (plan.name, cycle.name) == (SHOWN, SHOWN)
    assert [group.name for group in world.store.groups(plan.id)][-1] == SHOWN

    again = world.resolve(refs, plan={"name": HIDDEN, "group": HIDDEN}, cycle=HIDDEN)
    assert (again.plan.place_id, again.cycle.place_id) == (plan.id, cycle.id)
    assert first.changes
    assert not again.changes


def test_what_has_the_very_name_is_found_before_what_was_created_for_it(world: JamaWorld) -> None:
    refs = world.add_cases(1)
    world.start(refs, plan=SHOWN, cycle=SHOWN)
    cycle = world.start(refs, plan=HIDDEN, cycle=HIDDEN)
    assert world.resolve(refs, plan=HIDDEN, cycle=HIDDEN).cycle.place_id == cycle
