"""Every outcome of a test, alone and in company, by each front-end and with other settings."""

from __future__ import annotations

import re
import socket
from datetime import datetime, timezone
from importlib.util import find_spec
from typing import TYPE_CHECKING

from pytest_jama.cli.selftest.outcome_table import OTHER_SETTINGS, ROWS, SUITE, Row
from pytest_jama.cli.selftest.scene import Check, Scene
from pytest_jama.cli.selftest.workshop import SETTINGS, says

if TYPE_CHECKING:
    from pytest_jama.cli.selftest.scene import Fact
    from pytest_jama.cli.selftest.workshop import Ran, Workshop

_COMMIT = "9d2f6c1b7a3e5048c6d1f2a3b4c5d6e7f8091a2b"
_OF_SEVERAL_TESTS = {16, 18, 19, 20, 21, 22}
_SHOWN_BY = {"PASSED": ("M-03",), "FAILED": ("M-02",)}
_UNTOUCHED = {number for number, row in ROWS.items() if row.status == "NOT_RUN"}


def _prepare(workshop: Workshop, settings: str = "") -> None:
    workshop.write("test_rows.py", SUITE)
    workshop.write("jama.yaml", SETTINGS + settings)
    workshop.add_cases(*ROWS)
    workshop.add_cycle()


def _see(workshop: Workshop, ran: Ran) -> None:
    workshop.see(exit_status=ran.status)
    workshop.see_runs()
    for number in _UNTOUCHED:
        key = f"PUMP-TC-{number}"
        named = says(ran.output, "untouched", f"{key}:") and not workshop.account(number)
        workshop.facts[f"{key} is named as untouched, and has no account"] = named


def _play_verdicts(workshop: Workshop) -> None:
    _prepare(workshop)
    workshop.add_cycle("Another build")
    began = datetime.now(timezone.utc)
    ran = workshop.pytest(GIT_COMMIT=_COMMIT)
    ended = datetime.now(timezone.utc)
    _see(workshop, ran)
    others = {run.status for run in workshop.runs("Another build").values()}
    account = workshop.account(2)
    workshop.see(
        statuses_in_another_cycle=" ".join(sorted(others)),
        failed_test_without_case_is_named=says(ran.output, "unlinked", "test_of_no_case"),
        the_account_names_the_test="test_assertion" in account,
        the_account_has_the_message="no dial tone" in account,
        journal_has_a_result_for_each_test=_count_results(workshop),
        the_account_has_commit_and_host=_COMMIT in account and socket.gethostname() in account,
        its_times_are_those_of_the_session=_are_within(account, began, ended),
    )


def _are_within(account: str, began: datetime, ended: datetime) -> bool:
    """Return whether an account tells times, all between two times, to the second."""
    texts = re.findall(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?= UTC)", account)
    times = [datetime.fromisoformat(f"{text}+00:00") for text in texts]
    return bool(times) and all(began.replace(microsecond=0) <= time <= ended for time in times)


def _count_results(workshop: Workshop) -> int:
    (journal,) = workshop.journals()
    return journal.read_text(encoding="ascii").count('"line":"result"')


def _play_settings(workshop: Workshop) -> None:
    _prepare(workshop, OTHER_SETTINGS)
    _see(workshop, workshop.pytest())


def _play_workers(workshop: Workshop) -> None:
    _prepare(workshop)
    _see(workshop, workshop.pytest("-p", "xdist", "-n", "2"))


def _why_no_workers() -> str:
    return "" if find_spec("xdist") else "pytest-xdist is not installed"


def _play_journal(workshop: Workshop) -> None:
    _prepare(workshop)
    ran = workshop.pytest("--jama-no-upload", "--junitxml=report.xml")
    workshop.see(exit_status=ran.status, requests_before_the_upload=len(workshop.sandbox.requests))
    workshop.see(exit_status_of_the_upload=workshop.upload().status)
    workshop.see_runs()
    workshop.add_cycle("JUnit")
    by_junit = workshop.junit("report.xml", "--cycle", "JUnit")
    workshop.see(exit_status_of_junit_uploader=by_junit.status)
    workshop.see_runs("JUnit:", cycle="JUnit")


def _play_as_installed(workshop: Workshop) -> None:
    workshop.write("test_three.py", _THREE)
    workshop.add_cases(1, 2, 3)
    command = ("-m", "pytest", "--jama", "-p", "no:cacheprovider")
    ran = workshop.run(*command, PYTEST_DISABLE_PLUGIN_AUTOLOAD="")
    workshop.see(exit_status=ran.status)
    workshop.see_runs()


_THREE = """
import pytest

@pytest.mark.jama("PUMP-TC-1")
def test_passes(): pass

@pytest.mark.jama("PUMP-TC-2")
def test_fails(): assert 0

@pytest.mark.jama("PUMP-TC-3")
def test_one(): pass

@pytest.mark.jama("PUMP-TC-3")
def test_skips(): pytest.skip("part")
"""


def _table(where: str = "", *, strict: bool = False) -> dict[str, Fact]:
    """Return what the whole table must look like in a cycle."""
    return {
        f"{where} PUMP-TC-{number}".strip(): row.strict if strict else row.status
        for number, row in ROWS.items()
    }


def _check_row(number: int, row: Row) -> Check:
    key = f"PUMP-TC-{number}"
    expected: dict[str, Fact] = {key: row.status}
    if number in _UNTOUCHED:
        expected[f"{key} is named as untouched, and has no account"] = True
    shown = "left untouched" if number in _UNTOUCHED else row.status
    malfunctions: tuple[str, ...] = _SHOWN_BY.get(row.status, ("M-01",))
    if number in _OF_SEVERAL_TESTS:
        malfunctions = ("M-01", "M-02")
    return Check(f"V-{number:02}", f"{row.what}: {shown}.", expected, malfunctions)


def _check_other(number: int) -> Check:
    row = ROWS[number]
    key = f"PUMP-TC-{number}"
    text = f"{row.what}: {row.strict} where the settings say so."
    return Check(f"S-{number:02}", text, {key: row.strict}, ("M-01", "M-13"))


SCENES = (
    Scene(
        "verdicts",
        "One pytest session whose tests end in every way; the runs of its cycle are read from the "
        "server.",
        _play_verdicts,
        (
            *(_check_row(number, row) for number, row in ROWS.items()),
            Check(
                "V-40",
                "Failed tests keep pytest's exit status 1.",
                {"exit status": 1},
                ("M-02", "M-13"),
            ),
            Check(
                "V-41",
                "No run of another cycle of the plan is written to.",
                {"statuses in another cycle": "NOT_RUN", "PUMP-TC-1": "PASSED"},
                ("M-04",),
            ),
            Check(
                "V-42",
                "A failed test that is linked to no case is named.",
                {"failed test without case is named": True},
                ("M-06",),
            ),
            Check(
                "V-43",
                "The run tells which test failed, and why.",
                {"the account names the test": True, "the account has the message": True},
                ("M-13",),
            ),
            Check(
                "T-04",
                "The run tells commit and host of a pytest session, and when its tests ran.",
                {
                    "the account has commit and host": True,
                    "its times are those of the session": True,
                },
                ("M-08",),
            ),
            Check(
                "V-44",
                "The journal has the result of every test.",
                {"journal has a result for each test": 34},
                ("M-06",),
            ),
        ),
    ),
    Scene(
        "settings",
        "The same session with other settings of `verdicts`: error and skipped BLOCKED, xfailed "
        "ignored, xpassed FAILED.",
        _play_settings,
        tuple(_check_other(number) for number, row in ROWS.items() if row.status != row.strict),
    ),
    Scene(
        "workers",
        "The same session with two workers of pytest-xdist.",
        _play_workers,
        (
            Check(
                "F-01",
                "pytest with `-n 2` comes to the verdicts of a session without workers.",
                {"exit status": 1, **_table()},
                ("M-01", "M-02", "M-03"),
            ),
        ),
        why_not=_why_no_workers,
    ),
    Scene(
        "journal",
        "The same session with `--jama-no-upload` and `--junitxml`; then `pytest-jama upload`, and "
        "`junit-uploader` with the report into another cycle.",
        _play_journal,
        (
            Check(
                "F-02",
                "With `--jama-no-upload` nothing is sent to the server.",
                {"exit status": 1, "requests before the upload": 0},
                ("M-14",),
            ),
            Check(
                "F-03",
                "`pytest-jama upload` brings the verdicts of the session from its journal.",
                {"exit status of the upload": 0, **_table()},
                ("M-01", "M-02", "M-03", "M-06"),
            ),
            Check(
                "F-04",
                "`junit-uploader` comes to the same verdicts by the JUnit report of the session.",
                {"exit status of junit uploader": 0, **_table("JUnit:")},
                ("M-01", "M-02", "M-03", "M-12"),
            ),
        ),
    ),
    Scene(
        "as-installed",
        "A pytest session with all plugins of this machine, as users start it.",
        _play_as_installed,
        (
            Check(
                "F-05",
                "pytest finds the plugin by its entry point, and the plugins of this machine "
                "change no verdict.",
                {
                    "exit status": 1,
                    "PUMP-TC-1": "PASSED",
                    "PUMP-TC-2": "FAILED",
                    "PUMP-TC-3": "INPROGRESS",
                },
                ("M-01", "M-02", "M-12"),
            ),
        ),
    ),
)
