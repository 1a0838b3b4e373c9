from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_jama.core.cases import CaseRef

if TYPE_CHECKING:
    from tests.targets.jama_world import JamaWorld


def test_a_case_has_three_names(world: JamaWorld) -> None:
    key = world.add_case(1, global_id=f"GID-{world.key}")
    world.start([key])
    refs = [key, CaseRef.parse(world.case_ids[key]), CaseRef.parse(f"GID-{world.key}")]
    resolution = world.resolve(refs)
    assert len({runs[0].run_id for runs in resolution.runs.values()}) == 1
    assert list(resolution.runs) == refs


def test_a_similar_key_is_not_the_case(world: JamaWorld) -> None:
    refs = [world.add_case(number) for number in (1, 10, 11, 100)]
    world.start(refs)
    resolution = world.resolve(refs)
    assert [resolution.runs[ref][0].case_id for ref in refs] == [*world.case_ids.values()]


def test_a_key_in_other_letters_is_not_the_case(world: JamaWorld) -> None:
    (ref,) = world.add_cases(1)
    world.start([ref])
    (unresolved,) = world.resolve([CaseRef.parse(ref.text.lower())]).unresolved
    assert unresolved.reason.startswith(f"project {world.key} has no item with the document key")


def test_of_several_with_one_global_id_the_oldest_is_used(world: JamaWorld) -> None:
    shared = f"GID-S-{world.key}"
    refs = [world.add_case(1), world.add_case(2)]
    oldest = world.add_case(3, global_id=shared)
    world.start([*refs, oldest])
    resolution = world.resolve([CaseRef.parse(shared)])
    assert resolution.runs[CaseRef.parse(shared)][0].case_id == world.case_ids[oldest]


def test_reasons_tell_apart_why_there_is_no_run(world: JamaWorld) -> None:
    known, deleted, last = world.add_cases(3)
    world.store.delete_case(world.case_ids[deleted])
    unknown = [
        CaseRef.parse(f"{world.key}-TC-404"),
        CaseRef.parse(987_654),
        CaseRef.parse("GID-987654"),
        deleted,
        CaseRef.parse(world.case_ids[deleted]),
    ]
    resolution = world.resolve([known, *unknown, last])
    reasons = {each.case_ref: each.reason for each in resolution.unresolved}
    rights = "or this account may not see it (rights on project, component or set)"
    nor = f", nor has another project: it does not exist, was deleted or renamed, {rights}"
    gone = f"it does not exist, was deleted, {rights}"
    assert reasons == {
        unknown[0]: f"project {world.key} has no item with the document key {unknown[0]}{nor}",
        unknown[1]: f"there is no item with the API ID 987654: {gone}",
        unknown[2]: f"project {world.key} has no item with the global ID GID-987654{nor}",
        deleted: f"project {world.key} has no item with the document key {deleted}{nor}",
        unknown[4]: f"there is no item with the API ID {unknown[4]}: {gone}",
    }
    assert {"within some minutes" in each.remedy for each in resolution.unresolved} == {True, False}
    assert list(resolution.runs) == [known, last]


@pytest.mark.parametrize("create", [True, False])
def test_something_else_than_a_test_case_is_told_so(create: bool, world: JamaWorld) -> None:
    plan_id = world.store.add_plan(world.key, "Release 1")
    (unresolved,) = world.resolve([CaseRef.parse(plan_id)], create=create).unresolved
    assert unresolved.reason.startswith("it is not a test case but an item of type")


def test_nothing_is_created_for_references_that_lead_nowhere(world: JamaWorld) -> None:
    resolution = world.resolve([CaseRef.parse(f"{world.key}-TC-404")])
    assert resolution.changes == ()
    assert world.store.plans(world.key) == ()
