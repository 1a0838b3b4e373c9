"""``pytest-jama octane``: the flows that read show the right rows, and only those."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import pytest

from pytest_jama.sandbox.octane import OctaneSandbox
from pytest_jama.sandbox.octane.workspace_store import OctaneStore
from tests.cli.octane_world import ROBOT, OctaneWorld, sign_in_by

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import ThreadPoolExecutor
    from pathlib import Path

NATIVE = "list_node.run_native_status."
STATUS = "list_node.run_status."
LATELY, BEFORE = "2026-01-06T09:00:00Z", "2026-01-04T09:00:00Z"
SINCE = "2026-01-05T10:00:00Z"


@pytest.fixture(scope="module")
def seeded(closing: ThreadPoolExecutor) -> Iterator[OctaneSandbox]:
    """A stand-in with something of everything, and beside it what nearly fits."""
    now = [moment(BEFORE)]
    sandbox = OctaneSandbox(OctaneStore(clock=lambda: now[0])).start()
    _seed(sandbox, now)
    yield sandbox
    closing.submit(sandbox.stop)


@pytest.fixture
def world(
    seeded: OctaneSandbox,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> OctaneWorld:
    """The same, and an empty folder as working directory."""
    sign_in_by(seeded, monkeypatch)
    monkeypatch.chdir(tmp_path)
    return OctaneWorld(seeded, capsys)


def moment(text: str) -> float:
    """Return a time in seconds since 1970."""
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def _seed(sandbox: OctaneSandbox, now: list[float]) -> None:
    """Fill the workspace.

    Args:
        sandbox: Whose workspace it is.
        now: The time that its clock shows.
    """
    add = sandbox.store.add
    other = next(user["id"] for user in sandbox.store.all("workspace_users") if user["id"] != ROBOT)
    r24, r25 = add("releases", name="2.4"), add("releases", name="2.5")
    s1, s2 = add("sprints", name="S1", release=r24), add("sprints", name="S2", release=r24)
    messaging = add("product_areas", name="Messaging")
    billing = add("product_areas", name="Billing")
    tag = add("user_tags", name="security")
    new, done = "phase.story.new", "phase.story.done"
    for name, release, owner, phase in (
        ("mine and new", r24, ROBOT, new),
        ("of another release", r25, ROBOT, new),
        ("of another user", r24, other, new),
        ("done already", r24, ROBOT, done),
    ):
        add("stories", name=name, release=release, owner=owner, phase=phase, sprint=s1)
    failing = add("features", name="Fails itself", phase="phase.feature.new", owner=ROBOT)
    above = add("features", name="Story fails", phase="phase.feature.new", owner=ROBOT)
    fine = add("features", name="Is fine", phase="phase.feature.new", owner=ROBOT)
    story = add("stories", name="Child", phase=done, owner=ROBOT, parent=above)
    tests = {
        name: add(
            "automated_tests",
            name=name,
            package="tests",
            class_name="test_pump",
            product_areas=[area],
            user_tags=tags,
            covered_content=covered,
        )
        for name, area, tags, covered in (
            ("test_fails", messaging, [tag], [failing]),
            ("test_fails_too", messaging, [], [story]),
            ("test_failed_before", billing, [tag], [fine]),
            ("test_passes", billing, [tag], [fine]),
        )
    }
    linux = add(
        "taxonomy_item_nodes",
        name="Linux",
        category=add("taxonomy_category_nodes", name="OS"),
    )
    runs: dict[str, str] = {}
    for name, release, word, created in (
        ("test_failed_before", r24, "failed", BEFORE),
        ("test_fails", r24, "failed", LATELY),
        ("test_fails_too", r25, "failed", LATELY),
        ("test_passes", r24, "passed", LATELY),
    ):
        now[0] = moment(created)
        runs[name] = add(
            "automated_runs",
            name=name,
            test=tests[name],
            release=release,
            status=STATUS + word,
            native_status=NATIVE + word,
            taxonomies=[linux] if release == r24 else [],
        )
    for name, phase, severity, given in (
        ("to test in S1", "opened", "high", {"sprint": s1, "qa_owner": ROBOT}),
        ("fixed in S1", "fixed", "low", {"sprint": s1, "qa_owner": ROBOT}),
        ("in S2", "opened", "low", {"sprint": s2, "qa_owner": ROBOT}),
        ("of another", "opened", "low", {"sprint": s1, "qa_owner": other}),
        ("urgent in a module", "opened", "urgent", {"product_areas": [billing]}),
        ("closed, run failed", "closed", "low", {"run": [runs["test_fails"]]}),
        ("fixed, run passed", "fixed", "low", {"run": [runs["test_passes"]]}),
    ):
        add(
            "defects",
            name=name,
            phase=f"phase.defect.{phase}",
            severity=f"list_node.severity.{severity}",
            detected_by=ROBOT,
            **given,
        )
    manual = add("manual_tests", name="By hand", owner=ROBOT, phase="phase.test_manual.new")
    elsewhere = add("manual_tests", name="By another", owner=other, phase="phase.test_manual.new")
    add("comments", owner_test=manual, text="<p>Look at the <b>gauge</b> &amp; wait</p>")
    add("comments", owner_test=elsewhere, text="not mine")
    add("comments", owner_test=tests["test_fails"], text="of an automated test")
    for name, word, who in (
        ("planned for me", "planned", ROBOT),
        ("planned for another", "planned", other),
        ("passed", "passed", ROBOT),
    ):
        add(
            "manual_runs",
            name=name,
            test=manual,
            release=r25,
            native_status=NATIVE + word,
            default_run_by=who,
        )
    for build, run, word, started in (
        (17, 5, "failed", LATELY),
        (17, 6, "passed", LATELY),
        (16, 5, "failed", BEFORE),
    ):
        add(
            "previous_runs",
            run_id=run,
            build_id=build,
            build_name=f"#{build}",
            test_name=f"run {run} of {build}",
            run_native_status=NATIVE + word,
            run_started=started,
            is_new_failure=word == "failed",
        )
    sandbox.store.add_field("run_automated", "region_udf", label="Region")


@pytest.mark.parametrize(
    "command, names",
    [
        ("stories --release 2.4 --mine", ["mine and new"]),
        ("stories --release 2.4", ["mine and new", "of another user"]),
        ("stories --release 2.4 --phase done", ["done already"]),
        ("defects --sprint S1 --phase opened,fixed --mine", ["to test in S1", "fixed in S1"]),
        ("defects --sprint S1 --phase fixed --mine", ["fixed in S1"]),
        (
            "defects --severity high,urgent --phase opened --with-module",
            ["urgent in a module"],
        ),
        ("defects --phase closed --run-failed --test test_fails", ["closed, run failed"]),
        ("defects --phase fixed --run-passed --test test_passes", ["fixed, run passed"]),
        ("defects --phase fixed --run-passed --test test_fails", []),
        ("planned", ["planned for me", "planned for another"]),
        ("planned --mine", ["planned for me"]),
        ("planned --release 2.4", []),
        ("tests --tag security --module Messag*", ["test_fails"]),
        ("tests --module Messaging", ["test_fails", "test_fails_too"]),
        ("failed --release 2.4", ["test_fails", "test_failed_before"]),
        (f"failed --release 2.4 --since {SINCE}", ["test_fails"]),
        ("failed", ["test_fails", "test_fails_too", "test_failed_before"]),
        ("modules", ["Messaging", "Billing"]),
        (f"modules --failed --since {SINCE}", ["Messaging"]),
        ("modules --failed", ["Messaging", "Billing"]),
        (f"features --failed --since {SINCE}", ["Fails itself", "Story fails"]),
        ("features --failed --release 2.5", ["Story fails"]),
    ],
)
def test_a_flow_shows_what_it_asks_for_and_nothing_else(
    command: str, names: list[str], world: OctaneWorld
) -> None:
    said = world.run(*command.split(), "--json")
    assert said.status == 0, said.err
    assert [row["name"] for row in said.rows] == names
    assert ("nothing was found" in said.err) is (not names)


def test_comments_are_shown_as_text_with_their_test(world: OctaneWorld) -> None:
    (row,) = world.run("comments", "--mine", "--json").rows
    assert (row["owner_test"], row["text"]) == ("By hand", "Look at the gauge & wait")
    assert [row["text"] for row in world.run("comments", "--json").rows] == [
        "Look at the gauge & wait",
        "not mine",
    ]


def test_environments_are_counted_for_each_value(world: OctaneWorld) -> None:
    said = world.run("environments", "--release", "2.*", "--csv")
    assert said.csv == [
        ["category", "value", "runs", "passed", "failed", "skipped", "other"],
        ["OS", "Linux", "3", "1", "2", "0", "0"],
    ]


@pytest.mark.parametrize(
    "options, tests",
    [
        ("--build 17", ["run 5 of 17"]),
        ("--build 17 --all", ["run 5 of 17", "run 6 of 17"]),
        ("--run 5", ["run 5 of 17", "run 5 of 16"]),
        (f"--run 5 --since {SINCE}", ["run 5 of 17"]),
    ],
)
def test_history_tells_failed_runs(options: str, tests: list[str], world: OctaneWorld) -> None:
    rows = world.run("history", *options.split(), "--json").rows
    assert [row["test_name"] for row in rows] == tests
    assert rows[0]["run_native_status"] == "Failed"
    assert rows[0]["is_new_failure"] is True


def test_fields_are_those_that_users_have_defined(world: OctaneWorld) -> None:
    (row,) = world.run("fields", "run_automated", "--json").rows
    assert (row["name"], row["label"]) == ("region_udf", "Region")
    assert list(row) == ["name", "label", "field_type", "required", "values"]


def test_a_table_has_a_heading_and_references_by_name(world: OctaneWorld) -> None:
    said = world.run("stories", "--release", "2.4", "--mine")
    heading, row = said.out.splitlines()
    assert heading.split() == ["ID", "NAME", "OWNER", "SPRINT"]
    assert row.split()[1:] == ["mine", "and", "new", "robot", "S1"]


def test_last_runs_are_the_ids_of_runs(world: OctaneWorld) -> None:
    (row,) = world.run("failed", "--since", SINCE, "--release", "2.4", "--json").rows
    runs = {run["id"]: run["name"] for run in world.store.all("automated_runs")}
    assert [runs[run_id] for run_id in row["last_runs"]] == ["test_fails"]


def test_one_request_is_sent_where_one_is_enough(world: OctaneWorld) -> None:
    said = world.run("failed", "--release", "2.4")
    assert [(method, path) for method, path, _ in said.asked] == [("GET", "/automated_tests")]


def test_json_and_csv_together_are_refused_before_anything_is_asked(world: OctaneWorld) -> None:
    said = world.run("failed", "--json", "--csv")
    assert (said.status, said.asked, said.out) == (2, (), "")
    assert "--json and --csv exclude each other" in said.err


def test_a_name_that_is_not_there_is_said_with_its_option(world: OctaneWorld) -> None:
    said = world.run("history", "--build", "nightly")
    assert (said.status, said.out) == (1, "")
    assert "--build: nothing in ci_builds is named 'nightly'" in said.err


def test_quiet_says_nothing_of_an_empty_answer(world: OctaneWorld) -> None:
    said = world.run("planned", "--release", "2.4", "-q")
    assert (said.status, said.out, said.err) == (0, "", "")
