"""What a session tells of cases and of its own provenance, alike in every front-end."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
from typing import TYPE_CHECKING, NamedTuple

import pytest

from junit_uploader.cli import main as junit_uploader
from pytest_jama.cli import main as toolbox
from tests.harness import PYTEST

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from tests.harness import Finished, Repository

JOB = {
    "GITHUB_ACTIONS": "true",
    "GITHUB_SERVER_URL": "https://ann:secret@github.com",
    "GITHUB_REPOSITORY": "acme/pump",
    "GITHUB_RUN_ID": "42",
    "GITHUB_RUN_ATTEMPT": "1",
    "GITHUB_ACTOR": "ruth",
    "GITHUB_TRIGGERING_ACTOR": "",
    "GITHUB_SHA": "",
    "GIT_BRANCH": "",
}
PAGE = "https://github.com/acme/pump/actions/runs/42/attempts/1"
SUITE = """
import pytest

jama = pytest.mark.jama

@jama("KEY-TC-1")
def test_fails(record_property):
    record_property("jama", "KEY-TC-1")
    assert 0, "no dial tone"

def test_beside(record_property): record_property("jama", "KEY-TC-1")

def test_skips(record_property):
    record_property("jama", "KEY-TC-2")
    pytest.skip("no bench")

def test_green(record_property): record_property("jama", "KEY-TC-2")

def test_mended(record_property): record_property("jama", "KEY-TC-3")

def test_well(record_property): record_property("jama", "KEY-TC-4")

def test_lost(record_property): record_property("jama", "KEY-TC-99")

def test_alone(record_property):
    record_property("jama", "KEY-TC-5")
    pytest.skip("no bench")
"""
BEFORE = """
import pytest

@pytest.mark.jama("KEY-TC-1")
def test_fails(): pass

@pytest.mark.jama("KEY-TC-3")
def test_mended(): assert 0
"""
FIELDS = {
    "job": "${CI_JOB_URL}",
    "bench": "${ACTOR}, ${CI_NAME}, ${JAMA_USER}",
    "edited": "${GIT_BRANCH} ${GIT_MODIFIED}",
}


def _settings(fields: Iterable[str]) -> str:
    values = zip(fields, FIELDS.values(), strict=True)
    lines = "".join(f'    {name}: "{value}"\n' for name, value in values)
    return f"project: KEY\nplan: Release 1\ncycle: Build 1\nrun:\n  fields:\n{lines}"


def git(folder: Path, *arguments: str) -> str:
    command = ["git", "-c", "user.name=n", "-c", "user.email=e@x", "-C", str(folder), *arguments]
    return subprocess.check_output(command, text=True).strip()  # noqa: S603 (constant)


class Told(NamedTuple):
    """What a front-end said.

    Attributes:
        finished: Its output.
        repository: Its folder.
        commit: The commit that is checked out there.
    """

    finished: Finished
    repository: Repository
    commit: str

    def account(self, number: int = 4) -> str:
        """Return the account of a case."""
        run = self.repository.runs()[f"{self.repository.key}-TC-{number}"]
        return run.actual_results or ""

    def lines(self, label: str) -> list[str]:
        """Return the lines of a label; the key and the spelling of test IDs aside."""
        found = re.findall(rf"^{label} +(.*)$", self.finished.output, re.MULTILINE)
        key = self.repository.key
        return [each.replace(key, "KEY").replace("test_it.py::", "test_it.") for each in found]


def by_pytest(repository: Repository) -> Finished:
    return repository.pytest_here(environment=JOB)


def by_xdist(repository: Repository) -> Finished:
    return repository.pytest("-n", "2", environment=JOB)


def by_dry_run(repository: Repository) -> Finished:
    return repository.pytest_here("--jama-dry-run", environment=JOB)


def by_junit(repository: Repository) -> Finished:
    plain = [word for word in PYTEST if word != "--jama"]
    repository.run([*plain, "-Wignore", "--junitxml=report.xml"])
    return repository.run_here(lambda: junit_uploader(["report.xml"]), environment=JOB)


def by_upload(repository: Repository) -> Finished:
    recorded = repository.pytest_here("--jama-no-upload", environment=JOB)
    assert "KEY-TC-1: FAILED: " in recorded.output.replace(repository.key, "KEY")
    elsewhere = {**dict.fromkeys(JOB, ""), "GITLAB_CI": "true", "CI_JOB_URL": "https://other/1"}
    return repository.run_here(lambda: toolbox(["upload"]), environment=elsewhere)


FRONT_ENDS: Mapping[str, Callable[[Repository], Finished]] = {
    "pytest": by_pytest,
    "xdist": by_xdist,
    "dry run": by_dry_run,
    "junit-uploader": by_junit,
    "upload": by_upload,
}
SENDING = [name for name in FRONT_ENDS if name != "dry run"]


@pytest.fixture(scope="module")
def told(make_repository: Callable[[], Repository]) -> Callable[[str], Told]:
    """What each front-end says of the same tests, in a checkout that was edited."""
    known: dict[str, Told] = {}

    def told(name: str) -> Told:
        if name not in known:
            repository = make_repository()
            for number in range(1, 6):
                repository.case(number)
            repository.start_cycle()
            repository.write("test_it.py", BEFORE)
            repository.pytest_here()
            fields = [repository.sandbox.store.add_run_field(each) for each in FIELDS]
            repository.write("jama.yaml", _settings(fields))
            repository.write("test_it.py", SUITE)
            git(repository.folder, "init", "--quiet", "--initial-branch=trunk")
            git(repository.folder, "add", "--all")
            git(repository.folder, "commit", "--quiet", "--no-gpg-sign", "--message=first")
            repository.write("test_it.py", f"{SUITE}\n# edited\n")
            finished = FRONT_ENDS[name](repository)
            known[name] = Told(finished, repository, git(repository.folder, "rev-parse", "HEAD"))
        return known[name]

    return told


@pytest.mark.parametrize("name", FRONT_ENDS)
def test_each_case_that_is_not_passed_or_was_failed_is_named(
    name: str, told: Callable[[str], Told]
) -> None:
    said = told(name)
    failed, incomplete, mended = said.lines("case")
    assert failed.startswith("KEY-TC-1 Case KEY-TC-1: PASSED -> FAILED: 1 failed, 1 passed: ")
    assert "test_it.test_fails: AssertionError: no dial tone" in failed
    assert incomplete.startswith("KEY-TC-2 Case KEY-TC-2: NOT_RUN -> INPROGRESS: ")
    assert "test_it.test_skips: no bench" in incomplete
    assert "`verdicts: {skipped: leave}`" in incomplete
    assert mended == (
        "KEY-TC-3 Case KEY-TC-3: FAILED -> PASSED: 1 passed; an earlier session said FAILED; "
        "keeping what stood there below the new account"
    )
    assert said.lines("untouched") == [
        "KEY-TC-5: 1 skipped (`verdicts: {skipped: leave}`): test_it.test_alone: no bench"
    ]


@pytest.mark.parametrize("arguments", [["-v"], []], ids=["verbose", "short"])
def test_with_v_each_case_is_named_also_the_passed(
    arguments: list[str], make_repository: Callable[[], Repository]
) -> None:
    repository = make_repository()
    repository.case(1)
    repository.write("jama.yaml", f"project: {repository.key}\nplan: P\ncycle: C\n")
    repository.write("test_it.py", BEFORE.replace("assert 0", "pass").replace("TC-3", "TC-1"))
    report = str(repository.folder / "report.xml")
    said = [
        repository.pytest_here("--jama-no-upload", f"--junitxml={report}", *arguments),
        repository.run_here(lambda: toolbox(["upload", *arguments])),
        repository.run_here(lambda: junit_uploader([report, *arguments])),
        repository.pytest_here(*arguments),
    ]
    lines = [Told(each, repository, "").lines("case") for each in said]
    named = [[each.partition(" http")[0] for each in some] for some in lines]  # the run's link
    name = "KEY-TC-1 Case KEY-TC-1"
    passed = [
        ["KEY-TC-1: PASSED: 2 passed"],
        [f"{name}: NOT_RUN -> PASSED: 2 passed"],
        [f"{name}: stays PASSED: 2 passed"],
        [f"{name}: stays PASSED: 2 passed"],
    ]
    assert named == (passed if arguments else [[]] * len(said))


@pytest.mark.parametrize("name", FRONT_ENDS)
def test_what_is_unresolved_decides_the_exit_status_also_of_a_dry_run(
    name: str, told: Callable[[str], Told]
) -> None:
    finished = told(name).finished
    assert "unresolved " in finished.output
    assert finished.status == 1


@pytest.mark.parametrize("name", ["pytest", "xdist", "upload"])
def test_an_account_tells_where_and_by_whom_the_session_ran(
    name: str, told: Callable[[str], Told]
) -> None:
    said = told(name)
    host = socket.gethostname()
    assert f" UTC, commit {said.commit} + modified, host {host}, " in said.account()
    assert f", GitHub Actions {PAGE}, started by ruth" in said.account()


def test_an_account_of_a_report_claims_nothing_of_the_checkout(
    told: Callable[[str], Told],
) -> None:
    account = told("junit-uploader").account()
    assert "commit" not in account
    assert "modified" not in account
    assert f", GitHub Actions {PAGE}, started by ruth" in account


@pytest.mark.parametrize("name", FRONT_ENDS)
def test_the_journal_keeps_who_where_and_with_what(name: str, told: Callable[[str], Told]) -> None:
    said = told(name)
    header, *others = said.repository.journal()
    kept = header["provenance"]
    assert (kept["actor"], kept["ci"], kept["job"]) == ("ruth", "GitHub Actions", PAGE)
    assert kept["user"] == said.repository.sandbox.credentials.client_id
    assert kept["host"] == socket.gethostname()
    if name == "junit-uploader":
        assert (header["commit"], kept.get("modified"), "tests" in kept) == ("", None, True)
    else:
        assert (header["commit"], kept["branch"], kept["modified"]) == (said.commit, "trunk", True)
        assert "pytest-jama" in kept["plugins"]
        results = [line for line in others if line["line"] == "result"]
        assert results
        assert all(line["started"] > 1_700_000_000 for line in results)
    text = json.dumps([header, *others])
    assert not any(secret in text for secret in ("secret", "ann:"))


@pytest.mark.parametrize("name", FRONT_ENDS)
def test_every_line_but_a_result_carries_its_time(name: str, told: Callable[[str], Told]) -> None:
    lines = told(name).repository.journal()
    written = {line["line"] for line in lines}
    sent = set() if name == "dry run" else {"place", "update", "receipt"}
    assert {"session", "result", "verdict", "end"} | sent <= written
    assert [line for line in lines if line["line"] != "result" and "at" not in line] == []


@pytest.mark.parametrize("name", ["pytest", "junit-uploader", "upload"])
def test_custom_fields_of_a_run_take_what_is_known_of_the_session(
    name: str, told: Callable[[str], Told]
) -> None:
    said = told(name)
    run = said.repository.runs()[f"{said.repository.key}-TC-4"]
    found = {field.partition("$")[0]: value for field, value in run.fields.items()}
    user = said.repository.sandbox.credentials.client_id
    assert found["job"] == PAGE
    assert found["bench"] == f"ruth, GitHub Actions, {user}"
    assert found["edited"] == "trunk true"


def test_scripts_get_reasons_and_provenance_too(told: Callable[[str], Told]) -> None:
    repository = told("junit-uploader").repository
    again = repository.run(
        [sys.executable, "-m", "junit_uploader", "--json", "-q", "report.xml"], environment=JOB
    )
    document = json.loads(again.output[again.output.index("{\n") :])
    failed = document["cases"][0]
    said = [failed[key] for key in ("verdict", "was", "will_be")]
    assert said == ["FAILED", ["FAILED"], ["FAILED"]]
    assert "no dial tone" in failed["reason"]
    assert [each["provenance"]["actor"] for each in document["sessions"]] == ["ruth"]


def test_an_upload_from_elsewhere_says_so_in_the_journal(told: Callable[[str], Told]) -> None:
    (line,) = [line for line in told("upload").repository.journal() if line["line"] == "upload"]
    assert line["provenance"]["ci"] == "GitLab CI"
    assert line["provenance"]["job"] == "https://other/1"
    assert "branch" not in line["provenance"]
