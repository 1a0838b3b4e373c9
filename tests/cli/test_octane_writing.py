"""``pytest-jama octane``: the flows that write make what they say, once, and ask before much."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING

import pytest

from tests.cli.octane_world import ROBOT, LostAnswer, Meanwhile

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.octane_world import OctaneWorld

NATIVE = "list_node.run_native_status."
TEST_TYPE = "list_node.task_item_type.test"
NEW_TEST = "phase.test_manual.new"


@pytest.fixture
def manual(octane_world: OctaneWorld) -> str:
    """The ID of a manual test."""
    return octane_world.store.add("manual_tests", name="By hand", phase=NEW_TEST)


# -- tasks ---------------------------------------------------------------------------------


@pytest.fixture
def stories(octane_world: OctaneWorld) -> list[str]:
    """Two stories of a release without a test task, and one with."""
    add = octane_world.store.add
    release = add("releases", name="2.4")
    ids = [
        add("stories", name=name, phase="phase.story.new", owner=owner, release=release)
        for name, owner in (("owned", "1002"), ("not owned", None), ("has one", ROBOT))
    ]
    add(
        "tasks",
        name="Test it",
        story=ids[2],
        parent=ids[2],
        phase="phase.task.new",
        owner=ROBOT,
        item_type=TEST_TYPE,
    )
    return ids[:2]


def test_without_yes_test_tasks_are_only_planned(
    octane_world: OctaneWorld, stories: list[str]
) -> None:
    said = octane_world.run("add-test-tasks", "--json")
    assert (said.status, said.written) == (0, [])
    assert [(row["id"], row["state"]) for row in said.rows] == [(i, "planned") for i in stories]
    assert said.rows[0]["change"] == "new task 'Test: owned' of tess"
    assert "nothing is written without --yes" in said.err


def test_each_story_without_a_test_task_gets_one_and_never_two(
    octane_world: OctaneWorld, stories: list[str]
) -> None:
    said = octane_world.run("add-test-tasks", "--release", "2.4", "--yes", "--json")
    again = octane_world.run("add-test-tasks", "--release", "2.4", "--yes")
    made = octane_world.store.all("tasks")[1:]
    assert said.status == 0, said.err
    assert [row["state"] for row in said.rows] == ["done", "done"]
    assert [(task["story"]["id"], task["owner"]["id"]) for task in made] == [
        (stories[0], "1002"),
        (stories[1], ROBOT),
    ]
    assert {task["item_type"]["id"] for task in made} == {TEST_TYPE}
    assert (again.status, again.written) == (0, [])
    assert "nothing was found" in again.err


def test_test_tasks_are_asked_for_as_documented(
    octane_world: OctaneWorld, stories: list[str]
) -> None:
    said = octane_world.run("add-test-tasks", "--release", "2.4")
    assert stories
    assert said.queries("/list_nodes") == ["name EQ ^Test^"]
    assert said.queries("/stories") == [
        "!child_task EQ {item_type EQ {name EQ ^Test^}};release EQ {name EQ ^2.4^}"
    ]


def test_tasks_are_not_made_twice_when_the_answer_is_lost(
    octane_world: OctaneWorld, stories: list[str]
) -> None:
    octane_world.sandbox.faults.add(LostAnswer("POST", "/tasks"))
    said = octane_world.run("add-test-tasks", "--yes", "--json")
    assert said.status == 0, said.err
    assert [row["state"] for row in said.rows] == ["done", "done"]
    assert len(octane_world.store.all("tasks")) == 1 + len(stories)


# -- phases --------------------------------------------------------------------------------


@pytest.fixture
def half_done(octane_world: OctaneWorld) -> dict[str, str]:
    """Stories with all, some and no tasks completed; features above them."""
    add = octane_world.store.add
    ids: dict[str, str] = {}
    for feature, stories in (("all", ("done", "done")), ("some", ("done", "new"))):
        ids[feature] = add("features", name=feature, phase="phase.feature.new")
        for number, phase in enumerate(stories):
            add(
                "stories",
                name=f"{feature} {number}",
                phase=f"phase.story.{phase}",
                parent=ids[feature],
            )
    for story, tasks in (
        ("ready", ("completed", "completed")),
        ("not yet", ("completed", "new")),
        ("without", ()),
    ):
        ids[story] = add("stories", name=story, phase="phase.story.intesting")
        for phase in tasks:
            add("tasks", name="t", parent=ids[story], phase=f"phase.task.{phase}", owner=ROBOT)
    return ids


@pytest.mark.parametrize(
    "what, names, phase",
    [
        ("stories", ["ready"], "phase.story.done"),
        ("features", ["all"], "phase.feature.done"),
    ],
)
def test_what_has_only_finished_parts_is_done_once(
    what: str,
    names: list[str],
    phase: str,
    octane_world: OctaneWorld,
    half_done: dict[str, str],
) -> None:
    planned = octane_world.run("close-done", what, "--json")
    done = octane_world.run("close-done", what, "--yes", "--json")
    again = octane_world.run("close-done", what, "--yes", "--json")
    assert [(row["name"], row["state"]) for row in planned.rows] == [(n, "planned") for n in names]
    assert planned.written == []
    assert [(row["name"], row["state"]) for row in done.rows] == [(n, "done") for n in names]
    assert done.written == [("PUT", f"/{what}")]
    assert octane_world.store.get(what, half_done[names[0]])["phase"]["id"] == phase
    assert (again.status, again.rows, again.written) == (0, [], [])


def test_a_server_with_numbers_for_phases_gets_numbers(
    octane_world: OctaneWorld, half_done: dict[str, str]
) -> None:
    assert half_done
    said = octane_world.run("close-done", "stories", "--yes")
    assert said.queries("/phases") == ["logical_name EQ ^phase.story.done^"]


def test_closing_takes_stories_or_features_alone(octane_world: OctaneWorld) -> None:
    said = octane_world.run("close-done", "defects")
    assert (said.status, said.asked) == (2, ())
    assert "stories or features" in said.err


# -- Gherkin -------------------------------------------------------------------------------


@pytest.fixture
def gherkin(octane_world: OctaneWorld) -> list[str]:
    """Two Gherkin tests that are ready for automation, and one that is automated."""
    return [
        octane_world.store.add(
            "gherkin_tests",
            name=name,
            phase="phase.gherkin_test.new",
            automation_status=f"list_node.automation_status.{status}",
            owner=ROBOT,
        )
        for name, status in (
            ("Pump starts", "ready_for_automation"),
            ("../a: b/c", "ready_for_automation"),
            ("Pump stops", "automated"),
        )
    ][:2]


def test_scripts_of_gherkin_tests_become_files_in_the_folder(
    octane_world: OctaneWorld, gherkin: list[str], tmp_path: Path
) -> None:
    said = octane_world.run("gherkin", "--scripts", "features", "--json")
    files = [f"{gherkin[0]}-Pump_starts.feature", f"{gherkin[1]}-a_b_c.feature"]
    assert said.status == 0, said.err
    assert [row["script"] for row in said.rows] == [f"features/{name}" for name in files]
    assert sorted(path.name for path in (tmp_path / "features").iterdir()) == sorted(files)
    assert said.written == []


def test_gherkin_tests_are_marked_with_yes_alone(
    octane_world: OctaneWorld, gherkin: list[str]
) -> None:
    planned = octane_world.run("gherkin", "--mark", "automated", "--json")
    done = octane_world.run("gherkin", "--mark", "automated", "--yes", "--json")
    again = octane_world.run("gherkin", "--mark", "automated", "--yes", "--json")
    assert [row["state"] for row in planned.rows] == ["planned", "planned"]
    assert planned.written == []
    assert [(row["id"], row["state"]) for row in done.rows] == [(i, "done") for i in gherkin]
    assert done.written == [("PUT", "/gherkin_tests")]
    assert (again.rows, again.written) == ([], [])


def test_what_is_refused_is_told_beside_what_is_done(
    octane_world: OctaneWorld, gherkin: list[str]
) -> None:
    said = octane_world.run("gherkin", "--mark", "no_such_status", "--yes", "--json")
    assert said.status == 1
    assert {row["state"] for row in said.rows} == {"refused"}
    assert all(row["why"] for row in said.rows)
    assert f"{len(gherkin)} of {len(gherkin)} changes not made" in said.err


def test_what_is_gone_meanwhile_is_refused_and_the_rest_is_done(
    octane_world: OctaneWorld, gherkin: list[str]
) -> None:
    store = octane_world.store
    octane_world.sandbox.faults.add(
        Meanwhile("PUT", "/gherkin_tests", lambda: store.remove("gherkin_tests", gherkin[0]))
    )
    said = octane_world.run("gherkin", "--mark", "automated", "--yes", "--json")
    assert said.status == 1
    assert [(row["id"], row["state"]) for row in said.rows] == [
        (gherkin[0], "refused"),
        (gherkin[1], "done"),
    ]
    assert said.rows[0]["why"]
    assert "1 of 2 changes not made" in said.err


def test_a_change_whose_answer_is_lost_is_made_again_and_is_the_same(
    octane_world: OctaneWorld, gherkin: list[str]
) -> None:
    octane_world.sandbox.faults.add(LostAnswer("PUT", "/gherkin_tests"))
    said = octane_world.run("gherkin", "--mark", "automated", "--yes", "--json")
    assert said.status == 0, said.err
    assert [(row["id"], row["state"]) for row in said.rows] == [(i, "done") for i in gherkin]


# -- attachments ---------------------------------------------------------------------------


def test_a_file_is_attached_to_a_test_and_named_in_its_script(
    octane_world: OctaneWorld, manual: str, tmp_path: Path
) -> None:
    (tmp_path / "gauge.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    said = octane_world.run("attach", "gauge.png", "--test", "By hand", "--in-script", "--json")
    assert said.status == 0, said.err
    (row,) = said.rows
    attachment = octane_world.store.get("attachments", row["id"])
    assert (attachment["name"], attachment["owner_test"]["id"]) == ("gauge.png", manual)
    assert octane_world.store.content(row["id"]) == b"\x89PNG\r\n\x1a\n"
    assert said.written == [("POST", "/attachments"), ("PUT", f"/tests/{manual}/script")]


@pytest.mark.parametrize(
    "name, content", [("page.html", b"<html></html>"), ("data.json", b"{}"), ("core", b"\x7fELF")]
)
def test_a_file_of_a_kind_that_servers_refuse_is_attached_in_an_archive(
    octane_world: OctaneWorld, manual: str, tmp_path: Path, name: str, content: bytes
) -> None:
    (tmp_path / name).write_bytes(content)
    said = octane_world.run("attach", name, "--test", manual, "--in-script", "--json")
    assert said.status == 0, said.err
    (row,) = said.rows
    assert row["name"] == f"{name}.zip"
    with zipfile.ZipFile(io.BytesIO(octane_world.store.content(row["id"]))) as archive:
        assert {each: archive.read(each) for each in archive.namelist()} == {name: content}


def test_a_file_is_attached_once_when_the_answer_is_lost(
    octane_world: OctaneWorld, manual: str, tmp_path: Path
) -> None:
    (tmp_path / "log.txt").write_text("all is well", encoding="utf-8")
    first = octane_world.run("attach", "log.txt", "--test", manual)
    octane_world.sandbox.faults.add(LostAnswer("POST", "/attachments"))
    second = octane_world.run("attach", "log.txt", "--test", manual, "--json")
    assert (first.status, second.status) == (0, 0), second.err
    assert len(octane_world.store.all("attachments")) == 2
    assert second.rows[0]["id"] == octane_world.store.all("attachments")[-1]["id"]


@pytest.mark.parametrize(
    "arguments, said",
    [
        ("log.txt", "give --test or --run, one of them"),
        ("log.txt --test 1 --run 2", "give --test or --run, one of them"),
        ("log.txt --run 2 --in-script", "a run has no script of its own"),
        ("log.txt --run nightly", "'nightly' is not the ID of a run"),
        ("missing.txt --test 1", "missing.txt cannot be read"),
        (".hidden.txt --test 1", "the server takes no file that is named '.hidden.txt'"),
    ],
)
def test_what_cannot_be_attached_is_refused_before_anything_is_asked(
    arguments: str, said: str, octane_world: OctaneWorld, tmp_path: Path
) -> None:
    (tmp_path / "log.txt").write_text("all is well", encoding="utf-8")
    found = octane_world.run("attach", *arguments.split())
    assert (found.status, found.asked) == (2, ())
    assert said in found.err


# -- manual runs ---------------------------------------------------------------------------


def test_a_manual_run_is_made_and_set_later(octane_world: OctaneWorld, manual: str) -> None:
    release = octane_world.store.add("releases", name="2.4")
    made = octane_world.run("run-manually", "By hand", "--release", "2.4", "--json")
    assert made.status == 0, made.err
    run_id = made.rows[0]["id"]
    run = octane_world.store.get("manual_runs", run_id)
    assert (run["name"], run["test"]["id"]) == ("By hand", manual)
    assert (run["release"]["id"], run["native_status"]["id"]) == (release, f"{NATIVE}planned")
    step = octane_world.store.add("run_steps", run=run_id)
    later = octane_world.run(
        *("run-manually", "--run", run_id, "--status", "failed", "--step", "1=failed")
    )
    assert later.status == 0, later.err
    assert later.written == [("PUT", "/run_steps"), ("PUT", f"/manual_runs/{run_id}")]
    run = octane_world.store.get("manual_runs", run_id)
    assert run["native_status"]["id"] == f"{NATIVE}failed"
    assert octane_world.store.get("run_steps", step)["result"]["id"] == f"{NATIVE}failed"


@pytest.mark.parametrize(
    "arguments, said",
    [
        ("", "give TEST or --run, one of them"),
        ("By --run 7 --status passed", "give TEST or --run, one of them"),
        ("By --release 2 --step 1=passed", "--step: steps are there when a run is"),
        ("--run 7", "give --status or --step"),
        ("--run 7 --step passed", "'passed' is not the status of a step"),
        ("--run 7 --step 0=passed", "'0=passed' is not the status of a step"),
        ("By", "--release: is not given"),
    ],
)
def test_options_of_manual_runs_that_do_not_fit_are_refused(
    arguments: str, said: str, octane_world: OctaneWorld
) -> None:
    found = octane_world.run("run-manually", *arguments.split())
    assert (found.status, found.written) == (2, [])
    assert said in found.err


def test_a_step_that_is_not_there_changes_nothing(octane_world: OctaneWorld, manual: str) -> None:
    release = octane_world.store.add("releases", name="2.4")
    run_id = octane_world.store.add(
        *("manual_runs",), name="r", test=manual, release=release, native_status=f"{NATIVE}planned"
    )
    said = octane_world.run("run-manually", "--run", run_id, "--step", "1=passed")
    assert (said.status, said.written) == (2, [])
    assert f"run {run_id} has 0 steps" in said.err


# -- suites --------------------------------------------------------------------------------


def test_a_suite_is_made_once_and_gets_the_tests_that_it_lacks(
    octane_world: OctaneWorld, manual: str
) -> None:
    other = octane_world.store.add("gherkin_tests", name="Given", phase="phase.gherkin_test.new")
    first = octane_world.run("suite", "Regression", manual, "--json")
    second = octane_world.run("suite", "Regression", "By hand", "Given", "--json")
    third = octane_world.run("suite", "Regression", manual, other, "--json")
    assert (first.status, second.status, third.status) == (0, 0, 0), second.err + third.err
    assert [each.rows[0]["state"] for each in (first, second, third)] == [
        *("created", "kept", "kept")
    ]
    assert [each.rows[0]["added"] for each in (first, second, third)] == [1, 1, 0]
    assert len(octane_world.store.all("test_suites")) == 1
    links = octane_world.store.all("test_suite_link_to_tests")
    assert [link["test"]["id"] for link in links] == [manual, other]
    assert "the suite 'Regression' was there already" in second.err
    assert third.written == []


def test_a_suite_of_a_test_that_is_not_there_is_not_made(octane_world: OctaneWorld) -> None:
    said = octane_world.run("suite", "Regression", "No such test")
    assert (said.status, said.written) == (1, [])
    assert "there is no test named 'No such test'; check `TESTS`" in said.err


def test_a_suite_run_is_planned_for_a_release(octane_world: OctaneWorld, manual: str) -> None:
    release = octane_world.store.add("releases", name="2.4")
    octane_world.run("suite", "Regression", manual)
    said = octane_world.run("plan", "Regression", "--release", "2.4", "--run-by", "me", "--json")
    assert said.status == 0, said.err
    (run,) = octane_world.store.all("suite_run")
    assert (run["id"], run["release"]["id"]) == (said.rows[0]["id"], release)
    assert run["native_status"]["id"] == f"{NATIVE}planned"
    assert run["default_run_by"]["id"] == ROBOT
    shown = octane_world.store.get("suite_run", run["id"], fields="runs_in_suite")
    assert said.rows[0]["runs"] == [each["id"] for each in shown["runs_in_suite"]["data"]]


def test_each_planning_is_one_more_run_also_when_an_answer_is_lost(
    octane_world: OctaneWorld, manual: str
) -> None:
    octane_world.store.add("releases", name="2.4")
    octane_world.run("suite", "Regression", manual)
    octane_world.run("plan", "Regression", "--release", "2.4")
    octane_world.sandbox.faults.add(LostAnswer("POST", "/suite_run"))
    said = octane_world.run("plan", "Regression", "--release", "2.4", "--json")
    runs = octane_world.store.all("suite_run")
    assert said.status == 0, said.err
    assert len(runs) == 2
    assert said.rows[0]["id"] == runs[-1]["id"]


def test_a_release_that_is_nearly_there_is_named(octane_world: OctaneWorld, manual: str) -> None:
    octane_world.store.add("releases", name="Release 2.4")
    said = octane_world.run("run-manually", manual, "--release", "Relaese 2.4")
    assert (said.status, said.written) == (1, [])
    assert "did you mean 'Release 2.4'" in said.err
