"""Pushing results: tasks, the table of outcomes, hashes, and what comes into being."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING, Any

import pytest

from pytest_jama.sandbox.faults import RandomFault
from tests.sandbox.octane.workspace import Workspace, document, environment, run_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.sandbox.octane.conftest import MovedClock

NOWHERE = '<milestone_ref id="999999"/>'
BUILD = '<build server_id="lab" job_id="nightly" build_id="7"/>'


def statuses_of(workspace: Workspace, task: Any, count: int) -> list[str]:
    return [workspace.get(f"test-results/{task}").body["status"] for _ in range(count)]


def test_a_push_is_queued_with_a_number_and_a_time(workspace: Workspace) -> None:
    reply = workspace.push(document(run_of()))
    assert reply.status == 202
    assert reply.body == {"id": 1101, "status": "queued", "until": "2026-01-12T08:00:00+0000"}


@pytest.mark.parametrize(
    "polls, statuses",
    [
        (0, ["success"]),
        (1, ["queued", "success"]),
        (2, ["queued", "running", "success"]),
        (4, ["queued", "queued", "running", "running", "success", "success"]),
    ],
)
def test_a_task_ends_after_so_many_polls(
    make_workspace: Callable[..., Workspace], polls: int, statuses: list[str]
) -> None:
    workspace = make_workspace(task_poll_count=polls)
    task = workspace.push(document(run_of())).body["id"]
    assert statuses_of(workspace, task, len(statuses)) == statuses


@pytest.mark.parametrize(
    "end, statuses",
    [
        ("never", ["queued", "running", "running", "running"]),
        ("warning", ["queued", "running", "warning", "warning"]),
        ("failed", ["queued", "running", "failed", "failed"]),
    ],
)
def test_a_task_may_end_otherwise_on_demand(
    make_workspace: Callable[..., Workspace], end: str, statuses: list[str]
) -> None:
    workspace = make_workspace(task_end=end)
    task = workspace.push(document(run_of())).body["id"]
    assert statuses_of(workspace, task, 4) == statuses


def test_status_words_may_be_padded_capitals(make_workspace: Callable[..., Workspace]) -> None:
    workspace = make_workspace(status_words="padded")
    reply = workspace.push(document(run_of()))
    assert reply.body["status"] == " QUEUED "
    assert statuses_of(workspace, reply.body["id"], 3)[1:] == [" RUNNING ", " SUCCESS "]


def test_until_may_be_written_with_z(make_workspace: Callable[..., Workspace]) -> None:
    reply = make_workspace(until="z").push(document(run_of()))
    assert reply.body["until"] == "2026-01-12T08:00:00Z"


@pytest.mark.parametrize("task", ["1", "99999999999999999999", "x"])
def test_an_unknown_task_is_not_found(workspace: Workspace, task: str) -> None:
    reply = workspace.get(f"test-results/{task}")
    assert (reply.status, reply.code) == (404, "testbox.not_found")
    assert reply.why == f"QueueItem id={task} does not exist"


def test_a_task_is_forgotten_at_its_time(
    make_workspace: Callable[..., Workspace], moved_clock: MovedClock
) -> None:
    workspace = make_workspace(task_life_s=60.0)
    task = workspace.push(document(run_of())).body["id"]
    moved_clock.now_s += 61
    assert workspace.get(f"test-results/{task}").status == 404


def two_runs(*, head: str = "", inside: str = "") -> str:
    return document(run_of("good"), run_of("other", inside), head=head)


@pytest.mark.parametrize(
    "text, skip_errors, status, made",
    [
        (two_runs(), False, "success", 2),
        (two_runs(), True, "success", 2),
        (two_runs(head=NOWHERE), False, "failed", 0),
        (two_runs(head=NOWHERE), True, "warning", 2),
        (two_runs(inside=NOWHERE), False, "success", 1),
        (two_runs(inside=NOWHERE), True, "warning", 2),
        (two_runs(head=BUILD), False, "failed", 0),
        (two_runs(head=BUILD), True, "warning", 2),
    ],
    ids=[
        "good",
        "good, skipping",
        "missing above",
        "missing above, skipping",
        "missing in a run",
        "missing in a run, skipping",
        "unknown build",
        "unknown build, skipping",
    ],
)
def test_the_end_of_a_task_follows_the_table(
    workspace: Workspace, text: str, skip_errors: bool, status: str, made: int
) -> None:
    reply = workspace.pushed(text, skip_errors=skip_errors)
    assert reply.body["status"] == status
    assert ("errorDetails" in reply.body) == (status != "success")
    assert len(workspace.store.all("automated_runs")) == made


def test_a_task_says_what_is_missing(workspace: Workspace) -> None:
    head = '<release name="nope"/><backlog_items><backlog_item_ref id="77"/></backlog_items>'
    details = workspace.pushed(document(run_of(), head=head)).body["errorDetails"]
    assert details == "release 'nope' does not exist; backlog item 77 does not exist"


def test_left_out_runs_may_be_told_of(make_workspace: Callable[..., Workspace]) -> None:
    workspace = make_workspace(left_out_runs="warning")
    reply = workspace.pushed(document(run_of("a", NOWHERE), run_of("b")))
    assert reply.body["status"] == "warning"
    assert reply.body["errorDetails"] == "left out: run 'a': milestone 999999 does not exist"


def test_the_same_payload_is_answered_with_the_first_task(workspace: Workspace) -> None:
    first = workspace.push(document(run_of())).body
    workspace.end_of(first["id"])
    again = workspace.push(document(run_of()))
    assert again.status == 202
    assert again.body == {**first, "fromOlderPush": "true", "status": "success"}
    assert workspace.store.count("previous_runs") == 1


def test_a_failed_payload_does_not_block_the_same_with_skip_errors(workspace: Workspace) -> None:
    text = document(run_of(), head=NOWHERE)
    assert workspace.pushed(text).body["status"] == "failed"
    reply = workspace.push(text, skip_errors=True)
    assert "fromOlderPush" not in reply.body
    assert workspace.end_of(reply.body["id"]).body["status"] == "warning"


@pytest.mark.parametrize("knob, is_known", [("forgotten", False), ("same_flag", True)])
def test_a_failed_payload_may_block_itself(
    make_workspace: Callable[..., Workspace], knob: str, is_known: bool
) -> None:
    workspace = make_workspace(failed_hash=knob)
    text = document(run_of(), head=NOWHERE)
    assert workspace.pushed(text).body["status"] == "failed"
    assert ("fromOlderPush" in workspace.push(text).body) == is_known
    assert "fromOlderPush" not in workspace.push(text, skip_errors=True).body


def test_a_hash_is_forgotten_at_its_time(
    make_workspace: Callable[..., Workspace], moved_clock: MovedClock
) -> None:
    workspace = make_workspace(hash_life_s=60.0)
    workspace.push(document(run_of()))
    moved_clock.now_s += 61
    assert "fromOlderPush" not in workspace.push(document(run_of())).body
    assert workspace.store.count("previous_runs") == 2


@pytest.mark.parametrize("knob, is_known", [("unpacked", True), ("packed", False)])
def test_the_hash_is_taken_before_or_after_unpacking(
    make_workspace: Callable[..., Workspace], knob: str, is_known: bool
) -> None:
    workspace = make_workspace(hash_of=knob)
    raw = document(run_of()).encode()
    workspace.push(raw)
    packed = workspace.push(gzip.compress(raw), Content_Encoding="gzip")
    assert ("fromOlderPush" in packed.body) == is_known


@pytest.mark.parametrize("knob, is_known", [("no", True), ("yes", False)])
def test_skip_errors_may_count_for_the_hash(
    make_workspace: Callable[..., Workspace], knob: str, is_known: bool
) -> None:
    workspace = make_workspace(hash_with_flag=knob)
    workspace.push(document(run_of()))
    reply = workspace.push(document(run_of()), skip_errors=True)
    assert ("fromOlderPush" in reply.body) == is_known


@pytest.mark.parametrize(
    "knob, encoding, status",
    [
        ("both", "gzip", 202),
        ("both", "application/gzip", 202),
        ("both", "br", 415),
        ("gzip", "application/gzip", 415),
        ("application_gzip", "gzip", 415),
        ("400", "gzip", 400),
        ("415", "gzip", 415),
    ],
)
def test_packed_documents_are_taken_as_the_knob_says(
    make_workspace: Callable[..., Workspace], knob: str, encoding: str, status: int
) -> None:
    workspace = make_workspace(gzip=knob)
    packed = gzip.compress(document(run_of()).encode())
    assert workspace.push(packed, Content_Encoding=encoding).status == status


@pytest.mark.parametrize(
    "raw",
    [b"no gzip", gzip.compress(b"<x/>")[:-3], gzip.compress(b"") + b"x"],
    ids=["no gzip", "cut", "more behind"],
)
def test_what_is_not_gzip_is_refused(workspace: Workspace, raw: bytes) -> None:
    reply = workspace.push(raw, Content_Encoding="gzip")
    assert (reply.status, "gzip" in reply.why) == (400, True)


@pytest.mark.parametrize(
    "content_type, status",
    [
        ("application/xml", 202),
        ("application/xml; charset=ISO-8859-1", 202),
        ("text/xml", 202),
        ("application/json", 415),
        ("", 415),
    ],
)
def test_results_are_xml(workspace: Workspace, content_type: str, status: int) -> None:
    assert workspace.push(document(run_of("\xfc")), Content_Type=content_type).status == status
    assert all(each["name"] == "\xfc" for each in workspace.store.all("tests"))


@pytest.mark.parametrize("query", ["skip-errors=yes", "skip_errors=true"])
def test_an_unknown_flag_is_refused(workspace: Workspace, query: str) -> None:
    headers = {"Content-Type": "application/xml"}
    reply = workspace.call("POST", f"test-results?{query}", data=document(), headers=headers)
    assert reply.status == 400


def test_a_run_makes_a_test_a_run_and_a_line_of_history(workspace: Workspace) -> None:
    error = '<error type="E" message="boom">trace</error><description>why</description>'
    attributes = {"module": "m", "external_report_url": "https://ci/1", "run_name": "shown"}
    workspace.pushed(document(run_of("t", error, status="Failed", **attributes)))
    (test,) = workspace.store.all("automated_tests")
    wanted = {"name": "t", "package": "tests", "class_name": "T", "component": "m"}
    assert wanted.items() <= test.items()
    (run,) = workspace.store.all(
        "automated_runs",
        fields="name,test,native_status,status,started,"
        "duration,error_message,error_details,error_type,description,external_report_url",
    )
    assert run == {
        "type": "run_automated",
        "id": run["id"],
        "name": "shown",
        "test": {"type": "test_automated", "id": test["id"]},
        "native_status": {"type": "list_node", "id": "list_node.run_native_status.failed"},
        "status": {"type": "list_node", "id": "list_node.run_status.failed"},
        "started": "2026-01-05T08:00:00Z",
        "duration": 12,
        "error_type": "E",
        "error_message": "boom",
        "error_details": "trace",
        "description": "why",
        "external_report_url": "https://ci/1",
    }
    (line,) = workspace.store.all("previous_runs")
    wanted_line = {
        "run_id": int(run["id"]),
        "test_id": int(test["id"]),
        "build_id": None,
        "run_started": "2026-01-05T08:00:00Z",
        "run_duration": 12,
        "test_name": "t",
        "test_class": "T",
        "test_package": "tests",
        "is_new_failure": True,
    }
    assert wanted_line.items() <= line.items()


def test_a_test_is_known_by_module_package_class_and_name(workspace: Workspace) -> None:
    runs = [
        run_of("t", started=number, **{"module": module, "package": package, "class": name})
        for number, (module, package, name) in enumerate(
            [("", "p", "c"), ("", "p", "c"), ("m", "p", "c"), ("", "p.c", ""), ("", "", "p.c")]
        )
    ]
    workspace.pushed(document(*runs))
    assert workspace.store.count("automated_tests") == 4


def test_a_test_has_a_run_in_each_environment_and_a_line_for_each_push(
    workspace: Workspace,
) -> None:
    for number, values in enumerate([{"OS": "Linux"}, {"OS": "Windows"}, {"OS": "Linux"}]):
        workspace.pushed(document(run_of("t", started=number), head=environment(**values)))
    counts = [workspace.store.count(name) for name in ("tests", "automated_runs", "previous_runs")]
    assert counts == [1, 2, 3]
    runs = workspace.store.all("runs", fields="started,taxonomies{name,category{name}}")
    shown = {
        (
            each["taxonomies"]["data"][0]["category"]["name"],
            each["taxonomies"]["data"][0]["name"],
        ): each["started"]
        for each in runs
    }
    assert shown == {
        ("OS", "Linux"): "1970-01-01T00:00:00.002Z",
        ("OS", "Windows"): "1970-01-01T00:00:00.001Z",
    }


def test_missing_environment_values_are_made_once(workspace: Workspace) -> None:
    head = environment(OS="Linux", Browser="Firefox")
    workspace.pushed(document(run_of("a"), run_of("b", environment(OS="Linux")), head=head))
    assert workspace.get("taxonomy_item_nodes", fields="name").names == ["Linux", "Firefox"]
    assert workspace.get("taxonomy_category_nodes", fields="name").names == ["OS", "Browser"]
    assert workspace.get("taxonomy_nodes").body["total_count"] == 4


def test_only_the_first_failure_in_a_row_is_new(workspace: Workspace) -> None:
    for number, status in enumerate(["Passed", "Failed", "Failed", "Skipped", "Failed"]):
        workspace.pushed(document(run_of(status=status, started=number)))
    lines = workspace.store.all("previous_runs", fields="is_new_failure")
    assert [each["is_new_failure"] for each in lines] == [False, True, False, False, True]


def test_runs_are_tied_to_release_milestone_modules_items_and_fields(workspace: Workspace) -> None:
    store = workspace.store
    release, milestone = store.add("releases", name="2.4"), store.add("milestones", name="M1")
    area, story = store.add("product_areas", name="Pump"), store.add("stories", name="S")
    head = (
        f'<release name="2.4"/><milestone_ref id="{milestone}"/><backlog_items><backlog_item_ref '
        f'id=" {story} "/></backlog_items><product_areas><product_area_ref id="{area}"/>'
        '</product_areas><test_fields><test_field type="Test_Level" value="Unit Test"/>'
        '<test_field type="Framework" value="pytest"/></test_fields>'
    )
    assert workspace.pushed(document(run_of(), head=head)).body["status"] == "success"
    (run,) = store.all("runs", fields="release,milestone")
    assert (run["release"]["id"], run["milestone"]["id"]) == (release, milestone)
    (test,) = store.all("tests", fields="covered_content,product_areas,test_level,framework")
    assert [each["id"] for each in test["covered_content"]["data"]] == [story]
    assert [each["id"] for each in test["product_areas"]["data"]] == [area]
    assert test["test_level"]["id"] == "list_node.test_level.unit"
    assert test["framework"] is None
    assert workspace.get("stories", "test EQ {name EQ ^test_a^}").ids == [story]


def test_an_unknown_test_field_may_be_an_error(make_workspace: Callable[..., Workspace]) -> None:
    workspace = make_workspace(unknown_test_field="error")
    head = '<test_fields><test_field type="Framework" value="pytest"/></test_fields>'
    assert workspace.pushed(document(run_of(), head=head)).body["status"] == "failed"


def test_the_default_release_is_found_by_its_other_name(workspace: Workspace) -> None:
    workspace.pushed(document(run_of(), head='<release name="_default_"/>'))
    (run,) = workspace.store.all("runs", fields="release{name}")
    assert run["release"]["name"] == "Default Release"


def test_a_requirement_is_covered_too(workspace: Workspace) -> None:
    store = workspace.store
    wanted, program = store.add("requirements", name="R"), store.add("programs", name="P")
    head = (
        f'<program_ref id="{program}"/><backlog_items><backlog_item_ref id="{wanted}"/>'
        "</backlog_items>"
    )
    assert workspace.pushed(document(run_of(), head=head)).body["status"] == "success"
    assert workspace.get("requirements", "test EQ {name EQ ^test_a^}").ids == [wanted]
    assert workspace.get("runs", f"program EQ {{id EQ {program}}}").body["total_count"] == 1


def test_a_start_beyond_all_calendars_is_shown_as_a_number(workspace: Workspace) -> None:
    workspace.pushed(document(run_of(started=2**63 - 1)))
    assert workspace.get("runs", fields="started").data[0]["started"] == str(2**63 - 1)


def test_a_test_learns_fields_from_a_later_push(workspace: Workspace) -> None:
    head = '<test_fields><test_field type="Test_Level" value="System Test"/></test_fields>'
    workspace.pushed(document(run_of()))
    workspace.pushed(document(run_of(), head=head))
    (test,) = workspace.store.all("tests", fields="test_level{name}")
    assert test["test_level"]["name"] == "System Test"


def test_what_a_run_says_beats_the_head(workspace: Workspace) -> None:
    workspace.store.add("releases", name="own")
    inside = '<release name="own"/>' + environment(OS="Linux")
    head = '<release name="_default_"/>' + environment(DB="x")
    workspace.pushed(document(run_of("t", inside), head=head))
    (run,) = workspace.store.all("runs", fields="release{name},taxonomies{name}")
    assert run["release"]["name"] == "own"
    assert [each["name"] for each in run["taxonomies"]["data"]] == ["x", "Linux"]


def suite_runs(workspace: Workspace) -> list[int]:
    """Return how many runs each suite run has."""
    runs = workspace.store.all("suite_run", fields="runs_in_suite")
    return [each["runs_in_suite"]["total_count"] for each in runs]


@pytest.mark.parametrize(
    "external, counts", [(' external_run_id="n1"', [2]), ("", [1, 1])], ids=["same id", "no id"]
)
def test_runs_are_gathered_in_a_suite_run(
    workspace: Workspace, external: str, counts: list[int]
) -> None:
    suite = workspace.store.add("test_suites", name="Regression")
    head = f'<suite_ref id="{suite}"{external}/>'
    for name in ("a", "b"):
        workspace.pushed(document(run_of(name), head=head))
    assert suite_runs(workspace) == counts


@pytest.mark.parametrize(
    "statuses, word",
    [(["Passed", "Failed"], "failed"), (["Skipped", "Passed"], "passed"), (["Skipped"], "skipped")],
    ids=str,
)
def test_a_suite_run_has_the_worst_status_of_its_runs(
    workspace: Workspace, statuses: list[str], word: str
) -> None:
    suite = workspace.store.add("test_suites", name="Regression")
    runs = [run_of(f"t{number}", status=status) for number, status in enumerate(statuses)]
    workspace.pushed(document(*runs, head=f'<suite_ref id="{suite}"/>'))
    (run,) = workspace.store.all("suite_run", fields="native_status,status")
    assert run["native_status"]["id"] == f"list_node.run_native_status.{word}"
    assert run["status"]["id"] == f"list_node.run_status.{word}"


@pytest.mark.parametrize(
    "knob, status, lines",
    [("both", "success", 2), ("first", "success", 1), ("error", "warning", 1)],
)
def test_a_test_that_is_twice_in_a_document(
    make_workspace: Callable[..., Workspace], knob: str, status: str, lines: int
) -> None:
    workspace = make_workspace(twice_in_document=knob)
    text = document(run_of("t", status="Failed"), run_of("t"))
    assert workspace.pushed(text, skip_errors=True).body["status"] == status
    counts = [workspace.store.count(name) for name in ("tests", "automated_runs", "previous_runs")]
    assert counts == [1, 1, lines]


def test_a_run_has_the_steps_of_its_newest_push(workspace: Workspace) -> None:
    def steps(*names: str) -> str:
        inside = "".join(
            f'<step name="{name}" duration="1" status="passed"><error_message>no</error_message>'
            "</step>"
            for name in names
        )
        return f"<steps>{inside}</steps>"

    for number, names in enumerate([("a", "b", "c"), ("d", "e")]):
        workspace.pushed(document(run_of("t", steps(*names), started=number)))
    (run,) = workspace.get("runs").ids
    fields = "name,actual,order,result{name}"
    shown = workspace.get("run_steps", f"run EQ {{id EQ {run}}}", fields=fields).data
    assert [(each["name"], each["order"], each["actual"]) for each in shown] == [
        ("d", 1, "no"),
        ("e", 2, "no"),
    ]
    assert shown[0]["result"]["name"] == "Passed"
    workspace.store.remove("runs", run)
    assert workspace.store.count("run_steps") == 0


def test_a_gherkin_run_makes_a_gherkin_test(workspace: Workspace) -> None:
    workspace.pushed(
        document(
            '<gherkin_test_run name="g" duration="1" status="Passed"><feature name="f" path="p" '
            'tag="@T" started="5"><file>text</file></feature></gherkin_test_run>'
        )
    )
    assert workspace.get("gherkin_tests", fields="name").names == ["g"]
    assert workspace.store.all("runs")[0]["started"] == "1970-01-01T00:00:00.005Z"


@pytest.mark.parametrize("kind", ["drop-after", "reset-after", "hang-after"])
def test_a_push_whose_answer_is_lost_is_taken(
    make_workspace: Callable[..., Workspace], kind: str
) -> None:
    fault = RandomFault(kind, method="POST", path="/test-results", times=1)
    workspace = make_workspace(fault)
    url = f"{workspace.server.workspace_url}/test-results"
    with pytest.raises(OSError):  # noqa: PT011 (each kind ends the connection its own way)
        workspace.session.post(
            url, data=document(run_of()), headers={"Content-Type": "application/xml"}, timeout=1
        )
    assert workspace.store.count("runs") == 1
    assert workspace.push(document(run_of())).body["fromOlderPush"] == "true"


def test_the_queue_may_be_full(make_workspace: Callable[..., Workspace]) -> None:
    workspace = make_workspace()
    workspace.server.fail_next(2, 503, path="/test-results")
    replies = [workspace.push(document(run_of())) for _ in range(3)]
    assert [each.status for each in replies] == [503, 503, 202]
    assert replies[0].code == "testbox.queue_full"


def test_a_page_may_be_answered_with_200(make_workspace: Callable[..., Workspace]) -> None:
    workspace = make_workspace(RandomFault("garbage", path="/test-results", times=1))
    reply = workspace.push(document(run_of()))
    assert (reply.status, reply.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert workspace.store.tasks() == []


def test_a_push_that_is_a_lie_leaves_nothing(make_workspace: Callable[..., Workspace]) -> None:
    workspace = make_workspace(RandomFault("lie", path="/test-results", times=1))
    assert workspace.push(document(run_of())).status == 202
    assert (workspace.store.count("runs"), workspace.store.tasks()) == (0, [])
    second = workspace.push(document(run_of())).body
    assert (second["id"], "fromOlderPush" in second) == (1102, False)


def test_the_store_keeps_what_was_pushed(workspace: Workspace) -> None:
    raw = document(run_of()).encode()
    workspace.push(gzip.compress(raw), Content_Encoding="gzip")
    (task,) = workspace.store.tasks()
    assert (task.id, task.status, task.document, task.skip_errors) == (1101, "success", raw, False)
    workspace.store.forget_task(1101)
    assert workspace.get("test-results/1101").status == 404


def test_a_long_document_is_taken_as_a_whole(workspace: Workspace) -> None:
    runs = [run_of(f"t{number % 1300}", started=number) for number in range(1500)]
    assert workspace.pushed(document(*runs, head=environment(OS="x"))).body["status"] == "success"
    counts = [workspace.store.count(name) for name in ("tests", "automated_runs", "previous_runs")]
    assert counts == [1300, 1300, 1500]
