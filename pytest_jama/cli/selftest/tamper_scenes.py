"""Journals that were edited after they were written."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from pytest_jama.cli.selftest.scene import Check, Scene
from pytest_jama.cli.selftest.workshop import TWO_TESTS, says

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_jama.cli.selftest.workshop import Workshop


Lines = list[bytes]


def _find(lines: Lines, text: bytes) -> int:
    return next(number for number, line in enumerate(lines) if text in line)


def _changed(lines: Lines, _: Lines) -> Lines:
    at = _find(lines, b'"outcome":"failed"')
    return [*lines[:at], lines[at].replace(b'"failed"', b'"passed"', 1), *lines[at + 1 :]]


def _removed(lines: Lines, _: Lines) -> Lines:
    at = _find(lines, b'"outcome":"failed"')
    return [*lines[:at], *lines[at + 1 :]]


def _moved(lines: Lines, _: Lines) -> Lines:
    at = _find(lines, b'"line":"result"')
    return [*lines[:at], lines[at + 1], lines[at], *lines[at + 2 :]]


def _repeated(lines: Lines, _: Lines) -> Lines:
    at = _find(lines, b'"outcome":"passed"')
    return [*lines[: at + 1], lines[at], *lines[at + 1 :]]


def _inserted(lines: Lines, _: Lines) -> Lines:
    at = _find(lines, b'"outcome":"passed"')
    line = json.loads(lines[at]) | {"test": "test_it.py::test_made_up"}
    del line["chain"]
    return [*lines[: at + 1], json.dumps(line).encode() + b"\n", *lines[at + 1 :]]


def _of_another(lines: Lines, others: Lines) -> Lines:
    at = _find(lines, b'"outcome":"failed"')
    return [*lines[:at], others[_find(others, b'"outcome":"failed"')], *lines[at + 1 :]]


def _cut_off(lines: Lines, _: Lines) -> Lines:
    return lines[: _find(lines, b'"outcome":"failed"')]


_EDITS: dict[str, Callable[[Lines, Lines], Lines]] = {
    "changed": _changed,
    "removed": _removed,
    "moved": _moved,
    "repeated": _repeated,
    "inserted": _inserted,
    "of another journal": _of_another,
}


def _play_edits(workshop: Workshop) -> None:
    workshop.add_cases(1, 2)
    workshop.add_cycle()
    workshop.write("test_it.py", TWO_TESTS)
    workshop.pytest("--jama-no-upload")
    workshop.pytest("--jama-no-upload")
    journal, other = workshop.journals()
    others = other.read_bytes().splitlines(keepends=True)
    other.unlink()
    whole = journal.read_bytes()
    workshop.sandbox.clear_requests()
    for name, edit in _EDITS.items():
        journal.write_bytes(b"".join(edit(whole.splitlines(keepends=True), others)))
        ran = workshop.upload(str(journal))
        workshop.facts[f"exit status, a line {name}"] = ran.status
        workshop.facts[f"the line is named, {name}"] = says(ran.output, "EDITED", ".jsonl:")
        workshop.facts[f"requests, a line {name}"] = len(workshop.sandbox.requests)
    workshop.see_runs("after the edits:")
    journal.write_bytes(b"".join(_changed(whole.splitlines(keepends=True), others)))
    workshop.see(exit_status_when_it_is_accepted=workshop.upload("--accept-edited").status)
    workshop.see(the_run_tells_it="was changed after it was written" in workshop.account(2))
    workshop.add_cycle("Cut off")
    journal.write_bytes(b"".join(_cut_off(whole.splitlines(keepends=True), others)))
    workshop.upload(str(journal), "--cycle", "Cut off")
    workshop.see_runs("cut off:", cycle="Cut off")
    workshop.add_cycle("Whole")
    journal.write_bytes(whole)
    ran = workshop.upload(str(journal), "--cycle", "Whole")
    workshop.see(exit_status_of_the_whole=ran.status)
    workshop.see_runs("whole:", cycle="Whole")


def _check_edit(number: int, name: str) -> Check:
    return Check(
        f"E-{number:02}",
        f"A journal with a line that was {name} is not sent, the line is named, the exit status "
        "is 1.",
        {
            f"exit status, a line {name}": 1,
            f"the line is named, {name}": True,
            f"requests, a line {name}": 0,
            "after the edits: PUMP-TC-2": "NOT_RUN",
        },
        ("M-09",),
    )


SCENES = (
    Scene(
        "edits",
        "The journal of a pytest session is edited in each way, and each time uploaded with "
        "`pytest-jama upload`; at last as it was.",
        _play_edits,
        (
            *(_check_edit(number, name) for number, name in enumerate(_EDITS, start=1)),
            Check(
                "E-10",
                "An edited journal that is accepted on purpose says so in the run.",
                {"exit status when it is accepted": 0, "the run tells it": True},
                ("M-09", "M-13"),
            ),
            Check(
                "E-11",
                "Results that are cut off at the end make no case PASSED.",
                {"cut off: PUMP-TC-1": "PASSED", "cut off: PUMP-TC-2": "INPROGRESS"},
                ("M-01", "M-09"),
            ),
            Check(
                "E-12",
                "The journal as it was written is taken.",
                {
                    "exit status of the whole": 0,
                    "whole: PUMP-TC-1": "PASSED",
                    "whole: PUMP-TC-2": "FAILED",
                },
                ("M-03", "M-12"),
            ),
        ),
    ),
)
