"""One line of each kind, once with every field and once with as few as there can be."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_jama.core.attached_file import AttachedFile, FileReceipt, FileState
from pytest_jama.core.case_map import CaseMap, MapEntry
from pytest_jama.core.cases import CaseLink, CaseRef, parse_links
from pytest_jama.core.errors import Unusable, UnusableKind
from pytest_jama.core.known_tests import Coverage, Unmatched
from pytest_jama.core.lock import CaseText, Lock, LockedCase, StepText
from pytest_jama.core.origin import Elsewhere, Provenance
from pytest_jama.core.plan import (
    Change,
    ChangeKind,
    Overlap,
    Place,
    Plan,
    Receipt,
    SendState,
    ServerTask,
    Unresolved,
)
from pytest_jama.core.results import Outcome, ReportedName, StepResult, TestResult
from pytest_jama.core.verdicts import CaseVerdict, StepVerdict, Verdict
from pytest_jama.journal import lines, sending_lines
from pytest_jama.targets.jama.runs import RunStep, RunUpdate, TestRun

if TYPE_CHECKING:
    from pytest_jama.journal.lines import JournalLine

CASE = CaseRef.parse("JEET1-TC-12")
NASTY = 't[\ud800 \udcff \x00\x1b[31m\u2028\u2029\x85 \r\n"\\ \uffff 漢 😀]'
"""What test IDs and messages may hold: surrogates, control characters, all sorts of line ends."""

SHA256 = hashlib.sha256(b"test").hexdigest()
FULL_RESULT = TestResult(
    test_id="tests/test_a.py::test_a",
    outcome=Outcome.FAILED,
    duration_s=1.23456789,
    message="AssertionError: no dial tone",
    notes=("bench 3",),
    steps=(StepResult(1, Outcome.PASSED), StepResult(2, Outcome.FAILED, "no dial tone")),
    links=parse_links("JEET1-TC-12, 20497#2"),
    started=1795836903.25,
    host="bench-3",
    is_taken_out=True,
    redacted=1,
    files=(AttachedFile("line.png", SHA256, 4, "image/png", step=2, redacted=1),),
    trace="Traceback: no dial tone",
    error_type="AssertionError",
    reported=ReportedName("tests.test_login", "test_ok"),
    names_cases=True,
)
BARE_RESULT = TestResult("tests/test_a.py::test_b", Outcome.PASSED)
NASTY_RESULT = TestResult(
    NASTY,
    Outcome.ERROR,
    message=NASTY,
    notes=(NASTY,),
    steps=(StepResult(1, Outcome.FAILED, NASTY),),
)
FULL_VERDICT = CaseVerdict(CASE, Verdict.FAILED, (StepVerdict(2, Verdict.FAILED, ("0 V",)),))
ADJUSTED_VERDICT = replace(
    FULL_VERDICT,
    results=(FULL_RESULT,),
    judged=CaseVerdict(CASE, Verdict.PASSED, results=(BARE_RESULT,)),
)
PROCEDURE = {"action": "<p>Press <b>[enter]</b></p>", "expectedResult": "It opens"}
FULL_UPDATE = RunUpdate(
    TestRun(
        *(20530, 501, "Login", "NOT_RUN"),
        document_key="JEET1-TSTRN-5",
        case_version=3,
        current_case_version=4,
    ),
    replace(FULL_VERDICT, reasons=("step 2 was skipped",), also=(CaseRef.parse("20497"),)),
    Verdict.FAILED,
    steps=(RunStep("PASSED", as_read=PROCEDURE), RunStep("FAILED", "0 V")),
    account=("FAILED: pytest 9",),
)
BARE_UPDATE = RunUpdate(
    TestRun(None, 501, "", "NOT_RUN"), CaseVerdict(CASE, Verdict.PASSED), Verdict.PASSED
)

FULL_PROVENANCE = Provenance(
    user="ann",
    actor="ruth",
    ci="GitLab CI",
    job="https://gitlab.acme.com/pump/-/jobs/7",
    host="bench-7",
    os="Linux 6.8.0 x86_64",
    plugins={"pytest-xdist": "3.8.0"},
    branch="main",
    is_modified=False,
    tests=Elsewhere("2026-11-22T04:30:17+00:00", "2026-11-22T04:31:02+00:00", ("bench-1",)),
)

FULL: dict[str, JournalLine] = {
    "session_line": lines.with_config(
        lines.session_line(
            session="20261122T043016Z-9f2c1ab0",
            started="2026-11-22T04:30:16+00:00",
            versions={"pytest-jama": "0.1.0", "python": "3.12.8"},
            commit="1f0c9d2",
            command=("pytest", "--jama"),
            settings={"project": "JEET1", "upload": {"concurrency": 8}},
            framework="JUnit XML report.xml",
            hooks=("conftest.py",),
            order=1_795_321_816_123_456,
            provenance=FULL_PROVENANCE,
            packages={"count": 41, "sha256": SHA256},
        ),
        {"jama.yaml": SHA256},
    ),
    "uncollected_line": lines.uncollected_line(FULL_RESULT),
    "locked_line": lines.locked_line(
        Lock(
            {
                "JEET1-TC-12": LockedCase.of(
                    CaseText("Login", "", (StepText("Press [enter]", "The page opens"),)),
                    tests=["tests/test_login.py::test_ok"],
                    version=3,
                    api_id=20497,
                )
            }
        )
    ),
    "collected_line": lines.collected_line((FULL_RESULT, BARE_RESULT)),
    "result_line": lines.result_line(FULL_RESULT),
    "verdict_line": lines.verdict_line(ADJUSTED_VERDICT),
    "creation_line": sending_lines.creation_line(
        Change(ChangeKind.CREATE, "test cycle 'Build 17'"), state="begun"
    ),
    "place_line": sending_lines.place_line(
        Plan(
            (
                Place("project", "JEET1", 33),
                Place("plan", "Release 1", 20494, "https://acme.example/20494"),
                Place("cycle", "Build 1", 20511),
            ),
            unresolved=(Unresolved(CASE, "no run", "add it"),),
            changes=(Change(ChangeKind.CREATE, "test cycle 'Build 1'"),),
            left=(Overlap("20531", "T (R)", "PASSED", "INPROGRESS", "a part", FULL_VERDICT),),
            replaced=(Overlap("20530", "U (S)", "FAILED", "PASSED", "earlier", FULL_VERDICT),),
            earlier=(FULL_UPDATE,),
        ),
        early=(FULL_UPDATE.key,),
    ),
    "update_line": sending_lines.update_line(FULL_UPDATE),
    "receipt_line": sending_lines.receipt_line(
        Receipt(
            FULL_UPDATE,
            SendState.LOCKED,
            attempts=2,
            error="locked by Jane",
            remarks=(("account not stored", "400 Bad Request: unknown field"),),
            task=ServerTask(1103, "2026-11-23T04:30:16+0000"),
        ),
        fingerprint="5d717bf3b99288e9e983d19c2a099f0c",
    ),
    "file_line": sending_lines.file_line(
        FileReceipt(SHA256, "line.png", FileState.REFUSED, 20601, "20530", "400 Bad Request")
    ),
    "unusable_line": lines.unusable_line(
        Unusable(UnusableKind.REFERENCE, "tests/test_a.py::test_a", "property jama: 'A TC 2'")
    ),
    "unlinked_line": lines.unlinked_line("nearest to test_a is the key 'test_b' in line 3"),
    "unmatched_line": lines.unmatched_line(
        [
            Unmatched(
                "tests/test_a.py::test_old", 3, "tests/test_a.py::test_new", (CaseLink(CASE, 2),)
            )
        ]
    ),
    "known_line": lines.known_line([CASE]),
    "map_line": json.loads(
        lines.map_line(
            CaseMap.build(
                [MapEntry("tests/test_login.py", (CaseLink(CASE, 2),), 7)],
            )[0].seen_from("firmware")
        )
    ),
    "coverage_line": lines.coverage_line(
        Coverage(
            (),
            missed=["tests/slow/"],
            roots=["tests"],
            is_whole=False,
            test_paths=["tests"],
            partial=["tests/test_login.py"],
        )
    ),
    "left_out_line": lines.left_out_line([BARE_RESULT._replace(outcome=Outcome.DESELECTED)]),
    "relinked_line": sending_lines.relinked_line(
        [("tests/test_a.py::test_a", (CaseLink(CASE),), FULL_RESULT.links, False)],
        renamed={"JEET1-TC-12": "JEET1-TC-21"},
        verdicts=["JEET1-TC-7"],
    ),
    "end_line": lines.end_line(finished=False, reason="no answer", status=3),
    "upload_line": sending_lines.upload_line(
        started="2026-11-22T05:01:02+00:00",
        versions={"pytest-jama": "0.1.0", "python": "3.12.8"},
        command=("pytest-jama", "upload"),
        sessions=("20261122T043016Z-9f2c1ab0",),
        settings={"url": "https://acme.example"},
        provenance=FULL_PROVENANCE,
        accepted_edits={"20261122T043016Z-9f2c1ab0": [7]},
    ),
}
"""By the function that makes it: a line with all its fields."""

BARE: dict[str, JournalLine] = {
    "session_line": lines.session_line(
        session="", started="", versions={}, commit="", command=(), settings={}
    ),
    "collected_line": lines.collected_line([]),
    "locked_line": lines.locked_line(Lock({})),
    "result_line": lines.result_line(BARE_RESULT),
    "verdict_line": lines.verdict_line(CaseVerdict(CASE, None)),
    "upload_line": sending_lines.upload_line(
        started="", versions={}, command=(), sessions=(), settings={}
    ),
    "uncollected_line": lines.uncollected_line(BARE_RESULT),
    "creation_line": sending_lines.creation_line(
        Change(ChangeKind.CREATE, "test cycle 'Build 17'"), state="begun"
    ),
    "place_line": sending_lines.place_line(
        Plan(tuple(Place(kind, "", None) for kind in ("project", "plan", "cycle")))
    ),
    "update_line": sending_lines.update_line(BARE_UPDATE),
    "receipt_line": sending_lines.receipt_line(Receipt(BARE_UPDATE, SendState.SENT)),
    "file_line": sending_lines.file_line(FileReceipt(SHA256, "line.png", FileState.BEGUN)),
    "unusable_line": lines.unusable_line(Unusable(UnusableKind.HOOK, "", "")),
    "unlinked_line": lines.unlinked_line(""),
    "unmatched_line": lines.unmatched_line([Unmatched("test_old", 0)]),
    "known_line": lines.known_line([CASE]),
    "map_line": json.loads(lines.map_line(CaseMap.build(())[0])),
    "coverage_line": lines.coverage_line(Coverage(())),
    "left_out_line": lines.left_out_line([]),
    "relinked_line": sending_lines.relinked_line([], renamed={}, verdicts=[]),
    "end_line": lines.end_line(finished=True, reason=""),
}
"""By the function that makes it: a line without anything that may be missing."""
