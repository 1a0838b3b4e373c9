"""A record as one page of HTML that needs nothing else: it is read, filtered, printed and signed.

All texts are strangers' input: Jinja escapes them, and what nobody sees in them is written out.
"""

from __future__ import annotations

import base64
import re
from collections import Counter
from functools import cache, partial
from itertools import islice
from typing import TYPE_CHECKING, Any, TextIO, TypeVar

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from pytest_jama.core.results import FAILURES, Outcome
from pytest_jama.core.text import ELLIPSIS, clean, counted, shorten, visible
from pytest_jama.report.evidence.case_evidence import (
    OUTCOME_WORDS,
    STATUS_OF,
    CaseStatus,
    Execution,
)
from pytest_jama.report.evidence.identification import as_people_read, utc
from pytest_jama.report.evidence.trace_record import MEANINGS, Rank

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from pytest_jama.report.evidence.case_evidence import CaseEvidence, FileEvidence
    from pytest_jama.report.evidence.evidence_record import EvidenceRecord
    from pytest_jama.report.evidence.trace_record import TracedCase, TraceRecord

    FindFile = Callable[[str], Path | None]

T = TypeVar("T")

BIG = 500
"""From so many cases on the browser lays out only the groups that are seen."""

MANY_PAGES = 2000
"""From so many cases on the page says how many pages of paper it makes."""

_GROUP = 100
_WRITTEN_AT_ONCE = 10_000
"""Pieces of text: a page of many cases never is in memory as a whole."""

IMAGE_BYTES = 200_000
"""Larger images are named with their hash, and not shown."""

_ALL_IMAGES_BYTES = 6_000_000
_IMAGES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})


def write_html(
    record: EvidenceRecord, file: TextIO, *, find_file: FindFile, only_deviations: bool = False
) -> None:
    """Write a record as a page, group by group.

    Args:
        record: The record.
        file: Where to.
        find_file: Returns where the content of a file is kept, by its SHA-256.
        only_deviations: Whether index and cases are only those with deviations.
    """
    values = _values(record, find_file, only_deviations=only_deviations)
    _write_page("page.html", values, file)


def write_trace_page(trace: TraceRecord, file: TextIO) -> None:
    """Write a trace as a page of its own."""
    values = {
        **_requirement_values(_anchor),
        "trace": trace,
        "is_big": max(len(trace.requirements), len(trace.cases)) >= BIG,
        "percent": _percent,
        "css_string": _css_string,
        "outcome_of": _OUTCOMES,
    }
    _write_page("trace.html", values, file)


def _write_page(name: str, values: dict[str, Any], file: TextIO) -> None:
    pieces = _environment().get_template(name).generate(**values)
    while some := list(islice(pieces, _WRITTEN_AT_ONCE)):
        file.write("".join(some))


@cache  # compiled templates are kept with it: to compile them takes longer than to write a page
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("pytest_jama.report.evidence", "."),
        autoescape=True,
        finalize=_finalize,
        undefined=StrictUndefined,
        auto_reload=False,
    )
    environment.filters["cut"] = _cut
    environment.filters["when"] = as_people_read
    environment.filters["sentence"] = _sentence
    return environment


def _finalize(value: object) -> object:
    """Write out what nobody sees in a text; what is HTML already stays."""
    if type(value) is not str or (value.isascii() and value.isprintable()):
        return value
    return visible(clean(value))


def _cut(text: str, at_most: int) -> str:
    return shorten(text, at_most=at_most)


def _sentence(text: str) -> str:
    """Return a text that another sentence can follow."""
    return text if text.endswith((".", "!", "?", ELLIPSIS)) else f"{text}."


def _values(
    record: EvidenceRecord, find_file: FindFile, *, only_deviations: bool
) -> dict[str, Any]:
    cases, planned = record.cases, record.planned
    told = [case for case in cases if case.deviations] if only_deviations else cases
    counts = Counter(case.status for case in told)
    return {
        "record": record,
        "cases": cases,
        "planned": planned,
        "full": record.executed(Execution.FULL),
        "part": record.executed(Execution.PART),
        "elsewhere": record.executed(Execution.ELSEWHERE),
        "not_executed": record.executed(Execution.NONE),
        "did_not_run": [
            (case, test) for case in cases for test in case.tests if not test.outcome.did_run
        ],
        "identification": _halves(record.identification),
        "tools": _halves(record.tools),
        "tests": _numbers(record),
        "told": told,
        "only_deviations": only_deviations,
        "pages": _pages(told) if len(told) >= MANY_PAGES else 0,
        "pages_of_deviations": _pages([case for case in cases if case.deviations]),
        "groups": _groups(told),
        "deviation_groups": _groups(record.deviations),
        "is_big": len(told) >= BIG,
        "all_counts": [(status, counts[status]) for status in CaseStatus if counts[status]],
        "step_words": STATUS_OF,
        "css": _CLASSES,
        "status_of": _STATUS,
        "outcome_of": _OUTCOMES,
        "link": _link,
        "css_string": _css_string,
        "duration": _duration,
        "percent": _percent,
        "counted": counted,
        "utc": utc,
        "words": partial(_words, record),
        "image": _Images(find_file),
        **_requirement_values(partial(_anchor_among, frozenset(case.number for case in told))),
    }


def _requirement_values(anchor: Callable[[TracedCase], str]) -> dict[str, Any]:
    """Return what ``requirements.html`` needs, with what names the place of a case in the page."""
    return {"rank_css": _RANK_CLASSES, "rank_meanings": tuple(MEANINGS.items()), "anchor": anchor}


def _anchor(case: TracedCase) -> str:
    return f"t{case.id}" if case.id else ""


def _anchor_among(told: frozenset[int], case: TracedCase) -> str:
    """Return the place of a case in the annex; empty when the annex does not have it."""
    return next((f"c{number}" for number in case.numbers if number in told), "")


def _pages(cases: Sequence[CaseEvidence]) -> int:
    """Return about how many pages of A4 a report of these cases makes.

    Source: PDFs that Chromium made of reports of 80 to 10,000 cases.
    """
    rows = sum(len(case.tests) + len(case.files) for case in cases)
    steps = sum(len(case.steps) for case in cases)
    deviations = sum(len(case.deviations) for case in cases)
    return round(4 + 0.13 * len(cases) + 0.15 * deviations + 0.03 * rows + 0.07 * steps)


def _groups(several: Sequence[T]) -> list[Sequence[T]]:
    return [several[at : at + _GROUP] for at in range(0, len(several), _GROUP)]


def _halves(facts: Sequence[object]) -> tuple[Sequence[object], Sequence[object]]:
    middle = (len(facts) + 1) // 2
    return facts[:middle], facts[middle:]


def _numbers(record: EvidenceRecord) -> dict[str, int]:
    tests = {test.test_id: test for case in record.cases for test in case.tests}
    return {
        "linked": len(tests),
        "ran": sum(test.outcome.did_run for test in tests.values()),
        "steps": sum(len(case.steps) for case in record.cases),
        "with_steps": sum(bool(case.steps) for case in record.cases),
        "files": len({file[:5] for case in record.cases for file in case.files}),
        "same": sum(case.in_jama == "same" for case in record.planned),
    }


_CLASSES = {status: status.word.replace("_", "") for status in CaseStatus}

_RANK_CLASSES = {
    Rank.NO_CASE: "notrun",
    Rank.NO_TEST: "notrun",
    Rank.NOT_RUN: "notrun",
    Rank.FAILED: "failed",
    Rank.BLOCKED: "blocked",
    Rank.INCOMPLETE: "incomplete",
    Rank.OPEN: "incomplete",
    Rank.SUSPECT: "incomplete",
    Rank.SHOWN: "passed",
}

_STATUS = {
    status: Markup('<span class="s {}">{}</span>').format(name, status.value)
    for status, name in _CLASSES.items()
}


def _looks(outcome: Outcome) -> str:
    if outcome in FAILURES:
        return "failed"
    if outcome is Outcome.PASSED:
        return "passed"
    return "incomplete" if outcome.did_run else "notrun"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


_OUTCOMES = {
    outcome: Markup('<span class="s {}">{}</span>').format(
        _looks(outcome), _capital(OUTCOME_WORDS[outcome])
    )
    for outcome in Outcome
}


def _link(url: str) -> str:
    """Return an address that may be followed; empty for any other kind of it."""
    return url if url.startswith(("https://", "http://")) else ""


_UNSAFE_IN_CSS = re.compile(r"[^A-Za-z0-9 .,:;()_/#+-]")


def _css_string(text: str) -> Markup:
    """Return a string of CSS in which no character ends it, nor the element that holds it."""
    plain = shorten(visible(clean(text)), at_most=120)
    escaped = _UNSAFE_IN_CSS.sub(lambda found: f"\\{ord(found[0]):x} ", plain)
    return Markup(f'"{escaped}"')  # noqa: S704 (nothing in it is left that HTML or CSS knows)


def _percent(count: int, whole: int) -> str:
    """Return a share in whole percent; only all of it reads 100%, and only nothing 0%."""
    share = 100 * count // whole
    return "<1%" if count and not share else f"{share}%"


_MINUTE_S = 60
_SHORTEST_S = 0.05


def _duration(seconds: float | None) -> str:
    if seconds is None:
        return "\N{EN DASH}"
    if 0 < seconds < _SHORTEST_S:
        return "<0.1 s"
    if seconds < _MINUTE_S:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), _MINUTE_S)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min {rest:02} s"


def _words(record: EvidenceRecord, case: CaseEvidence) -> str:
    """Return what a filter finds a case by, beside what its row shows."""
    requirements = record.trace.requirements_of(case.number) if record.trace else ()
    return shorten(" ".join((*requirements, *(test.test_id for test in case.tests))), at_most=500)


class _Images:
    """Small images as they stand in a page: each once.

    Args:
        find_file: Returns where the content of a file is kept.
    """

    def __init__(self, find_file: FindFile) -> None:
        self._find_file = find_file
        self._shown: set[str] = set()
        self._left = _ALL_IMAGES_BYTES

    def why_not(self, file: FileEvidence) -> str:
        """Return why an image is not shown here; empty for other files."""
        if file.media_type not in _IMAGES:
            return ""
        if file.sha256 in self._shown:
            return "shown above in this report, an image with the same SHA-256"
        if self._find_file(file.sha256) is None:
            return "not shown: no content with its SHA-256 is beside the journal"
        return "not shown in this report, since it is large; it is beside the journal"

    def __call__(self, file: FileEvidence) -> str:
        """Return an image as an address that holds it; empty when it is not to be shown."""
        is_small = file.size <= min(IMAGE_BYTES, self._left)
        if file.media_type not in _IMAGES or not is_small or file.sha256 in self._shown:
            return ""
        path = self._find_file(file.sha256)
        if path is None:
            return ""
        content = path.read_bytes()
        if len(content) > IMAGE_BYTES:
            return ""
        self._shown.add(file.sha256)
        self._left -= len(content)
        return f"data:{file.media_type};base64,{base64.b64encode(content).decode('ascii')}"
