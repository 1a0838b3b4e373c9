"""Relationships: the list goes on from the last ID."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.sandbox.client import Answer, World


def relate(world: World, source: int, target: int) -> Answer:
    return world.api.post("/relationships", {"fromItem": source, "toItem": target})


def listed(world: World, **query: Any) -> Answer:
    return world.api.get("/relationships", params={"project": world.project, **query})


def test_a_list_goes_on_from_the_last_id(world: World) -> None:
    one, two, three = world.cases(0, 0, 0)
    made = [relate(world, one, two).id, relate(world, one, three).id]
    assert "lastId parameter is now required" in listed(world).message
    first = listed(world, lastId=0, maxResults=1, omitCount="true")
    assert (first.ids, first.total) == (made[:1], 0)
    assert listed(world, lastId=made[0]).ids == made[1:]
    assert listed(world, lastId=made[1]).ids == []
    shown = world.api.get(f"/relationships/{made[0]}").data
    assert (shown["fromItem"], shown["toItem"]) == (one, two)


def test_an_old_server_ignores_the_last_id(make_world: Callable[..., World]) -> None:
    world = make_world(relationships="ignored")
    one, two = world.cases(0, 0)
    made = relate(world, one, two).id
    assert listed(world).ids == listed(world, lastId=made).ids == [made]
    assert listed(world, startAt=1).ids == []


def test_a_relationship_is_made_once_and_between_items(world: World) -> None:
    one, two = world.cases(0, 0)
    relate(world, one, two)
    assert "already exists" in relate(world, one, two).message
    assert relate(world, one, 99999999).status == 400
    assert world.api.get("/relationships/99999999").status == 404
