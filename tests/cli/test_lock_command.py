"""``pytest-jama lock``: writes what was reviewed, checks it, refuses what is not whole."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

import pytest

from pytest_jama.cli import main as toolbox
from pytest_jama.config.lock_file import parse_lock
from tests.e2e.locked import MEASURE, STEPS, add_cases, case_of, change, lock, write_lock
from tests.harness import INSIDE

if TYPE_CHECKING:
    from tests.harness import Repository

pytestmark = pytest.mark.usefixtures("quick_children")

SUITE = """
import pytest

@pytest.mark.jama("KEY-TC-2", "KEY-TC-10")
@pytest.mark.parametrize("value", [1, 2])
def test_marked(value): raise SystemExit("it ran")

def test_mapped(): raise SystemExit("it ran")

def test_free(): raise SystemExit("it ran")
"""

SETTINGS = """
project: KEY
cycle: Build ${ONLY_IN_CI}
run: {fields: {job$37: "${ONLY_IN_CI}"}}
tests: {test_it.py::test_mapped: KEY-TC-2}
"""


@pytest.fixture
def locking(repository: Repository) -> Repository:
    """A repository to lock; plan and cycle, which a lock does not need, are not known."""
    repository.write("test_it.py", SUITE)
    repository.write("jama.yaml", SETTINGS)
    repository.write("pytest.ini", f"[pytest]\naddopts = {' '.join(INSIDE[2:])}\n")
    add_cases(repository, 10, without_steps=10)
    return repository


def _text(repository: Repository) -> str:
    return (repository.folder / "jama.lock").read_text(encoding="utf-8")


def test_the_lock_is_small_sorted_and_stable(locking: Repository) -> None:
    first = lock(locking)
    text = _text(locking)
    check = lock(locking, "--check", "--", "-k", "marked")

    assert (first.status, check.status) == (0, 0), first.output
    assert "jama.lock is written: 2 cases; review and commit it" in first.output
    assert "jama.lock is up to date: 2 cases" in check.output
    assert first.count_requests("PUT") == first.count_requests("PATCH") == 0
    lines = [line.strip().rstrip(",") for line in text.splitlines()[3:]]
    assert [re.sub(r"[0-9a-f]{12}", "#", line.replace(locking.key, "KEY")) for line in lines] == [
        '"cases": {',
        '"KEY-TC-2": {',
        f'"id": {case_of(locking, 2).id}',
        '"version": 1',
        '"name": ["Case KEY-TC-2", "#"]',
        '"description": ["As it is", "#"]',
        '"steps": [',
        '["Switch it on", "#", "The lamp is on", "#"]',
        '["Check the fuse", "#", "It holds", "#"]',
        '["Measure 5 mA", "#", "5 < 10", "#"]',
        "]",
        '"tests": [',
        '"test_it.py::test_mapped"',
        '"test_it.py::test_marked"',
        "]",
        "}",
        '"KEY-TC-10": {',
        f'"id": {case_of(locking, 10).id}',
        '"version": 1',
        '"name": ["Case KEY-TC-10", "#"]',
        '"description": ["As it is", "#"]',
        '"steps": []',
        '"tests": [',
        '"test_it.py::test_marked"',
        "]",
        "}",
        "}",
        "}",
    ]


def test_only_what_says_something_else_changes_the_lock(locking: Repository) -> None:
    write_lock(
        locking,
        {2: ["test_it.py::test_mapped", "test_it.py::test_marked"], 10: ["test_it.py::test_gone"]},
    )
    text = _text(locking)
    change(locking, 10)  # merely saved again
    change(locking, 2, testCaseSteps=[STEPS[0], MEASURE, STEPS[2]])
    check = lock(locking, "--check")
    unchanged = _text(locking)
    write = lock(locking)

    assert (check.status, write.status) == (1, 0)
    assert unchanged == text
    said = " ".join(check.output.split())
    assert (
        f'changed {locking.key}-TC-2: step 2 was "Check the fuse", is "Measure leakage current"; '
        'the expected result of step 2 was "It holds", is "Below 1 mA" '
        f"changed {locking.key}-TC-10: test_it.py::test_marked is new; "
        "test_it.py::test_gone is gone"
    ) in said
    assert "jama.lock would change: run `pytest-jama lock`" in said
    assert _text(locking).count('"version": 2') == 1


def test_another_item_under_a_key_is_told_and_locked_anew(locking: Repository) -> None:
    tests = {
        2: ["test_it.py::test_mapped", "test_it.py::test_marked"],
        10: ["test_it.py::test_marked"],
    }
    write_lock(locking, tests)
    was, now = case_of(locking, 10).id, case_of(locking, 3).id
    locking.sandbox.store.renumber(was, f"{locking.key}-TC-3")
    check, write = lock(locking, "--check"), lock(locking)

    assert (check.status, write.status) == (1, 0), check.output + write.output
    said = f"{locking.key}-TC-10: it was item {was} and is item {now} now: another test case; "
    assert said in " ".join(check.output.split())
    assert f'"id": {now},' in _text(locking)


def test_an_older_lock_without_ids_passes_a_check_and_gets_them(locking: Repository) -> None:
    assert lock(locking).status == 0
    text = _text(locking)
    locking.write("jama.lock", re.sub(r' *"id": [0-9]+,\n', "", text))
    check, write = lock(locking, "--check"), lock(locking)

    assert (check.status, write.status) == (0, 0), check.output + write.output
    assert "it has no API IDs yet, `pytest-jama lock` adds them" in " ".join(check.output.split())
    assert _text(locking) == text


def test_what_cannot_be_collected_leaves_the_lock_as_it_is(locking: Repository) -> None:
    write_lock(locking, {2: ["test_it.py::test_mapped"]})
    text = _text(locking)
    locking.write("test_broken.py", "import no_such_module\n")

    finished = lock(locking)

    assert finished.status == 1
    assert "test_broken.py: ModuleNotFoundError: No module named" in finished.output
    assert "jama.lock is left as it is" in finished.output
    assert _text(locking) == text


def test_references_that_lead_nowhere_are_named(locking: Repository) -> None:
    locking.write("test_more.py", SUITE.replace("KEY-TC-10", "KEY-TC-77", 1))

    finished = lock(locking)

    assert finished.status == 1
    assert f"UNRESOLVED {locking.key}-TC-77: " in " ".join(finished.output.split())
    assert not (locking.folder / "jama.lock").exists()


def test_api_ids_are_looked_up(locking: Repository) -> None:
    api_id = case_of(locking, 7).id
    locking.write(
        "test_it.py", f"import pytest\n@pytest.mark.jama({api_id})\ndef test_it(): pass\n"
    )

    finished = lock(locking)

    assert finished.status == 0, finished.output
    assert f'"{api_id}": {{' in _text(locking)
    assert "Check the fuse" in _text(locking)


def test_reports_take_the_place_of_a_collection(locking: Repository) -> None:
    locking.write(
        "report.xml",
        """
        <testsuite>
          <testcase classname="test_it" name="test_marked[1]">
            <properties><property name="jama" value="KEY-TC-2,KEY-TC-10"/></properties>
          </testcase>
          <testcase classname="test_it" name="test_mapped"/>
          <testcase classname="test_it" name="test_free"/>
        </testsuite>
        """.strip(),
    )
    from_reports = lock(locking, "--junit", "report.xml")

    assert from_reports.status == 0, from_reports.output
    assert '"test_it.test_mapped",\n        "test_it.test_marked"\n' in _text(locking)
    assert "Check the fuse" in _text(locking)


@pytest.mark.parametrize(
    "arguments, status, said",
    [
        (["--", "--bogus"], 2, "unrecognized arguments: --bogus"),
        (["--junit", "nowhere.xml"], 1, "nowhere.xml"),
        (["--junit"], 2, "REPORT"),
        (["--junit", "--url=http://127.0.0.1:9", "report.xml"], 3, "127.0.0.1:9"),
        (["--junit", "--project=NOPE", "report.xml"], 1, "NOPE"),
        (["--", "--ignore=test_it.py"], 1, "none of 0 tests is linked"),
    ],
    ids=["pytest", "no report", "no argument", "out of reach", "project", "no test"],
)
def test_exit_statuses_are_those_of_other_commands(
    locking: Repository, arguments: list[str], status: int, said: str
) -> None:
    locking.write("jama.yaml", f"{SETTINGS}upload: {{give_up_after: 1s}}\n")
    locking.write(
        "report.xml", "<testsuite><testcase classname='test_it' name='test_mapped'/></testsuite>"
    )

    finished = lock(locking, *arguments)

    assert (finished.status, said in finished.output) == (status, True), finished.output


def test_without_a_server_nothing_is_collected(locking: Repository) -> None:
    locking.write("jama.yaml", "plan: P\n")

    finished = locking.run_here(lambda: toolbox(["lock"]), environment={"JAMA_URL": ""})

    assert finished.status == 2
    assert "url is not set" in finished.output
    assert "project is not set" in finished.output


def test_a_broken_lock_is_written_anew_but_fails_a_check(locking: Repository) -> None:
    locking.write("jama.lock", "<<<<<<< HEAD\n{")

    check, write = lock(locking, "--check"), lock(locking)

    assert (check.status, write.status) == (2, 0)
    assert "jama.lock:1: has an unresolved merge conflict" in check.output
    assert parse_lock(_text(locking), file="jama.lock").cases.keys()


def test_a_lock_of_a_newer_version_is_never_written_over(locking: Repository) -> None:
    locking.write("jama.lock", '{"jama.lock": 2}')

    finished = lock(locking)

    assert finished.status == 2
    assert "is of format 2" in finished.output
    assert _text(locking) == '{"jama.lock": 2}'


def test_the_lock_is_the_same_from_wherever_it_is_written(locking: Repository) -> None:
    locking.folder.joinpath("pytest.ini").unlink()  # so that the rootdir is where pytest is called
    locking.write("sub/test_it.py", SUITE)
    locking.write("jama.yaml", SETTINGS.replace("test_it.py", "sub/test_it.py"))
    locking.folder.joinpath("test_it.py").unlink()
    assert lock(locking).status == 0
    text = _text(locking)
    assert text.count('"sub/test_it.py::test_') == 3

    def check() -> int:
        os.chdir("sub")
        return toolbox(["lock", "--check"])

    finished = locking.run_here(check)
    assert (finished.status, _text(locking)) == (0, text), finished.output


def test_the_lock_is_written_through_no_link(locking: Repository) -> None:
    (locking.folder / "jama.lock.part").symlink_to(locking.folder / "victim")
    assert lock(locking).status == 0
    assert not (locking.folder / "victim").exists()
    assert not (locking.folder / "jama.lock").is_symlink()


def test_a_lock_that_everyone_may_write_is_not_written_over(locking: Repository) -> None:
    (locking.folder / "jama.lock").write_text("{}")
    (locking.folder / "jama.lock").chmod(0o666)
    refused = lock(locking)
    assert refused.status == 2
    assert "jama.lock: is writable by everyone (mode 0666)" in refused.output
    assert _text(locking) == "{}"
