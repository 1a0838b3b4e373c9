"""Whether a run keeps its words: its steps go back to Jama as they were read. Pure.

Jama cleans rich text and steps of tags that it does not trust, whenever they are stored. What was
stored before that was switched on changes when it is sent back.
Source: Jama help, general properties: HTML tag security cleaning.
"""

from __future__ import annotations

import re
from itertools import takewhile
from typing import TYPE_CHECKING, Any

from pytest_jama.core.text import unescaped
from pytest_jama.targets.jama.actual_results import is_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_jama.targets.jama.runs import RunUpdate, TestRun

_LABELS = {
    "action": "action",
    "expectedResult": "expected result",
    "notes": "notes",
    "result": "result",
}
_WHY = (
    "it was sent back as it was read, and this server stores it otherwise: its HTML tag security "
    "cleaning may do that (Jama's root user, System properties)"
)
_TAG = re.compile(r"(<[^<>]*>)")
_LAYOUT = frozenset({"p", "/p", "br", "div", "/div"})
_SHOWN = 60
_BEFORE = 15


def changed_words(update: RunUpdate, stored: TestRun) -> Iterator[tuple[str, str]]:
    """Yield what of the words of a run is not kept, each with both forms and the reason.

    Args:
        update: What was written.
        stored: The run as read back.
    """
    if len(update.steps) == len(stored.steps):
        for number, (sent, step) in enumerate(zip(update.steps, stored.steps, strict=True), 1):
            for name, label in _LABELS.items():
                if name == "result" and sent.result is not None:
                    continue  # ours is new
                before, after = sent.as_read.get(name), step.as_read.get(name)
                if not says_the_same(before, after):
                    forms = _both_forms(before, after)
                    yield f"step {number}: the {label} has changed {forms}", _WHY
    kept = update.account and update.earlier and not update.is_cut  # else it was not sent back
    if kept and not is_in(update.earlier, stored.actual_results):
        yield "what others wrote in the actual results has changed", _WHY


def says_the_same(before: object, after: object) -> bool:
    """Return whether two forms of a text are the same words, in the same tags.

    Jama writes rich text anew: paragraphs, line breaks, blanks and entities do not count. Any other
    tag does, and so does every attribute.
    """
    if before == after or not (before or after):
        return True
    return _words(before) == _words(after)


def _words(text: object) -> list[Any]:
    if not isinstance(text, str):
        return [text] if text else []
    words: list[Any] = []
    for number, part in enumerate(_TAG.split(text)):
        if number % 2:
            tag = " ".join(part[1:-1].rstrip("/ \n").replace("'", '"').split())
            name, blank, attributes = tag.partition(" ")
            if blank or name.lower() not in _LAYOUT:
                words.append((name.lower(), attributes))
        else:
            words += unescaped(part).split()
    return words


def _both_forms(before: object, after: object) -> str:
    """Return both forms of a text, from shortly before where they differ."""
    texts = [text if isinstance(text, str) else "" for text in (before, after)]
    alike = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(*texts, strict=False)))
    start = max(0, alike - _BEFORE)
    shown = (
        ("…" if start else "")
        + text[start : start + _SHOWN]
        + ("…" if text[start + _SHOWN :] else "")
        for text in texts
    )
    return "from '{}' to '{}'".format(*shown)
