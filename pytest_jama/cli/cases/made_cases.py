"""What becomes of new test cases: what is to be done, what was done, for people and programs."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_jama.core.text import counted, first_line, quoted
from pytest_jama.report.summary import shown_path
from pytest_jama.report.upload_lines import LISTED, Line, Tone
from pytest_jama.session.exit_status import ExitStatus, exit_status_of

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Mapping, Sequence

    from pytest_jama.core.errors import PytestJamaError
    from pytest_jama.targets.jama.case_home import CaseHome, NewCase
    from pytest_jama.targets.jama.wire import Item


@dataclass(slots=True)
class MadeCases:
    """What has become of the drafts.

    Attributes:
        home: Where the cases come to be; None before that is known.
        drafts: All drafts.
        unnameable: Why no key of the map means just a test, by the test; it gets no case.
        found: Cases that exist and say that they are for a test, by its key.
        namesakes: Items that have the name of a draft, by the key of its test.
        created: The API IDs of new cases, by the key of their test.
        keys: The references that the map gets, by the key of the test.
        file: The file that they were written into.
        error: Why it did not go on.
        refused: Why a case was refused, by the key of its test.
        lost: The keys of tests whose case is not there although Jama said so.
        twins: Cases that are for one test, where there are several, the oldest first, by its key.
    """

    home: CaseHome | None = None
    drafts: list[NewCase] = field(default_factory=list)
    unnameable: Mapping[str, str] = field(default_factory=dict)
    found: dict[str, list[Item]] = field(default_factory=dict)
    namesakes: dict[str, Item] = field(default_factory=dict)
    created: dict[str, int] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    file: Path | None = None
    error: PytestJamaError | None = None
    refused: dict[str, str] = field(default_factory=dict)
    lost: Sequence[str] = ()
    twins: Mapping[str, Sequence[Item]] = field(default_factory=dict)

    def nameable(self) -> list[NewCase]:
        """Return the drafts that the map can name."""
        return [draft for draft in self.drafts if draft.test not in self.unnameable]

    def to_create(self) -> list[NewCase]:
        """Return the drafts of cases that are not there."""
        known = {*self.found, *self.namesakes}
        return [draft for draft in self.nameable() if draft.test not in known]


def key_of(item: Item) -> str:
    """Return how the map names an item: by its key, or where it has none by its API ID."""
    return item.key or str(item.id)


def plan_lines(made: MadeCases, *, verbose: bool) -> Iterator[Line]:
    """Yield what is to be done, before it is done."""
    new = made.to_create()
    yield Line("create", f"{counted(len(new), 'test case')} {made.home}")
    yield from _some([Line("  new", _describe(draft)) for draft in new], verbose=verbose)
    found = [Line("  found", _describe_found(*each)) for each in made.found.items()]
    yield from _some(found, verbose=verbose)
    for test, item in made.namesakes.items():
        key = item.key or item.id
        text = f"{key} has the name {quoted(item.name)}, and does not say that it is for {test}"
        remedy = f"link it, `{test}: {key}` in the map, or name the test otherwise"
        yield Line("EXISTS", f"{text}; {remedy}", Tone.WARNING)
    yield from _refused_lines(made.unnameable)
    with_steps = sum(1 for draft in new if draft.steps)
    if with_steps and made.home is not None and made.home.steps_field is None:
        what = f"test cases of type {quoted(made.home.item_type.name)} have no steps"
        text = f"{what}: those of {counted(with_steps, 'test')} are left out"
        yield Line("warning", text, Tone.WARNING)


def _describe(draft: NewCase) -> str:
    steps = f", {counted(len(draft.steps), 'step')}" if draft.steps else ""
    tests = f" ({counted(len(draft.tests), 'test')})" if len(draft.tests) > 1 else ""
    return f"{draft.name}: {draft.test}{tests}{steps}"


def _describe_found(test: str, items: Sequence[Item]) -> str:
    key, *others = map(key_of, items)
    more = f"; {', '.join(others)} say the same, the oldest is taken" if others else ""
    return f"{key} says that it is for {test}: it is linked{more}"


def _some(lines: Sequence[Line], *, verbose: bool) -> Iterable[Line]:
    left = 0 if verbose else len(lines) - LISTED
    if left <= 0:
        return lines
    return [*lines[:LISTED], lines[0]._replace(text=f"{left} more (list with -v)")]


def ending_lines(made: MadeCases, *, is_agreed: bool) -> Iterator[Line]:
    """Yield what was done.

    Args:
        made: What has become of the drafts.
        is_agreed: Whether anything was to be created.
    """
    if not made.drafts:
        yield Line("nothing", "to create: every test has a test case", Tone.GOOD)
        return
    if not is_agreed:
        to_do = made.to_create() or made.found
        what = "is written; with --yes it is done" if to_do else "can be done"
        yield Line("nothing", what)
        return
    yield from _problem_lines(made)
    left = len(made.to_create()) - len(made.created) - len(made.refused)
    if left:
        again = "the same command goes on where this one ended"
        yield Line("NOT DONE", f"{counted(left, 'test case')} not created; {again}", Tone.BAD)
    tone = Tone.GOOD if not (left or made.refused or made.unnameable) else Tone.WARNING
    yield Line("created", counted(len(made.created), "test case"), tone)
    if made.file is not None:
        shown = shown_path(made.file, Path.cwd())
        yield Line("linked", f"{counted(len(made.keys), 'key')} in {shown}; review and commit it")
        yield Line("next", _NEXT)
    elif made.keys:
        yield Line("NOT LINKED", "write these lines under `tests:` yourself:", Tone.BAD)
        for test, key in made.keys.items():
            yield Line("", f"{quoted(test)}: {key}", Tone.BAD, is_exact=True)


_NEXT = (
    "`pytest-jama prepare --cycle=NAME`, with the name of a new cycle, brings the cases into the "
    "plan and that cycle; a cycle that exists has no runs of new cases"
)


def _refused_lines(refused: Mapping[str, str]) -> Iterator[Line]:
    by_reason: dict[str, list[str]] = {}
    for test, why in refused.items():
        by_reason.setdefault(first_line(why), []).append(test)
    for why, tests in by_reason.items():
        more = f" and {len(tests) - 1} more" if len(tests) > 1 else ""
        yield Line("REFUSED", f"{tests[0]}{more}: {why}", Tone.BAD)


def _problem_lines(made: MadeCases) -> Iterator[Line]:
    yield from _refused_lines(made.refused)
    for test in made.lost:
        why = "Jama said that its case was created, and does not have it; run this again later"
        yield Line("LOST", f"{test}: {why}", Tone.BAD)
    for test, twins in made.twins.items():
        first, *others = map(key_of, twins)
        why = "another command made one at the same time, or Jama made one late"
        text = (
            f"{first}, {', '.join(others)} are for {test}: {why}; the oldest, {first}, is linked: "
        )
        text += f"delete {' and '.join(others)}"
        yield Line("TWICE", text, Tone.BAD)
    if made.error is not None:
        yield from (Line("ERROR", first_line(text), Tone.BAD) for text in made.error.lines)


def status_of(made: MadeCases, *, is_agreed: bool) -> int:
    """Return the exit status; see `ending_lines`."""
    if made.error is not None:
        return int(exit_status_of(made.error))
    is_done = not is_agreed or len(made.created) == len(made.to_create())
    is_done = is_done and not (made.lost or made.twins)
    is_left = made.namesakes or made.unnameable
    return int(ExitStatus.WELL if is_done and not is_left else ExitStatus.INCOMPLETE)


def document_of(made: MadeCases, status: int) -> dict[str, Any]:
    """Return what became of the drafts, for a program.

    Args:
        made: What has become of the drafts.
        status: The exit status.
    """
    cases = [
        {
            "test": draft.test,
            "tests": list(draft.tests),
            "state": _state(draft.test, made),
            "key": made.keys.get(draft.test),
            "name": draft.name,
            "description": draft.description,
            "steps": [{"action": step[0], "expected": step[1]} for step in draft.steps],
            "reason": made.unnameable.get(draft.test, made.refused.get(draft.test)),
        }
        for draft in made.drafts
    ]
    return {
        "place": str(made.home) if made.home else None,
        "cases": cases,
        "written": str(made.file) if made.file else None,
        "error": str(made.error) if made.error else None,
        "exit_status": status,
    }


def _state(test: str, made: MadeCases) -> str:
    states: Mapping[str, Container[str]] = {
        "created": made.created,
        "found": made.found,
        "refused": {**made.unnameable, **made.refused},
        "exists": made.namesakes,
    }
    return next((state for state, tests in states.items() if test in tests), "planned")
