"""Files of tests, the report, and runs that were altered after they were sent."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from pytest_jama.cli.selftest.scene import Check, Scene
from pytest_jama.cli.selftest.workshop import CYCLE, KEY, TOOLBOX, TWO_TESTS, names_all

if TYPE_CHECKING:
    from pytest_jama.cli.selftest.workshop import Workshop

_CURVE = bytes(range(256)) * 40
_ATTACHING = """
import pathlib, pytest

CURVE = bytes(range(256)) * 40

@pytest.mark.jama("PUMP-TC-1")
def test_attaches_and_removes(jama, tmp_path):
    path = tmp_path / "curve.bin"
    path.write_bytes(CURVE)
    with jama.step(1):
        jama.attach(path)
    path.unlink()

@pytest.mark.jama("PUMP-TC-2")
def test_attaches_the_same(jama):
    jama.attach(CURVE, name="curve.bin")
    assert 0, "17.5 s, limit 15 s"

@pytest.mark.jama("PUMP-TC-3")
def test_attaches_a_text(jama):
    jama.attach(b"flow 5 ml/h\\npassword=tr0ub4dor-and-3-horses\\n", name="flow.log")

@pytest.mark.jama("PUMP-TC-4")
def test_attaches_nothing(): pass
"""


def files_of(workshop: Workshop, number: int, cycle: str = CYCLE) -> list[tuple[str, bytes]]:
    """Return name and content of each file of a run."""
    from pytest_jama.sandbox.jama.stored_files import (  # noqa: PLC0415 (an extra)
        content_of,
        files_by_holder,
    )

    database = workshop.sandbox.store.database
    run = workshop.runs(cycle)[f"{KEY}-TC-{number}"]
    found = files_by_holder(database, [run.id]).get(run.id, ())
    return [(file.name, content_of(database, file)) for file in found]


def _count_made(workshop: Workshop) -> int:
    """Return how many attachments were made, also those of which no answer told."""
    return sum(
        request.method == "POST"
        and request.path.startswith("/projects/")
        and request.path.endswith("/attachments")
        and request.served == 201  # noqa: PLR2004 (Created)
        for request in workshop.sandbox.requests
    )


def _play_files(workshop: Workshop) -> None:
    workshop.add_cases(1, 2, 3, 4, steps=1)
    workshop.write("test_files.py", _ATTACHING)
    workshop.let_fail("drop-after@POST/projects/*,times=1", "drop-after@POST/testruns/*,times=1")
    ran = workshop.pytest()
    digest = hashlib.sha256(_CURVE).hexdigest()
    ((_, text),) = files_of(workshop, 3)
    workshop.see(
        exit_status=ran.status,
        faults_were_met=sum(workshop.sandbox.faults.played.values()),
        the_first_run_has_the_bytes=files_of(workshop, 1) == [("curve.bin", _CURVE)],
        the_second_run_has_the_bytes=files_of(workshop, 2) == [("curve.bin", _CURVE)],
        files_of_the_last_run=len(files_of(workshop, 4)),
        attachments_that_were_made=_count_made(workshop),
        both_accounts_have_the_hash=all(digest in workshop.account(each) for each in (1, 2)),
        the_text_arrived=text.startswith(b"flow 5 ml/h"),
        the_password_is_in_it=b"tr0ub4dor" in text,
    )
    workshop.see_runs()
    workshop.sandbox.clear_requests()
    (journal,) = workshop.journals()
    ran = workshop.upload(str(journal))
    workshop.see(exit_status_of_another_upload=ran.status, its_writes=workshop.count_writes())


_REPORTED = """
import pytest

@pytest.mark.jama("PUMP-TC-1")
def test_passes(): pass

@pytest.mark.jama("PUMP-TC-2")
def test_fails(): assert 0, "17.5 s, limit 15 s"

@pytest.mark.jama("PUMP-TC-3")
def test_first(): pass

@pytest.mark.jama("PUMP-TC-3")
def test_second(): pytest.skip("bench 3 has one access point")

@pytest.mark.jama("PUMP-TC-4")
def test_is_left_out(): pass
"""


def _play_report(workshop: Workshop) -> None:
    workshop.add_cases(1, 2, 3, 4)
    workshop.write("test_it.py", _REPORTED)
    workshop.pytest("-k", "not left_out")
    ran = workshop.run(*TOOLBOX, "report", "-o", "report.json", "-o", "report.html")
    report = json.loads((workshop.folder / "report.json").read_text(encoding="utf-8"))
    page = (workshop.folder / "report.html").read_text(encoding="utf-8")
    totals = report["totals"]
    keys = [f"{KEY}-TC-{number}" for number in (1, 2, 3, 4)]
    workshop.see(
        exit_status=ran.status,
        it_says_passed=report["passed"],
        planned=totals["planned"],
        **{f"of_them_{name}": count for name, count in totals["by_status"].items()},
        the_page_names_each_case=all(key in page for key in keys),
        the_page_has_the_failure="17.5 s, limit 15 s" in page,
        the_page_has_the_reason_of_the_skip="bench 3 has one access point" in page,
        deviations_name="  ".join(
            sorted({case for each in report["deviations"] for case in each["cases"]})
        ),
    )


def _play_altered(workshop: Workshop) -> None:
    workshop.add_cases(1)
    workshop.add_cases(2, steps=2)
    workshop.write("test_it.py", TWO_TESTS)
    workshop.pytest()
    (journal,) = workshop.journals()
    verify = (*TOOLBOX, "verify", str(journal))
    workshop.sandbox.clear_requests()
    ran = workshop.run(*verify)
    workshop.see(exit_status_as_it_was_sent=ran.status, its_writes=workshop.count_writes())
    store, runs = workshop.sandbox.store, workshop.runs()
    store.set_status(runs[f"{KEY}-TC-1"].id, "BLOCKED")
    ran = workshop.run(*verify)
    workshop.see(
        exit_status_with_another_status=ran.status,
        the_run_and_both_are_named=names_all(ran.output, f"{KEY}-TC-1", "PASSED", "BLOCKED"),
    )
    store.set_status(runs[f"{KEY}-TC-1"].id, "PASSED")
    store.set_status(runs[f"{KEY}-TC-2"].id, "FAILED", steps=("PASSED", "FAILED"))
    ran = workshop.run(*verify)
    workshop.see(
        exit_status_with_another_step=ran.status,
        the_run_of_the_step_is_named=names_all(ran.output, f"{KEY}-TC-2", "step"),
        the_other_run_is_named=f"{KEY}-TC-1" in ran.output,
    )
    store.set_status(runs[f"{KEY}-TC-2"].id, "FAILED", steps=("FAILED", "FAILED"))
    text = journal.read_text(encoding="ascii")
    journal.write_text(text.replace('"outcome":"failed"', '"outcome":"passed"'), encoding="ascii")
    ran = workshop.run(*verify)
    workshop.see(
        exit_status_with_an_edited_journal=ran.status,
        the_journal_is_named=names_all(ran.output, journal.name),
    )


SCENES = (
    Scene(
        "files",
        "A pytest session whose tests attach files, one of which is removed at once; the answers "
        "to one attachment and to one association are lost. Bytes are read from the server.",
        _play_files,
        (
            Check(
                "A-01",
                "A file arrives byte by byte at the run of its test, though the test removed it.",
                {
                    "exit status": 1,
                    "the first run has the bytes": True,
                    "PUMP-TC-1": "PASSED",
                },
                ("M-06", "M-04"),
            ),
            Check(
                "A-02",
                "The same bytes are at each run of theirs, made and attached once, in spite of "
                "lost answers.",
                {
                    "faults were met": 2,
                    "the second run has the bytes": True,
                    "files of the last run": 0,
                    "attachments that were made": 2,
                },
                ("M-07", "M-04"),
            ),
            Check(
                "A-03",
                "The account of a run has the SHA-256 of its files.",
                {"both accounts have the hash": True, "PUMP-TC-2": "FAILED"},
                ("M-09", "M-13"),
            ),
            Check(
                "A-04",
                "A password in a text file is hidden before it is kept.",
                {"the text arrived": True, "the password is in it": False},
                ("M-11",),
            ),
            Check(
                "A-05",
                "An upload that is done again sends no file again.",
                {"exit status of another upload": 0, "its writes": 0},
                ("M-07",),
            ),
        ),
    ),
    Scene(
        "report",
        "A pytest session with a failure, a skip and a deselected test; then `pytest-jama report` "
        "as HTML and JSON.",
        _play_report,
        (
            Check(
                "A-10",
                "The report counts each planned case under its verdict, and does not say PASSED.",
                {
                    "exit status": 0,
                    "it says passed": False,
                    "planned": 4,
                    "of them passed": 1,
                    "of them failed": 1,
                    "of them incomplete": 1,
                    "of them blocked": 0,
                    "of them not run": 1,
                },
                ("M-01", "M-02", "M-13"),
            ),
            Check(
                "A-11",
                "The report names each case, why one failed, and why a test did not run.",
                {
                    "the page names each case": True,
                    "the page has the failure": True,
                    "the page has the reason of the skip": True,
                },
                ("M-06", "M-13"),
            ),
            Check(
                "A-12",
                "Each case that is not passed is among the deviations.",
                {"deviations name": "PUMP-TC-2  PUMP-TC-3  PUMP-TC-4"},
                ("M-02", "M-13"),
            ),
        ),
    ),
    Scene(
        "altered",
        "A pytest session; `pytest-jama verify` at once, after another user has changed a status, "
        "then a step, and at last with an edited journal.",
        _play_altered,
        (
            Check(
                "A-20",
                "`pytest-jama verify` finds runs as they were sent, and writes nothing.",
                {"exit status as it was sent": 0, "its writes": 0},
                ("M-09", "M-14"),
            ),
            Check(
                "A-21",
                "A status that was changed afterwards is found and named with both values.",
                {"exit status with another status": 1, "the run and both are named": True},
                ("M-09",),
            ),
            Check(
                "A-22",
                "A step that was changed afterwards is found, and no other run is named.",
                {
                    "exit status with another step": 1,
                    "the run of the step is named": True,
                    "the other run is named": False,
                },
                ("M-09",),
            ),
            Check(
                "A-23",
                "A journal that was edited afterwards is found, too.",
                {"exit status with an edited journal": 1, "the journal is named": True},
                ("M-09",),
            ),
        ),
    ),
)
