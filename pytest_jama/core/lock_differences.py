"""What differs between a test case and what jama.lock has of it, in words. Pure."""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING, NamedTuple

from pytest_jama.core.lock import FILE_NAME, LockedCase

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_jama.core.lock import CaseText, LockedStep, LockedText


class Drift(NamedTuple):
    """How a case differs from what is locked of it.

    Attributes:
        sentences: What differs, step by step; empty when nothing does.
        steps: The numbers of steps that are not what stood there.
    """

    sentences: tuple[str, ...] = ()
    steps: frozenset[int] = frozenset()


def find_drift(locked: LockedCase, text: CaseText) -> Drift:
    """Compare a case with what is locked of it.

    Args:
        locked: What was reviewed.
        text: What Jama says.
    """
    return compare(
        locked, LockedCase.of(text, tests=()), has_description=text.description is not None
    )


def compare(locked: LockedCase, now: LockedCase, *, has_description: bool = True) -> Drift:
    """Compare the texts of two locked cases; versions and tests do not count.

    Args:
        locked: What was reviewed.
        now: What there is now.
        has_description: Whether the description of the latter is known.
    """
    sentences = []
    if locked.is_disputed:
        sentences.append(f"the sessions had different entries of it in their {FILE_NAME}")
    if locked.name.digest != now.name.digest:
        sentences.append(_was_is("the name", locked.name, now.name))
    if has_description and locked.description.digest != now.description.digest:
        sentences.append(_was_is("the description", locked.description, now.description))
    sentences += _step_sentences(locked.steps, now.steps)
    pairs = zip_longest(map(_key, locked.steps), map(_key, now.steps))
    changed = (number for number, (was, new) in enumerate(pairs, start=1) if was != new)
    numbers = frozenset(number for number in changed if number <= len(now.steps))
    return Drift(tuple(sentences), numbers)


def _key(step: LockedStep) -> tuple[str, str]:
    return step.action.digest, step.expected.digest


def _step_sentences(old: Sequence[LockedStep], new: Sequence[LockedStep]) -> Iterator[str]:
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
                yield f"step {now + 1} {_quoted(_title(new[now]))} is new"
            elif now is None:
                yield f"step {was + 1} {_quoted(_title(old[was]))} is gone"
            else:
                yield from _changed_step(was + 1, old[was], now + 1, new[now])
        for was in olds:
            if was in moved:
                title = _quoted(_title(old[was]))
                yield f"step {was + 1} {title} is step {moved[was] + 1} now"
    for tag, old_start, old_end, new_start, new_end in opcodes:
        if tag == "equal" and old_start != new_start:
            was, now = _numbers(old_start, old_end), _numbers(new_start, new_end)
            yield f"{was} {'is' if was.startswith('step ') else 'are'} {now} now"


def _find_moved(
    gone: Sequence[tuple[int, tuple[str, str]]], added: Sequence[tuple[int, tuple[str, str]]]
) -> dict[int, int]:
    """Return where steps went that stand elsewhere now."""
    places: dict[tuple[str, str], list[int]] = {}
    for at, key in added:
        places.setdefault(key, []).append(at)
    return {at: places[key].pop(0) for at, key in gone if places.get(key)}


def _changed_step(was_number: int, was: LockedStep, number: int, now: LockedStep) -> Iterator[str]:
    step = f"step {number}" if was_number == number else f"step {was_number}, now {number},"
    expected = f"the expected result of {step}"
    if was.action.digest != now.action.digest:
        yield _was_is(step, was.action, now.action)
    elif was.action.shown:
        expected += f" {_quoted(was.action)}"
    if was.expected.digest != now.expected.digest:
        yield _was_is(expected, was.expected, now.expected)


def _was_is(what: str, was: LockedText, now: LockedText) -> str:
    if was.shown == now.shown:
        return f"{what} {_quoted(was)} has changed further on"
    return f"{what} was {_quoted(was)}, is {_quoted(now)}"


def _title(step: LockedStep) -> LockedText:
    return step.action if step.action.shown else step.expected


def _quoted(text: LockedText) -> str:
    return f'"{text.shown}"' if text.shown else "empty"


def _numbers(start: int, end: int) -> str:
    return f"step {end}" if end - start == 1 else f"steps {start + 1} to {end}"
