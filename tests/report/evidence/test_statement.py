"""The record of an upload as an in-toto Statement.

What is compared here are the documents of the in-toto attestation framework: Statement v1,
ResourceDescriptor v1, DigestSet v1.1, predicate Test Result v0.1.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from pytest_jama.core.lock import Lock, LockedCase, LockedText
from pytest_jama.core.origin import Provenance
from pytest_jama.core.redaction import Redactor
from pytest_jama.core.results import Outcome
from pytest_jama.core.shown_results import ShownResults
from pytest_jama.journal import lines
from pytest_jama.report.evidence.statement import NamedDigest, encode_statement, statement_of
from tests.every import every
from tests.journal.record import a_test, collected
from tests.report.evidence.records import FINISHED, place, receipt, results, sent, source, update

if TYPE_CHECKING:
    from pytest_jama.journal.lines import JournalLine
    from pytest_jama.report.evidence.journal_sources import JournalSource

COMMIT = "1f0c9d2a" * 5
JOB = "https://github.com/acme/pump/actions/runs/77/attempts/1"


def stated(*sources: JournalSource, files: tuple[NamedDigest, ...] = ()) -> dict[str, Any]:
    """Return the statement on journals, as it is read from the file."""
    shown = ShownResults(Redactor())
    content = encode_statement(statement_of(sources, files=files, shown_results=shown))
    return dict(json.loads(content))


def predicate_of(*several: JournalLine, **given: Any) -> dict[str, Any]:
    return dict(stated(source(*several, **given))["predicate"])


PASSED = results(a_test("test_a"))


def test_fields_and_types_are_those_of_the_specification() -> None:
    of_ci = Provenance(job=JOB, commit=COMMIT)
    found = stated(
        source(*PASSED, *sent("J-TC-1"), commit=COMMIT, provenance=of_ci),
        files=(NamedDigest("dist/pump.whl", "ab" * 32),),
    )
    assert list(found) == ["_type", "subject", "predicateType", "predicate"]
    assert found["_type"] == "https://in-toto.io/Statement/v1"
    assert found["predicateType"] == "https://in-toto.io/attestation/test-result/v0.1"
    assert found["subject"] == [
        {"name": "git+https://github.com/acme/pump", "digest": {"gitCommit": COMMIT}},
        {"name": "20261122T043016Z-1.jsonl", "digest": {"sha256": "00"}},
        {"name": "dist/pump.whl", "digest": {"sha256": "ab" * 32}},
    ]
    predicate = found["predicate"]
    assert {name: type(value) for name, value in predicate.items()} == {
        "result": str,
        "configuration": list,
        "url": str,
        "passedTests": list,
        "warnedTests": list,
        "failedTests": list,
        "pytest_jama": dict,
    }
    assert predicate["result"] in ("PASSED", "WARNED", "FAILED")
    assert predicate["url"] == JOB
    for each in predicate["configuration"]:
        assert set(each) == {"name", "digest"}
        assert all(re.fullmatch("[0-9a-f]{64}", value) for value in each["digest"].values())
    names = [*predicate["passedTests"], *predicate["warnedTests"], *predicate["failedTests"]]
    assert all(isinstance(each, str) for each in names)


@every(
    "several, expected",
    [
        ([*PASSED, *sent("J-TC-1")], "PASSED"),
        ([*PASSED, FINISHED], "WARNED"),
        ([*PASSED, place(), update("J-TC-1"), receipt("J-TC-1", "refused"), FINISHED], "WARNED"),
        (
            [
                *PASSED,
                place(),
                update("J-TC-1", version=3, current_version=4),
                receipt("J-TC-1"),
                FINISHED,
            ],
            "WARNED",
        ),
        ([*results(a_test("test_a", Outcome.XPASSED)), *sent("J-TC-1")], "WARNED"),
        ([*results(a_test("test_a", Outcome.FAILED)), *sent("J-TC-1")], "FAILED"),
        ([*results(a_test("test_a", Outcome.ERROR)), *sent("J-TC-1")], "FAILED"),
        ([*results(a_test("test_a", Outcome.SKIPPED)), *sent("J-TC-1")], "FAILED"),
        ([*PASSED, collected(a_test("b", Outcome.DESELECTED)), *sent("J-TC-1")], "FAILED"),
        ([*PASSED, *results(a_test("b", Outcome.FAILED, cases="")), *sent("J-TC-1")], "FAILED"),
        ([*PASSED, *sent("J-TC-1")[:-1]], "FAILED"),
        ([FINISHED], "FAILED"),
    ],
    ids=[
        *("passed", "not-sent", "refused", "stale", "xpassed", "failed", "error", "skipped"),
        *("incomplete", "failure-without-case", "broken-off", "nothing"),
    ],
)
def test_result_is_passed_only_where_the_report_says_so(
    several: list[JournalLine], expected: str
) -> None:
    assert predicate_of(*several)["result"] == expected


def test_an_edited_journal_is_never_better_than_failed() -> None:
    edited = source(*PASSED, *sent("J-TC-1"), edit=(b'"PASSED"', b'"PASSED" '))
    assert stated(edited)["predicate"]["result"] == "FAILED"


def test_what_did_not_run_is_in_no_list() -> None:
    tests = [
        a_test("test_passed", cases="J-TC-1"),
        a_test("test_failed", Outcome.FAILED, cases="J-TC-2"),
        a_test("test_expected", Outcome.XFAILED, cases="J-TC-3"),
        a_test("test_skipped", Outcome.SKIPPED, cases="J-TC-4"),
        a_test("test_again", cases="J-TC-5", notes=("attempt 1 failed: 3 V",)),
        a_test("test_loose", Outcome.ERROR, cases=""),
    ]
    cases = [f"J-TC-{number}" for number in range(1, 6)]
    found = predicate_of(*results(*tests), *sent(*cases))
    assert found["passedTests"] == ["J-TC-1", "J-TC-5", "test_passed"]
    assert found["warnedTests"] == ["test_again", "test_expected"]
    assert found["failedTests"] == ["J-TC-2", "J-TC-3", "test_failed", "test_loose"]


def test_a_passed_case_with_an_open_deviation_is_warned() -> None:
    upload = [place(), update("J-TC-1"), receipt("J-TC-1", "mismatch"), FINISHED]
    found = predicate_of(*PASSED, *upload)
    assert (found["warnedTests"], found["passedTests"]) == (["J-TC-1"], ["test_a"])


def test_a_commit_whose_files_were_edited_is_no_subject() -> None:
    edited = Provenance(commit=COMMIT, is_modified=True)
    found = stated(source(*PASSED, *sent("J-TC-1"), commit=COMMIT, provenance=edited))
    assert [list(each["digest"]) for each in found["subject"]] == [["sha256"]]
    assert found["predicate"]["result"] == "WARNED"
    (session,) = found["predicate"]["pytest_jama"]["sessions"]
    assert (session["commit"], session["provenance"]["modified"]) == (COMMIT, True)


@every(
    "job, name",
    [
        ("https://gitlab.com/acme/lab/pump/-/jobs/7", "git+https://gitlab.com/acme/lab/pump"),
        ("https://ann:pw@github.com/a/b/actions/runs/7", "git+https://github.com/a/b"),
        ("https://ci.example/job/pump/7/", None),
        ("javascript:alert(1)", None),
    ],
    ids=["gitlab", "credentials", "jenkins", "no-url"],
)
def test_a_repository_is_named_as_its_job_names_it(job: str, name: str | None) -> None:
    of_ci = Provenance(job=job, commit=COMMIT)
    found = stated(source(*PASSED, commit=COMMIT, provenance=of_ci))
    assert found["subject"][0].get("name") == name
    assert "pw@" not in json.dumps(found["subject"])


def test_configuration_has_settings_lock_and_packages() -> None:
    text = LockedText.of("Open the valve")
    locked = lines.locked_line(Lock({"J-TC-1": LockedCase(text, text)}))
    found = predicate_of(locked, *PASSED, packages={"count": 2, "sha256": "cd" * 32})
    names = [each["name"] for each in found["configuration"]]
    assert names == ["settings", "locked cases", "packages"]
    assert found["configuration"][2]["digest"] == {"sha256": "cd" * 32}


def test_own_facts_tell_runs_with_versions_fingerprints_files_and_chain() -> None:
    procedure = [["Open the valve", "it opens"]]
    told = update("J-TC-1", version=3, run_key="J-TSTRN-1", procedure=procedure, steps=["PASSED"])
    found = predicate_of(*PASSED, place(), told, receipt("J-TC-1"), FINISHED)
    own = found["pytest_jama"]
    (case,) = own["cases"]
    (run,) = case["runs"]
    assert {name: run[name] for name in ("run_key", "version", "status", "steps", "at")} == {
        "run_key": "J-TSTRN-1",
        "version": 3,
        "status": "PASSED",
        "steps": ["PASSED"],
        "at": "2026-11-22T04:40:00.000+00:00",
    }
    assert re.fullmatch("[0-9a-f]{64}", run["procedure_sha256"])
    (journal,) = own["journals"]
    assert re.fullmatch("[0-9]+:[0-9a-f]{64}", journal["chain"])
    assert own["made_at"] == "2026-11-22T04:40:00.000+00:00"
    assert own["cycle"] == {"id": 20511}


def test_the_order_of_journals_changes_nothing() -> None:
    one, other = (
        source(*PASSED, FINISHED, session=name, order=order)
        for name, order in (("s1", 2), ("s2", 1))
    )
    assert stated(one, other) == stated(other, one)
    sessions = stated(one, other)["predicate"]["pytest_jama"]["sessions"]
    assert [each["session"] for each in sessions] == ["s2", "s1"]


def test_a_secret_in_an_old_journal_is_not_in_the_statement() -> None:
    secret = "tr0ub4dor-and-3-horses"
    test = a_test("test_a", Outcome.FAILED, message=f"login failed: password={secret}")
    of_ci = Provenance(job=f"https://ci.example/job/1?token={secret}", branch=f"secret={secret}")
    found = stated(source(*results(test), *sent("J-TC-1"), provenance=of_ci))
    assert "password=***" in json.dumps(found)
    assert secret not in json.dumps(found)
