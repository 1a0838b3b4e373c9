"""What a session finds, creates, adds and reports at Jama."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from junit_uploader.cli import main as junit_uploader
from pytest_jama.cli import main as toolbox
from tests.harness import CYCLE, PLAN

if TYPE_CHECKING:
    from tests.harness import Repository

TWO_CASES = """
import pytest

@pytest.mark.jama("KEY-TC-1")
def test_one(): pass

@pytest.mark.jama("KEY-TC-2")
def test_two(): assert 0
"""


@pytest.fixture
def two_cases(repository: Repository) -> Repository:
    """Two cases that no plan holds, and a test of each."""
    repository.case(1)
    repository.case(2)
    repository.write("test_it.py", TWO_CASES)
    return repository


def test_plan_and_cycle_are_created_with_all_cases(two_cases: Repository) -> None:
    finished = two_cases.pytest_here()
    assert two_cases.statuses() == {1: "PASSED", 2: "FAILED"}
    assert f"done       create test plan '{PLAN}'" in finished.summary
    assert f"done       create test cycle '{CYCLE}'" in finished.summary


def test_second_session_uses_what_the_first_created(two_cases: Repository) -> None:
    two_cases.pytest_here()
    finished = two_cases.pytest_here("-n", "1")
    store = two_cases.sandbox.store
    (plan,) = store.plans(two_cases.key)
    assert len(store.cycles(plan.id)) == 1
    assert "done" not in finished.summary


@pytest.mark.usefixtures("quick_children")
def test_all_front_ends_cut_a_long_name_in_the_same_way_and_say_so(two_cases: Repository) -> None:
    long = "Nightly of " + "a-branch-" * 30
    case = f"{two_cases.key}-TC-1"
    two_cases.write(
        "jama.yaml",
        f'project: KEY\nplan: P {long}\ncycle: C {long}\ntests: {{"test_it.py::*": {case}}}\n',
    )
    two_cases.write(
        "report.xml", '<testsuite><testcase classname="test_it" name="test_one"/></testsuite>'
    )
    sessions = [
        two_cases.run_here(lambda: toolbox(["prepare"])),
        two_cases.run_here(lambda: junit_uploader(["report.xml"])),
        two_cases.pytest_here("-k", "test_one"),
        two_cases.run_here(
            lambda: toolbox(["upload", *map(str, two_cases.folder.glob(".jama/*.jsonl"))])
        ),
    ]
    store = two_cases.sandbox.store
    (plan,) = store.plans(two_cases.key)
    (cycle,) = store.cycles(plan.id)
    for finished in sessions:
        assert finished.status == 0, finished.output
        for name, kind in ((plan.name, "P"), (cycle.name, "C")):
            assert len(name) <= 200
            assert f"{name!r} stands for '{kind} {long[:50]}" in finished.output


def test_dry_run_says_what_the_session_then_does(two_cases: Repository) -> None:
    rehearsed = two_cases.pytest_here("--jama-dry-run")
    assert {each.method for each in rehearsed.requests} <= {"GET", "POST"}
    assert not two_cases.sandbox.store.plans(two_cases.key)
    done = two_cases.pytest_here().summary
    would = [line[11:] for line in rehearsed.summary.splitlines() if line.startswith("would")]
    assert [line[11:] for line in done.splitlines() if line.startswith("done")] == would[:4]
    assert len(would) == 6


def test_case_that_the_plan_lacks_is_added_and_its_run_reported_missing(
    two_cases: Repository,
) -> None:
    store = two_cases.sandbox.store
    first, second = (case.id for case in store.cases(two_cases.key))
    plan = store.add_plan(two_cases.key, PLAN, cases=[first])
    store.add_cycle(plan, CYCLE)
    finished = two_cases.pytest_here()
    (group,) = store.groups(plan)
    assert group.case_ids == (first, second)
    assert two_cases.statuses() == {1: "PASSED"}
    assert "unresolved" in finished.summary
    assert "use a new cycle name" in finished.summary


def test_case_that_the_plan_lacks_gets_a_run_in_a_new_cycle(two_cases: Repository) -> None:
    store = two_cases.sandbox.store
    plan = store.add_plan(two_cases.key, PLAN)
    two_cases.write(
        "jama.yaml",
        """
        project: KEY
        plan: {name: Release 1, group: Automated}
        cycle: {name: Build 2, start: 2024-02-01, end: 2024-02-03}
        """,
    )
    two_cases.pytest_here()
    (cycle,) = store.cycles(plan)
    assert two_cases.statuses() == {1: "PASSED", 2: "FAILED"}
    assert [group.name for group in store.groups(plan)] == ["Default Test Group", "Automated"]
    assert (cycle.start_date, cycle.end_date) == ("2024-02-01", "2024-02-03")


def test_cycle_is_regenerated_only_on_demand(two_cases: Repository) -> None:
    store = two_cases.sandbox.store
    first = store.cases(two_cases.key)[0]
    store.add_cycle(store.add_plan(two_cases.key, PLAN, cases=[first.id]), CYCLE)
    two_cases.write(
        "jama.yaml",
        """
        project: KEY
        plan: Release 1
        cycle: {name: Build 1, missing_runs: regenerate}
        """,
    )
    finished = two_cases.pytest_here()
    assert two_cases.statuses() == {1: "PASSED", 2: "FAILED"}
    assert "done       regenerate the runs of test cycle 'Build 1'" in finished.summary


def test_oldest_of_two_plans_of_one_name_is_used_and_said(two_cases: Repository) -> None:
    two_cases.start_cycle()
    (plan,) = two_cases.sandbox.store.plans(two_cases.key)
    younger = two_cases.sandbox.store.add_plan(two_cases.key, PLAN)
    finished = two_cases.pytest_here()
    assert f"(id {plan.id})" in finished.summary
    assert str(younger) in finished.summary


def test_unknown_references_are_reported_with_a_remedy(repository: Repository) -> None:
    repository.case(1)
    repository.start_cycle()
    repository.write(
        "test_it.py",
        """
        import pytest
        @pytest.mark.jama("KEY-TC-1", "KEY-TC-99", "GID-12345678", 123456789)
        def test_it(): pass
        """,
    )
    finished = repository.pytest_here()
    assert finished.status == 8
    assert repository.statuses() == {1: "PASSED"}
    assert finished.summary.count("unresolved") == 3, finished.summary


def test_every_kind_of_reference_finds_its_case(repository: Repository) -> None:
    by_key, by_id, by_global_id = (repository.case(number) for number in (1, 2, 3))
    cases = {case.document_key: case for case in repository.sandbox.store.cases(repository.key)}
    repository.start_cycle()
    repository.write(
        "test_it.py",
        f"""
        import pytest
        @pytest.mark.jama("{by_key}", {cases[by_id].id}, "{cases[by_global_id].global_id}")
        def test_it(): pass
        """,
    )
    finished = repository.pytest_here()
    assert set(repository.statuses().values()) == {"PASSED"}, finished.output


@pytest.mark.parametrize("flags", [(), ("--jama-strict",)], ids=["as set", "by flag"])
def test_journal_knows_whether_its_session_was_strict(
    two_cases: Repository, flags: tuple[str, ...]
) -> None:
    two_cases.pytest_here("--jama-no-upload", *flags)
    assert two_cases.journal()[0]["settings"]["strict"] is bool(flags)
