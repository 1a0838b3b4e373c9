"""A record in short, as Markdown: for the summary of a CI job. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from pytest_jama.core.results import FAILURES
from pytest_jama.core.text import clean, first_line, shorten, visible
from pytest_jama.report.evidence.case_evidence import CaseStatus
from pytest_jama.report.evidence.identification import as_people_read
from pytest_jama.report.evidence.trace_record import Rank

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_jama.report.evidence.evidence_record import EvidenceRecord, Fact
    from pytest_jama.report.evidence.trace_record import TraceRecord

LISTED = 50
"""So many deviations and cases are named; the page has all of them."""

_FEWER = (LISTED, 20, 5, 0)

_SPECIAL = re.compile(r"[\\`*_{}\[\]<>()#!|~&:@$]|(?<=www)\.", re.IGNORECASE)
_LONGEST = 200


def short_form(record: EvidenceRecord, *, at_most: int, whole: str = "") -> str:
    """Return the lines as one text, with so many deviations and cases as there is room for.

    Args:
        record: The record.
        at_most: How many bytes of UTF-8 it may have; only the verdict is said where that is less.
        whole: Where all of it is.
    """
    for listed in _FEWER:
        lines = markdown_lines(record, listed=listed, whole=whole)
        text = "".join(f"{line}\n" for line in lines)
        if len(text.encode()) <= at_most:
            return text
    first = next(markdown_lines(record))
    return f"{first}\n" if len(first.encode()) < at_most else ""


def markdown_lines(
    record: EvidenceRecord, *, listed: int = LISTED, whole: str = ""
) -> Iterator[str]:
    """Yield the lines: verdict, counts, deviations, and the cases that are not passed.

    Args:
        record: The record.
        listed: How many deviations and cases are named.
        whole: Where all of it is; empty when that is not known.
    """
    verdict = "Passed" if record.is_passed else "Not passed"
    yield f"## {_plain(record.title)}: {verdict.lower()}"
    yield ""
    yield f"**{verdict}**: {_plain(record.sentence)}"
    yield ""
    if record.documents is None:
        yield "| " + " | ".join(status.value for status in record.counts) + " | Planned |"
        yield "|" + "---:|" * (len(record.counts) + 1)
        yield "| " + " | ".join(map(str, [*record.counts.values(), len(record.planned)])) + " |"
    rest = _Rest(listed, whole)
    yield from _deviations(record, rest)
    yield from _cases(record, rest)
    if record.documents is not None:
        yield from _failed_tests(record, rest)
    if record.trace is not None:
        yield from ("", "### Requirements", "", *_requirements(record.trace))
    yield ""
    known = {fact.label: fact for fact in record.identification}
    yield from (f"- {name}: {_fact(known[name])}" for name in _NAMED if name in known)
    yield f"- Record of {_plain(as_people_read(record.made_at))} by {_plain(record.reporter)}"
    if whole:
        yield f"- All of it: {_plain(whole)}"


_NAMED = (
    *("Software under test", "Commit", "Modified", "Plan", "Cycle"),
    *("Workspace", "Release", "Suite", "Build", "Sent (UTC)"),
)


def _fact(fact: Fact) -> str:
    """Return the value of a fact, as a link where it has one that nothing ends too early."""
    if re.fullmatch(r"https?://[\w.:/?#=&;%+~-]+", fact.link, re.ASCII) and fact.text:
        return f"[{_plain(fact.text)}]({fact.link})"
    return _plain(fact.shown)


class _Rest(NamedTuple):
    """How much is named, and where all of it is."""

    listed: int
    whole: str

    def lines(self, count: int) -> Iterator[str]:
        """Yield how many are not named, if any."""
        if count > self.listed:
            where = f", in {_plain(self.whole)}" if self.whole else ""
            left = count - self.listed
            yield from ("", f"And {left} more{where}." if self.listed else f"{left}{where}.")


def _deviations(record: EvidenceRecord, rest: _Rest) -> Iterator[str]:
    if not record.deviations:
        return
    yield from (
        "",
        "### Deviations",
        "",
        "| No. | Kind | Case | What happened |",
        "|---|---|---|---|",
    )
    for each in record.deviations[: rest.listed]:
        keys = ", ".join(_plain(record.cases[number - 1].key) for number in each.cases) or "all"
        yield f"| D-{each.number} | {_plain(each.kind)} | {keys} | {_plain(each.what)} |"
    yield from rest.lines(len(record.deviations))


def _cases(record: EvidenceRecord, rest: _Rest) -> Iterator[str]:
    cases = [case for case in record.cases if case.status is not CaseStatus.PASSED]
    if not cases:
        return
    yield from ("", "### Cases that are not passed", "")
    yield from ("| Status | Case | Name | Tests | In Jama |", "|---|---|---|---|---|")
    for case in cases[: rest.listed]:
        texts = (case.status.value, case.key, case.name, case.tests_passed, case.in_jama)
        yield "| " + " | ".join(map(_plain, texts)) + " |"
    yield from rest.lines(len(cases))


def _failed_tests(record: EvidenceRecord, rest: _Rest) -> Iterator[str]:
    failed = [test for test in record.unlinked if test.outcome in FAILURES]
    if not failed:
        return
    yield from ("", "### Tests that failed", "", "| Outcome | Test | Message |", "|---|---|---|")
    for test in failed[: rest.listed]:
        texts = (test.outcome.value, test.test_id, first_line(test.message))
        yield "| " + " | ".join(map(_plain, texts)) + " |"
    yield from rest.lines(len(failed))


def trace_lines(trace: TraceRecord) -> Iterator[str]:
    """Yield the lines of a trace: counts, requirements that are not shown, what leads nowhere."""
    word = "complete" if trace.is_complete else "not complete"
    yield f"## Traceability of {_plain(trace.title)}: {word}"
    yield ""
    yield from _requirements(trace)
    yield ""
    read_at = _plain(as_people_read(trace.read_at))
    yield (
        f"Project {_plain(trace.project)}, read from Jama on {read_at} by {_plain(trace.reporter)}"
    )


def _requirements(trace: TraceRecord) -> Iterator[str]:
    """Yield what a trace says of requirements, those that are shown only by their number."""
    yield f"**{_plain(trace.sentence)}**"
    if trace.requirements:
        yield from ("", "| " + " | ".join(rank.value for rank in trace.counts) + " |")
        yield "|" + "---:|" * len(trace.counts)
        yield "| " + " | ".join(map(str, trace.counts.values())) + " |"
    if trace.notes:
        yield from ("", *(f"* {_plain(note)}" for note in trace.notes))
    listed = [each for each in trace.requirements if each.rank is not Rank.SHOWN]
    if listed:
        yield from ("", "| Verdict | Requirement | Name | Cases | Why |", "|---|---|---|---|---|")
    for each in listed[:LISTED]:
        cases = ", ".join(path.case.key for path in each.paths) or "none"
        texts = (each.rank.value, each.key, each.name, cases, each.why)
        yield "| " + " | ".join(map(_plain, texts)) + " |"
    yield from _Rest(LISTED, "").lines(len(listed))


def _plain(text: str) -> str:
    """Return a text in one line in which Markdown finds nothing that it knows."""
    line = " ".join(shorten(visible(clean(text)), at_most=_LONGEST).split())
    return _SPECIAL.sub(r"\\\g<0>", line)
