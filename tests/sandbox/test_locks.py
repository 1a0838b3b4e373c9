"""Locks: taken, respected, not taken away."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.sandbox.client import add

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.sandbox.client import World


def test_a_lock_names_its_holder_only_while_it_is_held(world: World) -> None:
    path = f"/testruns/{world.run().id}/lock"
    assert world.api.get(path).data == {"locked": False}
    assert world.api.put(path, {"locked": True}).status == 200
    locked = world.api.get(path).data
    assert (locked["locked"], locked["lockedBy"]) == (True, 17)
    world.api.put(path, {"locked": False})
    assert world.api.get(path).data == {
        "locked": False,
        "lastLockedDate": locked["lastLockedDate"],
    }


def test_the_holder_of_a_lock_can_write(world: World) -> None:
    run = world.run()
    world.api.put(f"/testruns/{run.id}/lock", {"locked": True})
    assert world.api.patch(f"/testruns/{run.id}", add("testRunStatus", "PASSED")).status == 200


def test_what_another_user_locked_is_not_written(world: World) -> None:
    run = world.run()
    world.store.set_lock(run.id)
    answer = world.api.patch(f"/testruns/{run.id}", add("testRunStatus", "PASSED"))
    assert (answer.status, "is locked by another user" in answer.message) == (403, True)
    world.store.set_lock(run.id, None)
    assert world.api.patch(f"/testruns/{run.id}", add("testRunStatus", "PASSED")).status == 200


def test_the_lock_of_another_user_stays(world: World) -> None:
    run = world.run()
    world.store.set_lock(run.id)
    answer = world.api.put(f"/testruns/{run.id}/lock", {"locked": False})
    assert (answer.status, "who alone can unlock it" in answer.message) == (403, True)
    assert world.now(run).locked_by == 18


@pytest.mark.parametrize("status", ["400", "409", "423"])
def test_the_refusal_has_the_status_of_the_knob(
    make_world: Callable[..., World], status: str
) -> None:
    world = make_world(locked_write=status)
    run = world.run()
    world.store.set_lock(run.id)
    body = {"fields": {"testRunStatus": "PASSED"}}
    assert world.api.put(f"/testruns/{run.id}", body).status == int(status)
    assert world.api.put(f"/testruns/{run.id}/lock", {"locked": False}).status == int(status)


def test_items_and_plans_have_locks_and_cycles_have_none(world: World) -> None:
    run = world.run()
    paths = [f"/items/{run.case_id}", f"/testplans/{run.plan_id}", f"/testcycles/{run.cycle_id}"]
    assert [world.api.get(f"{path}/lock").status for path in paths] == [200, 200, 404]


def test_a_lock_is_a_boolean(world: World) -> None:
    answer = world.api.put(f"/testruns/{world.run().id}/lock", {"locked": "yes"})
    assert "'locked': input should be a valid boolean" in answer.message
