"""A server that fails, or is not there, and what is said then."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from pytest_jama.cli.selftest.scene import Check, Scene
from pytest_jama.cli.selftest.workshop import ONE_OF_EACH, SETTINGS, says

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pytest_jama.cli.selftest.scene import Fact
    from pytest_jama.cli.selftest.workshop import Workshop

_REPORT = """<testsuite name="s">
<testcase classname="t" name="one @jama:PUMP-TC-1"/>
<testcase classname="t" name="two @jama:PUMP-TC-2"><failure message="no"/></testcase>
<testcase classname="t" name="three @jama:PUMP-TC-3"/>
<testcase classname="t" name="three, too @jama:PUMP-TC-3"><skipped/></testcase>
</testsuite>
"""
_RESULTS: dict[str, Fact] = {
    "PUMP-TC-1": "PASSED",
    "PUMP-TC-2": "FAILED",
    "PUMP-TC-3": "INPROGRESS",
}
_HASTY = SETTINGS + "upload: {give_up_after: 2s}\n"

_BAD_ANSWERS = (
    ("R-01", "429 with `Retry-After`", ("429,after=1,times=2",)),
    ("R-02", "503 without `Retry-After`", ("503-bare,after=1,times=3",)),
    ("R-03", "connections that are reset", ("reset-before@PATCH,times=2",)),
    (
        "R-04",
        "lost answers to what was created, and to results",
        ("drop-after@POST/testplans*,times=3", "drop-after@PATCH,times=2"),
    ),
    (
        "R-05",
        "the page of a proxy (HTML) with status 200",
        ("garbage@GET,after=1,times=2", "garbage@PATCH,times=2"),
    ),
    ("R-06", "answers that are cut off", ("truncate,after=1,times=3",)),
    ("R-07", "a token that expires", ("401,after=4,times=1",)),
)


def _bad_answers(name: str, kinds: Sequence[str]) -> Callable[[Workshop], None]:
    def play(workshop: Workshop) -> None:
        workshop.add_cases(1, 2, 3)
        workshop.write("report.xml", _REPORT)
        workshop.let_fail(*kinds)
        ran = workshop.junit("report.xml")
        workshop.see(
            exit_status=ran.status,
            faults_were_met=sum(workshop.sandbox.faults.played.values()) > 0,
            places=workshop.count_places(),
        )
        workshop.see_runs()

    play.__name__ = name
    return play


def _scene_of_bad_answers(id_: str, what: str, kinds: Sequence[str]) -> Scene:
    return Scene(
        f"faults-{id_[-2:]}",
        f"`junit-uploader` against a server with {what} ({', '.join(kinds)}).",
        _bad_answers(what, kinds),
        (
            Check(
                id_,
                f"In spite of {what}, everything arrives, and nothing is created twice.",
                {"exit status": 0, "faults were met": True, "places": ONE_OF_EACH, **_RESULTS},
                ("M-06", "M-07"),
            ),
        ),
    )


_GREEN = """
import os, pytest

IS_RED = "RED" in os.environ

@pytest.mark.jama("PUMP-TC-1")
def test_one(): assert not IS_RED

@pytest.mark.jama("PUMP-TC-2")
def test_two(): pass
"""


def _play_refusals(workshop: Workshop) -> None:
    """Play what the server does not take, or does not keep."""
    workshop.add_cases(1, 2, 3)
    workshop.add_cycle()
    workshop.write("report.xml", _REPORT)
    locked = workshop.runs()["PUMP-TC-2"]
    workshop.sandbox.store.set_lock(locked.id)
    ran = workshop.junit("report.xml")
    workshop.see(
        exit_status_with_a_locked_run=ran.status,
        the_locked_run_is_named="PUMP-TC-2" in ran.output and "locked" in ran.output,
        it_says_how_to_finish=says(ran.output, "next", "pytest-jama upload"),
    )
    workshop.see_runs("locked:")
    workshop.sandbox.store.set_lock(locked.id, None)
    workshop.see(exit_status_when_it_is_unlocked=workshop.upload().status)
    workshop.see_runs("unlocked:")
    workshop.write("jama.yaml", _HASTY)
    workshop.add_cycle("Liar")
    liar = workshop.runs("Liar")["PUMP-TC-1"].id
    workshop.let_fail(f"lie@PATCH/testruns/{liar}")
    ran = workshop.junit("report.xml", "--cycle", "Liar")
    workshop.see(
        exit_status_when_a_result_is_not_stored=ran.status,
        that_run_is_named="PUMP-TC-1" in ran.output and "NOT_RUN" in ran.output,
        what_it_shows=workshop.runs("Liar")["PUMP-TC-1"].status,
    )


def _play_out_of_reach(workshop: Workshop) -> None:
    workshop.add_cases(1, 2)
    workshop.write("test_it.py", _GREEN)
    workshop.write("jama.yaml", _HASTY)
    with socket.socket() as nobody:  # bound, and not listening: whoever connects is refused
        nobody.bind(("127.0.0.1", 0))
        gone = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        green = workshop.pytest(JAMA_URL=gone)
        red = workshop.pytest(JAMA_URL=gone, RED="1")
    wrong = workshop.pytest(JAMA_CLIENT_SECRET="not-the-secret-4711")  # noqa: S106 (made up)
    workshop.see(
        green_tests=green.status,
        red_tests=red.status,
        it_says_how_to_finish=says(green.output, "next", "pytest-jama upload"),
        refused_credentials=wrong.status,
        the_refused_secret_is_shown="not-the-secret-4711" in wrong.output,
        runs_before=len(workshop.runs()),
    )
    first = workshop.journals()[0]
    back = (str(first), "--url", workshop.sandbox.url)
    refused = workshop.upload(*back, JAMA_CLIENT_SECRET="not-the-secret-4711")  # noqa: S106
    workshop.see(upload_with_refused_credentials=refused.status)
    ran = workshop.upload(*back)
    workshop.see(upload_to_the_server_that_is_back=ran.status)
    workshop.see_runs()


SCENES = (
    *(_scene_of_bad_answers(id_, what, kinds) for id_, what, kinds in _BAD_ANSWERS),
    Scene(
        "refusals",
        "`junit-uploader` with a run that another user has locked, `pytest-jama upload` when it is "
        "unlocked; then a server that says a result is stored, and does not store it.",
        _play_refusals,
        (
            Check(
                "R-10",
                "A locked run is named with the command that finishes it, the others are sent, and "
                "the exit status is 1.",
                {
                    "exit status with a locked run": 1,
                    "the locked run is named": True,
                    "it says how to finish": True,
                    "locked: PUMP-TC-1": "PASSED",
                    "locked: PUMP-TC-2": "NOT_RUN",
                },
                ("M-06", "M-13"),
            ),
            Check(
                "R-11",
                "`pytest-jama upload` sends what was refused, when it is taken.",
                {
                    "exit status when it is unlocked": 0,
                    "unlocked: PUMP-TC-2": "FAILED",
                    "unlocked: PUMP-TC-1": "PASSED",
                },
                ("M-06",),
            ),
            Check(
                "R-12",
                "A result that the server accepts and does not store is found by reading back, "
                "and the exit status is 1.",
                {
                    "exit status when a result is not stored": 1,
                    "that run is named": True,
                    "what it shows": "NOT_RUN",
                },
                ("M-06", "M-13"),
            ),
        ),
    ),
    Scene(
        "out-of-reach",
        "pytest sessions whose server is not there, or refuses the credentials; then "
        "`pytest-jama upload` to the server that is back.",
        _play_out_of_reach,
        (
            Check(
                "R-20",
                "Green tests whose results did not arrive end with 8 and with the command that "
                "finishes it; red ones with pytest's own 1.",
                {"green tests": 8, "red tests": 1, "it says how to finish": True},
                ("M-06", "M-13"),
            ),
            Check(
                "R-21",
                "Refused credentials end pytest with 8 and `pytest-jama upload` with 3.",
                {"refused credentials": 8, "upload with refused credentials": 3, "runs before": 0},
                ("M-06", "M-13"),
            ),
            Check(
                "R-22",
                "The journal brings the results when the server is back.",
                {
                    "upload to the server that is back": 0,
                    "PUMP-TC-1": "PASSED",
                    "PUMP-TC-2": "PASSED",
                },
                ("M-06",),
            ),
            Check(
                "X-01",
                "A secret that the server refuses is not shown.",
                {"refused credentials": 8, "the refused secret is shown": False},
                ("M-11",),
            ),
        ),
    ),
)
