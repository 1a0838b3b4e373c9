"""A workspace with something for each flow of ALM Octane, and beside it what nearly fits."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING

from pytest_jama.sandbox.octane import OctaneKnobs, OctaneSandbox
from pytest_jama.sandbox.octane.workspace_store import OctaneStore
from tests.cli.octane_world import ROBOT, push

if TYPE_CHECKING:
    from collections.abc import Iterator

NATIVE = "list_node.run_native_status."
LATELY, BEFORE = "2026-01-06T09:00:00Z", "2026-01-04T09:00:00Z"
OS_IS_LINUX = '<environment><taxonomy type="OS" value="Linux"/></environment>'
RUN = (
    '<test_run package="tests" class="test_pump" name="{0}" duration="5" status="{1}">'
    '<release_ref id="{2}"/>'
    '<backlog_items><backlog_item_ref id="{3}"/></backlog_items>'
    '<product_areas><product_area_ref id="{4}"/></product_areas>'
    "{5}</test_run>"
)


@contextmanager
def seeded_sandbox() -> Iterator[OctaneSandbox]:
    """Serve such a workspace."""
    now = [moment(BEFORE)]
    knobs = OctaneKnobs(task_poll_count=0)
    with OctaneStore(clock=lambda: now[0]) as store, OctaneSandbox(store, knobs=knobs) as sandbox:
        _seed(sandbox, now)
        yield sandbox


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
    for name, release, word, created, area, item in (
        ("test_failed_before", r24, "Failed", BEFORE, billing, fine),
        ("test_fails", r24, "Failed", LATELY, messaging, failing),
        ("test_fails_too", r25, "Failed", LATELY, messaging, story),
        ("test_passes", r24, "Passed", LATELY, billing, fine),
    ):
        now[0] = moment(created)
        environment = OS_IS_LINUX if release == r24 else ""
        push(sandbox, RUN.format(name, word, release, item, area, environment))
    tests = {test["name"]: test["id"] for test in sandbox.store.all("automated_tests")}
    runs = {run["name"]: run["id"] for run in sandbox.store.all("automated_runs")}
    for name in ("test_fails", "test_failed_before", "test_passes"):
        sandbox.store.change("automated_tests", tests[name], user_tags=[tag])
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


def add_for_page(sandbox: OctaneSandbox) -> None:
    """Add what the flows that write need for their examples in docs/octane-flows.md."""
    add = sandbox.store.add
    for status in ("ready_for_automation", "automated"):
        add(
            "gherkin_tests",
            name="Pump starts" if status != "automated" else "Pump stops",
            phase="phase.gherkin_test.new",
            automation_status=f"list_node.automation_status.{status}",
            owner=ROBOT,
        )
    feature = add("features", name="Alarms", phase="phase.feature.inprogress", owner=ROBOT)
    story = add(
        "stories",
        name="Alarm at low pressure",
        phase="phase.story.intesting",
        owner=ROBOT,
        parent=feature,
        release=sandbox.store.all("releases")[-1]["id"],
    )
    add(
        "tasks",
        name="Test: alarm",
        story=story,
        parent=story,
        phase="phase.task.completed",
        owner=ROBOT,
        item_type="list_node.task_item_type.test",
    )
