"""Relationships: the list goes on from the last ID, rules refuse, changes make them suspect."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox.client import replace

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.sandbox.client import Answer, World


def relate(world: World, source: int, target: int, **more: Any) -> Answer:
    return world.api.post("/relationships", {"fromItem": source, "toItem": target, **more})


def listed(world: World, **query: Any) -> Answer:
    return world.api.get("/relationships", params={"project": world.project, **query})


def shown(world: World, relationship: int) -> Any:
    return world.api.get(f"/relationships/{relationship}").data


def test_a_list_goes_on_from_the_last_id(world: World) -> None:
    one, two, three = world.cases(0, 0, 0)
    made = [relate(world, one, two).id, relate(world, one, three).id]
    assert "lastId parameter is now required" in listed(world).message
    first = listed(world, lastId=0, maxResults=1, omitCount="true")
    assert (first.ids, first.total) == (made[:1], 0)
    assert listed(world, lastId=made[0]).ids == made[1:]
    assert listed(world, lastId=made[1]).ids == []
    assert (shown(world, made[0])["fromItem"], shown(world, made[0])["toItem"]) == (one, two)


def test_start_at_is_ignored_beside_the_last_id(world: World) -> None:
    one, two, three = world.cases(0, 0, 0)
    made = [relate(world, one, two).id, relate(world, one, three).id]
    answer = listed(world, lastId=0, startAt=1)
    assert (answer.ids, answer.body["meta"]["pageInfo"]["startIndex"]) == (made, 0)
    assert answer.total == 2


def test_a_page_holds_twenty_unless_asked_and_a_thousand_at_most(world: World) -> None:
    requirement, *cases = world.store.add_items(world.key, "REQ", *map(str, range(1_002)))
    made = world.store.relate(*((requirement, case) for case in cases))
    assert listed(world, lastId=0).ids == made[:20]
    assert listed(world, lastId=0, maxResults=1_000).ids == made[:1_000]
    assert listed(world, lastId=0, maxResults=5_000).ids == made[:1_000]
    assert listed(world, lastId=made[999], maxResults=1_000).ids == made[1_000:]
    assert listed(world, lastId=0, maxResults=0).message == "maxResults=0 must be 1 or more"


def test_a_page_of_ten_thousand_relationships_costs_little_more_than_one_of_a_thousand(
    world: World,
) -> None:
    items = world.store.add_items(world.key, "REQ", *map(str, range(201)))

    def cost_s(count: int) -> float:
        pairs = [(above, below) for above in items for below in items if above != below]
        world.store.database.execute("DELETE FROM relationships")
        made = world.store.relate(*pairs[:count])
        begin = time.perf_counter()
        assert len(listed(world, lastId=made[-501], maxResults=1_000, omitCount="true").ids) == 500
        return time.perf_counter() - begin

    assert min(cost_s(10_000) for _ in range(2)) < 3 * max(cost_s(1_000), 0.02)


def test_an_old_server_ignores_the_last_id(make_world: Callable[..., World]) -> None:
    world = make_world(relationships="ignored")
    one, two = world.cases(0, 0)
    made = relate(world, one, two).id
    assert listed(world).ids == listed(world, lastId=made).ids == [made]
    assert listed(world, startAt=1).ids == []


def test_a_server_may_give_fewer_than_it_is_asked_for(make_world: Callable[..., World]) -> None:
    world = make_world(relationships="clamped")
    requirement, *cases = world.store.add_items(world.key, "REQ", *map(str, range(61)))
    made = world.store.relate(*((requirement, case) for case in cases))
    assert listed(world, lastId=0, maxResults=1_000).ids == made[:50]
    assert listed(world, lastId=made[49], maxResults=1_000).ids == made[50:]


def test_a_relationship_is_made_once_and_between_two_items(world: World) -> None:
    one, two = world.cases(0, 0)
    relate(world, one, two)
    assert "already exists" in relate(world, one, two).message
    assert relate(world, two, one).status == 201
    assert relate(world, one, 99999999).status == 400
    assert "cannot be related to itself" in relate(world, one, one).message
    assert world.api.get("/relationships/99999999").status == 404


def test_two_locked_items_and_a_type_without_the_widget_are_refused(world: World) -> None:
    one, two = world.cases(0, 0)
    world.store.set_lock(one)
    world.store.set_lock(two)
    assert "two locked items cannot be related" in relate(world, one, two).message
    world.store.set_lock(two, None)
    assert relate(world, one, two).status == 201
    (folder,) = world.store.add_items(world.key, "SET", "Set")
    assert "widget is not switched on for the item type Set" in relate(world, folder, one).message


def test_rules_refuse_what_does_not_lead_down(make_world: Callable[..., World]) -> None:
    world = make_world(relationship_rules="on")
    (case,) = world.cases(0)
    (requirement,) = world.store.add_items(world.key, "REQ", "It shall")
    assert relate(world, requirement, case).status == 201
    assert relate(world, case, requirement).message == (
        "Relationship violates rules configured for the project: "
        f"from item ID: {case}, to item ID: {requirement}"
    )
    (rules,) = world.api.get("/relationshiprulesets/").data
    assert {"fromItemType": 24, "toItemType": 26, "relationshipType": 6} in rules["rules"]
    assert world.api.get(f"/relationshiprulesets/{rules['id']}").data == rules
    projects = world.api.get(f"/relationshiprulesets/{rules['id']}/projects").ids
    assert projects == [world.project]
    assert world.api.get("/relationshiprulesets/99").status == 404


def test_an_unknown_or_absent_type_is_the_default_one(world: World) -> None:
    one, two, three = world.cases(0, 0, 0)
    types = world.api.get("/relationshiptypes/").data
    (default,) = [each["id"] for each in types if each["isDefault"]]
    other = types[-1]["id"]
    asked = [
        relate(world, one, two),
        relate(world, one, three, relationshipType=99999999),
        relate(world, two, three, relationshipType=other),
    ]
    found = [shown(world, answer.id)["relationshipType"] for answer in asked]
    assert found == [default, default, other]
    assert world.api.get(f"/relationshiptypes/{other}?timestamp=x").data == types[-1]
    assert world.api.get("/relationshiptypes/99999999").status == 404


def test_a_relationship_is_changed_and_taken_away(world: World) -> None:
    one, two, three = world.cases(0, 0, 0)
    made = relate(world, one, two).id
    body = {"fromItem": one, "toItem": three, "relationshipType": 6}
    assert world.api.put(f"/relationships/{made}", body).status == 200
    assert (shown(world, made)["toItem"], shown(world, made)["relationshipType"]) == (three, 6)
    assert world.api.put(f"/relationships/{made}", body).status == 200
    assert world.api.delete(f"/relationships/{made}").status == 200
    assert world.api.delete(f"/relationships/{made}").status == 404
    assert listed(world, lastId=0).ids == []


def test_a_relationship_of_a_deleted_item_is_gone(world: World) -> None:
    one, two = world.cases(0, 0)
    made = relate(world, one, two).id
    world.api.delete(f"/items/{two}")
    assert (listed(world, lastId=0).ids, listed(world, lastId=0).total) == ([], 0)
    assert world.api.get(f"/relationships/{made}").status == 404
    assert world.api.get(f"/items/{one}/downstreamrelated").ids == []


@pytest.mark.parametrize(
    "field, value, is_suspect",
    [("name", "Other", True), ("description", "more", True), ("assignedTo", 18, False)],
)
def test_a_change_upstream_makes_relationships_suspect(
    world: World, field: str, value: object, is_suspect: bool
) -> None:
    (case,) = world.cases(0)
    fields: Any = {"description": "<p>x</p>\n", "assignedTo": 17}
    above, below = world.store.add_items(world.key, "REQ", "It shall", "So", **fields)
    down, up = relate(world, above, case).id, relate(world, below, above).id
    world.api.patch(f"/items/{above}", replace(field, value))
    assert shown(world, down)["suspect"] is is_suspect
    assert shown(world, up)["suspect"] is False
    assert world.api.delete(f"/relationships/{down}/suspect").status == 200
    assert shown(world, down)["suspect"] is False


def test_what_makes_suspect_is_told_by_the_item_type_and_others_do_it_too(world: World) -> None:
    fields = world.api.get("/itemtypes/26").data["fields"]
    told = {each["name"] for each in fields if each["triggerSuspect"]}
    assert told == {"name", "description", "testCaseSteps"}
    one, two = world.cases(1, 0)
    made = relate(world, one, two).id
    world.store.bump_case_version(one)
    assert shown(world, made)["suspect"] is False
    world.store.change_case(one, name="Other")
    assert shown(world, made)["suspect"] is True
    assert world.api.delete("/relationships/99999999/suspect").status == 404


def test_up_and_downstream_are_told_for_items_plans_and_runs(world: World) -> None:
    run = world.run()
    above, below = world.store.add_items(world.key, "REQ", "It shall", "So")
    (defect,) = world.store.add_items(world.key, "DEF", "Broken")
    made = world.store.relate((above, below), (below, run.case_id), (run.id, defect))

    def found(what: str) -> tuple[list[int], list[int]]:
        return (
            world.api.get(f"/{what}related").ids,
            world.api.get(f"/{what}relationships").ids,
        )

    assert found(f"items/{below}/upstream") == ([above], made[:1])
    assert found(f"items/{below}/downstream") == ([run.case_id], made[1:2])
    assert found(f"testruns/{run.id}/downstream") == ([defect], made[2:])
    assert found(f"testplans/{run.plan_id}/upstream") == ([], [])
    assert world.api.get(f"/items/{run.id}/downstreamrelated").status == 404
    assert world.api.get(f"/abstractitems/{below}/upstreamrelationships").status == 404


def test_the_ends_of_a_page_are_linked_where_asked(world: World) -> None:
    one, two = world.cases(0, 0)
    relate(world, one, two)
    linked = listed(world, lastId=0, include=["data.fromItem", "data.toItem"]).body["linked"]
    assert set(linked["abstractitems"]) == {str(one), str(two)}


def test_requirements_are_made_and_told_by_the_category_of_their_type(world: World) -> None:
    categories = {each["id"]: each.get("category") for each in world.api.get("/itemtypes").data}
    assert (categories[24], categories[25], categories[26]) == ("CORE", "DEFECT", "TEST_CASE")
    body = {"project": world.project, "itemType": 24, "fields": {"name": "It shall"}}
    made = world.api.post("/items", body)
    assert world.api.get(f"/items/{made.id}").data["documentKey"] == f"{world.key}-REQ-1"
    with pytest.raises(LookupError, match="no type 'XXX'"):
        world.store.add_items(world.key, "XXX", "x")
