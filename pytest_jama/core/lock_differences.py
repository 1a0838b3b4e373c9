"""What differs between a test case and what jama.lock has of it, in words. Pure."""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING, NamedTuple

from pytest_jama.core.lock import FILE_NAME, LockedCase

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_jama.core.lock import CaseText, LockedStep, LockedText


class Wording(NamedTuple):
    """How differences are said.

    In braces stand a text or step, its place, what it says now, and what it said when reviewed.

    Attributes:
        changed: Of a text.
        longer: Of one whose beginning is the same.
        new: Of a step that was not there.
        gone: Of one that is not there any more.
        moved: Of one, or of several in a row, that have another number.
        empty: What stands for no text.
    """

    changed: str
    longer: str = "{what} {was} has changed further on"
    new: str = "{what} is new"
    gone: str = "{what} is gone"
    moved: str = "{what} {place} now"
    empty: str = "empty"


SINCE_THEN = Wording("{what} was {was}, is {now}")
"""Between two versions of the file."""

IN_JAMA = Wording(f"{{what}}: Jama has {{now}}, {FILE_NAME} has {{was}}", empty="nothing")
"""Between a test case and the file."""

IN_RUN = Wording(
    f"{{what}}: the run has {{now}}, {FILE_NAME} has {{was}}",
    f"{{what}} {{was}}: the run and {FILE_NAME} differ further on",
    f"{{what}} is in the run, and not in {FILE_NAME}",
    f"{{what}} of {FILE_NAME} is not in the run",
    "{what} {place} in the run",
    empty="nothing",
)
"""Between a run, which may be older, and the file."""


class Drift(NamedTuple):
    """How a case differs from what is locked of it.

    Attributes:
        sentences: What differs, step by step; empty when nothing does.
        steps: The numbers of steps that are not what stood there.
    """

    sentences: tuple[str, ...] = ()
    steps: frozenset[int] = frozenset()


def find_drift(locked: LockedCase, text: CaseText, words: Wording = IN_JAMA) -> Drift:
    """Compare a case with what is locked of it.

    Args:
        locked: What was reviewed.
        text: What Jama says.
        words: How differences are said.
    """
    now = LockedCase.of(text, tests=())
    return compare(locked, now, words, has_description=text.description is not None)


def compare(
    locked: LockedCase,
    now: LockedCase,
    words: Wording = SINCE_THEN,
    *,
    has_description: bool = True,
) -> Drift:
    """Compare the texts of two locked cases; versions and tests do not count.

    Args:
        locked: What was reviewed.
        now: What there is now.
        words: How differences are said.
        has_description: Whether the description of the latter is known.
    """
    sentences = []
    if locked.is_disputed:
        sentences.append(f"the sessions had different entries of it in their {FILE_NAME}")
    if locked.name.digest != now.name.digest:
        sentences.append(_differ("the name", locked.name, now.name, words))
    if has_description and locked.description.digest != now.description.digest:
        sentences.append(_differ("the description", locked.description, now.description, words))
    sentences += _step_sentences(locked.steps, now.steps, words)
    pairs = zip_longest(map(_key, locked.steps), map(_key, now.steps))
    changed = (number for number, (was, new) in enumerate(pairs, start=1) if was != new)
    numbers = frozenset(number for number in changed if number <= len(now.steps))
    return Drift(tuple(sentences), numbers)


def _key(step: LockedStep) -> tuple[str, str]:
    return step.action.digest, step.expected.digest


def _step_sentences(
    old: Sequence[LockedStep], new: Sequence[LockedStep], words: Wording
) -> Iterator[str]:
    from difflib import SequenceMatcher  # noqa: PLC0415 (only when something differs)

    old_keys, new_keys = list(map(_key, old)), list(map(_key, new))
    if old_keys == new_keys:
        return
    opcodes = SequenceMatcher(None, old_keys, new_keys, autojunk=False).get_opcodes()
    blocks = [
        (range(old_start, old_end), range(new_start, new_end))
        for tag, old_start, old_end, new_start, new_end in opcodes
        if tag != "equal"
    ]
    moved = _find_moved(
        [(at, old_keys[at]) for olds, _ in blocks for at in olds],
        [(at, new_keys[at]) for _, news in blocks for at in news],
    )
    arrived = set(moved.values())
    for olds, news in blocks:
        gone = [at for at in olds if at not in moved]
        added = [at for at in news if at not in arrived]
        for was, now in zip_longest(gone, added):
            if was is None:
                yield words.new.format(what=_named(now, new))
            elif now is None:
                yield words.gone.format(what=_named(was, old))
            else:
                yield from _changed_step(was + 1, old[was], now + 1, new[now], words)
    rows = [(was, was + 1, now) for was, now in moved.items() if was != now]
    for tag, old_start, old_end, new_start, _ in opcodes:
        if tag == "equal" and old_start != new_start:
            rows.append((old_start, old_end, new_start))
    for start, end, now in sorted(rows):
        if end - start == 1:
            what, place = _named(start, old), f"is step {now + 1}"
        else:
            what = f"steps {start + 1} to {end}"
            place = f"are steps {now + 1} to {now + end - start}"
        yield words.moved.format(what=what, place=place)


def _find_moved(
    gone: Sequence[tuple[int, tuple[str, str]]], added: Sequence[tuple[int, tuple[str, str]]]
) -> dict[int, int]:
    """Return where steps went that stand elsewhere now."""
    places: dict[tuple[str, str], list[int]] = {}
    for at, key in added:
        places.setdefault(key, []).append(at)
    return {at: places[key].pop(0) for at, key in gone if places.get(key)}


def _changed_step(
    was_number: int, was: LockedStep, number: int, now: LockedStep, words: Wording
) -> Iterator[str]:
    step = f"step {number}" if was_number == number else f"step {was_number}, now {number},"
    expected = f"the expected result of {step}"
    if was.action.digest != now.action.digest:
        yield _differ(step, was.action, now.action, words)
    elif was.action.shown:
        expected += f" {_quoted(was.action)}"
    if was.expected.digest != now.expected.digest:
        yield _differ(expected, was.expected, now.expected, words)


def _differ(what: str, was: LockedText, now: LockedText, words: Wording) -> str:
    form = words.longer if was.shown == now.shown else words.changed
    return form.format(what=what, was=_quoted(was, words.empty), now=_quoted(now, words.empty))


def _named(number: int, steps: Sequence[LockedStep]) -> str:
    return f"step {number + 1} {_quoted(_title(steps[number]))}"


def _title(step: LockedStep) -> LockedText:
    return step.action if step.action.shown else step.expected


def _quoted(text: LockedText, empty: str = "empty") -> str:
    return f'"{text.shown}"' if text.shown else empty
