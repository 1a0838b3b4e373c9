"""``pytest-jama check``: what it says, exits with and writes; and that it asks before it writes."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

import pytest

from pytest_jama.cli import main as toolbox
from pytest_jama.sandbox.jama.server import Sandbox
from tests.e2e.locked import case_of, write_lock

if TYPE_CHECKING:
    from tests.harness import Finished, Repository


@pytest.fixture
def checked(repository: Repository) -> Repository:
    """A repository with two cases that jama.yaml refers to; its cycle has a variable of CI."""
    repository.case(1, steps=3)
    repository.case(2)
    repository.write(
        "jama.yaml",
        "project: KEY\ncycle: Build ${ONLY_IN_CI}\n"
        "tests: {test_a.py::test_a: KEY-TC-1, test_a.py::test_b: KEY-TC-2}\n",
    )
    return repository


def _run(repository: Repository, *arguments: str, **environment: str) -> Finished:
    """Check the server; what is said of the repository has tests of its own."""
    command = ["check", "--no-collect", *arguments]
    return repository.run_here(lambda: toolbox(command), environment=environment)


def _written(found: Finished) -> set[str]:
    """Return what was asked for beside reading and tokens."""
    paths = {each.path for each in found.requests if each.method != "GET"}
    return {path for path in paths if not path.endswith("/oauth/token")}


def test_it_only_reads_and_says_what_is_not_known_yet(checked: Repository) -> None:
    found = _run(checked, "--runs", "1000")
    assert found.status == 0, found.output
    assert _written(found) == set()
    assert len(found.requests) <= 16
    said = " ".join(found.output.split())
    assert "ok login the server lets user 'sandbox' in, with the license NAMED" in said
    assert "note cycle none is named; its rights are not known before the first upload" in said
    assert "an upload of 1,000 results takes about" in said
    assert checked.sandbox.store.plans(checked.key) == ()


def test_a_missing_case_is_a_problem(checked: Repository) -> None:
    checked.write("jama.yaml", "project: KEY\ntests: {test_a.py::test_a: KEY-TC-9}\n")
    found = _run(checked, "--quiet")
    assert found.status == 1
    assert "problem    cases            1 of 1 reference not found" in found.output
    assert f"problem    not found        {checked.key}-TC-9: project" in found.output
    assert "\nok" not in found.output


def test_a_key_that_is_used_again_since_the_lock_is_a_problem(checked: Repository) -> None:
    write_lock(checked, {1: ["test_a.py::test_a"]})
    was = case_of(checked, 1).id
    checked.sandbox.store.renumber(was, f"{checked.key}-TC-2")
    found = _run(checked)
    said = " ".join(found.output.split())
    assert found.status == 1
    assert f"cases 1 of 2 references not found problem not found {checked.key}-TC-1" in said
    assert f"when jama.lock was written it was item {was}" in said


def test_wrong_settings_and_a_server_out_of_reach_have_their_own_statuses(
    checked: Repository,
) -> None:
    wrong = _run(checked, JAMA_CLIENT_ID="")
    checked.write("jama.yaml", "project: KEY\nupload: {give_up_after: 1s}\n")
    gone = _run(checked, "--url", "http://127.0.0.1:9")
    refused = _run(checked, JAMA_CLIENT_SECRET="wrong")
    assert (wrong.status, gone.status, refused.status) == (2, 3, 3)
    assert not wrong.requests
    assert "JAMA_CLIENT_ID is not" in wrong.output
    assert "problem    login" in gone.output
    assert "problem    login" in refused.output
    assert "401" in refused.output


def test_nothing_is_written_where_nobody_can_be_asked(
    checked: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO())
    found = _run(checked, "--write-probe", "Probe")
    assert (found.status, found.requests) == (2, ())
    assert "say --yes, too" in found.output


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("answer, plans", [("n\n", 0), ("y\n", 1)])
def test_a_terminal_is_asked_before_a_plan_is_made(
    answer: str, plans: int, checked: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", _Terminal(answer))
    found = _run(checked, "--write-probe", "Probe")
    assert found.status == 0, found.output
    assert "Make a test plan 'Probe' with a test cycle in project" in found.output
    assert len(checked.sandbox.store.plans(checked.key)) == plans


def test_a_plan_that_exists_is_not_written_into(checked: Repository) -> None:
    checked.sandbox.store.add_plan(checked.key, "Probe", cases=[])
    found = _run(checked, "--write-probe", "Probe", "--yes")
    assert found.status == 2
    assert "a test plan 'Probe' exists already, and is not written into" in found.output
    assert _written(found) == set()


def test_a_probe_that_breaks_off_names_what_it_has_made(checked: Repository) -> None:
    checked.sandbox.fail_next(99, 400, method="POST", path="/testplans/*/testcycles")
    try:
        found = _run(checked, "--write-probe", "Probe", "--yes")
    finally:
        checked.sandbox.faults.clear()
    plan = checked.sandbox.store.plans(checked.key)[0]
    said = " ".join(found.output.split())
    assert found.status == 1
    assert "problem write probe ended: POST" in said
    assert f"note made stays in Jama, named 'Probe': test plan {plan.id} http" in said


@pytest.mark.parametrize("name", ["report.txt", "report.json"])
def test_the_report_is_written_without_names(name: str, checked: Repository) -> None:
    found = _run(checked, "--report", name)
    text = (checked.folder / name).read_text(encoding="utf-8")
    assert found.status == 0, found.output
    assert "read it before you send it" in found.output
    for secret in (checked.key, "sandbox", "127.0.0.1"):
        assert secret not in text
    if name.endswith(".json"):
        assert json.loads(text)["report"] == 1
    else:
        assert "ok       login\n         by: oauth\n         license: NAMED" in text


def test_a_report_that_cannot_be_written_is_said(checked: Repository) -> None:
    found = _run(checked, "--report", "no-folder/report.txt")
    assert found.status == 1
    assert "no-folder/report.txt cannot be written" in found.output


def test_the_document_holds_the_same_as_values(
    checked: Repository, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(checked.folder)
    for name, value in checked.environment().items():
        monkeypatch.setenv(name, value)
    status = toolbox(["check", "--no-collect", "--json", "--write-probe", "Probe", "--yes"])
    document = json.loads(capsys.readouterr().out)
    assert list(document) == [
        *("check", "exit_status", "stopped", "observations", "settings", "made", "report"),
        *("offline", "values", "repository", "cases"),
    ]
    assert (status, document["exit_status"], document["stopped"]) == (0, 0, None)
    assert {*document["observations"][0]} == {"name", "mark", "text", "facts"}
    assert document["made"][0]["kind"] == "test plan"
    assert checked.key not in json.dumps(document["report"])


def test_a_context_path_that_is_missing_is_found(checked: Repository) -> None:
    with Sandbox(context_path="/contour") as sandbox:
        address = sandbox.url.removesuffix("/contour")
        found = _run(checked, "--url", address)
    assert found.status == 3
    assert f"but one does at {address}/contour: correct `url`" in found.output
    assert f'that fit this server: url: "{address}/contour"' in found.output
