"""A case that differs from jama.lock, or misses a test of it, is not PASSED, in each front-end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from junit_uploader.cli import main as junit_uploader
from tests.e2e.locked import (
    FRONT_ENDS,
    MEASURE,
    STEPS,
    add_cases,
    case_of,
    change,
    write_lock,
)
from tests.e2e.resuming import upload

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_jama.sandbox.jama.model import Node
    from tests.harness import Finished, Repository

SUITE = """
import pytest

@pytest.mark.jama("KEY-TC-1")
def test_whole(): pass

@pytest.mark.jama("KEY-TC-2")
def test_steps(jama):
    for number in (1, 2, 3):
        with jama.step(number): pass

@pytest.mark.jama("KEY-TC-3")
def test_failing(): assert 0

@pytest.mark.jama("KEY-TC-4")
@pytest.mark.parametrize("value", [1, 2])
def test_same(value): pass

def test_without_steps(request):
    request.node.user_properties.append(("jama", "KEY-TC-5"))
"""

TESTS = {
    1: ["test_it.py::test_whole"],
    2: ["test_it.py::test_steps"],
    3: ["test_it.py::test_failing"],
    4: ["test_it.py::test_same"],
    5: ["test_it.py::test_without_steps"],
}


@pytest.fixture
def locked(repository: Repository) -> Repository:
    """A repository whose cases are locked as they are."""
    repository.write("test_it.py", SUITE)
    add_cases(repository, 5, without_steps=5)
    write_lock(repository, TESTS)
    return repository


def _change_all(repository: Repository) -> None:
    """Change each case in another way; the fourth says the same as before."""
    change(repository, 1, testCaseSteps=[STEPS[0], MEASURE, STEPS[2]])
    change(repository, 2, testCaseSteps=[STEPS[0], MEASURE, STEPS[2]])
    change(repository, 3, testCaseSteps=[STEPS[0]])
    same = [{**step, "action": f"<div>{step['action']}&nbsp; </div>"} for step in STEPS]
    change(repository, 4, testCaseSteps=same)
    change(repository, 5, description="Something else")


def _words(finished: Finished) -> str:
    return " ".join(finished.output.split())


def _step_statuses(run: Node) -> list[str]:
    return [step["status"] for step in run.fields["testRunSteps"]]


@pytest.mark.parametrize("run", FRONT_ENDS.values(), ids=FRONT_ENDS)
def test_a_case_that_differs_from_the_lock_is_not_passed(
    locked: Repository, run: Callable[[Repository], Finished]
) -> None:
    _change_all(locked)

    finished = run(locked)

    expected = {1: "INPROGRESS", 2: "INPROGRESS", 3: "FAILED", 4: "PASSED", 5: "INPROGRESS"}
    assert locked.statuses() == expected, finished.output
    runs = locked.runs()
    assert _step_statuses(runs[f"{locked.key}-TC-1"]) == ["INPROGRESS"] * 3
    assert _step_statuses(runs[f"{locked.key}-TC-2"]) == ["PASSED", "INPROGRESS", "PASSED"]
    said = _words(finished)
    was = 'step 2: Jama has "Measure leakage current", jama.lock has "Check the fuse"'
    differs = "it differs from jama.lock (review its tests, then `pytest-jama lock`)"
    assert f"NOT_RUN -> INPROGRESS: 1 passed; {differs}; {was}" in said
    assert f"{differs}; step 2 " in said
    assert 'the description: Jama has "Something else", jama.lock has "As it is"' in said
    assert said.count(differs) == 4


@pytest.mark.parametrize("name", ["serial", "later"])
def test_a_key_that_is_used_again_gets_no_result_and_a_renamed_case_gets_its_own(
    locked: Repository, name: str
) -> None:
    store, key = locked.sandbox.store, locked.key
    other = store.add_case(key, f"{key}-TC-6")
    locked.write("jama.yaml", "project: KEY\nplan: P\ncycle: C\ndrift: off\n")
    was = case_of(locked, 1).id
    store.renumber(was, f"{key}-TC-6")
    store.renumber(case_of(locked, 2).id, f"{key}-TC-22")

    finished = FRONT_ENDS[name](locked)

    expected = {22: "PASSED", 3: "FAILED", 4: "PASSED", 5: "PASSED"}
    assert locked.statuses() == expected, finished.output
    assert finished.status, finished.output
    said = _words(finished)
    assert (
        f"unresolved {key}-TC-1: drift: when jama.lock was written it was item {was} "
        f"'Case {key}-TC-1' ({key}-TC-6 now), and now it means item {other} 'Case {key}-TC-6': "
        "not sent; check the case in Jama, then run `pytest-jama lock` again"
    ) in said
    assert f"warning {key}-TC-2: no item has this document key any more" in said
    assert f"{key}-TC-22 'Case {key}-TC-2' now: that one is used" in said


@pytest.mark.parametrize("drift", ["warn", "off"])
def test_a_project_may_only_be_told_of_differences_or_not_even_that(
    locked: Repository, drift: str
) -> None:
    locked.write("jama.yaml", f"project: KEY\nplan: P\ncycle: C\ndrift: {drift}\n")
    _change_all(locked)

    finished = FRONT_ENDS["serial"](locked)

    assert locked.statuses() == {**dict.fromkeys(range(1, 6), "PASSED"), 3: "FAILED"}
    said = f"warning {locked.key}-TC-1: it differs from jama.lock"
    assert (said in _words(finished)) is (drift == "warn")


def test_a_lock_costs_no_request_and_a_case_that_it_fits_stays_passed(locked: Repository) -> None:
    locked.start_cycle()
    with_lock = FRONT_ENDS["serial"](locked)
    assert locked.statuses() == {**dict.fromkeys(range(1, 6), "PASSED"), 3: "FAILED"}
    assert "jama.lock" not in with_lock.summary
    locked.folder.joinpath("jama.lock").unlink()

    without = FRONT_ENDS["serial"](locked)

    assert with_lock.count_requests("GET") == without.count_requests("GET")


def test_a_dry_run_says_what_differs(locked: Repository) -> None:
    _change_all(locked)

    finished = locked.pytest_here("--jama-dry-run", "--deselect", "test_it.py::test_failing")

    assert (
        'it differs from jama.lock (review its tests, then `pytest-jama lock`); step 2: Jama has "M'
        in (_words(finished))
    )
    assert "NOT_RUN -> PASSED" in finished.output
    assert "NOT_RUN -> INPROGRESS" in finished.output


def test_a_run_of_an_older_version_differs_from_a_newer_lock(locked: Repository) -> None:
    locked.start_cycle()
    _change_all(locked)
    write_lock(locked, TESTS)

    finished = FRONT_ENDS["serial"](locked)

    assert locked.statuses()[1] == "INPROGRESS"
    assert locked.statuses()[4] == "PASSED"
    said = _words(finished)
    assert 'the run has "Check the fuse", jama.lock has "Measure leakage current"' in said
    assert "than jama.lock (start a new cycle)" in said


def test_a_case_named_by_its_api_id_is_compared_by_its_run(repository: Repository) -> None:
    add_cases(repository, 1)
    api_id = case_of(repository, 1).id
    repository.write(
        "test_it.py", f"import pytest\n@pytest.mark.jama({api_id})\ndef test_it(): pass"
    )
    write_lock(repository, {1: ["test_it.py::test_it"]})
    path = repository.folder / "jama.lock"
    path.write_text(path.read_text().replace(f"{repository.key}-TC-1", str(api_id), 1))
    change(repository, 1, testCaseSteps=[MEASURE])

    finished = FRONT_ENDS["serial"](repository)

    assert repository.statuses() == {1: "INPROGRESS"}, finished.output


PARTS = {
    "test_a.py": """
        import pytest
        @pytest.mark.jama("KEY-TC-1")
        def test_one(): pass
        @pytest.mark.jama("KEY-TC-2")
        def test_new(): pass
        """,
    "test_b.py": """
        import pytest
        @pytest.mark.jama("KEY-TC-1")
        @pytest.mark.parametrize("value", ["x", "y"])
        def test_other(value): pass
        """,
}


@pytest.fixture
def parted(repository: Repository) -> Repository:
    """A repository whose first case has tests in two files."""
    for name, source in PARTS.items():
        repository.write(name, source)
    add_cases(repository, 3)
    write_lock(
        repository,
        {
            1: ["test_a.py::test_one", "test_b.py::test_other"],
            3: ["test_b.py::test_gone", "test_b.py::test_other"],
        },
    )
    return repository


@pytest.mark.parametrize("run", FRONT_ENDS.values(), ids=FRONT_ENDS)
def test_a_locked_test_that_was_not_collected_makes_its_case_incomplete(
    parted: Repository, run: Callable[..., Finished]
) -> None:
    finished = run(parted, "test_a.py")

    assert parted.statuses()[1] == "INPROGRESS", finished.output
    assert parted.statuses()[2] == "PASSED"
    account = parted.runs()[f"{parted.key}-TC-1"].fields["actualResults"]
    assert "test_b.py::test_other: not collected" in account
    assert f"jama.lock does not know 1 case ({parted.key}-TC-2)" in _words(finished)


def test_what_one_session_did_not_collect_another_one_brings(parted: Repository) -> None:
    parted.pytest_here("test_b.py", "--jama-no-upload")
    parted.pytest_here("test_a.py", "--jama-no-upload")

    finished = upload(parted, ".jama")

    assert parted.statuses()[1] == "PASSED", finished.output


def test_a_locked_test_that_is_not_linked_any_more_makes_its_case_incomplete(
    parted: Repository,
) -> None:
    parted.write("test_b.py", "def test_other(): assert 0\n")

    finished = FRONT_ENDS["serial"](parted)

    assert parted.statuses()[1] == "INPROGRESS"
    assert "test_b.py::test_other is not linked to it any more" in _words(finished)


def test_a_new_test_of_a_locked_case_is_said(parted: Repository) -> None:
    parted.write("test_b.py", PARTS["test_b.py"] + PARTS["test_a.py"].replace("test_one", "test_2"))

    finished = FRONT_ENDS["serial"](parted)

    assert parted.statuses()[1] == "PASSED"
    assert "and 1 test (test_b.py::test_2)" in _words(finished)


BROKEN = '{\n  "jama.lock": 1,\n  "cases": {\n<<<<<<< HEAD\n'


def test_a_broken_lock_is_refused_before_tests_run(parted: Repository) -> None:
    parted.write("jama.lock", BROKEN)
    parted.write("report.xml", "<testsuite><testcase classname='a' name='b'/></testsuite>")
    said = "jama.lock:4: has an unresolved merge conflict: <<<<<<< HEAD; take either side"

    with_pytest = FRONT_ENDS["serial"](parted)
    with_junit = parted.run_here(lambda: junit_uploader(["report.xml"]))

    assert with_pytest.status == 4
    assert with_junit.status == 2
    assert said.replace(" HEAD", "") in with_pytest.output
    assert said.replace(" HEAD", "") in with_junit.output
    assert not with_pytest.requests


@pytest.mark.parametrize("run", FRONT_ENDS.values(), ids=FRONT_ENDS)
def test_a_cycle_has_runs_of_all_cases_that_are_known(
    repository: Repository, run: Callable[[Repository], Finished]
) -> None:
    add_cases(repository, 5)
    write_lock(repository, {5: ["test_it.py::test_passed"]})
    keys = {"test_passed": 1, "test_skipped": 2, "": 3}
    linked = {f"test_it.py::{name}".removesuffix("::"): number for name, number in keys.items()}
    repository.write(
        "jama.yaml",
        "project: KEY\nplan: P\ncycle: C\nverdicts: {skipped: ignore}\n"
        f"tests: { {key: f'KEY-TC-{number}' for key, number in linked.items()} }\n",
    )
    repository.write(
        "test_it.py",
        """
        import pytest
        def test_passed(): pass
        @pytest.mark.skip
        def test_skipped(): pass
        @pytest.mark.skip
        @pytest.mark.jama("KEY-TC-4")
        def test_marked(): pass
        """,
    )

    finished = run(repository)

    expected = {1: "PASSED", **dict.fromkeys((2, 3, 4, 5), "NOT_RUN")}
    assert repository.statuses() == expected, finished.output


@pytest.mark.parametrize("run", FRONT_ENDS.values(), ids=FRONT_ENDS)
def test_a_lock_and_a_map_above_the_rootdir(
    repository: Repository, run: Callable[..., Finished]
) -> None:
    """What is below that rootdir is compared; what is beside it stays known."""
    repository.write("tests/test_a.py", "def test_1(): pass\ndef test_2(): pass\n")
    keys = "tests/test_a.py::test_1: KEY-TC-1, test_a.py::test_2: KEY-TC-2"
    repository.write("jama.yaml", f"project: KEY\nplan: P\ncycle: C\ntests: {{{keys}}}\n")
    add_cases(repository, 2)
    tests = ["tests/test_a.py::test_1"]
    write_lock(repository, {1: tests, 2: ["tests/test_a.py::test_2", "other/test_b.py::test_3"]})

    finished = run(repository, "--rootdir=tests", "tests")

    assert repository.statuses() == {1: "PASSED", 2: "INPROGRESS"}, finished.output
    assert "does not know" not in finished.output
    assert "unmatched" not in finished.output
    assert "1 passed, 1 not collected" in _words(finished)
    assert "other/test_b.py::test_3: jama.lock names it" in _words(finished)
