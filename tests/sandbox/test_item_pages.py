"""The pages of a project: its tree, its cases and requirements, its groups."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import requests

from tests.sandbox.client import World, add, planted_world
from tests.sandbox.markup import elements_of
from tests.sandbox.test_attachments import new_attachment, upload
from tests.sandbox.test_page import EVIL, page

if TYPE_CHECKING:
    from collections.abc import Iterator

SEED: dict[str, Any] = {
    "project": {"key": "PUMP", "name": "Infusion pump"},
    "item_types": [
        {
            "key": "TC",
            "fields": [
                {"label": "Risk class", "type": "pick_list", "options": ["Low", "High"]},
                {"label": "Sites", "type": "multi_pick_list", "options": ["Bonn", "Delft"]},
                {"label": "Why", "type": "rich_text"},
                {"label": "Script"},
                {"label": "Automated", "type": "boolean"},
                {"label": "Author", "type": "user"},
            ],
        },
    ],
    "requirements": [
        {"key": "PUMP-REQ-1", "name": "The pump shall stop", "set": "Safety"},
        {"key": "PUMP-SYS-1", "type": "SYS", "name": "Safe", "set": "System"},
    ],
    "cases": [
        {
            "key": "PUMP-TC-1",
            "name": "Stops when blocked",
            "set": "Dosing/Alarms",
            "description": "Loud",
            "assigned_to": "tess",
            "steps": [{"action": "Block it", "expected": "Alarm < 2 s", "notes": "twice"}],
            "requirements": ["PUMP-REQ-1"],
            "fields": {
                "Risk class": "High",
                "Sites": ["Bonn", "Delft"],
                "Why": "a & b",
                "Script": "<b>x.py</b>",
                "Automated": "yes",
                "Author": "tess",
            },
        },
        {"key": "PUMP-TC-2", "name": f"Evil {EVIL}", "set": "Dosing"},
        {"key": "PUMP-TC-3", "name": "Alone", "set": "Power"},
    ],
    "relationships": [
        {"upstream": "PUMP-SYS-1", "downstream": "PUMP-REQ-1", "suspect": "true"},
    ],
    "plans": [
        {
            "name": "Release 2",
            "groups": [{"name": "Night", "cases": ["PUMP-TC-2", "PUMP-TC-1"]}],
            "cycles": ["Week 1", "Week 2"],
        }
    ],
}


@pytest.fixture(scope="module")
def pump() -> Iterator[World]:
    with planted_world(SEED) as world:
        yield world


def id_of(world: World, key: str) -> int:
    row = world.store.database.find("nodes", document_key=key)
    assert row is not None
    return int(row["id"])


def of_item(world: World, key: str) -> str:
    return page(world, f"/items/{id_of(world, key)}")


def in_order(text: str, *words: str) -> bool:
    """Return whether each of the words comes after the one before."""
    for each in words:
        _, found, text = text.partition(each)
        if not found:
            return False
    return True


def test_the_tree_shows_items_below_the_folders_that_they_stand_in(pump: World) -> None:
    text = page(pump, f"/projects/{pump.project}")
    table = text.partition("<table")[2]
    assert in_order(table, ">Safety</a>", "PUMP-REQ-1", ">Alarms</a>", "PUMP-TC-1", "PUMP-TC-2")
    assert in_order(table, ">Dosing</a> \u203a <a", ">Alarms</a>")


def test_the_overview_leads_to_the_tree(pump: World) -> None:
    link = f'<a href="/projects/{pump.project}">3 test cases, 2 other items</a>'
    assert link in page(pump)


def test_sets_are_listed_with_their_items_and_only_the_shown_one_is_open(pump: World) -> None:
    whole = page(pump, f"/projects/{pump.project}").partition("<table")[0]
    dosing = id_of(pump, "PUMP-SET-3")
    assert in_order(whole, f'<a href="/items/{dosing}" >Dosing</a>', "2 items")
    assert ">Alarms<" not in whole
    opened = page(pump, f"/items/{dosing}").partition("<table")[0]
    assert in_order(opened, f'<a href="/items/{dosing}" aria-current="page">Dosing</a>', ">Alarms<")


def test_a_set_shows_what_is_below_it_only(pump: World) -> None:
    text = of_item(pump, "PUMP-SET-3")
    assert ("PUMP-TC-1" in text, "PUMP-TC-2" in text, "PUMP-TC-3" in text) == (True, True, False)


def test_the_last_run_of_a_case_is_linked(pump: World) -> None:
    cycles = pump.store.cycles(pump.store.plans("PUMP")[0].id)
    runs = {run.case_key: run for run in pump.store.runs(cycles[-1].id)}
    run = runs["PUMP-TC-2"]
    pump.api.patch(f"/testruns/{run.id}", add("testRunStatus", "BLOCKED"))
    text = page(pump, f"/projects/{pump.project}")
    assert in_order(text, "PUMP-TC-2", f'href="/runs/{run.id}"', "blocked", "PUMP-TC-2 in Week 2")


def test_a_case_shows_its_fields_by_label_and_what_was_picked(pump: World) -> None:
    text = of_item(pump, "PUMP-TC-1")
    for label, value in {
        "Assigned to": "tess",
        "Risk class": "High",
        "Sites": "Bonn, Delft",
        "Why": "a &amp; b",
        "Script": "&lt;b&gt;x.py&lt;/b&gt;",
        "Automated": "yes",
        "Author": "tess",
    }.items():
        assert f"<dt>{label}</dt><dd>{value}</dd>" in text


def test_a_case_shows_its_steps_and_where_it_stands(pump: World) -> None:
    text = of_item(pump, "PUMP-TC-1")
    assert in_order(text, "Infusion pump</a>", "Dosing</a>", "Alarms</a>", "<h1>Stops when blocked")
    assert in_order(text, "Loud", "Block it", "Alarm &lt; 2 s", "twice")


def test_a_case_shows_its_runs_over_cycles_the_newest_first(pump: World) -> None:
    text = of_item(pump, "PUMP-TC-1").partition('id="runs"')[2]
    assert in_order(text, "2 runs", "Week 2", "Release 2", "Night", "not run", "Week 1")


def test_a_case_shows_what_it_verifies_and_a_requirement_what_verifies_it(pump: World) -> None:
    case, requirement = of_item(pump, "PUMP-TC-1"), of_item(pump, "PUMP-REQ-1")
    assert in_order(case, "Upstream", "PUMP-REQ-1", "The pump shall stop", "Verified by")
    assert in_order(requirement, "Upstream", "Safe", "suspect", "Downstream", "PUMP-TC-1")
    assert "Test runs" not in requirement


def test_a_case_shows_its_files(pump: World) -> None:
    attachment = new_attachment(pump)
    upload(pump, attachment, name="drawing.png", media_type="image/png")
    pump.api.post(f"/items/{id_of(pump, 'PUMP-TC-3')}/attachments", {"attachment": attachment})
    assert ">drawing.png</a>" in of_item(pump, "PUMP-TC-3")


def test_a_run_leads_to_its_case_and_group(pump: World) -> None:
    (plan,) = pump.store.plans("PUMP")
    run = pump.store.runs(pump.store.cycles(plan.id)[0].id)[0]
    text = page(pump, f"/runs/{run.id}")
    group = pump.store.groups(plan.id)[1]
    assert f'<a href="/items/{run.case_id}">{run.case_key}</a>' in text
    assert f'<a href="/groups/{group.id}">Night</a>' in text


def test_a_run_shows_custom_fields_by_label_and_option(world: World) -> None:
    run = world.run()
    sent = (add("test_bench$37", 882), add("tested_in_version$37", "<i>2.4</i>"))
    world.api.patch(f"/testruns/{run.id}", *sent)
    text = page(world, f"/runs/{run.id}")
    assert "<dt>Test bench</dt><dd>Bench B</dd>" in text
    assert "<dt>Tested in version</dt><dd>&lt;i&gt;2.4&lt;/i&gt;</dd>" in text


def test_the_overview_leads_to_groups_with_their_cases_in_order(pump: World) -> None:
    (plan,) = pump.store.plans("PUMP")
    group = pump.store.groups(plan.id)[1]
    assert f'<a href="/groups/{group.id}">Night</a>' in page(pump)
    assert in_order(page(pump, f"/groups/{group.id}"), "2 cases", "PUMP-TC-2", "PUMP-TC-1")


@pytest.mark.parametrize("place", ["/projects/{0}", "/items/{1}", "/items/{2}", "/groups/{3}"])
def test_pages_of_items_are_well_formed_and_lead_nowhere_else(pump: World, place: str) -> None:
    (plan,) = pump.store.plans("PUMP")
    ids = (pump.project, id_of(pump, "PUMP-TC-2"), id_of(pump, "PUMP-SET-3"))
    text = page(pump, place.format(*ids, pump.store.groups(plan.id)[1].id))
    elements = elements_of(text)
    assert [each for each in elements if each.name in {"script", "img", "iframe"}] == []
    addresses = [each.attributes.get(name) for each in elements for name in ("href", "src")]
    assert [at for at in addresses if at and not at.startswith(("/", "data:", "#"))] == []
    assert [each.name for each in elements if each.name in {"h1", "main", "header"}] == [
        "header",
        "main",
        "h1",
    ]
    cells = [each for each in elements if each.name == "th"]
    assert [each for each in cells if "scope" not in each.attributes] == []
    assert text.count("<table") == text.count("<caption")


@pytest.mark.parametrize("place", ["/projects/999999", "/items/999999", "/groups/999999"])
def test_a_missing_page_of_items_leads_back(world: World, place: str) -> None:
    response = requests.get(world.sandbox.url + place, timeout=5)
    assert (response.status_code, "all plans</a>" in response.text) == (404, True)


def test_a_long_tree_is_shown_in_pages_that_say_where_they_are(world: World) -> None:
    (folder,) = world.store.add_items(world.key, "SET", "Long")
    world.store.add_items(world.key, "REQ", *map(str, range(101)), parent=folder)
    first, last = page(world, f"/items/{folder}"), page(world, f"/items/{folder}?page=2")
    assert (first.count('scope="row"'), "page 1 of 2" in first) == (100, True)
    assert (last.count('scope="row"'), "page 2 of 2" in last) == (1, True)
    assert f'<a href="/items/{folder}">Long</a></th>' in last


def test_what_is_below_a_moved_folder_moves_along(world: World) -> None:
    above, folder = world.store.add_items(world.key, "SET", "Above", "Moved")
    world.store.add_items(world.key, "REQ", "It shall", parent=folder)
    operation = {"op": "replace", "path": "/location", "value": {"parent": {"item": above}}}
    assert world.api.patch(f"/items/{folder}", operation).status == 200
    assert "It shall" in page(world, f"/items/{above}")


def test_a_folder_cannot_be_moved_below_itself(world: World) -> None:
    (above,) = world.store.add_items(world.key, "SET", "Above")
    (below,) = world.store.add_items(world.key, "FLD", "Below", parent=above)
    operation = {"op": "replace", "path": "/location", "value": {"parent": {"item": below}}}
    refused = world.api.patch(f"/items/{above}", operation)
    assert (refused.status, "cannot be below itself" in refused.message) == (400, True)


@pytest.mark.parametrize("kind", ["cycles", "runs", "items"])
def test_addresses_of_jama_lead_to_the_page_of_what_they_name(world: World, kind: str) -> None:
    run = world.run()
    wanted = {"cycles": run.cycle_id, "runs": run.id, "items": run.case_id}[kind]
    response = requests.get(
        f"{world.sandbox.url}/perspective.req",
        params={"docId": wanted, "projectId": run.project},
        timeout=5,
    )
    assert (response.status_code, response.url) == (200, f"{world.sandbox.url}/{kind}/{wanted}")
