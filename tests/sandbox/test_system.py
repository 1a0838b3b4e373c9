"""Versions, users, projects and item types."""

from __future__ import annotations

from itertools import count, takewhile
from typing import TYPE_CHECKING, Any

import pytest
import requests

from tests.sandbox.client import add

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.sandbox.client import World


def test_the_versions_are_listed_without_credentials(world: World) -> None:
    answer = requests.get(f"{world.sandbox.url}/rest", timeout=5).json()
    assert [version["version"] for version in answer["data"]] == ["v1"]


@pytest.mark.parametrize(
    "query, names",
    [
        ({}, ["sandbox", "tess"]),
        ({"includeInactive": "true"}, ["sandbox", "tess", "gone"]),
        ({"username": "tess"}, ["tess"]),
        ({"firstName": "Sandy", "lastName": "Ter"}, []),
    ],
)
def test_users_are_filtered(world: World, query: Any, names: list[str]) -> None:
    found = world.api.get("/users", params=query).data
    assert [user["username"] for user in found] == names


def test_an_unknown_user_is_not_found(world: World) -> None:
    assert world.api.get("/users/99999999").status == 404


def test_a_project_is_found_by_its_key_in_the_list(world: World) -> None:
    pages = (world.api.get("/projects", params={"startAt": n}).data for n in count(0, 20))
    by_key = {each.get("projectKey"): each for page in takewhile(bool, pages) for each in page}
    assert by_key[world.key]["id"] == world.project
    assert by_key[world.key]["isFolder"] is False


def test_item_types_of_a_project_lack_plans_cycles_and_runs(world: World) -> None:
    everywhere = {kind["typeKey"] for kind in world.api.get("/itemtypes").data}
    of_project = world.api.get(f"/projects/{world.project}/itemtypes").data
    here = {kind["typeKey"] for kind in of_project}
    assert everywhere - here == {"TSTPL", "TSTCY", "TSTRN"}


def test_a_type_shows_its_fields(world: World) -> None:
    kinds = world.api.get("/itemtypes").data
    run_type = next(kind for kind in kinds if kind.get("category") == "TEST_RUN")
    shown = world.api.get(f"/itemtypes/{run_type['id']}").data
    fields = {field["name"]: field for field in shown["fields"]}
    assert fields["executionDate"]["readOnly"] is True
    assert fields["actualResults"]["textType"] == "RICHTEXT"
    assert fields[f"build_number${run_type['id']}"]["fieldType"] == "INTEGER"


def fields_of_runs(world: World) -> dict[str, Any]:
    kinds = world.api.get("/itemtypes").data
    run_type = next(kind for kind in kinds if kind.get("category") == "TEST_RUN")
    return {field["name"]: field for field in run_type["fields"]}


def test_the_value_of_a_pick_list_field_is_one_of_its_options(world: World) -> None:
    field = fields_of_runs(world)["test_bench$37"]
    assert (field["fieldType"], field["label"]) == ("LOOKUP", "Test bench")
    path = f"/picklists/{field['pickList']}"
    options = world.api.get(f"{path}/options").data
    assert [option["name"] for option in options] == ["Bench A", "Bench B"]
    assert world.api.get("/picklists").ids == [world.api.get(path).data["id"]]
    assert world.api.get(f"/picklistoptions/{options[0]['id']}").data == options[0]
    run = f"/testruns/{world.run().id}"
    assert world.api.patch(run, add("test_bench$37", options[1]["id"])).status == 200
    refused = world.api.patch(run, add("test_bench$37", 5))
    assert "5 is not an option of the pick list Test bench" in refused.message


def test_types_name_their_widgets(make_world: Callable[..., World]) -> None:
    def widgets(world: World) -> dict[str, list[str]]:
        kinds = world.api.get("/itemtypes").data
        return {kind["typeKey"]: [each["name"] for each in kind["widgets"]] for kind in kinds}

    standard = widgets(make_world())
    assert standard["TSTRN"] == ["ATTACHMENTS", "RELATIONSHIPS", "TAGS", "URLS", "TEST_CASE"]
    assert "RELATIONSHIPS" not in standard["SET"]
    without = widgets(make_world(attachments_widget="off"))
    assert "ATTACHMENTS" not in without["TSTRN"]


def test_a_test_case_need_not_be_told_by_its_type(make_world: Callable[..., World]) -> None:
    world = make_world(test_case_category="no")
    categories = [kind.get("category") for kind in world.api.get("/itemtypes").data]
    assert ("TEST_CASE" in categories, "TEST_RUN" in categories) == (False, True)
    plan, (case,) = world.plan(), world.cases(0)
    group = f"/testplans/{plan}/testgroups/{world.store.groups(plan)[0].id}"
    assert world.api.post(f"{group}/testcases", {"testCase": case}).status == 201


def test_an_old_server_tells_no_categories(make_world: Callable[..., World]) -> None:
    world = make_world(test_case_category="no_categories")
    kinds = world.api.get("/itemtypes").data
    assert "TSTRN" in [kind["typeKey"] for kind in kinds]
    assert [kind for kind in kinds if "category" in kind] == []


def test_a_type_lacks_what_the_admins_took_away(make_world: Callable[..., World]) -> None:
    world = make_world(actual_results="absent", assignee="absent")
    assert not {"actualResults", "assignedTo"} & set(fields_of_runs(world))
    path = f"/testruns/{world.run().id}"
    for name, value in (("actualResults", "x"), ("assignedTo", 17)):
        refused = world.api.patch(path, add("testRunStatus", "PASSED"), add(name, value))
        assert f"Test Run has no field '{name}'" in refused.message
    plain = make_world(actual_results="plain")
    assert fields_of_runs(plain)["actualResults"]["textType"] == "TEXTAREA"


@pytest.mark.parametrize(
    "path",
    [
        "/projects/1000000",
        "/itemtypes/1",
        "/projects/99999999/itemtypes/",
        "/picklists/1",
        "/picklistoptions/1",
    ],
)
def test_what_does_not_exist_is_not_found(world: World, path: str) -> None:
    assert world.api.get(path).status == 404
