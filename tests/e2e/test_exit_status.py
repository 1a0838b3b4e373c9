"""What a session exits with: CI believes nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.harness import Repository

GREEN = """
import pytest

@pytest.mark.jama("KEY-TC-1")
def test_it(): pass
"""
RED = GREEN + "\ndef test_other(): assert 0\n"
NOWHERE = {"JAMA_URL": "http://127.0.0.1:9"}
GIVES_UP = "\nupload: {give_up_after: 200ms}\n"
WARNS = "\nupload: {give_up_after: 200ms, on_error: warn}\n"


@pytest.fixture
def linked(repository: Repository) -> Repository:
    """One case with a run, and a test of it."""
    repository.case(1)
    repository.start_cycle()
    repository.write("test_it.py", GREEN)
    return repository


def add_settings(repository: Repository, text: str) -> None:
    path = repository.folder / "jama.yaml"
    path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")


def test_everything_sent_is_0(linked: Repository) -> None:
    assert linked.pytest().status == 0


@pytest.mark.parametrize(
    "source, settings, status",
    [(GREEN, GIVES_UP, 8), (GREEN, WARNS, 0), (RED, GIVES_UP, 1), (RED, WARNS, 1)],
    ids=["fail", "warn", "tests failed", "tests failed, warn"],
)
def test_server_out_of_reach(linked: Repository, source: str, settings: str, status: int) -> None:
    linked.write("test_it.py", source)
    add_settings(linked, settings)
    finished = linked.pytest(environment=NOWHERE)
    assert finished.status == status
    assert finished.summary.startswith("NOT SENT   nothing succeeded at http://127.0.0.1:9")
    assert "next       pytest-jama upload .jama/" in finished.summary


def test_wrong_credentials_are_8(linked: Repository) -> None:
    finished = linked.pytest(environment={"JAMA_CLIENT_SECRET": "wrong"})
    assert finished.status == 8
    assert "check JAMA_CLIENT_ID and JAMA_CLIENT_SECRET" in finished.summary


def test_basic_credentials_will_do(linked: Repository) -> None:
    known = linked.sandbox.credentials
    finished = linked.pytest(
        environment={
            "JAMA_CLIENT_ID": "",
            "JAMA_CLIENT_SECRET": "",
            "JAMA_USERNAME": known.username,
            "JAMA_PASSWORD": known.password,
        }
    )
    assert finished.status == 0
    assert {request.authorization for request in finished.requests} == {"Basic"}


def test_no_tests_are_5_and_no_requests(linked: Repository) -> None:
    finished = linked.pytest("-k", "nothing")
    assert finished.status == 5
    assert finished.requests == ()


@pytest.mark.parametrize("workers", [[], ["-n", "1"]], ids=["serial", "xdist"])
def test_wrong_marker_is_4_before_any_test_runs(linked: Repository, workers: list[str]) -> None:
    linked.write("test_it.py", GREEN.replace("KEY-TC-1", "nonsense"))
    finished = linked.pytest(*workers)
    assert finished.status == 4
    assert "test_it.py:4: @pytest.mark.jama('nonsense')" in finished.output
    assert "skipped" not in finished.output
    assert finished.summary == ""


@pytest.mark.parametrize("workers", [[], ["-n", "1"]], ids=["serial", "xdist"])
def test_ambiguous_map_is_4_before_any_test_runs(linked: Repository, workers: list[str]) -> None:
    add_settings(linked, '\ntests: {"*.py::test_i*": A-TC-1, "*.py::test_*t": A-TC-2}\n')
    finished = linked.pytest(*workers)
    assert finished.status == 4
    assert "are equally specific for test_it.py::test_it" in finished.output


def test_all_wrong_settings_are_told_at_once_without_a_request(linked: Repository) -> None:
    add_settings(linked, "\nverdict: {}\npassword: hunter2\n")
    finished = linked.pytest("--jama-plan=")
    assert finished.status == 4
    assert finished.requests == ()
    assert "hunter2" not in finished.output
    for what in ("unknown key 'verdict'", "JAMA_PASSWORD", "--jama-plan"):
        assert what in finished.output


def test_missing_credentials_are_4(linked: Repository) -> None:
    finished = linked.pytest(environment={"JAMA_CLIENT_ID": "", "JAMA_CLIENT_SECRET": ""})
    assert finished.status == 4
    assert "no credentials for Jama" in finished.output


def test_property_that_names_no_case_is_8_and_named(linked: Repository) -> None:
    linked.write(
        "test_it.py",
        GREEN + '\ndef test_bad(record_property): record_property("jama", "nonsense")\n',
    )
    finished = linked.pytest()
    assert finished.status == 8
    assert "NOT LINKED test_it.py::test_bad: property jama: 'nonsense'" in finished.summary
