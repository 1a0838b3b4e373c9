"""Test cases that are changed, secrets, dry runs, wrong use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_jama.cli.selftest.scene import Check, Scene
from pytest_jama.cli.selftest.workshop import KEY, SETTINGS, TOOLBOX, TWO_TESTS, says

if TYPE_CHECKING:
    from pytest_jama.cli.selftest.scene import Fact
    from pytest_jama.cli.selftest.workshop import Workshop

_LOCKED = """
import pytest

@pytest.mark.jama("PUMP-TC-1")
def test_first(): pass

@pytest.mark.jama("PUMP-TC-2")
def test_second(): pass

@pytest.mark.jama("PUMP-TC-3")
def test_third(): pass

@pytest.mark.jama("PUMP-TC-3")
def test_fourth(): pass

@pytest.mark.jama("PUMP-TC-4")
def test_fifth(): assert 0
"""


def _play_drift(workshop: Workshop) -> None:
    workshop.add_cases(1, 2, 3, 4, steps=2)
    workshop.add_cases(9)
    workshop.write("test_it.py", _LOCKED)
    ran = workshop.run(*TOOLBOX, "lock", "--", "-p", "jama")
    workshop.see(exit_status_of_lock=ran.status)
    ran = workshop.pytest("--jama-cycle=Before")
    workshop.see(exit_status_before=ran.status)
    workshop.see_runs("before:", cycle="Before")
    store = workshop.sandbox.store
    for number in (1, 4):
        case = workshop.case(number)
        steps = [dict(step) for step in case.fields["testCaseSteps"]]
        steps[1]["expectedResult"] = "<p>Below 1 mA</p>"
        store.change_case(case.id, testCaseSteps=steps)
    store.renumber(workshop.case(9).id, f"{KEY}-TC-2")
    workshop.write("test_it.py", _LOCKED.replace("def test_fourth", "def fourth"))
    check = workshop.run(*TOOLBOX, "lock", "--check", "--", "-p", "jama")
    ran = workshop.pytest("--jama-cycle=After")
    workshop.see(exit_status_of_the_comparison=check.status, exit_status_after=ran.status)
    workshop.see(
        the_reused_key_is_named="drift" in ran.output
        and says(ran.output, "unresolved", "PUMP-TC-2"),
        the_text_is_named="Below 1 mA" in ran.output,
        the_case_of_the_reused_key=_status_of_case(workshop, "PUMP-TC-2", "After"),
    )
    workshop.see_runs("after:", cycle="After")


def _status_of_case(workshop: Workshop, key: str, cycle: str) -> str:
    """Return the status of the run of the item that has a key now; `no run` without one."""
    case = next(each for each in workshop.sandbox.store.cases(KEY) if each.document_key == key)
    runs = workshop.runs(cycle).values()
    return next((run.status for run in runs if run.case_id == case.id), "no run")


_SECRET = "tr0ub4dor-and-3-horses"  # noqa: S105 (made up)
_LEAKY = f"""
import os, pytest

@pytest.mark.jama("PUMP-TC-1")
def test_leaks(jama, record_property):
    secret = os.environ["JAMA_CLIENT_SECRET"]
    jama.note(f"the client secret is {{secret}}")
    record_property("jama_note", "password={_SECRET}")
    print("password={_SECRET}", secret)
    raise OSError(f"no dial tone: {{secret}} password={_SECRET}")
"""


def _play_secrets(workshop: Workshop) -> None:
    workshop.add_cases(1)
    workshop.add_cycle()
    workshop.write("test_it.py", _LEAKY)
    # --tb=no: what pytest itself prints of a test is not ours
    ran = workshop.pytest("--log-level=DEBUG", "--tb=no", "-rN", "--show-capture=no")
    (journal,) = workshop.journals()
    client_secret = workshop.sandbox.credentials.client_secret
    places = {
        "the output": ran.output,
        "the journal": journal.read_text(encoding="ascii"),
        "the run": workshop.account(1),
        "the requests": "".join(
            str((each.path, each.query, each.body)) for each in workshop.sandbox.requests
        ),
    }
    for where, text in places.items():
        workshop.facts[f"client secret in {where}"] = client_secret in text
        workshop.facts[f"password of a test in {where}"] = _SECRET in text
    workshop.see(
        exit_status=ran.status,
        the_message_is_there_still="no dial tone" in places["the run"],
        the_token_is_shown="Bearer " in ran.output,
    )


def _play_dry_run(workshop: Workshop) -> None:
    workshop.add_cases(1, 2)
    workshop.write("test_it.py", TWO_TESTS)
    ran = workshop.pytest("--jama-dry-run", "--junitxml=report.xml")
    by_junit = workshop.junit("--dry-run", "report.xml")
    by_upload = workshop.upload("--dry-run", str(workshop.journals()[0]))
    workshop.see(
        exit_statuses=f"{ran.status} {by_junit.status} {by_upload.status}",
        requests_that_write=workshop.count_writes(),
        plans=len(workshop.sandbox.store.plans(KEY)),
        it_says_what_it_would_create="Build 1" in ran.output and "Build 1" in by_junit.output,
    )


def _play_wrong_use(workshop: Workshop) -> None:
    workshop.add_cases(1, 2)
    workshop.write("test_it.py", TWO_TESTS)
    workshop.write("report.xml", '<testsuite><testcase classname="t" name="n"/></testsuite>')
    workshop.see(
        an_option_that_does_not_exist=workshop.upload("--no-such-option").status,
        a_journal_that_does_not_exist=workshop.upload("nowhere.jsonl").status,
        a_report_that_does_not_exist=workshop.junit("nowhere.xml").status,
    )
    workshop.write("jama.yaml", SETTINGS + "verdcits: {}\n")
    ran = workshop.junit("report.xml")
    of_pytest = workshop.pytest()
    workshop.see(
        a_mistyped_setting=ran.status,
        a_mistyped_setting_with_pytest=of_pytest.status,
        the_line_is_named="jama.yaml:4" in ran.output and "verdcits" in ran.output,
        requests=len(workshop.sandbox.requests),
    )


def _nothing_of(what: str) -> dict[str, Fact]:
    places = ("the output", "the journal", "the run", "the requests")
    return {f"{what} in {where}": False for where in places}


SCENES = (
    Scene(
        "drift",
        "`pytest-jama lock` and a session; then steps of two cases are changed, a document key is "
        "used again for another item, a test is gone; `lock --check` and a second session into a "
        "new cycle.",
        _play_drift,
        (
            Check(
                "D-01",
                "A case that is as it was locked counts as without a lock.",
                {
                    "exit status of lock": 0,
                    "exit status before": 1,
                    "before: PUMP-TC-1": "PASSED",
                    "before: PUMP-TC-3": "PASSED",
                    "before: PUMP-TC-4": "FAILED",
                },
                ("M-03",),
            ),
            Check(
                "D-02",
                "A case with a step that was changed since is INPROGRESS, and the text is named.",
                {"after: PUMP-TC-1": "INPROGRESS", "the text is named": True},
                ("M-05",),
            ),
            Check(
                "D-03",
                "A failure of a case that was changed stays FAILED.",
                {"after: PUMP-TC-4": "FAILED"},
                ("M-02", "M-05"),
            ),
            Check(
                "D-04",
                "A document key that means another item by now gets no result, and is named.",
                {
                    "the reused key is named": True,
                    "the case of the reused key": "no run",
                    "exit status after": 1,
                },
                ("M-04", "M-05"),
            ),
            Check(
                "D-05",
                "A case of which a locked test is gone is INPROGRESS.",
                {"after: PUMP-TC-3": "INPROGRESS"},
                ("M-01", "M-05"),
            ),
            Check(
                "D-06",
                "`pytest-jama lock --check` ends with 1 when something differs.",
                {"exit status of the comparison": 1},
                ("M-05",),
            ),
        ),
    ),
    Scene(
        "secrets",
        "A pytest session that logs each request, with a test whose message, note and property "
        "have the client secret and a password in them.",
        _play_secrets,
        (
            Check(
                "X-02",
                "Our own credentials are in no output, journal, run or request.",
                {
                    "exit status": 1,
                    "the message is there still": True,
                    **_nothing_of("client secret"),
                },
                ("M-11",),
            ),
            Check(
                "X-03",
                "A password that a test prints is in no output, journal, run or request of ours.",
                {
                    "exit status": 1,
                    "the message is there still": True,
                    **_nothing_of("password of a test"),
                },
                ("M-11",),
            ),
        ),
    ),
    Scene(
        "dry-run",
        "A dry run of pytest, of `junit-uploader` and of `pytest-jama upload`.",
        _play_dry_run,
        (
            Check(
                "X-10",
                "A dry run writes nothing at the server, and says what it would create.",
                {
                    "exit statuses": "1 0 0",
                    "requests that write": 0,
                    "plans": 0,
                    "it says what it would create": True,
                },
                ("M-14",),
            ),
        ),
    ),
    Scene(
        "wrong-use",
        "Options, files and settings that do not exist.",
        _play_wrong_use,
        (
            Check(
                "X-20",
                "An option that does not exist ends with 2.",
                {"an option that does not exist": 2},
                ("M-12", "M-13"),
            ),
            Check(
                "X-21",
                "A journal that does not exist ends with 2, a report that does not exist with 1.",
                {"a journal that does not exist": 2, "a report that does not exist": 1},
                ("M-06", "M-12"),
            ),
            Check(
                "X-22",
                "A mistyped setting is named with its line, and nothing is done: 2, of pytest 4.",
                {
                    "a mistyped setting": 2,
                    "a mistyped setting with pytest": 4,
                    "the line is named": True,
                    "requests": 0,
                },
                ("M-12", "M-13"),
            ),
        ),
    ),
)
