"""Every outcome of a test, alone and in company, by each front-end and with other settings."""

from __future__ import annotations

import re
import socket
from datetime import datetime, timezone
from importlib.util import find_spec
from typing import TYPE_CHECKING, NamedTuple

from pytest_jama.cli.selftest.scene import Check, Scene
from pytest_jama.cli.selftest.workshop import SETTINGS, says

if TYPE_CHECKING:
    from pytest_jama.cli.selftest.scene import Fact
    from pytest_jama.cli.selftest.workshop import Ran, Workshop

SUITE = """
import unittest
import pytest

def jama(number): return pytest.mark.jama(f"PUMP-TC-{number}")

@pytest.fixture
def broken_setup(): raise RuntimeError("no power")

@pytest.fixture
def broken_teardown():
    yield
    raise RuntimeError("relay stuck")

@pytest.fixture
def skipping(): pytest.skip("no bench")

@jama(1)
def test_passed(): pass

@jama(2)
def test_assertion(): assert 1 == 2, "no dial tone"

@jama(3)
def test_exception(): raise OSError("gone")

@jama(4)
def test_setup(broken_setup): pass

@jama(5)
def test_teardown(broken_teardown): pass

@jama(6)
@pytest.mark.skip(reason="later")
def test_skip_marker(): pass

@jama(7)
def test_skip_body(): pytest.skip("not here")

@jama(8)
def test_skip_fixture(skipping): pass

@jama(9)
@pytest.mark.xfail(reason="bug 7")
def test_xfail(): assert 0

@jama(10)
@pytest.mark.xfail(reason="bug 8", strict=False)
def test_xpass(): pass

@jama(11)
@pytest.mark.xfail(reason="bug 9", strict=True)
def test_xpass_strict(): pass

class TestUnit(unittest.TestCase):
    @jama(12)
    def test_ok(self): pass

    @jama(13)
    def test_fails(self): self.assertEqual(1, 2)

    @jama(14)
    def test_part_fails(self):
        for number in range(3):
            with self.subTest(number=number): self.assertNotEqual(number, 1)

    @jama(15)
    @unittest.skip("never")
    def test_skipped(self): pass

@jama(16)
@pytest.mark.parametrize("number", [1, 2, 3])
def test_one_parameter_fails(number): assert number != 2

@jama(17)
@pytest.mark.parametrize("number", [1, 2, 3])
def test_all_parameters_pass(number): pass

@jama(18)
def test_passes_beside_a_skip(): pass

@jama(18)
def test_is_skipped_beside(): pytest.skip("part")

@jama(19)
def test_passes_beside_an_xfail(): pass

@jama(19)
@pytest.mark.xfail(reason="bug 7")
def test_xfails_beside(): assert 0

@jama(20)
def test_passes_beside_a_failure(): pass

@jama(20)
def test_fails_beside(): assert 0

@jama(21)
def test_passes_beside_an_error(): pass

@jama(21)
def test_errs_beside(broken_setup): pass

@jama(22)
def test_fails_beside_a_skip(): assert 0

@jama(22)
def test_is_skipped_beside_a_failure(): pytest.skip("part")

@pytest.mark.jama("PUMP-TC-23", "PUMP-TC-24")
def test_two_cases(): assert 0

@jama(25)
def test_fails_twice(broken_teardown): assert 0

def test_of_no_case(): assert 0
"""


class Row(NamedTuple):
    """A row of the table of outcomes.

    Attributes:
        what: What happens, as it stands in the requirement.
        status: The status of the run afterwards, with the settings as they come.
        strict: The status with the settings of `OTHER_SETTINGS`.
    """

    what: str
    status: str
    strict: str


ROWS = {
    1: Row("A test passed", "PASSED", "PASSED"),
    2: Row("An assertion failed", "FAILED", "FAILED"),
    3: Row("The test raised an exception", "FAILED", "FAILED"),
    4: Row("The setup raised an exception", "FAILED", "BLOCKED"),
    5: Row("The teardown raised an exception after a passed test", "FAILED", "BLOCKED"),
    6: Row("The test was skipped by a marker", "NOT_RUN", "BLOCKED"),
    7: Row("The test skipped itself", "NOT_RUN", "BLOCKED"),
    8: Row("A fixture skipped the test", "NOT_RUN", "BLOCKED"),
    9: Row("The test failed, as was expected (xfail)", "NOT_RUN", "NOT_RUN"),
    10: Row("The test passed though a failure was expected (xpass)", "PASSED", "FAILED"),
    11: Row("The same, strict", "FAILED", "FAILED"),
    12: Row("A unittest passed", "PASSED", "PASSED"),
    13: Row("A unittest failed", "FAILED", "FAILED"),
    14: Row("One subtest of a unittest failed", "FAILED", "FAILED"),
    15: Row("A unittest was skipped", "NOT_RUN", "BLOCKED"),
    16: Row("One of three parameters failed", "FAILED", "FAILED"),
    17: Row("All parameters passed", "PASSED", "PASSED"),
    18: Row("One test of the case passed, another was skipped", "INPROGRESS", "BLOCKED"),
    19: Row("One test passed, another failed as expected", "INPROGRESS", "PASSED"),
    20: Row("One test passed, another failed", "FAILED", "FAILED"),
    21: Row("One test passed, the setup of another broke", "FAILED", "BLOCKED"),
    22: Row("One test failed, another was skipped", "FAILED", "FAILED"),
    23: Row("A failed test is linked to two cases: the first", "FAILED", "FAILED"),
    24: Row("A failed test is linked to two cases: the second", "FAILED", "FAILED"),
    25: Row("Test and teardown both failed", "FAILED", "FAILED"),
}
"""Source: docs/pytest.md, "From outcomes to a verdict"; written down here by hand."""

OTHER_SETTINGS = """
verdicts: {error: BLOCKED, skipped: BLOCKED, xfailed: ignore, xpassed: FAILED}
"""

_COMMIT = "9d2f6c1b7a3e5048c6d1f2a3b4c5d6e7f8091a2b"
_PARTIAL = {18, 19}
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
    malfunctions = {"PASSED": ("M-03",), "FAILED": ("M-02",)}.get(row.status, ("M-01",))
    if number in _PARTIAL | {20, 21, 22, 16}:
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
