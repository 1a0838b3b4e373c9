"""Tests that print secrets everywhere: nothing that their session leaves has one."""

from __future__ import annotations

import json
import re
import sys

import pytest

from tests.harness import PYTEST, Repository

SECRETS = {
    "value": "hunter2-9f3c",
    "named": "SN-481516234",
    "header": "dG9wc2VjcmV0OjE",
    "jwt": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln",
    "token": "ghp_0123456789abcdefghijABCDEFGHIJ012345",
    "parameter": "p4rameter-7",
    "reason": "sk1pped-8",
    "step": "st3p-note-5",
    "note": "n0te-text-6",
    "command": "c0mmand-word-4",
    "branch": "br4nch-name-3",
    "hook": "h00k-reason-2",
    "half": "cut-0ff-1234567890",
}
TESTS = """
import os, pytest

@pytest.mark.jama("KEY-TC-1")
def test_message():
    raise ValueError("password={value} SN-481516234 Authorization: Basic {header}\\n{jwt} {token}")

@pytest.mark.jama("KEY-TC-2")
@pytest.mark.parametrize("login", ["password={parameter}"], ids=str)
def test_parameter(login, jama):
    jama.note("the \\x1b[1mtoken\\x1b[0m: {note}")
    with jama.step(1, "token='{step}'"): pass

@pytest.mark.jama("KEY-TC-3")
def test_skipped():
    pytest.skip("secret={reason}")

@pytest.mark.jama("KEY-TC-4")
def test_own():
    assert False, "sent " + os.environ["JAMA_CLIENT_SECRET"]

@pytest.mark.jama("KEY-TC-5")
def test_cut():
    raise ValueError("x" * 975 + " api_key={half}" + " more" * 400)

def test_unlinked(record_property):
    record_property("jama", "password={value}")
    raise ValueError("--password {value}")
"""
CONFTEST = """
from dataclasses import replace
from pytest_jama import hookimpl

@hookimpl
def adjust_verdict(verdict):
    if str(verdict.case_ref).endswith("-3"):
        return replace(verdict, verdict="BLOCKED", reasons=("password={hook}",))
"""
COMMANDS = {
    "pytest": [*PYTEST, "-v", "-o", "x=token={command}", "--tb=no", "-rN", "-q"],
    "xdist": [*PYTEST, "-v", "-o", "x=token={command}", "--tb=no", "-rN", "-q", "-n", "2"],
    "upload": [sys.executable, "-m", "pytest_jama", "upload", "-vv", "--json"],
    "junit": [sys.executable, "-m", "junit_uploader", "-vv", "--json", "own.xml"],
    "dry run": [sys.executable, "-m", "junit_uploader", "--dry-run", "-v", "own.xml"],
    "list": [sys.executable, "-m", "junit_uploader", "--list", "--json", "own.xml"],
}


def filled(text: str) -> str:
    return re.sub(r"\{(\w+)\}", lambda match: SECRETS.get(match[1], match[0]), text)


@pytest.fixture
def loose(repository: Repository) -> Repository:
    """Tests that print secrets, and a report of them by pytest itself."""
    for number in range(1, 6):
        repository.case(number, steps=1 if number == 2 else 0)
    repository.start_cycle()
    settings = repository.folder / "jama.yaml"
    settings.write_text(
        settings.read_text(encoding="utf-8") + "redact: ['SN-[0-9]{9}']\n", encoding="utf-8"
    )
    repository.write("test_loose.py", filled(TESTS))
    repository.write("conftest.py", filled(CONFTEST))
    return repository


ENVIRONMENT = {
    "GITLAB_CI": "true",
    "CI_COMMIT_SHA": "1f0c9d2",
    "CI_COMMIT_REF_NAME": f"token={SECRETS['branch']}",
}


def run(loose: Repository, name: str) -> str:
    """Run a front-end; return what is ours of its output, its requests and journals."""
    if name in ("junit", "dry run", "list"):
        loose.run([*PYTEST, "--jama-no-upload", "--junitxml=own.xml"], environment=ENVIRONMENT)
    if name == "upload":
        loose.run([*COMMANDS["pytest"], "--jama-no-upload"], environment=ENVIRONMENT)
    finished = loose.run(list(map(filled, COMMANDS[name])), environment=ENVIRONMENT)
    shown = finished.summary or finished.output
    header = "".join(line for line in finished.output.splitlines() if line.startswith("jama:"))
    sent = "".join(f"{each.path}{each.body}" for each in finished.requests)
    journals = "".join(each.read_text() for each in (loose.folder / ".jama").glob("*.jsonl"))
    return f"{shown}{header}{sent}{journals}"


def secrets_in(everything: str, loose: Repository) -> list[str]:
    own = loose.sandbox.credentials.client_secret
    pieces = (*SECRETS.values(), own, "cut-0", "x=token=c0")
    return [each for each in pieces if each in everything]


@pytest.mark.parametrize("name", COMMANDS)
def test_no_printed_secret_is_in_anything_that_a_session_leaves(
    loose: Repository, name: str
) -> None:
    everything = run(loose, name)
    assert "password=***" in everything
    assert secrets_in(everything, loose) == []


@pytest.fixture
def counted(loose: Repository) -> dict[str, str]:
    """What each front-end says of one session."""
    said = {}
    for name in ("pytest", "xdist", "upload"):
        everything = run(loose, name)
        found = re.search(r"(\d+) passages that look like secrets, in (\d+) results", everything)
        counts = re.search(r'"passages": (\d+),\s+"results": (\d+)', everything)
        match = counts if name == "upload" else found
        said[name] = "/".join(match.groups()) if match else ""
    return said


def test_every_front_end_says_how_much_is_hidden(
    loose: Repository, counted: dict[str, str]
) -> None:
    assert counted == dict.fromkeys(counted, "13/6")
    account = loose.runs()[f"{loose.key}-TC-1"].fields["actualResults"]
    assert "5 passages are hidden as ***" in account


def test_failure_of_one_of_two_tests_that_look_alike_counts(loose: Repository) -> None:
    loose.write(
        "test_loose.py",
        """
        import pytest

        @pytest.mark.jama("KEY-TC-1")
        @pytest.mark.parametrize("login", ["token=a1b2c3", "token=d4e5f6"], ids=str)
        def test_it(login):
            assert "d4" not in login, "no"
        """,
    )
    loose.pytest_here("--jama-no-upload", "-x")
    ended = [line["test"] for line in loose.journal() if line["line"] == "result"]
    assert ended == ["test_loose.py::test_it[token=***]", "test_loose.py::test_it[token=***2]"]
    loose.run(COMMANDS["upload"])
    assert loose.statuses()[1] == "FAILED"


def test_old_journal_with_secrets_is_uploaded_without_them(loose: Repository) -> None:
    loose.pytest_here("--jama-no-upload")
    (journal,) = (loose.folder / ".jama").glob("*.jsonl")
    lines = [json.loads(line) for line in journal.read_text(encoding="utf-8").splitlines()]
    for line in lines:
        if line["line"] == "result" and line["outcome"] == "failed":
            line.pop("redacted", None)
            line["message"] = filled("password={value} {token}")
        del line["chain"]
    lines[0]["format"] = 1
    journal.write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")
    finished = loose.run(COMMANDS["upload"])
    sent = "".join(f"{each.body}" for each in finished.requests)
    assert "password=***" in sent
    assert secrets_in(sent + finished.output, loose) == []
