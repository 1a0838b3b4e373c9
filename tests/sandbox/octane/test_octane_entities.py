"""Entities: lists, single ones, creating, changing, removing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox.octane.workspace import PLANNED, Workspace, document, run_of

if TYPE_CHECKING:
    from collections.abc import Callable


def ref(kind: str, identifier: str) -> dict[str, str]:
    return {"type": kind, "id": identifier}


def phase(name: str) -> dict[str, str]:
    return ref("phase", f"phase.{name}")


def backlog(workspace: Workspace) -> dict[str, str]:
    return ref("work_item_root", workspace.get("work_item_roots").ids[0])


def story(workspace: Workspace, name: str = "S", **changes: Any) -> dict[str, Any]:
    return {"name": name, "phase": phase("story.new"), "parent": backlog(workspace), **changes}


def test_a_list_is_an_envelope_with_its_total(workspace: Workspace) -> None:
    for name in "abc":
        workspace.store.add("releases", name=name)
    reply = workspace.get("releases", "name IN ^a^,^b^,^c^", fields="name", limit=2)
    assert reply.body["total_count"] == 3
    assert reply.body["exceeds_total_count"] is False
    assert [sorted(each) for each in reply.data] == [["id", "name", "type"]] * 2
    assert all(isinstance(each["id"], str) for each in reply.data)


@pytest.mark.parametrize(
    "order, found",
    [
        ("name", "abc"),
        ("-name", "cba"),
        ("description,-name", "bac"),
        ("id", "bca"),
        ("-id", "acb"),
        ("", "bca"),
    ],
)
def test_lists_are_ordered(workspace: Workspace, order: str, found: str) -> None:
    for name, description in (("b", "1"), ("c", "2"), ("a", "1")):
        workspace.store.add("user_tags", name=name, description=description)
    reply = workspace.get("user_tags", fields="name", **({"order_by": order} if order else {}))
    assert "".join(reply.names) == found


def test_lists_are_paged_to_an_empty_page(workspace: Workspace) -> None:
    for number in range(5):
        workspace.store.add("user_tags", name=str(number))
    pages = [
        workspace.get("user_tags", fields="name", limit=2, offset=offset).names
        for offset in (0, 2, 4, 6)
    ]
    assert pages == [["0", "1"], ["2", "3"], ["4"], []]


@pytest.mark.parametrize(
    "knobs, limit, status, shown",
    [
        ({}, None, 200, 4),
        ({"page_default_count": 2}, None, 200, 2),
        ({"page_limit_count": 3}, 3, 200, 3),
        ({"page_limit_count": 3}, 4, 400, 0),
        ({"page_limit_count": 3, "over_page_limit": "clamp"}, 4, 200, 3),
        ({}, 0, 400, 0),
        ({}, "many", 400, 0),
    ],
    ids=str,
)
def test_a_page_has_a_limit(
    make_workspace: Callable[..., Workspace],
    knobs: dict[str, Any],
    limit: Any,
    status: int,
    shown: int,
) -> None:
    workspace = make_workspace(**knobs)
    for number in range(4):
        workspace.store.add("user_tags", name=str(number))
    reply = workspace.get("user_tags", **({} if limit is None else {"limit": limit}))
    assert reply.status == status
    assert status == 400 or len(reply.data) == shown


def test_the_total_may_be_capped(make_workspace: Callable[..., Workspace]) -> None:
    workspace = make_workspace(total_limit_count=2)
    for number in range(3):
        workspace.store.add("user_tags", name=str(number))
    reply = workspace.get("user_tags")
    assert (reply.body["total_count"], reply.body["exceeds_total_count"]) == (2, True)
    assert len(reply.data) == 3


@pytest.mark.parametrize(
    "params",
    [
        {"fields": "no_such_field"},
        {"fields": "name,,id"},
        {"fields": "release{name"},
        {"fields": "name}"},
        {"fields": ""},
        {"order_by": "no_such_field"},
        {"order_by": "author"},
        {"offset": "-1"},
        {"page": "1"},
    ],
    ids=str,
)
def test_a_wrong_parameter_is_refused(workspace: Workspace, params: dict[str, str]) -> None:
    assert workspace.get("defects", **params).status == 400


def test_references_show_what_is_asked_of_them(workspace: Workspace) -> None:
    store = workspace.store
    release = store.add("releases", name="2.4")
    defect = store.add("defects", name="d", release=release, severity="list_node.severity.high")
    reply = workspace.get(f"defects/{defect}", fields="release,severity{name},owner,user_tags")
    assert reply.body == {
        "type": "defect",
        "id": defect,
        "release": ref("release", release),
        "severity": {**ref("list_node", "list_node.severity.high"), "name": "High"},
        "owner": None,
        "user_tags": {"total_count": 0, "data": []},
    }
    deeper = workspace.get(f"defects/{defect}", fields="release{name,author{name}}").body["release"]
    assert (deeper["name"], deeper["author"]["name"]) == ("2.4", "robot")


def test_references_may_come_with_names(make_workspace: Callable[..., Workspace]) -> None:
    workspace = make_workspace(reference_look="named")
    workspace.store.add("defects", name="d", severity="list_node.severity.high")
    (defect,) = workspace.get("defects", fields="severity").data
    assert defect["severity"]["logical_name"] == "list_node.severity.high"


def test_a_view_shows_all_kinds_and_says_which(workspace: Workspace) -> None:
    workspace.store.add("automated_tests", name="a")
    workspace.store.add("test_suites", name="s")
    reply = workspace.get("tests", fields="name,subtype,package")
    assert [(each["type"], each["subtype"]) for each in reply.data] == [
        ("test", "test_automated"),
        ("test", "test_suite"),
    ]
    assert ["package" in each for each in reply.data] == [True, False]
    assert workspace.get("tests", "subtype EQ ^test_suite^", fields="name").names == ["s"]
    assert workspace.post("tests", {"name": "x"}).status == 405


def test_one_entity_is_bare_and_only_in_its_collections(workspace: Workspace) -> None:
    test = workspace.store.add("automated_tests", name="a")
    assert workspace.get(f"automated_tests/{test}/").body["name"] == "a"
    assert workspace.get(f"tests/{test}").body["type"] == "test"
    for path in (f"manual_tests/{test}", "tests/1", "tests/x", "no_such/1", "no_such"):
        assert workspace.get(path).status == 404


def test_creating_answers_with_type_and_id(workspace: Workspace) -> None:
    reply = workspace.post("stories", story(workspace), story(workspace, "T"))
    assert reply.status == 201
    assert reply.body["total_count"] == 2
    assert [sorted(each) for each in reply.data] == [["id", "type"]] * 2
    assert workspace.get("stories", fields="name,author{name}").data[1]["author"]["name"] == "robot"
    asked = workspace.call("POST", "user_tags?fields=name", json={"data": [{"name": "x"}]})
    assert asked.names == ["x"]


@pytest.mark.parametrize(
    "collection, body, missing",
    [
        ("automated_tests", {}, "name"),
        ("automated_tests", {"name": ""}, "name"),
        ("manual_tests", {"name": "m"}, "phase"),
        ("gherkin_tests", {"name": "g"}, "phase"),
        ("test_suites", {}, "name"),
        ("test_suite_link_to_tests", {}, "test_suite"),
        ("manual_runs", {"name": "r"}, "test"),
        ("suite_run", {"name": "r"}, "test"),
        ("ci_servers", {}, "name"),
        ("stories", {"name": "s"}, "phase"),
        ("defects", {"name": "d", "phase": phase("defect.new")}, "parent"),
        ("tasks", {"name": "t"}, "exactly one of story, defect and quality_story"),
        ("comments", {"text": "c"}, "exactly one of owner_test"),
    ],
)
def test_required_fields_are_missed(
    workspace: Workspace, collection: str, body: dict[str, Any], missing: str
) -> None:
    reply = workspace.post(collection, body)
    assert (reply.status, missing in reply.why) == (400, True)
    assert workspace.store.count(collection) == 0


@pytest.mark.parametrize(
    "changes",
    [
        {"no_such_field": 1},
        {"name": 1},
        {"name": "x" * 256},
        {"release": "1001"},
        {"release": {"type": "release"}},
        {"release": {"type": "release", "id": "1"}},
        {"release": {"type": "defect", "id": "1"}},
        {"user_tags": [{"type": "user_tag", "id": "1"}]},
        {"user_tags": {"data": [{"type": "user_tag", "id": "1"}]}},
        {"creation_time": "2026-01-05T10:00:00Z"},
        {"subtype": "story"},
        {"test": {"data": []}},
    ],
    ids=str,
)
def test_wrong_values_are_refused(workspace: Workspace, changes: dict[str, Any]) -> None:
    assert workspace.post("stories", story(workspace, **changes)).status == 400
    assert workspace.store.count("stories") == 0


@pytest.mark.parametrize(
    "method, path, allowed",
    [
        ("POST", "automated_runs", "DELETE, GET, PUT"),
        ("POST", "previous_runs", "GET"),
        ("DELETE", "phases/phase.story.new", "GET"),
        ("PUT", "work_items", "GET"),
        ("PATCH", "releases", "DELETE, GET, POST, PUT"),
        ("PATCH", "releases/1", "DELETE, GET, PUT"),
        ("PUT", "test-results", "POST"),
        ("POST", "analytics/ci/builds", "PUT"),
    ],
)
def test_a_method_may_be_impossible(
    workspace: Workspace, method: str, path: str, allowed: str
) -> None:
    reply = workspace.call(method, path, json={"data": [{"name": "x"}]})
    assert (reply.status, reply.headers["allow"]) == (405, allowed)


@pytest.mark.parametrize(
    "arguments, status",
    [
        ({"data": b"{}"}, 415),
        ({"data": b"{", "headers": {"Content-Type": "application/json"}}, 400),
        ({"json": []}, 400),
        ({"json": {}}, 400),
        ({"json": {"data": []}}, 400),
        ({"json": {"data": {"name": "x"}}}, 400),
        ({"json": {"data": ["x"]}}, 400),
        ({"json": {"data": [{"name": "x"}] * 201}}, 400),
        ({"json": {"data": [{"name": "x"}] * 200}}, 201),
    ],
    ids=["no type", "no JSON", "list", "no data", "empty", "no list", "no object", "201", "200"],
)
def test_a_body_is_json_with_data(
    workspace: Workspace, arguments: dict[str, Any], status: int
) -> None:
    assert workspace.call("POST", "user_tags", **arguments).status == status


def test_changing_touches_only_what_was_sent(workspace: Workspace) -> None:
    store = workspace.store
    release = store.add("releases", name="2.4")
    defect = store.add("defects", name="d", release=release, description="text")
    assert workspace.put(f"defects/{defect}", {"name": "e", "id": defect}).body["id"] == defect
    shown = store.get("defects", defect, fields="name,description,release")
    assert (shown["name"], shown["description"]) == ("e", "text")
    assert shown["release"]["id"] == release
    workspace.put(f"defects/{defect}", {"release": None})
    assert store.get("defects", defect)["release"] is None
    assert workspace.put(f"defects/{defect}", {"name": ""}).status == 400


def test_several_references_are_replaced_or_appended(workspace: Workspace) -> None:
    store = workspace.store
    first, second = (store.add("user_tags", name=name) for name in ("a", "b"))
    defect = store.add("defects", name="d", user_tags=[first])
    more = {"user_tags": {"data": [ref("user_tag", second)]}}

    def tags() -> list[str]:
        shown = store.get("defects", defect, fields="user_tags{name}")
        return [each["name"] for each in shown["user_tags"]["data"]]

    assert workspace.put(f"defects/{defect}", more, reference_update_mode="append").status == 200
    assert tags() == ["a", "b"]
    assert workspace.put(f"defects/{defect}", more).status == 200
    assert tags() == ["b"]
    assert workspace.put(f"defects/{defect}", more, reference_update_mode="x").status == 400


def test_a_part_of_several_may_fail(workspace: Workspace) -> None:
    first = workspace.store.add("stories", name="a", phase="phase.story.new")
    done = {"phase": phase("story.done")}
    reply = workspace.put("stories", {"data": [{"id": first, **done}, {"id": "1", **done}]})
    assert (reply.status, reply.ids) == (409, [first])
    (error,) = reply.body["errors"]
    assert (error["index"], error["error_code"]) == (1, "platform.entity_not_found")
    assert reply.body["exceeds_total_count"] is False
    assert workspace.store.get("stories", first)["phase"]["id"] == "phase.story.done"


def test_a_part_of_several_fails_on_demand(make_workspace: Callable[..., Workspace]) -> None:
    workspace = make_workspace(bulk_failure_count=2)
    reply = workspace.post("user_tags", *({"name": name} for name in "abc"))
    assert (reply.status, reply.body["errors"][0]["index"], len(reply.data)) == (409, 1, 2)
    assert workspace.get("user_tags", fields="name").names == ["a", "c"]


def test_removing_needs_an_id_or_a_query(workspace: Workspace) -> None:
    tags = [workspace.store.add("user_tags", name=name) for name in "abcd"]
    assert workspace.call("DELETE", f"user_tags/{tags[0]}").status == 200
    assert workspace.call("DELETE", f"user_tags/{tags[0]}").status == 404
    assert workspace.call("DELETE", "user_tags").status == 400
    query = {"query": '"name IN ^b^,^c^"'}
    assert workspace.call("DELETE", "user_tags", params=query).ids == tags[1:3]
    assert workspace.get("user_tags").ids == tags[3:]


def test_removing_a_test_removes_its_runs(workspace: Workspace) -> None:
    workspace.pushed(document(run_of()))
    test = workspace.get("tests").ids[0]
    assert workspace.call("DELETE", f"automated_tests/{test}").status == 200
    assert workspace.store.count("runs") == 0


def test_a_test_has_a_script(workspace: Workspace) -> None:
    test = workspace.store.add("manual_tests", name="m")
    assert workspace.get(f"tests/{test}/script").body["script"] == ""
    body = {"script": "- step", "comment": "c", "revision_type": "Minor"}
    assert workspace.put(f"tests/{test}/script", body).body == body
    assert workspace.get(f"tests/{test}/script").body == body
    assert workspace.put(f"tests/{test}/script", {"text": "x"}).status == 400
    assert workspace.get("tests/1/script").status == 404


def test_a_manual_run_is_summed_up_and_is_the_last(workspace: Workspace) -> None:
    release = workspace.get("releases").ids[0]
    test = workspace.store.add("manual_tests", name="m")
    body = {
        "name": "r",
        "test": ref("test_manual", test),
        "native_status": PLANNED,
        "release": ref("release", release),
    }
    first, second = workspace.post("manual_runs", body, {**body, "name": "s"}).ids
    blocked = ref("list_node", "list_node.run_native_status.blocked")
    workspace.put(f"manual_runs/{second}", {"native_status": blocked})
    fields = "status,default_run_by{name}"
    shown = [workspace.get(f"runs/{each}", fields=fields).body for each in (first, second)]
    words = [each["status"]["id"].rpartition(".")[2] for each in shown]
    assert words == ["planned", "requires_attention"]
    assert shown[0]["default_run_by"]["name"] == "robot"
    assert workspace.get("runs", "test_of_last_run EQ {name EQ ^m^}").ids == [second]
    wrong = ref("list_node", "list_node.severity.high")
    assert workspace.put(f"manual_runs/{first}", {"native_status": wrong}).status == 400


@pytest.mark.parametrize("knob, steps", [("no", 0), ("yes", 1)])
def test_steps_of_a_planned_run_may_be_made_with_it(
    make_workspace: Callable[..., Workspace], knob: str, steps: int
) -> None:
    workspace = make_workspace(planned_steps=knob)
    test = workspace.store.add("manual_tests", name="m")
    release = workspace.get("releases").ids[0]
    run = {"name": "r", "test": ref("test", test), "native_status": PLANNED}
    assert workspace.post("manual_runs", {**run, "release": ref("release", release)}).status == 201
    assert workspace.store.count("run_steps") == steps


def test_a_suite_run_makes_runs_of_its_tests(workspace: Workspace) -> None:
    store = workspace.store
    tests = [store.add("manual_tests", name="m"), store.add("automated_tests", name="a")]
    (suite,) = workspace.post("test_suites", {"name": "Regression"}).ids
    links = [{"test_suite": ref("test_suite", suite), "test": ref("test", test)} for test in tests]
    assert workspace.post("test_suite_link_to_tests", *links).status == 201
    release = workspace.get("releases").ids[0]
    body = {
        "name": "night",
        "test": ref("test_suite", suite),
        "native_status": PLANNED,
        "release": ref("release", release),
    }
    (run,) = workspace.post("suite_run", body).ids
    shown = workspace.get(f"suite_run/{run}", fields="runs_in_suite{name,release,status}").body
    inside = shown["runs_in_suite"]["data"]
    assert [(each["type"], each["name"]) for each in inside] == [
        ("run_manual", "m"),
        ("run_automated", "a"),
    ]
    assert [each["release"]["id"] for each in inside] == [release] * 2
    assert workspace.get("runs", f"parent_suite EQ {{id EQ {run}}}", fields="name").names == [
        "m",
        "a",
    ]
    not_a_suite = {**body, "test": ref("test_manual", tests[0])}
    assert workspace.post("suite_run", not_a_suite).status == 400


def test_tasks_are_children_of_their_story(workspace: Workspace) -> None:
    first, second = workspace.post("stories", story(workspace), story(workspace, "T")).ids
    item_type = workspace.get("list_nodes", "name EQ ^Test^").data[0]
    task = {
        "name": "test it",
        "story": ref("story", first),
        "phase": phase("task.new"),
        "owner": ref("workspace_user", workspace.get("workspace_users").ids[0]),
        "item_type": ref("list_node", item_type["id"]),
    }
    assert workspace.post("tasks", task).status == 201
    without = "!child_task EQ {item_type EQ {name EQ ^Test^}}"
    assert workspace.get("stories", without).ids == [second]
    both = {**task, "defect": ref("defect", workspace.store.add("defects", name="d"))}
    assert workspace.post("tasks", both).status == 400
    nobody = {key: value for key, value in task.items() if key != "owner"}
    assert workspace.post("tasks", nobody).status == 400


def test_comments_belong_to_one_thing(workspace: Workspace) -> None:
    test = workspace.store.add("manual_tests", name="m", owner=str(workspace.store.user))
    assert workspace.post("comments", {"text": "hi", "owner_test": ref("test", test)}).status == 201
    query = "owner_test EQ {subtype EQ ^test_manual^;owner EQ {id EQ [current_user]}}"
    (comment,) = workspace.get("comments", query, fields="text,author{name}").data
    assert (comment["text"], comment["author"]["name"]) == ("hi", "robot")


def test_fields_are_described_those_of_the_workspace_too(workspace: Workspace) -> None:
    workspace.store.add_field("run_automated", "region_udf", label="Region")
    query = "entity_name EQ ^run_automated^;is_user_defined EQ true"
    (field,) = workspace.get("metadata/fields", query, fields="name,label,field_type,required").data
    assert (field["name"], field["label"], field["field_type"]) == (
        "region_udf",
        "Region",
        "string",
    )
    assert workspace.get("metadata/entities", "name EQ ^defect^").body["total_count"] == 1
    assert workspace.get("automated_runs", "region_udf EQ null", fields="region_udf").status == 200
    assert workspace.get("manual_runs", fields="region_udf").status == 400


def test_lists_phases_and_users_are_there(workspace: Workspace) -> None:
    words = (
        "logical_name IN ^list_node.run_native_status.not_completed^,^list_node.severity.urgent^"
    )
    assert workspace.get("list_nodes", words).body["total_count"] == 2
    phases = workspace.get("phases", "entity EQ ^feature^", fields="logical_name").data
    assert [each["logical_name"] for each in phases] == [
        f"phase.feature.{word}" for word in ("new", "inprogress", "intesting", "done")
    ]
    assert workspace.get("workspace_users", fields="name").names == ["robot", "tess"]
    assert workspace.get("releases", fields="name").names == ["Default Release"]


def test_an_unknown_field_may_be_ignored(make_workspace: Callable[..., Workspace]) -> None:
    workspace = make_workspace(unknown_field="ignore")
    assert workspace.post("user_tags", {"name": "x", "colour": "red"}).status == 201
    assert workspace.get("user_tags", fields="name,colour").names == ["x"]


def test_fields_of_the_workspace_hold_what_they_say(workspace: Workspace) -> None:
    for field in ("lines_udf:number", "open_udf:boolean", "due_udf:date"):
        workspace.store.add_field("user_tag", field)
    right = {"lines_udf": 1.5, "open_udf": True, "due_udf": "2026-01-05T10:00:00+0100"}
    (tag,) = workspace.post("user_tags", {"name": "x", **right}).ids
    shown = workspace.get(f"user_tags/{tag}", fields=",".join(right)).body
    assert (shown["lines_udf"], shown["open_udf"]) == (1.5, True)
    assert shown["due_udf"] == "2026-01-05T09:00:00Z"
    for wrong in (
        {"lines_udf": "1"},
        {"lines_udf": True},
        {"open_udf": 1},
        {"due_udf": "2026-13-05T10:00:00Z"},
        {"due_udf": 1},
    ):
        assert workspace.put(f"user_tags/{tag}", wrong).status == 400


def test_the_store_changes_and_removes(workspace: Workspace) -> None:
    store = workspace.store
    tag = store.add("user_tags", name="x")
    store.change("user_tags", tag, name="y")
    assert workspace.get("user_tags").names == ["y"]
    store.remove("user_tags", tag)
    assert workspace.get("user_tags").data == []


def test_lists_are_found_by_number_also_where_names_are_shown(workspace: Workspace) -> None:
    defect = workspace.store.add("defects", name="d", severity="list_node.severity.low")
    assert workspace.get("list_nodes/list_node.severity.low").body["name"] == "Low"
    assert workspace.get("list_nodes/no_such_name").status == 404
    assert workspace.put(f"defects/{defect}", {"severity": None}).status == 200
    assert workspace.store.get("defects", defect)["severity"] is None
