"""JUnit reports of other frameworks."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from pytest_jama.cli.selftest.evidence_scenes import files_of
from pytest_jama.cli.selftest.scene import Check, Scene
from pytest_jama.cli.selftest.workshop import SETTINGS

if TYPE_CHECKING:
    from pytest_jama.cli.selftest.workshop import Workshop

_ONE_REPORT = """<?xml version="1.0"?>
<testsuites><testsuite name="bench" timestamp="2021-03-04T05:06:07Z" hostname="bench-7">
<testcase classname="t" name="passed @jama:PUMP-TC-1"/>
<testcase classname="t" name="failed @jama:PUMP-TC-2"><failure message="17.5 s, limit 15 s"/></testcase>
<testcase classname="t" name="error @jama:PUMP-TC-3"><error message="no power"/></testcase>
<testcase classname="t" name="skipped @jama:PUMP-TC-4"><skipped/></testcase>
<testcase classname="t" name="empty failure @jama:PUMP-TC-5"><failure/></testcase>
<testcase classname="t" name="both @jama:PUMP-TC-6"><skipped/><failure message="no"/></testcase>
<testcase classname="t" name="disabled @jama:PUMP-TC-7" status="notrun"/>
<testcase classname="t" name="flaky @jama:PUMP-TC-8"><flakyFailure message="first time"/></testcase>
<testcase classname="t" name="stays failed @jama:PUMP-TC-9"><failure message="3 times"/><rerunFailure/></testcase>
<testcase classname="t" name="one of two passes @jama:PUMP-TC-10"/>
<testcase classname="t" name="one of two is skipped @jama:PUMP-TC-10"><skipped/></testcase>
<testcase classname="t" name="output says FAILED @jama:PUMP-TC-11"><system-out>FAILED ERROR</system-out></testcase>
</testsuite></testsuites>
"""  # noqa: E501 (one testcase a line)

_REPORT_A = """<testsuite name="linux">
<testcase classname="t" name="same @jama:PUMP-TC-20"/>
<testcase classname="t" name="elsewhere @jama:PUMP-TC-21"><skipped/></testcase>
<testcase classname="t" name="here @jama:PUMP-TC-22"/>
</testsuite>
"""
_REPORT_B = """<testsuite name="windows">
<testcase classname="t" name="same @jama:PUMP-TC-20"><failure message="only here"/></testcase>
<testcase classname="t" name="elsewhere @jama:PUMP-TC-21"/>
</testsuite>
"""
_CUT_OFF = '<testsuite name="x"><testcase classname="t" name="cut @jama:PUMP-TC-22"><fail'

_JUNIT_ROWS = {
    1: ("A testcase without anything passed: PASSED.", "PASSED", "M-03"),
    2: ("A `<failure>`: FAILED.", "FAILED", "M-02"),
    3: ("An `<error>`: FAILED.", "FAILED", "M-02"),
    4: ("A `<skipped>`: left untouched.", "NOT_RUN", "M-01"),
    5: ("A `<failure>` without a message: FAILED.", "FAILED", "M-02"),
    6: ("A `<failure>` beside a `<skipped>`: FAILED.", "FAILED", "M-02"),
    7: ("A testcase with `status` notrun: left untouched.", "NOT_RUN", "M-01"),
    8: ("Failed attempts and a last one that passed: PASSED.", "PASSED", "M-03"),
    9: ("Failed attempts and a last one that failed: FAILED.", "FAILED", "M-02"),
    10: ("One test of the case passed, one was skipped: INPROGRESS.", "INPROGRESS", "M-01"),
    11: ("Words of the output make no outcome: PASSED.", "PASSED", "M-03"),
}
"""Source: docs/junit.md, "Outcomes"; written down here by hand."""

_COMMIT = "9d2f6c1b7a3e5048c6d1f2a3b4c5d6e7f8091a2b"


def _play_reports(workshop: Workshop) -> None:
    workshop.add_cases(*_JUNIT_ROWS, 20, 21, 22)
    workshop.add_cycle()
    workshop.add_cycle("Merged")
    workshop.write("one.xml", _ONE_REPORT)
    ran = workshop.junit("one.xml", "--commit", _COMMIT)
    account = workshop.account(2)
    workshop.see(
        exit_status=ran.status,
        the_account_names_the_failure="17.5 s, limit 15 s" in account,
        the_account_has_time_and_host="2021-03-04" in account and "bench-7" in account,
        the_account_has_the_stated_commit=_COMMIT[:7] in account,
        the_flaky_attempt_is_told="first time" in workshop.account(8),
    )
    workshop.see_runs()
    workshop.write("a.xml", _REPORT_A)
    workshop.write("b.xml", _REPORT_B)
    workshop.write("c.xml", _CUT_OFF)
    ran = workshop.junit("a.xml", "b.xml", "c.xml", "--cycle", "Merged")
    workshop.see(
        exit_status_with_a_report_that_is_cut_off=ran.status,
        it_is_named="c.xml" in ran.output,
        an_account_without_commit_names_none="commit" not in workshop.account(20, "Merged"),
    )
    workshop.see_runs("merged:", cycle="Merged")


_WITH_FILES = """<testsuite name="bench">
<testcase classname="t" name="shot @jama:PUMP-TC-1"><system-out>
[[ATTACHMENT|shots/curve.png]]
[[ATTACHMENT|../outside.txt]]
[[ATTACHMENT|gone.txt]]
</system-out></testcase>
<testcase classname="t" name="same @jama:PUMP-TC-2"><properties>
<property name="jama_attachment" value="shots/curve.png"/></properties></testcase>
</testsuite>
"""
_PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(range(256))


def _play_files_of_reports(workshop: Workshop) -> None:
    workshop.add_cases(1, 2)
    workshop.write("jama.yaml", f"{SETTINGS}evidence: {{images: inline}}\n")
    workshop.write("out/report.xml", _WITH_FILES)
    workshop.write("outside.txt", "not a file of the report")
    picture = workshop.folder / "out" / "shots" / "curve.png"
    picture.parent.mkdir()
    picture.write_bytes(_PICTURE)
    ran = workshop.junit("--no-upload", "out/report.xml")
    shutil.rmtree(workshop.folder / "out")
    sent = workshop.upload(*map(str, workshop.journals()))
    workshop.see(
        exit_status=ran.status,
        the_file_outside_is_named="../outside.txt" in ran.output,
        the_file_that_is_gone_is_named="gone.txt" in ran.output,
        exit_status_of_the_upload=sent.status,
        the_bytes_are_at_the_first_run=files_of(workshop, 1) == [("curve.png", _PICTURE)],
        the_bytes_are_at_the_second_run=files_of(workshop, 2) == [("curve.png", _PICTURE)],
        files_that_were_sent=sum(
            each.method == "PUT" and each.path.endswith("/file")
            for each in workshop.sandbox.requests
        ),
        the_account_shows_the_picture="<img " in workshop.account(1),
    )
    workshop.see_runs()


SCENES = (
    Scene(
        "reports",
        "JUnit reports of another framework by `junit-uploader`: one with every outcome, then "
        "three of which one is cut off; the runs are read from the server.",
        _play_reports,
        (
            *(
                Check(
                    f"J-{number:02}",
                    text,
                    {"exit status": 0, f"PUMP-TC-{number}": status},
                    (malfunction, "M-12"),
                )
                for number, (text, status, malfunction) in _JUNIT_ROWS.items()
            ),
            Check(
                "J-20",
                "Of one test in two reports, passed and failed, the failure counts.",
                {"merged: PUMP-TC-20": "FAILED"},
                ("M-01", "M-02"),
            ),
            Check(
                "J-21",
                "A test that was skipped in one report and passed in another one passed.",
                {"merged: PUMP-TC-21": "PASSED"},
                ("M-03",),
            ),
            Check(
                "J-22",
                "A report that is cut off is named, the exit status is 1, nothing of it is used, "
                "and the others are sent.",
                {
                    "exit status with a report that is cut off": 1,
                    "it is named": True,
                    "merged: PUMP-TC-22": "PASSED",
                },
                ("M-06", "M-12"),
            ),
            Check(
                "J-30",
                "The run tells the failure, and each attempt.",
                {"the account names the failure": True, "the flaky attempt is told": True},
                ("M-13",),
            ),
            Check(
                "T-01",
                "The run tells time and host of the report, not those of the upload.",
                {"the account has time and host": True},
                ("M-08",),
            ),
            Check(
                "T-02",
                "The run tells the commit that was stated.",
                {"the account has the stated commit": True},
                ("M-08",),
            ),
            Check(
                "T-03",
                "Without a stated commit, none is claimed for a report.",
                {"an account without commit names none": True, "merged: PUMP-TC-20": "FAILED"},
                ("M-08",),
            ),
        ),
    ),
    Scene(
        "report-files",
        "A report that names a picture of two tests, a file outside of its folder and one that is "
        "gone; the folder is removed before `pytest-jama upload`. Bytes are read from the server.",
        _play_files_of_reports,
        (
            Check(
                "J-40",
                "A file that a report names arrives byte by byte, once, though it was removed.",
                {
                    "exit status of the upload": 1,
                    "the bytes are at the first run": True,
                    "the bytes are at the second run": True,
                    "files that were sent": 1,
                },
                ("M-04", "M-06", "M-07"),
            ),
            Check(
                "J-41",
                "A file outside of the folder of the report is not taken; it and one that is gone "
                "are named, and the results are sent all the same.",
                {
                    "exit status": 1,
                    "the file outside is named": True,
                    "the file that is gone is named": True,
                    "PUMP-TC-1": "PASSED",
                    "PUMP-TC-2": "PASSED",
                },
                ("M-11", "M-12", "M-06"),
            ),
            Check(
                "J-42",
                "With `images: inline` the account shows the picture.",
                {"the account shows the picture": True},
                ("M-06",),
            ),
        ),
    ),
)
