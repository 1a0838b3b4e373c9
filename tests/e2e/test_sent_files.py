"""Files that tests attach are at Jama at the end of the session, and named in the account."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import pytest

from junit_uploader.cli import main as junit_uploader

if TYPE_CHECKING:
    from tests.harness import Repository

SUITE = """
import pytest

@pytest.mark.jama("KEY-TC-1")
def test_one(jama):
    jama.attach(b"a picture", name="shot.png")

@pytest.mark.jama("KEY-TC-2")
def test_two(jama):
    jama.attach(b"a picture", name="shot.png")
"""
HASH = hashlib.sha256(b"a picture").hexdigest()


@pytest.mark.parametrize("options", [[], ["-n", "2"]], ids=["serial", "xdist"])
def test_files_of_tests_arrive_with_their_results(
    repository: Repository, options: list[str]
) -> None:
    for number in (1, 2):
        repository.case(number)
    repository.write("test_it.py", SUITE.replace("KEY", repository.key))
    finished = repository.pytest_here(*options)
    assert finished.status == 0, finished.output
    sent = [each.method for each in finished.requests if "attachments" in each.path]
    assert sorted(sent) == ["POST", "POST", "POST", "PUT"]
    assert "\nattached   1 file to 2 test runs\n" in finished.output
    accounts = [run.actual_results or "" for run in repository.runs().values()]
    assert len(accounts) == 2
    assert all(f"SHA-256 {HASH}: attached" in account for account in accounts)


def test_a_dry_run_names_number_and_size_of_the_files(repository: Repository) -> None:
    for number in (1, 2):
        repository.case(number)
    repository.write("test_it.py", SUITE.replace("KEY", repository.key))
    finished = repository.pytest_here("--jama-dry-run")
    assert "would      attach 1 file (9 bytes) to 2 test runs" in finished.output
    assert not any("attachments" in each.path for each in finished.requests)


def test_files_of_a_session_arrive_by_way_of_its_junit_report_too(repository: Repository) -> None:
    repository.case(1, steps=2)
    repository.start_cycle()
    suite = """
        import pytest

        @pytest.mark.jama("KEY-TC-1")
        def test_one(jama):
            with jama.step(2):
                jama.attach(b"password=hunter2, 42 V", name="log.txt")
    """
    repository.write("test_it.py", suite)
    assert repository.pytest_here("--jama-no-upload", "--junitxml=report.xml").status == 0
    finished = repository.run_here(lambda: junit_uploader(["report.xml"]))
    assert finished.status == 0, finished.output
    (run,) = repository.runs().values()
    text = b"password=***, 42 V"
    about = f"step 2: {len(text)} bytes, SHA-256 {hashlib.sha256(text).hexdigest()}"
    assert f"file log.txt, {about}, 1 passage is hidden as ***: attached" in (
        run.actual_results or ""
    )


def test_a_property_of_another_tool_names_a_file_for_both_front_ends(
    repository: Repository,
) -> None:
    repository.case(1)
    repository.start_cycle()
    repository.write("shots/a.txt", "42 V")
    suite = """
        import pytest

        @pytest.mark.jama("KEY-TC-1")
        def test_one(record_property):
            record_property("attachment", "shots/a.txt")
            record_property("attachment", "https://ci.example/42")
    """
    repository.write("test_it.py", suite)
    direct = repository.pytest_here("--junitxml=report.xml", "-ojunit_family=xunit1")
    through_report = repository.run_here(lambda: junit_uploader(["report.xml"]))
    for finished in (direct, through_report):
        assert finished.status == 0, finished.output
        sent = [each.method for each in finished.requests if "attachments" in each.path]
        assert sent.count("PUT") == 1
    (run,) = repository.runs().values()
    assert (run.actual_results or "").count("file a.txt") == 2  # in each account


ATTEMPTS = """
import pytest

attempts = []

@pytest.mark.jama("KEY-TC-1")
@pytest.mark.flaky(ARGUMENTS)
def test_1(jama):
    attempts.append(1)
    with jama.step(1):
        jama.attach(b"%d" % len(attempts), name="log.txt")
        assert len(attempts) > 2

@pytest.mark.jama("KEY-TC-2")
def test_2(jama):
    pass
"""


@pytest.mark.parametrize(
    "plugin, arguments",
    [
        ("pytest_rerunfailures", "reruns=4"),
        ("flaky.flaky_pytest_plugin", "max_runs=4"),
        ("pytest_retry.retry_plugin", "retries=4"),
    ],
)
def test_files_of_earlier_attempts_are_named_with_their_attempt(
    repository: Repository, plugin: str, arguments: str
) -> None:
    for number in (1, 2):
        repository.case(number)
    repository.write("test_it.py", ATTEMPTS.replace("ARGUMENTS", arguments))
    # In a process of its own: pytest-retry keeps what it was told for the whole process.
    finished = repository.pytest("-pno:rerunfailures", f"-p{plugin}")
    assert finished.status == 0, finished.output
    (journal,) = (repository.folder / ".jama").glob("*.jsonl")
    lines = map(json.loads, journal.read_text("utf-8").splitlines())
    of_1, of_2 = (each.get("files", []) for each in lines if each["line"] == "result")
    assert [(each["name"], each.get("step")) for each in of_1] == [
        ("log.txt", 1),
        ("attempt-1-log.txt", None),
        ("attempt-2-log.txt", None),
    ]
    folder = journal.with_suffix(".files")
    assert [(folder / each["sha256"]).read_bytes() for each in of_1] == [b"3", b"1", b"2"]
    assert {each.name for each in folder.iterdir()} == {each["sha256"] for each in of_1}
    assert of_2 == []
