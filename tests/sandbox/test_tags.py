"""Tags and links of items, plans and runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.sandbox.client import World
    from tests.sandbox.conftest import Clock

KINDS = ["items", "testplans", "testruns"]


def holder(world: World, kind: str) -> str:
    run = world.run()
    ids = {"items": run.case_id, "testplans": run.plan_id, "testruns": run.id}
    return f"/{kind}/{ids[kind]}"


def new_tag(world: World, name: str = "smoke") -> int:
    return world.api.post("/tags", {"name": name, "project": world.project}).id


def test_a_tag_is_made_renamed_and_deleted(world: World) -> None:
    tag, other = new_tag(world), new_tag(world, "slow")
    body = {"name": "smoke", "project": world.project}
    assert "already exists" in world.api.post("/tags", body).message
    assert "already exists" in world.api.put(f"/tags/{other}", body).message
    assert world.api.put(f"/tags/{tag}", body).status == 200
    assert world.api.put(f"/tags/{tag}", {**body, "name": "fast"}).status == 200
    assert world.api.put(f"/tags/{tag}", {**body, "project": 99999999}).status == 400
    shown = {"id": tag, "name": "fast", "project": world.project, "type": "tags"}
    assert world.api.get(f"/tags/{tag}").data == shown
    for path in (f"/tags?project={world.project}", f"/projects/{world.project}/tags"):
        assert world.api.get(path).ids == [tag, other]
    assert world.api.delete(f"/tags/{tag}").status == 200
    assert world.api.get(f"/tags/{tag}").status == 404


@pytest.mark.parametrize("kind", KINDS)
def test_a_tag_is_put_on_once_and_taken_away(world: World, kind: str) -> None:
    path, tag = f"{holder(world, kind)}/tags", new_tag(world)
    assert world.api.post(path, {"tag": tag}).status == 201
    assert "already exists" in world.api.post(path, {"tag": tag}).message
    assert world.api.post(path, {"tag": 99999999}).status == 400
    assert (world.api.get(path).ids, world.api.get(f"{path}/{tag}").data["id"]) == ([tag], tag)
    assert len(world.api.get(f"/tags/{tag}/items").ids) == (kind == "items")
    assert world.api.delete(f"{path}/{tag}").status == 200
    assert world.api.delete(f"{path}/{tag}").status == 404
    assert world.api.get(f"{path}/{tag}").status == 404
    assert world.api.get(f"/tags/{tag}/items").ids == []


def test_a_deleted_tag_is_on_nothing(world: World) -> None:
    path, tag = f"{holder(world, 'items')}/tags", new_tag(world)
    world.api.post(path, {"tag": tag})
    world.api.delete(f"/tags/{tag}")
    assert world.api.get(path).ids == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_link_is_added_changed_and_removed(world: World, kind: str) -> None:
    path = f"{holder(world, kind)}/links"
    link = world.api.post(path, {"url": "http://example.com", "description": "there"}).id
    shown = {"id": link, "url": "http://example.com", "description": "there", "type": "links"}
    assert world.api.get(path).data == [shown]
    assert world.api.put(f"{path}/{link}", {"url": "http://example.com/2"}).status == 200
    changed = {"id": link, "url": "http://example.com/2", "type": "links"}
    assert world.api.get(f"{path}/{link}").data == changed
    assert world.api.post(path, {"description": "nowhere"}).status == 400
    assert world.api.delete(f"{path}/{link}").status == 200
    gone = [world.api.get(f"{path}/{link}"), world.api.delete(f"{path}/{link}")]
    assert [answer.status for answer in gone] == [404, 404]


def test_a_link_belongs_to_its_item_alone(world: World) -> None:
    one, two = world.cases(0, 0)
    link = world.api.post(f"/items/{one}/links", {"url": "x"}).id
    assert world.api.get(f"/items/{two}/links/{link}").status == 404


def test_what_has_no_widget_for_it_takes_no_link_and_what_is_locked_no_tag(world: World) -> None:
    (folder,) = world.store.add_items(world.key, "SET", "Set")
    answer = world.api.post(f"/items/{folder}/links", {"url": "x"})
    assert answer.message == "the widget URLS is not on for the item type Set"
    world.store.set_lock(folder)
    assert world.api.post(f"/items/{folder}/tags", {"tag": new_tag(world)}).status == 403


def test_tags_and_links_move_the_activity_date(
    make_world: Callable[..., World], clock: Clock
) -> None:
    world = make_world()
    (item,) = world.cases(0)
    tag = new_tag(world)
    for path, body in (("tags", {"tag": tag}), ("links", {"url": "x"})):
        clock.now_s += 60
        before = world.api.get(f"/items/{item}").data
        world.api.post(f"/items/{item}/{path}", body)
        after = world.api.get(f"/items/{item}").data
        assert after["lastActivityDate"] > before["lastActivityDate"]
        assert after["modifiedDate"] == before["modifiedDate"]
