"""Seed files: what they describe is there afterwards, or nothing and every mistake is told."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from pytest_jama.config.yaml_file import read_plain
from pytest_jama.sandbox.jama.seed_file import (
    SCHEMA,
    SeedError,
    make_schema,
    read_seed,
    schema_text,
)
from pytest_jama.sandbox.jama.seed_values import FIELD_TYPES
from pytest_jama.sandbox.jama.seeding import plant
from pytest_jama.sandbox.jama.store import Store
from tests.every import every
from tests.sandbox.client import World, planted_world
from tests.sandbox.seed_page import PAGE, page_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SEED: dict[str, Any] = {
    "project": {"key": "PUMP", "name": "Infusion pump"},
    "item_types": [
        {
            "key": "TC",
            "fields": [
                {
                    "label": "Risk class",
                    "type": "pick_list",
                    "options": ["Low", "High"],
                    "required": "true",
                },
                {"label": "Sites", "type": "multi_pick_list", "options": ["Bonn", "Delft"]},
                {"label": "Minutes", "type": "integer"},
                {"label": "Automated", "type": "boolean", "required": "true"},
                {"label": "Due", "type": "date"},
                {"label": "Why", "type": "rich_text", "name": "rationale"},
                {"label": "Author", "type": "user"},
            ],
        },
        {"key": "ATC", "name": "Automated Test Case", "fields": [{"label": "Script"}]},
        {"key": "TSTPL", "fields": [{"label": "Site", "required": "true"}]},
    ],
    "sets": [{"path": "Nightly", "of": "ATC"}],
    "requirements": [
        {"key": "PUMP-SYS-1", "type": "SYS", "name": "The pump shall be safe"},
        {"key": "PUMP-REQ-1", "name": "The pump shall stop", "set": "Dosing"},
    ],
    "cases": [
        {
            "key": "PUMP-TC-7",
            "id": "4711",
            "global_id": "GID-AFD-1",
            "name": "Stops when the line is blocked",
            "set": "Dosing / Alarms",
            "description": "First line\n3 < 4",
            "assigned_to": "tess",
            "steps": ["Start", {"action": "Block it", "expected": "Alarm", "notes": "2 s"}],
            "requirements": ["PUMP-REQ-1"],
            "fields": {
                "Risk class": "High",
                "sites": ["Delft"],
                "minutes": "12",
                "automated": "false",
                "due": "2026-11-29",
                "rationale": "a & b",
                "author": "tess",
            },
        },
        {"key": "PUMP-ATC-1", "type": "ATC", "name": "All night", "fields": {"Script": "x.py"}},
        {"name": "Without a key", "fields": {"Risk class": "Low", "automated": "yes"}},
    ],
    "relationships": [
        {
            "upstream": "PUMP-SYS-1",
            "downstream": "PUMP-REQ-1",
            "type": "Derived from",
            "suspect": "true",
        }
    ],
    "plans": [
        {
            "name": "Release 2",
            "cases": ["PUMP-ATC-1"],
            "groups": [{"name": "Alarms", "cases": ["PUMP-TC-7"]}],
            "cycles": ["Week 1", "Week 2"],
        }
    ],
}


@pytest.fixture(scope="module")
def planted() -> Iterator[World]:
    with planted_world(SEED) as world:
        yield world


def by_key(world: World, key: str) -> Any:
    found = world.api.get("/abstractitems", params={"documentKey": key}).data
    assert len(found) == 1, key
    return found[0]


def type_of(world: World, key: str) -> Any:
    types = world.api.get("/itemtypes", params={"maxResults": 50}).data
    return next(each for each in types if each["typeKey"] == key)


def test_a_case_has_the_name_the_steps_and_the_numbers_of_the_file(planted: World) -> None:
    case = by_key(planted, "PUMP-TC-7")
    assert (case["id"], case["globalId"]) == (4711, "GID-AFD-1")
    assert case["fields"]["name"] == "Stops when the line is blocked"
    assert case["fields"]["description"] == "<p>First line<br />3 &lt; 4</p>\n"
    assert case["fields"]["testCaseSteps"] == [
        {"action": "<p>Start</p>\n", "expectedResult": "", "notes": ""},
        {
            "action": "<p>Block it</p>\n",
            "expectedResult": "<p>Alarm</p>\n",
            "notes": "<p>2 s</p>\n",
        },
    ]
    assert case["fields"]["assignedTo"] == 18


def test_custom_fields_have_labels_types_and_options(planted: World) -> None:
    fields = {each["label"]: each for each in type_of(planted, "TC")["fields"]}
    risk = fields["Risk class"]
    assert (risk["name"], risk["fieldType"], risk["required"]) == ("risk_class$26", "LOOKUP", True)
    options = planted.api.get(f"/picklists/{risk['pickList']}/options").data
    assert [each["name"] for each in options] == ["Low", "High"]
    assert (fields["Why"]["name"], fields["Why"]["textType"]) == ("rationale$26", "RICHTEXT")


def test_values_of_custom_fields_are_of_their_types(planted: World) -> None:
    fields = by_key(planted, "PUMP-TC-7")["fields"]
    high = planted.api.get(f"/picklistoptions/{fields['risk_class$26']}").data
    assert (high["name"], len(fields["sites$26"])) == ("High", 1)
    rest = [fields[f"{name}$26"] for name in ("minutes", "automated", "due", "rationale", "author")]
    assert rest == [12, False, "2026-11-29", "<p>a &amp; b</p>\n", 18]


def test_what_was_picked_is_found_by_its_label(planted: World) -> None:
    found = planted.api.get("/abstractitems", params={"contains": "Delft"})
    assert [each["documentKey"] for each in found.data] == ["PUMP-TC-7"]


def test_a_case_without_a_required_field_is_refused_by_label(planted: World) -> None:
    body = {"project": planted.project, "itemType": 26, "fields": {"name": "x"}}
    refused = planted.api.post("/items", body)
    assert (refused.status, refused.message) == (
        400,
        "Risk class is a required field of Test Case",
    )


def test_a_required_field_may_hold_what_is_false(planted: World) -> None:
    low = by_key(planted, "PUMP-TC-7")["fields"]["risk_class$26"]
    fields = {"name": "x", "risk_class$26": low, "automated$26": False}
    body = {"project": planted.project, "itemType": 26, "fields": fields}
    assert planted.api.post("/items", body).status == 201


def test_a_value_that_is_not_an_option_is_refused(planted: World) -> None:
    body = {"project": planted.project, "itemType": 26, "fields": {"name": "x", "risk_class$26": 1}}
    message = planted.api.post("/items", body).message
    assert "1 is not an option of the pick list Risk class" in message


def test_a_plan_without_a_required_field_is_refused(planted: World) -> None:
    body = {"project": planted.project, "fields": {"name": "x"}}
    assert "Site is a required field of Test Plan" in planted.api.post("/testplans", body).message


def test_a_new_type_of_test_cases_is_one(planted: World) -> None:
    new = type_of(planted, "ATC")
    assert (new["display"], new["category"]) == ("Automated Test Case", "TEST_CASE")
    assert {"testCaseSteps", f"script${new['id']}"} <= {each["name"] for each in new["fields"]}
    keys = {case.document_key for case in planted.store.cases("PUMP")}
    assert {"PUMP-TC-7", "PUMP-ATC-1"} <= keys


def test_sets_and_folders_make_the_tree(planted: World) -> None:
    case = by_key(planted, "PUMP-TC-7")
    folder = planted.api.get(f"/items/{case['location']['parent']['item']}").data
    above = planted.api.get(f"/items/{folder['location']['parent']['item']}").data
    assert (folder["itemType"], folder["fields"]["name"]) == (32, "Alarms")
    assert (above["itemType"], above["fields"]["name"]) == (31, "Dosing")
    assert above["childItemType"] == 26


def test_sets_of_one_name_for_two_types_are_two(planted: World) -> None:
    items = planted.api.get(
        "/abstractitems", params={"project": planted.project, "itemType": 31, "contains": "Dosing"}
    )
    assert {each["childItemType"] for each in items.data} == {24, 26}


def test_requirements_are_related_to_what_verifies_them(planted: World) -> None:
    path = "/relationships"
    query = {"project": planted.project, "lastId": 0, "maxResults": 50}
    relations = planted.api.get(path, params=query).data
    ids = {key: by_key(planted, key)["id"] for key in ("PUMP-SYS-1", "PUMP-REQ-1", "PUMP-TC-7")}
    found = {
        (each["fromItem"], each["toItem"]): (each["relationshipType"], each["suspect"])
        for each in relations
    }
    assert found == {
        (ids["PUMP-REQ-1"], ids["PUMP-TC-7"]): (6, False),
        (ids["PUMP-SYS-1"], ids["PUMP-REQ-1"]): (5, True),
    }


def test_plans_have_groups_and_cycles_with_a_run_for_each_case(planted: World) -> None:
    (plan,) = planted.store.plans("PUMP")
    names = [group.name for group in planted.store.groups(plan.id)]
    cycles = planted.store.cycles(plan.id)
    assert names == ["Default Test Group", "Alarms"]
    assert [(cycle.name, len(planted.store.runs(cycle.id))) for cycle in cycles] == [
        ("Week 1", 2),
        ("Week 2", 2),
    ]


def test_seeding_twice_makes_nothing_twice() -> None:
    with Store() as store:
        counts = []
        for _ in range(2):
            plant(store, read_seed(SEED))
            nodes = store.database.number("SELECT count(*) FROM nodes")
            relations = store.database.number("SELECT count(*) FROM relationships")
            options = store.database.number("SELECT count(*) FROM pick_list_options")
            counts.append((nodes, relations, options))
    assert counts[0] == counts[1]


def test_a_key_of_another_project_makes_that_project() -> None:
    with Store() as store:
        plant(store, read_seed({"project": "A", "cases": [{"key": "LIB-TC-1", "name": "x"}]}))
        assert [case.document_key for case in store.cases("LIB")] == ["LIB-TC-1"]


WRONG: dict[str, tuple[Any, str]] = {
    "key": ({"cases": [{"name": "x", "stpes": []}]}, "cases[1].stpes is not a key of a seed file"),
    "nearest": ({"cases": [{"name": "x", "stpes": []}]}, "did you mean steps?"),
    "missing": ({"cases": [{"key": "A-TC-1"}]}, "cases[1].name is not given; add it"),
    "type of field": (
        {"item_types": [{"key": "TC", "fields": [{"label": "x", "type": "pick"}]}]},
        "item_types[1].fields[1].type is 'pick'; it should be 'text'",
    ),
    "options": (
        {"item_types": [{"key": "TC", "fields": [{"label": "x", "options": ["a"]}]}]},
        "has options, and is not a pick list",
    ),
    "no options": (
        {"item_types": [{"key": "TC", "fields": [{"label": "x", "type": "pick_list"}]}]},
        "item_types[1].fields[1] has no options",
    ),
    "twice": (
        {"cases": [{"key": "A-TC-1", "name": "x"}, {"key": "A-TC-1", "name": "y"}]},
        "cases[2].key is A-TC-1, as that of cases[1] is",
    ),
    "field": (
        {"cases": [{"name": "x", "fields": {"Risk": "a"}}]},
        "cases[1].fields.Risk is not a custom field of the type TC",
    ),
    "item type": (
        {"cases": [{"name": "x", "type": "TCC"}]},
        "cases[1].type names 'TCC', which is not a type of items; did you mean TC?",
    ),
    "requirement among cases": (
        {"cases": [{"name": "x", "type": "REQ"}]},
        "names REQ, which is for `requirements`",
    ),
    "unknown requirement": (
        {"cases": [{"key": "A-TC-1", "name": "x", "requirements": ["A-REQ-1"]}]},
        "names 'A-REQ-1', which is neither here nor in the sandbox",
    ),
    "user": ({"cases": [{"name": "x", "assigned_to": "tes"}]}, "did you mean tess?"),
    "case of a plan": (
        {"plans": [{"name": "P", "groups": [{"name": "G", "cases": ["A-TC-9"]}]}]},
        "plans[1].groups[1].cases[1] names 'A-TC-9'",
    ),
    "id twice": (
        {"requirements": [{"name": "x", "id": 1}], "cases": [{"name": "y", "id": 1}]},
        "cases[1].id is 1, as that of requirements[1] is",
    ),
    "label": (
        {"item_types": [{"key": "TC", "fields": [{"label": "$$"}]}]},
        "has the label '$$'; give it a `name`, too",
    ),
    "itself": (
        {
            "cases": [{"key": "A-TC-1", "name": "x"}],
            "relationships": [{"upstream": "A-TC-1", "downstream": "A-TC-1"}],
        },
        "relationships[1] relates an item to itself",
    ),
    "text": ({"plans": [5]}, "plans[1] is 5; it should be a mapping"),
    "empty": ({"sets": [{"path": "/"}]}, "sets[1].path is (); it must not be empty"),
    "pattern": ({"project": "A B"}, "project.key is 'A B'; it must match the pattern"),
    "too large": ({"cases": [{"name": "x", "id": 10**20}]}, "should be less than or equal to"),
    "number": ({"cases": [{"name": "x", "id": "many"}]}, "cases[1].id is 'many'"),
}


@every("seed, message", WRONG.values(), ids=WRONG)
def test_a_mistake_is_told_with_its_place_and_makes_nothing(seed: Any, message: str) -> None:
    with Store() as store:
        with pytest.raises(SeedError) as caught:
            plant(store, read_seed(seed))
        assert message in str(caught.value)
        assert store.database.number("SELECT count(*) FROM nodes") == 0


def test_a_key_may_end_in_any_number() -> None:
    with Store() as store:
        key = "A-TC-99999999999999999999"
        plant(store, read_seed({"cases": [{"key": key, "name": "x"}]}))
        assert [case.document_key for case in store.cases("A")] == [key]


def test_all_mistakes_are_told_at_once() -> None:
    wrong = {"cases": [{"name": "x", "fields": {"a": "b"}, "assigned_to": "c", "type": "TC"}]}
    with Store() as store, pytest.raises(SeedError) as caught:
        plant(store, read_seed(wrong))
    assert [each.path[2] for each in caught.value.mistakes] == ["assigned_to", "fields"]


def test_the_shipped_schema_is_fresh_and_takes_the_example() -> None:
    assert SCHEMA.read_text(encoding="utf-8") == schema_text(), "run `make docs`"
    schema = json.loads(schema_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    typed = json.loads(json.dumps(SEED).replace('"true"', "true").replace('"4711"', "4711"))
    jsonschema.Draft202012Validator(schema).validate(typed)


def test_the_schema_describes_each_key() -> None:
    parts = [make_schema(), *make_schema()["$defs"].values()]
    lacking = [
        f"{part['title']}.{name}"
        for part in parts
        for name, each in part["properties"].items()
        if not each.get("description")
    ]
    assert lacking == []


def test_the_table_of_the_page_is_fresh() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page == page_text(page), "run `make docs`"


def test_the_types_of_fields_are_documented() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert [name for name in FIELD_TYPES if f"| `{name}` | `{FIELD_TYPES[name]}`" not in page] == []


def test_the_example_of_the_page_can_be_planted(tmp_path: Path) -> None:
    (example,) = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    file = tmp_path / "seed.yaml"
    file.write_text(example, encoding="utf-8")
    with Store() as store:
        assert plant(store, read_seed(read_plain(file, "seed.yaml").values)) == "PUMP"
        assert [case.name for case in store.cases("PUMP")] == [
            "Stops when the line is blocked",
            "Runs all night",
        ]
