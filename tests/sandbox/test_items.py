"""Items: the tree, versions, PUT that replaces, PATCH."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.sandbox.client import add, remove, replace

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.sandbox.client import World


def new_item(world: World, **body: Any) -> int:
    fields = {"name": "Item", **body.pop("fields", {})}
    created = world.api.post(
        "/items", {"project": world.project, "itemType": 26, "fields": fields, **body}
    )
    assert created.status == 201, created.body
    return created.id


def test_an_item_has_key_global_id_place_and_rights(world: World) -> None:
    folder = new_item(world, itemType=31, childItemType=26)
    new_item(world, location={"parent": {"item": folder}})
    item = new_item(world, location={"parent": {"item": folder}})
    shown = world.api.get(f"/items/{item}").data
    assert shown["documentKey"] == shown["fields"]["documentKey"] == f"{world.key}-TC-2"
    assert shown["globalId"].startswith("GID-")
    assert shown["location"]["sequence"].endswith(".2")
    assert shown["location"]["parent"] == {"item": folder}
    assert shown["resources"]["self"]["allowed"] == ["GET", "PUT", "PATCH", "DELETE"]
    assert "childItemType" not in shown
    assert "description" not in shown["fields"]


def test_children_tell_of_the_tree(world: World) -> None:
    folder = new_item(world, itemType=31)
    item = new_item(world, location={"parent": {"item": folder}})
    assert world.api.get(f"/items/{folder}/children").ids == [item]


def test_items_are_listed_in_order_of_the_tree_without_plans_and_runs(world: World) -> None:
    first = new_item(world, itemType=31)
    second = new_item(world, itemType=31)
    inner = new_item(world, location={"parent": {"item": first}})
    world.plan(inner)
    assert world.api.get("/items", params={"project": world.project}).ids == [first, inner, second]
    roots = world.api.get("/items", params={"project": world.project, "rootOnly": "true"})
    assert roots.ids == [first, second]


def test_put_replaces_the_fields_and_makes_a_version(world: World) -> None:
    item = new_item(world, fields={"description": "old", "assignedTo": 17})
    assert world.api.put(f"/items/{item}", {"fields": {"name": "New"}}).status == 200
    fields = world.api.get(f"/items/{item}").data["fields"]
    assert (fields["name"], set(fields) & {"description", "assignedTo"}) == ("New", set())
    versions = world.api.get(f"/items/{item}/versions").data
    assert [version["versionNumber"] for version in versions] == [1, 2]


def test_patch_sets_replaces_and_removes(world: World) -> None:
    item = new_item(world, fields={"description": "old"})
    answer = world.api.patch(
        f"/items/{item}", replace("name", "New"), remove("description"), add("assignedTo", 18)
    )
    fields = world.api.get(f"/items/{item}").data["fields"]
    assert (answer.status, fields["name"], fields["assignedTo"]) == (200, "New", 18)
    assert "description" not in fields


def test_patch_moves_an_item_to_another_place(world: World) -> None:
    folder, item = new_item(world, itemType=31), new_item(world)
    operation = {"op": "replace", "path": "/location", "value": {"parent": {"item": folder}}}
    assert world.api.patch(f"/items/{item}", operation).status == 200
    assert world.api.get(f"/items/{folder}/children").ids == [item]


def test_a_global_id_is_set_by_hand_only_with_the_flag(world: World) -> None:
    body = {"project": world.project, "itemType": 26, "fields": {"name": "x"}, "globalId": "GID-X"}
    assert "setGlobalIdManually=true" in world.api.post("/items", body).message
    created = world.api.post("/items?setGlobalIdManually=True", body)
    assert world.api.get(f"/items/{created.id}").data["globalId"] == "GID-X"


def test_wrong_items_are_refused(world: World) -> None:
    def refusal(**body: Any) -> str:
        whole = {"project": world.project, "itemType": 26, "fields": {"name": "x"}, **body}
        return world.api.post("/items", whole).message

    assert refusal(project=99999999) == "there is no project with the ID 99999999"
    assert refusal(itemType=99999999) == "there is no item type with the ID 99999999"
    assert refusal(itemType=None) == "'itemType' is missing"
    assert refusal(itemType=35) == "a Test Plan cannot be created with POST /items"
    assert refusal(fields={}) == "Test Case needs fields.name"
    assert (
        refusal(fields={"name": "x", "assignedTo": 99999999})
        == "there is no user with the ID 99999999"
    )
    assert "no item with the ID 99999999" in refusal(location={"parent": {"item": 99999999}})


def test_project_and_type_of_an_item_stay(world: World) -> None:
    item = new_item(world)
    answer = world.api.put(f"/items/{item}", {"itemType": 31, "fields": {"name": "x"}})
    assert answer.message == "project and itemType of an item cannot be changed"


def test_a_deleted_item_is_gone(world: World) -> None:
    item = new_item(world)
    assert world.api.delete(f"/items/{item}").status == 200
    assert world.api.get(f"/items/{item}").status == 404


def test_a_set_takes_items_of_its_type_only_also_in_its_folders(world: World) -> None:
    requirements = new_item(world, itemType=31, childItemType=24)
    folder = new_item(world, itemType=32, location={"parent": {"item": requirements}})
    new_item(world, itemType=24, location={"parent": {"item": folder}})
    place = {"parent": {"item": folder}}
    body = {"project": world.project, "itemType": 26, "fields": {"name": "x"}, "location": place}
    refused = world.api.post("/items", body)
    assert refused.status == 400
    assert "is for items of the type Requirement (24), not Test Case (26)" in refused.message


def test_a_set_that_takes_any_type_can_be_rehearsed(make_world: Callable[..., World]) -> None:
    world = make_world(set_types="allow")
    requirements = new_item(world, itemType=31, childItemType=24)
    new_item(world, location={"parent": {"item": requirements}})


def test_an_item_stands_in_its_own_project(world: World) -> None:
    other = world.store.add_project(f"{world.key}X")
    folder = new_item(world, itemType=31)

    def refusal(**parent: int) -> str:
        body = {"project": other, "itemType": 26, "fields": {"name": "x"}}
        return world.api.post("/items", {**body, "location": {"parent": parent}}).message

    assert f"{world.key}-SET-1 ({folder}) is of another project" in refusal(item=folder)
    assert f"the item is of the project {other}" in refusal(project=world.project)


def test_steps_of_a_new_case_are_kept_in_order(world: World) -> None:
    steps = [
        {"action": "<p>Block the line</p>", "expectedResult": "<p>Alarm</p>", "notes": ""},
        {"action": "Open it", "expectedResult": "Silence", "notes": "within 2 s"},
    ]
    case = new_item(world, fields={"testCaseSteps": steps})
    assert world.api.get(f"/items/{case}").data["fields"]["testCaseSteps"] == steps


def test_an_account_may_lack_the_right_to_create_items(make_world: Callable[..., World]) -> None:
    world = make_world(item_creation="403")
    refused = world.api.post(
        "/items", {"project": world.project, "itemType": 26, "fields": {"name": "x"}}
    )
    assert (refused.status, "may not create items" in refused.message) == (403, True)
