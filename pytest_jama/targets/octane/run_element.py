"""One test run of a document: from the result of a test to its element. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from pytest_jama.core.cases import RefKind
from pytest_jama.core.results import Outcome
from pytest_jama.core.text import clean, first_line, shorten
from pytest_jama.targets.octane import xml_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pytest_jama.core.cases import CaseLink
    from pytest_jama.core.results import StepResult, TestResult
    from pytest_jama.targets.octane.test_names import TestName

STATUS_BY_OUTCOME = {
    Outcome.PASSED: "Passed",
    Outcome.XPASSED: "Passed",  # a strict one is a failure already where it comes from
    Outcome.FAILED: "Failed",
    Outcome.ERROR: "Failed",
    Outcome.SKIPPED: "Skipped",
    Outcome.XFAILED: "Skipped",
}
"""Tests of other outcomes did not run, and are not sent: ``Planned`` would make runs of them."""

LONGEST_MESSAGE = 500
"""Characters of a message; all of it is in the trace. What the server's columns hold is unknown."""

LONGEST_STEP = 3800
"""UTF-16 units of the name of a step. Source: the server's schema."""

_FAILED = "Failed"


class SentTest(NamedTuple):
    """A test run of a document, as the server has it afterwards.

    Attributes:
        test_id: The test.
        module: The first part of what the server knows it by; always empty.
        package: The second.
        class_name: The third.
        name: The last.
        status: In the server's words.
        started_ms: When it began, in milliseconds since 1970 (UTC).
    """

    test_id: str
    module: str
    package: str
    class_name: str
    name: str
    status: str
    started_ms: int


def write_run(result: TestResult, name: TestName, *, started_ms: int, more: str) -> str:
    """Return the element of one run.

    Args:
        result: What the test said.
        name: What the server shall know it by, as the schema takes it.
        started_ms: When it began, in milliseconds since 1970 (UTC).
        more: Further attributes, the same for all runs.
    """
    status = STATUS_BY_OUTCOME[result.outcome]
    package = f' package="{xml_text.attribute(name.package)}"' if name.package else ""
    class_name = f' class="{xml_text.attribute(name.class_name)}"' if name.class_name else ""
    duration_ms = xml_text.milliseconds(result.duration_s)
    head = (
        f'<test_run name="{xml_text.attribute(name.name)}"{package}{class_name} '
        f'duration="{duration_ms}" status="{status}" started="{started_ms}"{more}'
    )
    is_plain = status == "Passed" and not (result.links or result.notes or result.steps)
    inside = "" if is_plain else "".join(_children(result, status))
    return f"{head}>{inside}</test_run>\n" if inside else f"{head}/>\n"


def _children(result: TestResult, status: str) -> Iterator[str]:
    """Yield what stands inside, in the order of the schema."""
    items = backlog_items(result.links)
    if items:
        references = "".join(f'<backlog_item_ref id="{item}"/>' for item in items)
        yield f"<backlog_items>{references}</backlog_items>"
    if status == _FAILED:
        yield _error(result)
    described = _describe(result, status)
    if described:
        yield f"<description>{xml_text.content(described)}</description>"
    if result.steps:
        is_expected = result.outcome is Outcome.XFAILED
        steps = "".join(_step(step, is_expected=is_expected) for step in result.steps)
        yield f"<steps>{steps}</steps>"


def backlog_items(links: Iterable[CaseLink]) -> list[int]:
    """Return the IDs of the backlog items that a test covers; a name in Jama's form is none."""
    refs = (link.case_ref for link in links)
    numbers = {int(ref.text) for ref in refs if ref.kind is RefKind.API_ID}
    return sorted(number for number in numbers if number <= xml_text.LARGEST)


def _error(result: TestResult) -> str:
    """Return why a test failed: one line for lists, and the whole text."""
    lines = clean(result.message)
    message = shorten(first_line(lines), at_most=LONGEST_MESSAGE)
    kind = xml_text.bounded(clean(result.error_type) or find_error_type(lines))
    attributes = ((name, text) for name, text in (("type", kind), ("message", message)) if text)
    written = "".join(f' {name}="{xml_text.attribute(text)}"' for name, text in attributes)
    text = result.trace or lines
    if text.strip() == message:
        return f"<error{written}/>"
    return f"<error{written}>{xml_text.content(text)}</error>"


_PHASE = re.compile(r"(?:(?:setup|call|teardown) failed|worker crashed): ")
_TYPE = re.compile(
    r"(?:[A-Za-z_]\w*\.)*[A-Z]\w*(?:Error|Exception|Failure|Failed|Exit|Group|Warning|Timeout)"
    r"|(?:[A-Za-z_]\w*\.)+[A-Z]\w*|Failed|Timeout|SystemExit|KeyboardInterrupt|StopIteration",
    re.ASCII,
)


def find_error_type(message: str) -> str:
    """Return the kind of failure that a message begins with, as Python and Java write it.

    ``setup failed: sqlite3.OperationalError: no such table`` has ``sqlite3.OperationalError``; an
    ``assert`` is an `AssertionError`, whose name pytest leaves out. Empty for any other message.
    """
    said = _PHASE.sub("", first_line(message), count=1)
    if said.startswith("assert "):
        return "AssertionError"
    kind = _TYPE.match(said)
    return kind[0] if kind and said[kind.end() : kind.end() + 1] in ("", ":") else ""


def _describe(result: TestResult, status: str) -> str:
    """Return why a test was skipped, and what it noted."""
    reason = "" if status == _FAILED else result.message
    if not reason and result.outcome is Outcome.XFAILED:
        reason = "expected to fail"
    return "\n".join(filter(None, (reason, *result.notes)))


def _step(step: StepResult, *, is_expected: bool) -> str:
    """Return a step of a run; where the failure of the test is expected, so is that of a step."""
    status = STATUS_BY_OUTCOME.get(step.outcome, "Skipped")
    status = "Skipped" if is_expected and status == _FAILED else status
    number = f"Step {step.number}"
    is_note = step.note and status != _FAILED
    name = xml_text.bounded(
        f"{number}: {clean(step.note)}" if is_note else number, at_most=LONGEST_STEP
    )
    head = f'<step name="{xml_text.attribute(name)}" duration="0" status="{status}"'
    if status != _FAILED or not step.note:
        return f"{head}/>"
    return f"{head}><error_message>{xml_text.content(step.note)}</error_message></step>"
