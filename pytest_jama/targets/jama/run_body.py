"""What a request says of a test run: the verdict, what goes along, what a PUT keeps. Pure.

All operations of a PATCH are `add`: `replace` is refused for a field that is empty now.
Source: Jama REST API cookbook, PATCH chapter.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from pytest_jama.core.text import visible
from pytest_jama.targets.jama.actual_results import (
    STEP_RESULT_SIZE,
    STEP_RESULTS_SIZE,
    escaped,
    with_earlier,
)
from pytest_jama.targets.jama.inline_images import fitting_images

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from pytest_jama.targets.jama.runs import RunStep, RunUpdate, TestRun

STATUS = "testRunStatus"
STEPS = "testRunSteps"
ACCOUNT = "actualResults"
ASSIGNEE = "assignedTo"

_LABELS = {ACCOUNT: "account", ASSIGNEE: "assignee"}
_ALSO_CALLED = {ACCOUNT: r"actual\s?results?", ASSIGNEE: r"assigned\s?to|assignee"}


class RunBody(NamedTuple):
    """What is written into a test run.

    Attributes:
        core: Its verdict: the whole step array, or the status of a run without steps. Never both:
            Jama derives the status from the steps.
        extras: What goes along: account, assignee, custom fields, by their API names.
    """

    core: Mapping[str, Any]
    extras: Mapping[str, Any]

    def all_but(self, names: Collection[str]) -> RunBody:
        """Return the same with fewer extras."""
        left = {name: value for name, value in self.extras.items() if name not in names}
        return self._replace(extras=left)

    @property
    def values(self) -> dict[str, Any]:
        """All of it."""
        return {**self.core, **self.extras}


def body_of(
    update: RunUpdate, *, fields: Mapping[str, Any], assignee: int | None = None
) -> RunBody:
    """Return what makes a test run what the update says.

    Args:
        update: The update.
        fields: Custom fields to set, by their API names: ``build$37``.
        assignee: The user to assign the run to; None leaves it.
    """
    core: dict[str, Any] = {STATUS: update.status.value}
    if update.steps:
        core = {STEPS: [step_json(step) for step in update.steps]}
    extras: dict[str, Any] = {}
    if update.account:
        extras[ACCOUNT] = update.results_text()
    if assignee is not None:
        extras[ASSIGNEE] = assignee
    for name, value in fields.items():
        extras[name] = visible(value) if isinstance(value, str) else value
    return RunBody(core, extras)


def patch_operations(values: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the JSON Patch that sets fields of a test run.

    Args:
        values: What each of them is set to.
    """
    return [
        {"op": "add", "path": f"/fields/{_pointer(name)}", "value": value}
        for name, value in values.items()
    ]


_OF_THE_SERVER = frozenset(
    {
        *(STATUS, STEPS, "forcePassed", "executionDate", "testRunSetName"),
        *("testPlan", "testCycle", "testCase", "project", "documentKey", "globalId"),
        *("createdDate", "modifiedDate", "lastActivityDate", "createdBy", "modifiedBy"),
    }
)
"""Fields of a run that are read-only, or follow from others.

Source: Jama's own example of automated testing takes dates and status out before its PUT.
"""
_COPIED = frozenset({"name", "description"})


def kept_fields(run: TestRun, *, only_results: bool = False) -> dict[str, Any]:
    """Return what a PUT sends beside what is new, so that it clears nothing.

    Whether a field that is left out is cleared is not documented for runs; for items it is.

    Args:
        run: The run as it was read.
        only_results: Whether to leave out what Jama copies from the test case.
    """
    left_out = _OF_THE_SERVER | (_COPIED if only_results else frozenset())
    return {
        name: value
        for name, value in run.as_read.items()
        if name not in left_out and value is not None
    }


def is_named(name: str, words: str) -> bool:
    """Return whether a server names a field: as the API does, without its suffix, or by its label.

    Args:
        name: The API name.
        words: What the server says.
    """
    return _find(name, words) is not None


def _find(name: str, words: str) -> re.Match[str] | None:
    plain = map(re.escape, dict.fromkeys((name, name.partition("$")[0])))
    forms = "|".join(filter(None, (*plain, _ALSO_CALLED.get(name))))
    return re.search(rf"(?<![\w$])(?:{forms})(?!\w)", words, re.IGNORECASE)


def find_named(names: Iterable[str], words: str) -> str | None:
    """Return the field that a server names first; None when it names none of them."""
    found = [(match.start(), name) for name in names if (match := _find(name, words))]
    return min(found)[1] if found else None


def describe_extra(name: str) -> str:
    """Return what people call something that goes along with a verdict."""
    return _LABELS.get(name) or f"field {name}"


def step_json(step: RunStep) -> dict[str, Any]:
    """Return a step as it was read, with its new status and, if there is one, its new result."""
    json = {**step.as_read, "status": step.status}
    if step.result is None:
        return json
    result = escaped(step.result, at_most=STEP_RESULT_SIZE)
    result += fitting_images(step.images, at_most=STEP_RESULT_SIZE // 2)
    result = with_earlier(result, step.earlier, at_most=STEP_RESULTS_SIZE)
    if result or "result" in json:
        json["result"] = result
    return json


def _pointer(name: str) -> str:
    """Escape a name for a JSON pointer (RFC 6901)."""
    return name.replace("~", "~0").replace("/", "~1")
