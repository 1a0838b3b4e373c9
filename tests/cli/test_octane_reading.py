"""``pytest-jama octane``: the flows that read show the right rows, and only those."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.cli.octane_seeds import seeded_sandbox
from tests.cli.octane_world import OctaneWorld, settle_in

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_jama.sandbox.octane import OctaneSandbox

SINCE = "2026-01-05T10:00:00Z"


@pytest.fixture(scope="module")
def seeded() -> Iterator[OctaneSandbox]:
    """A stand-in with something of everything, and beside it what nearly fits."""
    with seeded_sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def world(
    seeded: OctaneSandbox,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> OctaneWorld:
    """The same, and an empty folder as working directory."""
    settle_in(seeded, tmp_path, monkeypatch)
    return OctaneWorld(seeded, capsys)


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
        ("failed --release 2.4", ["test_failed_before", "test_fails"]),
        (f"failed --release 2.4 --since {SINCE}", ["test_fails"]),
        ("failed", ["test_failed_before", "test_fails", "test_fails_too"]),
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


@pytest.mark.parametrize(
    "command, said",
    [
        (
            "failed --release 2.46",
            "--release: nothing in releases is named '2.46'; did you mean '2.4' or '2.5'?",
        ),
        ("failed --release name:2.46", "--release: nothing in releases is named '2.46'"),
        (
            "failed --release id:999999",
            "--release: nothing in releases has the ID 999999; check it",
        ),
        (
            "history --build 999999",
            "has the ID 999999; a number alone is an ID here; write name:999999 for a name",
        ),
        ("planned --release 9.*", "--release: nothing in releases is named '9.*'"),
        ("modules --failed --release zz", "--release: nothing in releases is named 'zz'; check it"),
        ("tests --tag securitx", "--tag: nothing in user_tags is named 'securitx'"),
        ("tests --module Nothing", "--module: nothing in product_areas is named 'Nothing'"),
        ("defects --sprint S9", "--sprint: nothing in sprints is named 'S9'"),
        ("add-test-tasks --release 2.46", "--release: nothing in releases is named '2.46'"),
    ],
)
def test_a_name_that_the_server_does_not_have_is_said_and_is_not_an_empty_answer(
    command: str, said: str, world: OctaneWorld
) -> None:
    found = world.run(*command.split())
    assert (found.status, found.out) == (1, "")
    assert said in found.err


def test_nothing_of_a_name_that_is_there_is_an_answer(world: OctaneWorld) -> None:
    found = world.run("planned", "--release", "2.4")
    assert (found.status, found.out) == (0, "")
    assert "nothing was found" in found.err


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
