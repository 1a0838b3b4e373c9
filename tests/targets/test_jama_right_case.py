"""Keys that admins changed or used again, cases that no search has, refusals to add one."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from pytest_jama.core.cases import CaseRef
from pytest_jama.core.lock import SEVERAL_IDS, CaseText, Lock, LockedCase
from pytest_jama.core.port import Observer
from pytest_jama.sandbox.faults import FailNext
from pytest_jama.sandbox.faults.base import NO_EFFECT, Effect
from pytest_jama.sandbox.jama.knobs import Knobs
from pytest_jama.sandbox.jama.server import Sandbox
from pytest_jama.sandbox.jama.store import Store
from pytest_jama.targets.jama.waits import may_be_new
from tests.every import every
from tests.sandbox.client import Api
from tests.targets.jama_world import JamaWorld

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_jama.sandbox.faults.base import IncomingRequest, Judge
    from pytest_jama.targets.jama.runs import Resolution
    from tests.targets.conftest import MakeWorld
    from tests.targets.scripted import FakeTime


class Waiting(Observer):
    """Keeps what an upload says while it waits."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def waits(self, why: str) -> None:
        self.said.append(why)


def lock_of(ids: dict[CaseRef, int]) -> Lock:
    text = CaseText("Login", "")
    return Lock({ref.text: LockedCase.of(text, tests=(), api_id=ids[ref]) for ref in ids})


def resolve(
    world: JamaWorld,
    refs: list[CaseRef],
    lock: Lock | None = None,
    *,
    create: bool = True,
    observer: Observer | None = None,
    time: FakeTime | None = None,
    **given: Any,
) -> Resolution:
    target = world.target(clocks=time.clocks if time else None, **given)
    world.count_requests()
    return target.resolve(refs, create=create, observer=observer or Observer(), lock=lock)


def case_of(resolution: Resolution, ref: CaseRef) -> int | None:
    return resolution.runs[ref][0].case_id


@pytest.fixture
def lagging(fake_time: FakeTime) -> Iterator[JamaWorld]:
    """A world whose search shows what is new after three minutes of the target's time."""
    with ExitStack() as stack:
        store = stack.enter_context(Store(clock=lambda: 1_700_000_000.0 + fake_time.now))
        sandbox = stack.enter_context(Sandbox(store, knobs=Knobs(search_lag_s=180)))
        yield stack.enter_context(JamaWorld(sandbox, "JEET1"))


def add_just_now(world: JamaWorld) -> CaseRef:
    """Create a case as people do, so that the search has it late."""
    api = Api(world.sandbox)
    types = api.get("/itemtypes", params={"maxResults": 50}).data
    (case_type,) = (each["id"] for each in types if each.get("category") == "TEST_CASE")
    body = {"project": world.project_id, "itemType": case_type, "fields": {"name": "New"}}
    item_id = int(api.post("/items", body).id)
    ref = CaseRef.parse(api.get(f"/items/{item_id}").data["documentKey"])
    world.case_ids[ref] = item_id
    return ref


@pytest.mark.parametrize("create", [True, False])
def test_a_key_that_means_another_item_than_the_lock_is_drift_and_has_no_run(
    create: bool, world: JamaWorld
) -> None:
    first, second = world.add_cases(2)
    world.start([first, second])
    lock = lock_of(world.case_ids)
    world.store.renumber(world.case_ids[first], second.text)
    resolution = resolve(world, [first], lock, create=create)
    (unresolved,) = resolution.unresolved
    old, new = world.case_ids[first], world.case_ids[second]
    assert unresolved.reason == (
        f"drift: when jama.lock was written it was item {old} 'Login' ({second} now), "
        f"and now it means item {new} 'Case {second}': not sent"
    )
    assert unresolved.remedy == "check the case in Jama, then run `pytest-jama lock` again"
    assert not resolution.runs


def test_a_key_that_means_another_item_does_not_come_into_a_new_plan(world: JamaWorld) -> None:
    first, second = world.add_cases(2)
    lock = lock_of({**world.case_ids, first: 987_654})
    resolution = world.target().resolve(
        [second], planned=[first, second], create=True, observer=Observer(), lock=lock
    )
    assert list(resolution.runs) == [second]
    assert [str(change) for change in resolution.changes if "case" in change.what] == [
        f"add case {second} to group 'Default Test Group'"
    ]
    assert any(
        "it was item 987654 'Login' (gone now), and now" in text for text in resolution.warnings
    )


@pytest.mark.parametrize("create", [True, False])
def test_a_case_whose_key_is_gone_is_found_by_the_id_of_the_lock(
    create: bool, world: JamaWorld
) -> None:
    (ref,) = world.add_cases(1)
    world.start([ref])
    lock = lock_of(world.case_ids)
    world.store.renumber(world.case_ids[ref], f"{world.key}-TC-7")
    resolution = resolve(world, [ref], lock, create=create)
    assert case_of(resolution, ref) == world.case_ids[ref]
    (warning,) = resolution.warnings
    assert warning.startswith(f"{ref}: no item has this document key any more; jama.lock says")
    assert f"item {world.case_ids[ref]}, which is {world.key}-TC-7 " in warning


def test_a_key_and_its_item_that_are_both_gone_are_said_so_without_a_wait(
    world: JamaWorld, fake_time: FakeTime
) -> None:
    first, gone = world.add_cases(2)
    world.store.delete_case(world.case_ids[gone])
    resolution = resolve(world, [first, gone], lock_of(world.case_ids), time=fake_time)
    (unresolved,) = resolution.unresolved
    assert unresolved.reason.startswith(f"jama.lock has item {world.case_ids[gone]} 'Login' for")
    assert not any(pause_s >= 5 for pause_s in fake_time.slept)


def test_sessions_whose_locks_mean_different_items_send_nothing_to_either(
    world: JamaWorld,
) -> None:
    (ref,) = world.add_cases(1)
    world.start([ref])
    resolution = resolve(world, [ref], lock_of({ref: SEVERAL_IDS}))
    (unresolved,) = resolution.unresolved
    assert unresolved.reason.startswith("drift: the sessions had different items")


@pytest.mark.parametrize("is_locked", [True, False])
def test_a_lock_with_ids_costs_no_request(is_locked: bool, make_world: MakeWorld) -> None:
    world = make_world()
    refs = world.add_cases(3)
    world.start(refs)
    resolution = resolve(world, refs, lock_of(world.case_ids) if is_locked else None)
    assert (len(resolution.runs), world.count_requests()) == (3, (0, 6))


def test_the_lock_says_which_of_several_items_a_global_id_means(world: JamaWorld) -> None:
    shared = f"GID-S-{world.key}"
    cases = [world.add_case(1, global_id=shared), world.add_case(2, global_id=shared)]
    world.start(cases)
    ref = CaseRef.parse(shared)
    resolution = resolve(world, [ref], lock_of({ref: world.case_ids[cases[1]]}))
    assert case_of(resolution, ref) == world.case_ids[cases[1]]
    assert resolution.warnings == ()


def test_global_ids_that_no_search_finds_are_found_in_the_groups_of_the_plan(
    make_world: MakeWorld, fake_time: FakeTime
) -> None:
    world = make_world(search_global_ids="no")
    key = world.add_case(1, global_id="GID-AFD-7")
    world.start([key])
    ref, other = CaseRef.parse("GID-AFD-7"), CaseRef.parse("GID-AFD-8888")
    resolution = resolve(world, [ref, other], time=fake_time)
    assert case_of(resolution, ref) == world.case_ids[key]
    assert [each.case_ref for each in resolution.unresolved] == [other]


@pytest.mark.parametrize("is_in_plan", [True, False])
def test_a_case_created_just_now_is_borne_for_minutes(
    is_in_plan: bool, lagging: JamaWorld, fake_time: FakeTime
) -> None:
    old = lagging.add_case(3)
    lagging.start([old])
    new = [add_just_now(lagging) for _ in range(2)]
    far = CaseRef.parse("JEET1-TC-404")
    if is_in_plan:
        lagging.start([old, *new], plan="Release 2")
    waiting = Waiting()
    plan = "Release 2" if is_in_plan else "Release 3"
    resolution = resolve(lagging, [old, *new, far], plan=plan, observer=waiting, time=fake_time)
    assert list(resolution.runs) == [old, *new]
    assert [each.case_ref for each in resolution.unresolved] == [far]
    assert sum(fake_time.slept) < (1 if is_in_plan else 205)
    said = "" if is_in_plan else "does not have JEET1-TC-4, JEET1-TC-5, which may be new: looking"
    assert said in "".join(waiting.said)
    assert len(waiting.said) == (not is_in_plan)


def test_a_lock_of_a_case_created_just_now_needs_no_search(
    lagging: JamaWorld, fake_time: FakeTime
) -> None:
    ref = add_just_now(lagging)
    resolution = resolve(lagging, [ref], lock_of(lagging.case_ids), time=fake_time)
    assert (list(resolution.runs), resolution.warnings) == ([ref], ())
    assert sum(fake_time.slept) < 1


@pytest.mark.parametrize("name", ["JEET1-TC-3", "JEET1-TC-20", "JEET1-TCX-5", "GID-987654"])
def test_a_mistyped_name_is_not_waited_for(
    name: str, make_world: MakeWorld, fake_time: FakeTime
) -> None:
    world = make_world()
    refs = [world.add_case(number) for number in (2, 4)]
    world.start(refs)
    resolution = resolve(world, [*refs, CaseRef.parse(name)], time=fake_time)
    assert [each.case_ref.text for each in resolution.unresolved] == [name]
    assert sum(fake_time.slept) < 1


def test_a_case_without_a_result_is_not_waited_for(
    make_world: MakeWorld, fake_time: FakeTime
) -> None:
    world = make_world()
    refs = [world.add_case(number) for number in (2, 4)]
    target = world.target(clocks=fake_time.clocks)
    other = CaseRef.parse("JEET1-TC-5")
    resolution = target.resolve(refs, planned=[other], create=True, observer=Observer())
    assert set(resolution.runs) == set(refs)
    assert any(other.text in each for each in resolution.warnings)
    assert sum(fake_time.slept) < 1


@every(
    "lacking, new",
    [
        ("P-TC-8", "P-TC-8"),
        ("P-TC-17", "P-TC-17"),
        ("P-TC-18", ""),
        ("P-TC-26 P-TC-16", "P-TC-16 P-TC-26"),
        ("P-TC-7 P-TC-6 P-TD-8 GID-8", ""),
        ("GID-52", "GID-52"),
        ("P-TC-" + "9" * 5000, ""),
    ],
)
def test_what_may_be_new_comes_next_after_what_is_given(lacking: str, new: str) -> None:
    given = [CaseRef.parse(text) for text in ("P-TC-7", "P-TC-3", "GID-51", "GID-A")]
    found = may_be_new([CaseRef.parse(text) for text in lacking.split()], given)
    assert " ".join(ref.text for ref in found) == new


@pytest.mark.parametrize("category", ["yes", "no", "no_categories"])
@pytest.mark.parametrize("create", [True, False])
def test_a_case_is_a_case_whatever_its_type_says(
    create: bool, category: str, make_world: MakeWorld
) -> None:
    world = make_world(test_case_category=category)
    (ref,) = world.add_cases(1)
    plan = CaseRef.parse(world.store.add_plan(world.key, "Other"))
    resolution = resolve(world, [ref, plan], create=create)
    assert list(resolution.runs) == [ref]
    assert [each.reason for each in resolution.unresolved] == [
        "it is not a test case but an item of type 'Test Plan'"
    ]


@dataclass(frozen=True)
class NotAdded:
    """No case is added to a group.

    Attributes:
        status: The status of the refusal.
        message: Its words.
    """

    status: int
    message: str

    def judge(self) -> Judge:
        refusal = Effect(name="not-added", status=self.status, message=self.message)

        def judge(arrival: IncomingRequest) -> Effect:
            is_meant = arrival.method == "POST" and arrival.path.endswith("/testcases")
            return refusal if is_meant else NO_EFFECT

        return judge


@pytest.mark.parametrize(
    "status, words", [(400, "It already is in another plan"), (409, "The plan was changed")]
)
def test_a_refusal_is_no_proof_that_the_plan_has_a_case(
    status: int, words: str, world: JamaWorld, fake_time: FakeTime
) -> None:
    refs = world.add_cases(3)
    with world.sandbox.faults.during(NotAdded(status, words)):
        resolution = resolve(world, refs, time=fake_time)
    assert [each.case_ref for each in resolution.unresolved] == refs
    assert resolution.unresolved[0].reason.startswith("Jama does not add it (an item of type")
    assert words in resolution.unresolved[0].reason
    assert sum(fake_time.slept) < 70


def test_a_conflict_is_tried_once_more(world: JamaWorld, fake_time: FakeTime) -> None:
    (ref,) = world.add_cases(1)
    with world.sandbox.faults.during(
        FailNext(count=1, status=409, method="POST", path="*/testcases")
    ):
        resolution = resolve(world, [ref], time=fake_time)
    assert list(resolution.runs) == [ref]
