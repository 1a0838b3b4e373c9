"""The test properties that carry steps and notes, also through JUnit XML: written and read. Pure.

They are written in this order: ``jama_step`` begins a step, the ``jama_step_status`` and the
``jama_step_note`` and each ``jama_attachment`` after it belong to it; before the first step an
attachment is one of the whole test, as each ``jama_note`` is. The value of an attachment is the
path of a file; or, where `pytest --jama` keeps it already, a JSON object with `name`, `sha256`,
`size`, `type` and the `path` of what is kept. Other tools write ``attachment``, which belongs to
the whole test. Case references are in `pytest_jama.core.cases`.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from pytest_jama.core.cases import LINK_PROPERTIES, nearer_wins, parse_step, read_links
from pytest_jama.core.results import LONGEST_READ, Outcome, StepResult
from pytest_jama.core.text import clean, quoted, shorten

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from pytest_jama.core.cases import CaseLink

MARKERS = "jama"
"""Carries the links of markers."""

TAG = "@jama"
"""Stands for the name of a property where a tag names a case; all tags are one place."""

STEP = "jama_step"
STEP_STATUS = "jama_step_status"
STEP_NOTE = "jama_step_note"
NOTE = "jama_note"
ATTACHMENT = "jama_attachment"
FILE = "attachment"
"""The path of a file, as tools of others name it: Testmo, xUnit.net; also ``[[ATTACHMENT|`` is."""

ATTEMPT = "jama_attempt"
"""Marks a testcase of ``--junitxml`` that is an attempt before the last, by its number."""


def evidence_properties(
    steps: Iterable[tuple[int, str, str]],
    notes: Iterable[str],
    attachments: Mapping[int | None, Sequence[str]] = MappingProxyType({}),
) -> Iterator[tuple[str, str]]:
    """Yield names and values of the properties that say what a test said of itself.

    Args:
        steps: Number, outcome and note of each step, in the order in which they ended.
        notes: The notes outside of steps.
        attachments: The values of the attachments of each step; of the whole test under None.
    """
    steps, waiting = list(steps), dict(attachments)
    numbers = {number for number, _, _ in steps}
    for number in [each for each in waiting if each not in numbers]:
        for value in waiting.pop(number):
            yield ATTACHMENT, value
    for number, outcome, note in steps:
        yield STEP, str(number)
        yield STEP_STATUS, outcome
        if note:
            yield STEP_NOTE, note
        for value in waiting.pop(number, ()):
            yield ATTACHMENT, value
    for note in notes:
        yield NOTE, note


ROOTDIR = "jama_rootdir"
"""Of a suite of ``--junitxml``: the rootdir, relative to the folder of jama.yaml above it."""

USED_PROPERTIES = LINK_PROPERTIES | {
    *(STEP, STEP_STATUS, STEP_NOTE, NOTE, ATTACHMENT, FILE, ATTEMPT)
}
"""The names of all properties that mean something here; the others are for other tools."""

_OUTCOME_BY_STATUS = {
    outcome.value: outcome
    for outcome in (Outcome.PASSED, Outcome.FAILED, Outcome.ERROR, Outcome.SKIPPED, Outcome.XFAILED)
}


class BadProperty(NamedTuple):
    """A property that cannot be understood.

    Attributes:
        name: Its name.
        value: Its value, as written.
        why: What is wrong with the value.
    """

    name: str
    value: str
    why: str

    def __str__(self) -> str:
        return f"{'tag' if self.name == TAG else 'property'} {self.name}: {self.why}"


class Offered(NamedTuple):
    """A file that a test or a report names as evidence, before it is looked at.

    Attributes:
        value: Its path; or the JSON object of one that is kept already, see above.
        step: The step that it belongs to; None for the whole test.
        attempt: The attempt of the test that it belongs to, where that is not the last one; else 0.
    """

    value: str
    step: int | None = None
    attempt: int = 0


class Evidence(NamedTuple):
    """What the properties of one testcase say.

    Attributes:
        links: The cases it names, each once.
        steps: What it says of steps, in the order of the properties.
        problems: What could not be understood.
        notes: What it says of the test as a whole.
        attachments: The files that it names.
    """

    links: tuple[CaseLink, ...]
    steps: tuple[StepResult, ...]
    problems: tuple[BadProperty, ...]
    notes: tuple[str, ...] = ()
    attachments: tuple[Offered, ...] = ()


NO_EVIDENCE = Evidence((), (), ())


def read_evidence(properties: Sequence[tuple[str, str]], outcome: Outcome) -> Evidence:
    """Read names and values in their order.

    ``jama_step`` begins a step (or several: ``1, 2``); a ``jama_step_status`` after it is its
    outcome, a ``jama_step_note`` its note. A step without status has the outcome of its test. A
    ``jama_note`` is a note of the whole test.

    Markers come first among the properties: what a test says of itself while it runs is nearer.
    """
    if len(properties) == 1 and properties[0][0] in LINK_PROPERTIES:
        return _read_references(properties[0])
    tags: list[CaseLink] = []
    places: list[Sequence[CaseLink]] = [tags]
    steps: list[StepResult] = []
    problems: list[BadProperty] = []
    notes: list[str] = []
    attachments: list[Offered] = []
    begun = none_begun = _Begun((), outcome)
    for name, value in properties:
        try:
            if name in LINK_PROPERTIES or name == TAG:
                links, why = read_links(value)
                problems += [BadProperty(name, value, each) for each in why]
                if name == TAG:
                    tags += links
                else:
                    places.append(links)
            elif name == STEP:
                steps += begun.results()
                begun = none_begun  # also when this property cannot be used
                begun = begun._replace(numbers=[parse_step(part) for part in value.split(",")])
            elif name == NOTE:
                notes.append(_tidy(value))
            elif name in (ATTACHMENT, FILE):
                attachments += _offered(name, value, begun.numbers)
            elif name in (STEP_STATUS, STEP_NOTE):
                begun = begun.completed(name, value)
        except ValueError as exc:  # noqa: PERF203 (the others still count)
            problems.append(BadProperty(name, value, str(exc)))
    steps += begun.results()
    links = nearer_wins(places)
    said = (tuple(steps), tuple(problems), tuple(filter(None, notes)), tuple(attachments))
    return Evidence(links, *said)


def _offered(name: str, value: str, numbers: Sequence[int]) -> list[Offered]:
    """Return the file that a property names; for tools it may be a page, and none is fetched."""
    if name == ATTACHMENT:
        return [Offered(value, number) for number in numbers or (None,)]
    return [] if value.lower().startswith(("http:", "https:", "data:")) else [Offered(value)]


def _tidy(note: str) -> str:
    return shorten(clean(note), at_most=LONGEST_READ)


def _read_references(item: tuple[str, str]) -> Evidence:
    """Read the only property of a testcase, the usual one."""
    name, value = item
    links, problems = read_links(value)
    bad = tuple([BadProperty(name, value, why) for why in problems]) if problems else ()
    return Evidence(links, (), bad)


class _Begun(NamedTuple):
    """The steps that a property began last: one value, however many they are.

    Attributes:
        numbers: Of the steps; there may be none.
        outcome: Theirs.
        note: Theirs; may be empty.
    """

    numbers: Sequence[int]
    outcome: Outcome
    note: str = ""

    def results(self) -> Iterator[StepResult]:
        """Yield what is said of each of them."""
        for number in self.numbers:
            yield StepResult(number, self.outcome, self.note)

    def completed(self, name: str, value: str) -> _Begun:
        """Return them with their outcome or note.

        Raises:
            ValueError: When there is none, or the value is not an outcome.
        """
        if not self.numbers:
            raise ValueError(f"no {STEP} before it")
        if name == STEP_STATUS:
            return self._replace(outcome=_parse_status(value))
        return self._replace(note=_tidy(value))


def _parse_status(value: str) -> Outcome:
    outcome = _OUTCOME_BY_STATUS.get(value.strip().lower())
    if outcome is None:
        raise ValueError(f"{quoted(value)} is not an outcome: use {', '.join(_OUTCOME_BY_STATUS)}")
    return outcome
