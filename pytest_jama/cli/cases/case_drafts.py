"""What a new test case says: from the docstring, the steps and the name of its tests. Pure."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from pytest_jama.cli.collecting import SourceStep
from pytest_jama.core.cases import name_in
from pytest_jama.core.key_patterns import is_pattern
from pytest_jama.core.test_ids import base_of, normal_form
from pytest_jama.targets.jama.case_home import NewCase

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from pytest_jama.cli.collecting import CollectedSession
    from pytest_jama.core.redaction import Redactor
    from pytest_jama.core.results import TestResult

MOST_STEPS = 500
"""A higher number of a step is taken for a mistake: every step below it would be made up."""

_HEADER = re.compile(r"(?:test )?steps?(?P<colon> ?:)?", re.IGNORECASE)
_LONGEST_HEADER = 20
_UNDERLINE = re.compile(r"([-=~^])\1{2,}")
_BULLET = re.compile(r"(?P<indent>\s*)(?:(?P<number>[0-9]{1,4})[.)]|[-*+•])\s+(?P<text>\S.*)")
_EXPECTED = re.compile(r"\s*(?:expect(?:ed)?|expected results?)\s*:\s*(?P<text>.*)", re.IGNORECASE)
_ARROW = re.compile(r"(?<=\s)(?:->|=>|→|⇒)(?=\s)")


class ToldCase(NamedTuple):
    """What a docstring says.

    Attributes:
        name: Its first paragraph in one line, without a full stop; empty when there is none.
        description: The other paragraphs.
        steps: What stands under ``Steps:``.
    """

    name: str = ""
    description: str = ""
    steps: tuple[SourceStep, ...] = ()


def draft_cases(
    tests: Iterable[TestResult],
    session: CollectedSession,
    *,
    per_parameter: bool,
    redactor: Redactor | None = None,
) -> list[NewCase]:
    """Return the test cases that tests are to get.

    Args:
        tests: The tests, none of which has a case.
        session: Has what their sources say.
        per_parameter: Whether each set of parameters gets a case of its own.
        redactor: Hides secrets in what the sources say; names of tests stay, they are links.
    """
    grouped: dict[str, list[str]] = {}
    for test in tests:
        key = test.test_id if per_parameter else base_of(test.test_id)
        grouped.setdefault(key, []).append(test.test_id)
    drafts = [_draft(key, test_ids, session) for key, test_ids in grouped.items()]
    by_place = _told_apart(drafts, lambda test: test.rpartition("::")[0])
    often = Counter(draft.name for draft in by_place)
    is_clear = max(often.values(), default=1) == 1
    told = by_place if is_clear else _told_apart(drafts, str)
    return [_hidden(draft, redactor) for draft in told] if redactor else told


def find_unnameable(drafts: Iterable[NewCase]) -> dict[str, str]:
    """Return why no key of the map means just the tests of a draft, by its test.

    Args:
        drafts: Those that are to get a case, and a key.
    """
    tests = [draft.test for draft in drafts]
    often = Counter(map(normal_form, tests))
    shared = {test: _OF_TWO for test in tests if often[normal_form(test)] > 1}
    return {**shared, **{test: _OF_OTHERS for test in tests if is_pattern(test)}}


_REMEDY = "rename the test, or name its case in the test itself, by a marker or property"
_OF_OTHERS = f"a key of the map with `*` stands for other tests, too; {_REMEDY}"
_OF_TWO = f"to the map, two tests have this name; {_REMEDY}"


def _hidden(draft: NewCase, redactor: Redactor) -> NewCase:
    def hide(text: str) -> str:
        return redactor.hide(text).text

    steps = tuple((hide(action), hide(expected)) for action, expected in draft.steps)
    return draft._replace(name=hide(draft.name), description=hide(draft.description), steps=steps)


def _draft(key: str, test_ids: Sequence[str], session: CollectedSession) -> NewCase:
    found = (session.sources.get(each) for each in test_ids)
    sources = [each for each in found if each is not None]
    told = read_docstring(next((each.docstring for each in sources if each.docstring), ""))
    titles = next((each.steps for each in sources if each.steps), ())
    reported = session.names.get(test_ids[0], "")
    is_one = key == test_ids[0]
    name = told.name or _readable(reported if is_one else base_of(reported)) or _name_of(key)
    if told.name and is_one and key != base_of(key):
        name = f"{told.name} {key[len(base_of(key)) :].strip()}"
    steps = tuple(_numbered(told.steps, titles))
    return NewCase(key, name, told.description, steps, tuple(test_ids))


def _told_apart(drafts: Sequence[NewCase], place_of: Callable[[str], str]) -> list[NewCase]:
    """Return cases with the place of their test behind a name that others have, too."""
    often = Counter(draft.name for draft in drafts)
    places = [place_of(draft.test) if often[draft.name] > 1 else "" for draft in drafts]
    return [
        draft._replace(name=f"{draft.name} ({place})") if place else draft
        for draft, place in zip(drafts, places, strict=True)
    ]


def _name_of(key: str) -> str:
    """Return a name for people: ``TestPump::test_stops_at_5_ml`` is "Pump: stops at 5 ml"."""
    parts = key.partition("::")[2].split("::") if "::" in key else [name_in(key)]
    *classes, function = parts
    base = base_of(function)
    name = _readable(base) + function[len(base) :]
    within = [_readable(each.removeprefix("Test").removesuffix("Test") or each) for each in classes]
    if not within:
        return name
    first = name[:1] if name[:2].isupper() else name[:1].lower()
    return f"{': '.join(within)}: {first}{name[1:]}"


_PREFIX = re.compile(r"test_+|test(?=[A-Z0-9])|it_should_")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z][a-z0-9])")


def _readable(name: str) -> str:
    """Return the name of a function as words; what is not such a name stays as it is."""
    if not re.fullmatch(r"\w+", name):
        return name
    words = _PREFIX.sub("", name, count=1) if _PREFIX.match(name) else name
    spaced = _CAMEL.sub(" ", words).replace("_", " ").split() or [name]
    first, *others = spaced
    lower = (each if each.isupper() else each[:1].lower() + each[1:] for each in others)
    return " ".join((first[:1].upper() + first[1:], *lower))


def read_docstring(text: str) -> ToldCase:
    """Return what a docstring says of a test case.

    Args:
        text: The docstring, without the indentation of its code.
    """
    lines = text.splitlines()
    start, begin = _find_steps(lines)
    end = len(lines) if start is None else _find_end(lines, start, begin)
    steps = () if start is None else _read_steps(lines[begin:end])
    kept = lines if start is None else [*lines[:start], "", *lines[end:]]
    paragraphs = re.split(r"\n(?:[ \t]*\n)+", "\n".join(kept).strip("\n"))
    first, *others = paragraphs
    if first.startswith(">>>"):
        first, others = "", paragraphs
    name = " ".join(first.split()).removesuffix(".")
    return ToldCase(name, "\n\n".join(each.rstrip() for each in others if each.strip()), steps)


def _find_steps(lines: Sequence[str]) -> tuple[int | None, int]:
    """Return the line that heads the steps, and the one where they begin."""
    for at, line in enumerate(lines):
        text = line.strip()
        header = _HEADER.fullmatch(text) if len(text) <= _LONGEST_HEADER else None
        if header is None:
            continue
        is_underlined = at + 1 < len(lines) and bool(_UNDERLINE.fullmatch(lines[at + 1].strip()))
        if header["colon"] or is_underlined:
            return at, at + 1 + is_underlined
    return None, 0


def _find_end(lines: Sequence[str], start: int, begin: int) -> int:
    """Return where the steps end: before a line that is neither a step nor below the header.

    Under an underlined header that is the next one.
    """
    if begin > start + 1:
        headers = (
            at for at in range(begin + 1, len(lines)) if _UNDERLINE.fullmatch(lines[at].strip())
        )
        return next(headers, len(lines) + 1) - 1
    margin = _indent(lines[start])
    for at in range(begin, len(lines)):
        line = lines[at]
        is_inside = _indent(line) > margin or _BULLET.fullmatch(line)
        if line.strip() and not is_inside:
            return at
    return len(lines)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _read_steps(lines: Sequence[str]) -> tuple[SourceStep, ...]:
    """Return the steps of a section; without numbers or bullets, each line is one."""
    said = [line for line in lines if line.strip()]
    bullets = [bullet for bullet in map(_BULLET.fullmatch, said) if bullet]
    margin = min((len(each["indent"]) for each in bullets), default=-1)
    least = min(map(_indent, said), default=0)
    found: list[tuple[int | None, list[str]]] = []
    for line in said:
        bullet = _BULLET.fullmatch(line)
        if bullet and len(bullet["indent"]) == margin:
            number = int(bullet["number"]) if bullet["number"] else None
            found.append((number, [bullet["text"].strip()]))
        elif margin < 0 and _indent(line) == least and not _EXPECTED.fullmatch(line):
            found.append((None, [line.strip()]))
        elif found:
            found[-1][1].append(line.strip())
    numbers = [number for number, _ in found]
    given = [each for each in numbers if each]
    is_counted = len(given) == len(found) and given == sorted(set(given))
    return tuple(
        _read_step(number if is_counted and number else at, texts)
        for at, (number, texts) in enumerate(found, 1)
    )


def _read_step(number: int, lines: Sequence[str]) -> SourceStep:
    action: list[str] = []
    expected: list[str] = []
    into = action
    for line in lines:
        label = _EXPECTED.fullmatch(line)
        if label:
            into = expected
        into.append(label["text"] if label else line)
    if not expected:
        text, *behind = _ARROW.split("\n".join(action), maxsplit=1)
        return SourceStep(number, text.strip(), "".join(behind).strip())
    return SourceStep(number, "\n".join(action).strip(), "\n".join(expected).strip())


def _numbered(
    told: Iterable[SourceStep], titles: Iterable[SourceStep]
) -> Iterator[tuple[str, str]]:
    """Yield action and expected result of each step up to the last one.

    What the docstring says comes before what the code says; a step that nothing tells of is named.
    """
    by_number: dict[int, SourceStep] = {}
    for step in (*told, *titles):
        if step.number <= MOST_STEPS:
            known = by_number.get(step.number, step)
            action, expected = known.action or step.action, known.expected or step.expected
            by_number[step.number] = SourceStep(step.number, action, expected)
    for number in range(1, max(by_number, default=0) + 1):
        step = by_number.get(number, SourceStep(number))
        yield step.action or f"Step {number}", step.expected
