"""From an update to the PATCH that writes it. Pure.

All operations are `add`: `replace` is refused for a field that is empty now.
Source: Jama REST API cookbook, PATCH chapter.
"""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Any

from pytest_jama.core.text import clean

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from pytest_jama.targets.jama.runs import RunStep, RunUpdate

ACCOUNT_SIZE = 8_000
"""Characters of the actual results of a run; Jama's own limit is not documented."""

STEP_RESULT_SIZE = 2_000
"""Characters of the actual result of a step."""

_BREAK = "<br />"
_SPACE = "&nbsp;"
_TAB = _SPACE * 4
_PARAGRAPH = ("<p>", "</p>")
_MARK_SIZE = 50


def patch_operations(
    update: RunUpdate,
    *,
    fields: Mapping[str, Any],
    assignee: int | None = None,
) -> list[dict[str, Any]]:
    """Return the JSON Patch that makes a test run what the update says.

    A run with steps gets its whole step array and never a status beside it, which Jama derives.

    Args:
        update: The update.
        fields: Custom fields to set, by their names with the type's suffix: ``build$37``.
        assignee: The user to assign the run to; None leaves it.
    """
    values: dict[str, Any] = {}
    if update.steps:
        values["testRunSteps"] = [step_json(step) for step in update.steps]
    else:
        values["testRunStatus"] = update.status.value
    if update.account:
        values["actualResults"] = rich_text(update.account, at_most=ACCOUNT_SIZE)
    if assignee is not None:
        values["assignedTo"] = assignee
    values.update(fields)
    return [
        {"op": "add", "path": f"/fields/{_pointer(name)}", "value": value}
        for name, value in values.items()
    ]


def step_json(step: RunStep) -> dict[str, Any]:
    """Return a step as it was read, with its new status and, if there is one, its new result."""
    json = {**step.as_read, "status": step.status}
    if step.result or (step.result is not None and "result" in json):
        json["result"] = escaped(step.result, at_most=STEP_RESULT_SIZE)
    return json


def escaped(text: str, *, at_most: int) -> str:
    """Escape a text for HTML and shorten it, never inside an entity.

    Args:
        text: Plain text.
        at_most: Characters of the result, entities included.
    """
    kept, is_cut = _fitting(map(html.escape, clean(text)), at_most)
    return "".join(kept) + (_mark(0) if is_cut else "")


def rich_text(lines: Sequence[str], *, at_most: int) -> str:
    """Make one HTML paragraph of plain lines; what does not fit is cut off with a visible mark.

    Args:
        lines: Plain text; indentation stays visible.
        at_most: Characters of the result, tags and entities included.
    """
    plain = [part for line in lines for part in line.splitlines() or [""]]
    opening, closing = _PARAGRAPH
    kept, is_cut = _fitting(_units(plain), at_most - len(opening) - len(closing))
    if is_cut:
        kept.append(_mark(len(plain) - 1 - kept.count(_BREAK)))
    return opening + "".join(kept) + closing


def _units(lines: Sequence[str]) -> Iterator[str]:
    """Yield what must not be cut apart: characters, entities, tags."""
    for number, line in enumerate(map(clean, lines)):
        if number:
            yield _BREAK
        text = line.lstrip()
        yield from (_TAB if blank == "\t" else _SPACE for blank in line[: len(line) - len(text)])
        yield from (_TAB if character == "\t" else html.escape(character) for character in text)


def _fitting(units: Iterable[str], at_most: int) -> tuple[list[str], bool]:
    """Return as many units as fit, leaving room for the mark when not all do."""
    kept: list[str] = []
    size = 0
    for unit in units:
        kept.append(unit)
        size += len(unit)
        if size > at_most:
            break
    else:
        return kept, False
    while kept and (size > at_most - _MARK_SIZE or kept[-1] == _BREAK):
        size -= len(kept.pop())
    return kept, True


def _mark(missing_lines: int) -> str:
    noun = "line" if missing_lines == 1 else "lines"
    return f"… (shortened: {missing_lines} more {noun})" if missing_lines else "… (shortened)"


def _pointer(name: str) -> str:
    """Escape a name for a JSON pointer (RFC 6901)."""
    return name.replace("~", "~0").replace("/", "~1")
