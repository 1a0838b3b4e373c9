"""From the lines of a journal to values. Pure; the other half of `format`.

Fields that are not known are passed over. A line that lacks what it must have raises `KeyError`,
`TypeError` or `ValueError`, whichever comes first.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from pytest_jama.core.cases import CaseLink, CaseRef
from pytest_jama.core.results import Outcome, StepResult, TestResult
from pytest_jama.core.verdicts import StepVerdict, Verdict
from pytest_jama.journal.format import LEAVE
from pytest_jama.journal.recording import Header, RecordedVerdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pytest_jama.journal.format import Line

UNCOLLECTED = "could not be collected"
"""The message of what stands for a file that could not be collected."""


_OUR_VERSIONS = frozenset({"pytest-jama", "python"})
"""The versions in a header that do not name what ran the tests."""


def parse_header(line: Line) -> Header:
    """Read a `session` line."""
    versions = {_text(name): _text(version) for name, version in line["versions"].items()}
    framework = (f"{name} {versions[name]}" for name in versions if name not in _OUR_VERSIONS)
    return Header(
        session=_text(line["session"]),
        started=datetime.fromisoformat(_text(line["started"])),
        versions=versions,
        commit=_text(line["commit"]),
        framework=_text(line.get("framework", ", ".join(framework))),
        settings=dict(line["settings"]),
        hooks=tuple(map(_text, line.get("hooks", ()))),
    )


class Parser:
    """Reads lines of tests; equal links become one value, of which there may be very many."""

    def __init__(self) -> None:
        self._links: dict[str, CaseLink] = {}

    def parse_collected(self, line: Line) -> Iterator[TestResult]:
        """Yield what each test of a `collected` line counts as."""
        for test_id, outcome, links in line["tests"]:
            yield TestResult(_text(test_id), Outcome(outcome), links=self.parse_links(links))

    def parse_uncollected(self, line: Line) -> TestResult:
        """Read an `uncollected` line."""
        return TestResult(
            _text(line["address"]),
            Outcome.DESELECTED,
            message=UNCOLLECTED,
            links=self.parse_links(line["cases"]),
        )

    def parse_result(self, line: Line) -> TestResult:
        """Read a `result` line."""
        duration_s = line.get("duration_s")
        return TestResult(
            test_id=_text(line["test"]),
            outcome=Outcome(line["outcome"]),
            duration_s=None if duration_s is None else float(duration_s),
            message=_text(line.get("message", "")),
            notes=tuple(map(_text, line.get("notes", ()))),
            steps=tuple(
                StepResult(int(number), Outcome(outcome), _text(note))
                for number, outcome, note in line.get("steps", ())
            ),
            links=self.parse_links(line["cases"]),
        )

    def parse_verdict(self, line: Line) -> RecordedVerdict:
        """Read a `verdict` line."""
        case_ref = CaseRef.parse(line["case"])
        adjusted = line.get("adjusted")
        if adjusted is None:
            steps = _parse_steps(line["steps"])
            return RecordedVerdict(case_ref, parse_verdict(line["verdict"]), steps, case_ref)
        results = adjusted.get("results")
        return RecordedVerdict(
            case_ref,
            parse_verdict(line["verdict"]),
            _parse_steps(adjusted["steps"]),
            judged_ref=CaseRef.parse(adjusted["case"]),
            has_notes=True,
            results=None if results is None else tuple(map(self.parse_result, results)),
        )

    def parse_links(self, texts: Iterable[str]) -> tuple[CaseLink, ...]:
        """Read links as they stand in a line."""
        return tuple(self._links.get(text) or self._parse_link(text) for text in texts)

    def _parse_link(self, text: str) -> CaseLink:
        return self._links.setdefault(text, CaseLink.parse(text))


def parse_verdict(text: str) -> Verdict | None:
    """Read the name of a verdict; None for `leave`."""
    return None if text == LEAVE else Verdict(text)


def _parse_steps(steps: Iterable[list[Any]]) -> tuple[StepVerdict, ...]:
    return tuple(
        StepVerdict(int(number), Verdict(verdict), tuple(map(_text, notes)))
        for number, verdict, *notes in steps
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value
