"""``pytest-jama octane``: pages, refusals, hostile names, and what became of a push."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from pytest_jama.cli.octane_flows import FlowOptions, run_flow
from pytest_jama.sandbox.octane import OctaneKnobs, OctaneSandbox
from pytest_jama.session.command_line import OutputOptions
from pytest_jama.targets.octane.flow_table import FLOWS
from tests.cli.octane_world import ROBOT, OctaneWorld, push, settle_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import ThreadPoolExecutor
    from pathlib import Path

PASSED = '<test_run name="test_a" duration="1" status="Passed"/>'


@pytest.fixture
def with_knobs(
    closing: ThreadPoolExecutor,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Callable[[OctaneKnobs], OctaneWorld]]:
    """Make a stand-in that behaves otherwise."""
    made: list[OctaneSandbox] = []

    def make(knobs: OctaneKnobs) -> OctaneWorld:
        sandbox = OctaneSandbox(knobs=knobs).start()
        made.append(sandbox)
        settle_in(sandbox, tmp_path, monkeypatch)
        return OctaneWorld(sandbox, capsys)

    yield make
    for sandbox in made:
        closing.submit(sandbox.stop)


def test_all_pages_are_read(with_knobs: Callable[[OctaneKnobs], OctaneWorld]) -> None:
    world = with_knobs(OctaneKnobs(page_limit_count=3, over_page_limit="clamp"))
    names = [f"Module {number}" for number in range(8)]
    for name in names:
        world.store.add("product_areas", name=name)
    said = world.run("modules", "--json")
    assert [row["name"] for row in said.rows] == names
    assert len(said.queries("/product_areas")) > 2


def test_a_right_that_is_missing_is_named(
    with_knobs: Callable[[OctaneKnobs], OctaneWorld],
) -> None:
    world = with_knobs(OctaneKnobs(forbidden_names="automated_tests"))
    said = world.run("failed")
    assert (said.status, said.out) == (1, "")
    assert "automated_tests: 403" in said.err


def test_credentials_that_are_refused_are_a_matter_of_reaching_the_server(
    octane_world: OctaneWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OCTANE_CLIENT_SECRET", "wrong")
    said = octane_world.run("failed")
    assert (said.status, said.out) == (3, "")
    assert "wrong" not in said.err


def test_a_server_that_is_gone_has_a_status_of_its_own(
    octane_world: OctaneWorld, tmp_path: Path
) -> None:
    quick = "upload: {give_up_after: 1s}\nurl: http://127.0.0.1:9/ui/?p=1001/1002\n"
    (tmp_path / "other.yaml").write_text(quick, encoding="utf-8")
    said = octane_world.run(
        *("failed", "--config", "other.yaml", "--url", "http://127.0.0.1:9/ui/?p=1001/1002")
    )
    assert (said.status, said.out) == (3, "")


def test_settings_that_are_missing_are_named(
    octane_world: OctaneWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OCTANE_CLIENT_ID")
    monkeypatch.delenv("OCTANE_CLIENT_SECRET")
    said = octane_world.run("failed")
    assert (said.status, said.asked) == (2, ())
    assert "OCTANE_CLIENT_ID" in said.err


@pytest.mark.parametrize(
    "name",
    [
        *("2.4", 'it\'s (new) "x"', "back\\slash", "a;b||c", "{null}", "!", "Größe ☃"),
        *("up^down", "^", "[current_user]"),
    ],
)
def test_a_name_finds_itself_and_nothing_else(name: str, octane_world: OctaneWorld) -> None:
    for each in {"another", name.replace("^", "-"), name}:
        release = octane_world.store.add("releases", name=each)
        octane_world.store.add("stories", name=each, phase="phase.story.new", release=release)
    said = octane_world.run("stories", "--release", name, "--json")
    assert said.status == 0, said.err
    assert [row["name"] for row in said.rows] == [name]


def test_what_a_server_says_does_nothing_to_a_terminal(octane_world: OctaneWorld) -> None:
    octane_world.store.add("product_areas", name="a\x1b[31mred\x1b]0;title\x07\u202eb")
    said = octane_world.run("modules")
    assert "\x1b" not in said.out
    assert "\x07" not in said.out
    assert "\u202e" not in said.out


def test_json_holds_names_as_the_server_has_them(octane_world: OctaneWorld) -> None:
    octane_world.store.add("product_areas", name="Größe\u202e")
    said = octane_world.run("modules", "--json")
    assert said.rows[0]["name"] == "Größe\u202e"
    assert said.out.isascii()


def test_rows_of_csv_can_be_read_back(octane_world: OctaneWorld) -> None:
    octane_world.store.add("product_areas", name='=x, "y"')
    assert octane_world.run("modules", "--csv").csv[1][1:] == ['\'=x, "y"']


def test_an_entity_of_another_user_is_not_mine(octane_world: OctaneWorld) -> None:
    for owner in (ROBOT, "1002"):
        octane_world.store.add("stories", name=owner, phase="phase.story.new", owner=owner)
    assert [row["name"] for row in octane_world.run("stories", "--mine", "--json").rows] == [ROBOT]


# -- status --------------------------------------------------------------------------------


def test_a_push_that_succeeded_is_a_success(octane_world: OctaneWorld) -> None:
    task = push(octane_world.sandbox, PASSED).task
    said = octane_world.run("status", str(task), "--json")
    assert said.status == 0
    assert (said.rows[0]["task"], said.rows[0]["status"]) == (task, "success")
    assert [path for _, path, _ in said.asked] == [f"/test-results/{task}"]


@pytest.mark.parametrize("end", ["warning", "failed"])
def test_a_push_that_did_not_succeed_as_a_whole_is_told_with_the_servers_words(
    end: str, with_knobs: Callable[[OctaneKnobs], OctaneWorld]
) -> None:
    knobs = OctaneKnobs(task_end="warning" if end == "warning" else "failed", status_words="padded")
    world = with_knobs(knobs)
    task = push(world.sandbox, PASSED).task
    said = world.run("status", str(task), "--json")
    assert (said.status, said.rows[0]["status"]) == (1, end)


def test_a_push_that_is_not_done_is_not_a_success(
    with_knobs: Callable[[OctaneKnobs], OctaneWorld],
) -> None:
    world = with_knobs(OctaneKnobs(task_end="never"))
    task = push(world.sandbox, PASSED, wait_s=0).task
    said = world.run("status", str(task), "--wait", "0.1")
    assert said.status == 1
    assert "running" in said.out or "queued" in said.out


def test_waiting_ends_as_soon_as_the_server_is_done(
    with_knobs: Callable[[OctaneKnobs], OctaneWorld],
) -> None:
    world = with_knobs(OctaneKnobs(task_poll_count=2))
    task = push(world.sandbox, PASSED, wait_s=0).task
    said = world.run("status", str(task), "--wait", "60", "--json")
    assert (said.status, json.loads(said.out)[0]["status"]) == (0, "success")


def test_a_task_that_the_server_does_not_know_is_refused(octane_world: OctaneWorld) -> None:
    said = octane_world.run("status", "4711")
    assert (said.status, said.out) == (1, "")
    assert "QueueItem id=4711 does not exist; check its number" in said.err
    assert "`pytest-jama verify JOURNAL`" in said.err


# -- old servers, clocks, help -------------------------------------------------------------


def test_a_server_that_numbers_its_lists_gets_numbers(
    with_knobs: Callable[[OctaneKnobs], OctaneWorld],
) -> None:
    world = with_knobs(OctaneKnobs(list_ids="number"))
    ready = "list_node.automation_status.ready_for_automation"
    test = world.store.add(
        "gherkin_tests", name="G", phase="phase.gherkin_test.new", automation_status=ready
    )
    story = world.store.add("stories", name="S", phase="phase.story.new")
    world.store.add("tasks", name="T", parent=story, phase="phase.task.completed", owner=ROBOT)
    marked = world.run("gherkin", "--mark", "automated", "--yes")
    closed = world.run("close-done", "stories", "--yes")
    tasks = world.run("add-test-tasks", "--yes")
    assert (marked.status, closed.status, tasks.status) == (0, 0, 0), marked.err + closed.err
    status = world.store.get("gherkin_tests", test, fields="automation_status{logical_name}")
    assert status["automation_status"]["logical_name"].endswith(".automated")
    assert world.store.get("stories", story, fields="phase{logical_name}")["phase"][
        "logical_name"
    ] == ("phase.story.done")


def test_results_are_counted_by_logical_names(
    with_knobs: Callable[[OctaneKnobs], OctaneWorld],
) -> None:
    world = with_knobs(OctaneKnobs(list_ids="number", task_poll_count=0))
    release = world.store.add("releases", name="2.4")
    push(
        world.sandbox,
        f'<test_run name="test_a" duration="1" status="Failed"><release_ref id="{release}"/>'
        '<environment><taxonomy type="OS" value="Linux"/></environment></test_run>',
    )
    (row,) = world.run("environments", "--release", "2.4", "--json").rows
    assert (row["category"], row["value"], row["failed"], row["runs"]) == ("OS", "Linux", 1, 1)


def test_how_long_ago_counts_from_the_clock_of_this_machine(octane_world: OctaneWorld) -> None:
    options = FlowOptions(OutputOptions())
    before = len(octane_world.sandbox.requests)
    status = run_flow(FLOWS["failed"], {"since": "24h"}, options, clock=lambda: 1_767_693_600.5)
    query = dict(octane_world.sandbox.requests[before + 1].query)["query"]
    assert status == 0
    assert "creation_time GT ^2026-01-05T10:00:00Z^" in query


@pytest.mark.parametrize("name", FLOWS)
def test_the_help_of_a_flow_names_all_that_it_can_be_told(
    name: str, octane_world: OctaneWorld
) -> None:
    said = octane_world.run(name, "--help")
    told = [option.shown for option in FLOWS[name].options]
    common = ["--url", "--config", "--json", "--csv", "--quiet", "Exit status: 0"]
    assert said.status == 0
    assert [each for each in (*told, *common) if each not in said.out] == []


def test_an_entity_without_fields_of_its_own_is_said_with_what_entities_are_called(
    octane_world: OctaneWorld,
) -> None:
    said = octane_world.run("fields", "automated_runs")
    assert (said.status, said.out) == (0, "")
    assert "metadata call entities run_automated, test_automated, defect, story" in said.err


@pytest.mark.parametrize(
    "arguments, said",
    [
        (["close-done", "stories", "--release", "", "--yes"], "--release: is empty"),
        (["failed", "--release", " "], "--release: is empty"),
        (["failed", "--release", "name:"], "--release: is empty"),
        (["failed", "--release", "id:2.4"], "--release: 'id:2.4' is not an ID"),
        (["defects", "--phase", ""], "--phase: is empty"),
        (["suite", "Regression", "1001", ""], "TESTS: is empty"),
        (["fields", ""], "ENTITY: is empty"),
    ],
)
def test_an_empty_option_never_means_everything(
    arguments: list[str], said: str, octane_world: OctaneWorld
) -> None:
    found = octane_world.run(*arguments)
    assert (found.status, found.asked) == (2, ())
    assert said in found.err


def test_stories_that_nobody_can_own_a_task_of_are_left_and_named(
    with_knobs: Callable[[OctaneKnobs], OctaneWorld],
) -> None:
    world = with_knobs(OctaneKnobs(forbidden_names="workspace_users"))
    owned = world.store.add("stories", name="owned", phase="phase.story.new", owner=ROBOT)
    other = world.store.add("stories", name="not owned", phase="phase.story.new")
    said = world.run("add-test-tasks", "--yes", "--json")
    assert (said.status, [row["id"] for row in said.rows]) == (1, [owned])
    assert f"no task for story {other}: it has no owner, and" in said.err
    assert len(world.store.all("tasks")) == 1


def test_phases_that_may_not_be_read_are_named_as_present_servers_do(
    with_knobs: Callable[[OctaneKnobs], OctaneWorld],
) -> None:
    world = with_knobs(OctaneKnobs(forbidden_names="phases"))
    story = world.store.add("stories", name="S", phase="phase.story.new")
    world.store.add("tasks", name="T", parent=story, phase="phase.task.completed", owner=ROBOT)
    said = world.run("close-done", "stories", "--yes")
    assert said.status == 0, said.err
    assert world.store.get("stories", story)["phase"]["id"] == "phase.story.done"
