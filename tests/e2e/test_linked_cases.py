"""A session of some of the tests makes a cycle that a session of all of them finds complete."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from junit_uploader.cli import main as junit_uploader
from pytest_jama.cli import main as toolbox
from tests.e2e.resuming import upload

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.harness import Repository

SUITE = """
import pytest

@pytest.mark.jama("KEY-TC-1")
def test_smoke(): pass

@pytest.mark.jama("KEY-TC-2")
def test_long(): assert 0

@pytest.mark.jama("KEY-TC-3")
@pytest.mark.skip
def test_later(): pass
"""

PART = {1: "PASSED", 2: "NOT_RUN", 3: "NOT_RUN", 4: "NOT_RUN"}


@pytest.fixture
def four(repository: Repository) -> Repository:
    """Three tests of as many cases, and a case that only the map names; nothing at Jama."""
    for number in (1, 2, 3, 4):
        repository.case(number)
    repository.write("test_it.py", SUITE)
    repository.write(
        "jama.yaml", "project: KEY\nplan: P\ncycle: C\ntests: {tests/away.py: KEY-TC-4}\n"
    )
    return repository


def _changes(summary: str, label: str) -> list[str]:
    return [
        line for line in summary.splitlines() if line.startswith(label) and "update" not in line
    ]


@pytest.mark.parametrize("workers", [[], ["-n", "1"]], ids=["serial", "xdist"])
def test_a_part_and_then_the_whole(four: Repository, workers: list[str]) -> None:
    rehearsed = four.pytest_here("-k", "smoke", "--jama-dry-run", "-v")
    part = four.pytest_here("-k", "smoke", "-v", *workers)
    assert (part.status, four.statuses()) == (0, PART)
    done = [line[11:] for line in _changes(part.summary, "done")]
    foretold = [line[11:] for line in _changes(rehearsed.summary, "would")]
    assert [line for line in foretold if not line.startswith("leave")] == done
    assert len(done) == 6
    whole = four.pytest_here()
    assert four.statuses() == {**PART, 2: "FAILED"}
    assert "unresolved" not in whole.summary


def test_a_part_that_is_sent_from_its_journal(four: Repository) -> None:
    four.write("jama.yaml", "project: KEY\nplan: P\ncycle: C\n")
    four.pytest_here("-k", "smoke", "--jama-no-upload")
    assert upload(four).status == 0
    assert four.statuses() == {number: PART[number] for number in (1, 2, 3)}


def test_a_report_of_a_part(four: Repository, tmp_path: Path) -> None:
    tests = "".join(
        f'<testcase classname="a" name="{name}"><properties><property name="jama" '
        f'value="{four.key}-TC-{number}"/></properties>{inside}</testcase>'
        for number, (name, inside) in enumerate((("x", ""), ("y", "<skipped/>")), start=1)
    )
    report = tmp_path / "report.xml"
    report.write_text(f"<testsuite>{tests}</testsuite>", encoding="utf-8")
    sent = four.run_here(lambda: junit_uploader([str(report)]))
    assert (sent.status, four.statuses()) == (0, {1: "PASSED", 2: "NOT_RUN", 4: "NOT_RUN"})


def test_a_case_of_a_library_project_gets_its_result_and_is_named(four: Repository) -> None:
    library = f"LIB{four.key}"
    four.sandbox.store.add_project(library)
    four.sandbox.store.add_case(library, f"{library}-TC-7")
    four.write(
        "test_it.py", f'@__import__("pytest").mark.jama("{library}-TC-7")\ndef test_it(): pass'
    )
    finished = four.pytest_here()
    assert finished.status == 0, finished.output
    assert four.statuses() == {4: "NOT_RUN", 7: "PASSED"}
    assert f"test cases of another project, {library}, come into test plan 'P'" in finished.summary


IN_NO_ORDER = """
import pytest

@pytest.mark.jama("KEY-TC-4")
def test_first(): pass

@pytest.mark.jama("KEY-TC-2")
@pytest.mark.skip
def test_skipped(): pass

@pytest.mark.jama("KEY-TC-3")
def test_last(): pass
"""


def _from_journal(repository: Repository) -> None:
    repository.pytest_here("--jama-no-upload")
    upload(repository)


def _from_report(repository: Repository) -> None:
    # The plain session writes the report that the command reads: properties say the cases.
    repository.pytest_here("--jama-no-upload", "--junitxml=report.xml")
    repository.run_here(lambda: junit_uploader(["report.xml"]))


def _during(repository: Repository) -> None:
    settings = repository.folder.joinpath("jama.yaml").read_text("utf-8")
    repository.write(
        "jama.yaml", settings.replace("concurrency: 1", "concurrency: 1, when: during")
    )
    repository.pytest_here()


@pytest.mark.parametrize(
    "build",
    [
        pytest.param(lambda four: four.pytest_here(), id="serial"),
        pytest.param(lambda four: four.pytest_here("-n", "1"), id="xdist"),
        pytest.param(_during, id="during"),
        pytest.param(_from_journal, id="journal"),
        pytest.param(_from_report, id="report"),
        pytest.param(lambda four: four.run_here(lambda: toolbox(["prepare"])), id="prepare"),
    ],
)
def test_a_new_plan_has_the_order_of_the_tests(
    four: Repository, build: Callable[[Repository], object]
) -> None:
    four.write("test_it.py", IN_NO_ORDER)
    four.write(
        "jama.yaml",
        "project: KEY\nplan: P\ncycle: C\nupload: {concurrency: 1}\n"
        "tests: {tests/away.py: KEY-TC-1}\n",
    )
    build(four)
    store = four.sandbox.store
    numbers = {case.id: int(case.document_key.rpartition("-")[2]) for case in store.cases(four.key)}
    (plan,) = store.plans(four.key)
    (group,) = store.groups(plan.id)
    assert [numbers[case_id] for case_id in group.case_ids] == [4, 2, 3, 1]
