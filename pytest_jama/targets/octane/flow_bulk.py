"""The flows that write many entities at once: a plan first, and the doing only where it is wished.

Done twice they change nothing: their queries leave out what is as it is to be.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from pytest_jama.core.errors import (
    NotUsableError,
    Problem,
    RefusedError,
    SettingsError,
    TargetError,
)
from pytest_jama.core.text import counted, cut_with_hash, quoted
from pytest_jama.targets.octane.entities import WRITTEN_AT_ONCE
from pytest_jama.targets.octane.flow_reading import look_up_names
from pytest_jama.targets.octane.flow_rows import FlowRows, name_of
from pytest_jama.targets.octane.list_entries import entry, reference_to, signed_in_user
from pytest_jama.targets.octane.query import (
    Statement,
    both,
    either,
    equals,
    has_ids,
    negated,
    refers,
    refers_to_entry,
)
from pytest_jama.targets.octane.written_entities import Search, WrittenEntity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from pytest_jama.targets.octane.entities import Entities
    from pytest_jama.targets.octane.flow_reading import Desk

    Write = Callable[[Sequence[Mapping[str, Any]]], Sequence[WrittenEntity]]

LONGEST_NAME = 255

BULK_COLUMNS = ("id", "name", "change", "state", "why")
"""`state` is ``planned``, ``done``, ``refused`` or ``not sent``; `why` is about the last two."""

_TOLD = 10
"""So many IDs are told of which all the same is to be said."""

_TEST_TASK = "Test"
"""The type of a task that is about testing. Source: vendor's help."""


class Intent(NamedTuple):
    """One entity that is to be written.

    Attributes:
        shown: The ID and the name of what a person knows it by.
        change: What happens to it, in a few words.
        entity: What is sent.
    """

    shown: Mapping[str, Any]
    change: str
    entity: Mapping[str, Any]


class BulkOutcome(NamedTuple):
    """What became of several entities.

    Attributes:
        states: State and reason of each.
        stopped: What ended it before its end; None when nothing did.
    """

    states: tuple[tuple[str, str], ...]
    stopped: TargetError | None = None


def run_bulk(intents: Sequence[Intent], write: Write, *, is_agreed: bool) -> FlowRows:
    """Write entities, or say what would be written.

    Args:
        intents: What is to be written.
        write: Writes some of it by one request; says what became of each.
        is_agreed: Whether it is to be done.
    """
    if not is_agreed:
        rows = tuple(_row(each, "planned") for each in intents)
        note = "nothing is written without --yes"
        return FlowRows(BULK_COLUMNS, rows, (note,) if rows else ())
    outcome = _write_all([each.entity for each in intents], write)
    rows = tuple(
        _row(each, state, why) for each, (state, why) in zip(intents, outcome.states, strict=True)
    )
    left = sum(state != "done" for state, _ in outcome.states)
    notes = (f"{left} of {counted(len(rows), 'change')} not made",) if left else ()
    return FlowRows(BULK_COLUMNS, rows, notes, is_complete=not left, stopped=outcome.stopped)


def _row(intent: Intent, state: str, why: str = "") -> Mapping[str, Any]:
    shown = {key: intent.shown.get(key) for key in ("id", "name")}
    return {**shown, "change": intent.change, "state": state, "why": why}


def _write_all(entities: Sequence[Mapping[str, Any]], write: Write) -> BulkOutcome:
    """Write so many at a time; a refusal of some stops no others, a server out of reach does."""
    states: list[tuple[str, str]] = []
    for at in range(0, len(entities), WRITTEN_AT_ONCE):
        some = entities[at : at + WRITTEN_AT_ONCE]
        try:
            states += [_state(each) for each in write(some)]
        except RefusedError as error:
            states += [("refused", str(error))] * len(some)
        except TargetError as error:
            states += [("not sent", str(error))] * (len(entities) - at)
            return BulkOutcome(tuple(states), error)
    return BulkOutcome(tuple(states))


def _state(written: WrittenEntity) -> tuple[str, str]:
    return ("refused", written.error) if written.error else ("done", "")


def add_test_tasks(desk: Desk) -> FlowRows:
    """Give each story without a task for its test such a task.

    Raises:
        TargetError: When the server does not answer, or refuses to tell.
    """
    entities, wishes = desk.entities, look_up_names(desk)
    item_type = _item_type(entities)
    has_task = refers("child_task", refers("item_type", equals("name", _TEST_TASK)))
    query = both(negated(has_task), wishes.named("release"))
    stories = list(entities.list("stories", fields="id,name,owner{name}", query=query))
    if not stories:
        return FlowRows(BULK_COLUMNS, ())
    is_agreed = wishes.has("yes")
    phase = entry(entities, "phase", "phase.task.new") if is_agreed else {}
    owners = _Owners(entities)
    intents = [
        Intent(
            story,
            f"new task {_task_name(story)!r} of {name_of(owner)}",
            _task(story, owner, phase, item_type),
        )
        for story in stories
        if (owner := owners.of(story))
    ]

    def write(some: Sequence[Mapping[str, Any]]) -> Sequence[WrittenEntity]:
        return entities.create("tasks", some, search=_search_tasks(some))

    return _with_left(run_bulk(intents, write, is_agreed=is_agreed), stories, owners)


def _with_left(found: FlowRows, stories: Sequence[Mapping[str, Any]], owners: _Owners) -> FlowRows:
    """Say which stories get no task, since nobody can own it."""
    left = [str(story["id"]) for story in stories if not owners.of(story)]
    if not left:
        return found
    told = ", ".join(left[:_TOLD]) + ", ..." * (len(left) > _TOLD)
    note = f"no task for {'story' if len(left) == 1 else 'stories'} {told}: {owners.why}"
    return found._replace(notes=(*found.notes, note), is_complete=False)


def _item_type(entities: Entities) -> Mapping[str, Any]:
    """Return the reference to the type of tasks that are about testing.

    Raises:
        NotUsableError: When the server has none, or several that it does not tell apart.
    """
    query = equals("name", _TEST_TASK)
    rows = list(entities.list("list_nodes", fields="id,name,logical_name", query=query))
    told = [row for row in rows if "task" in str(row.get("logical_name"))]
    fitting = told or [row for row in rows if "item_type" in str(row.get("logical_name"))] or rows
    if len(fitting) != 1:
        ids = ", ".join(str(row.get("id")) for row in fitting) or "none"
        raise NotUsableError(
            f"the type {_TEST_TASK!r} of tasks is not known for certain: entries of lists with "
            f"this name: {ids}; see the list of types of tasks in the settings of the workspace"
        )
    return reference_to("list_node", fitting[0])


class _Owners:
    """Knows who owns a task: the owner of its story, else who runs the command; asked once.

    Attributes:
        why: Why the one who runs the command cannot be an owner; empty while that is not known.
    """

    def __init__(self, entities: Entities) -> None:
        self._entities = entities
        self._me: Mapping[str, Any] | None = None
        self.why = ""

    def of(self, story: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """Return the owner, with ID and name; None where there can be none."""
        owner = story.get("owner")
        if isinstance(owner, dict) and owner.get("id"):
            return owner
        if self._me is None and not self.why:
            try:
                self._me = signed_in_user(self._entities)
            except (NotUsableError, RefusedError) as error:
                self.why = f"it has no owner, and {error}"
        return self._me


def _task_name(story: Mapping[str, Any]) -> str:
    return cut_with_hash(f"{_TEST_TASK}: {name_of(story)}", at_most=LONGEST_NAME)


def _task(
    story: Mapping[str, Any],
    owner: Mapping[str, Any],
    phase: Mapping[str, Any],
    item_type: Mapping[str, Any],
) -> Mapping[str, Any]:
    return {
        "name": _task_name(story),
        "story": reference_to("story", story),
        "phase": phase,
        "owner": reference_to("workspace_user", owner),
        "item_type": item_type,
    }


def _search_tasks(tasks: Sequence[Mapping[str, Any]]) -> Search:
    """Return how tasks are found again: by their stories, which had none before."""
    stories = either(*has_ids("id", (task["story"]["id"] for task in tasks)))
    of_type = refers("item_type", equals("name", _TEST_TASK))
    return Search(both(refers("story", stories), of_type), "id,name,story", _has_same_story)


def _has_same_story(sent: Mapping[str, Any], found: Mapping[str, Any]) -> bool:
    story = found.get("story")
    return isinstance(story, dict) and str(story.get("id")) == sent["story"]["id"]


class Closing(NamedTuple):
    """What is done when its parts are.

    Attributes:
        parts: The field that leads to its parts.
        done: The phase of what is done.
        parts_done: The phase of a part that is done.
    """

    parts: str
    done: str
    parts_done: str


CLOSINGS = {
    "stories": Closing("child_task", "phase.story.done", "phase.task.completed"),
    "features": Closing("children", "phase.feature.done", "phase.story.done"),
}
"""By the collection."""


def done_by_parts(closing: Closing) -> Statement:
    """Ask for what is not done though it has parts, and all of them are."""
    part_is_done = refers_to_entry("phase", closing.parts_done)
    return both(
        negated(refers_to_entry("phase", closing.done)),
        refers(closing.parts, part_is_done),
        negated(refers(closing.parts, negated(part_is_done))),
    )


def close_done(desk: Desk) -> FlowRows:
    """Set stories or features to done when all their parts are.

    Raises:
        SettingsError: When something else is to be closed.
        TargetError: When the server does not answer, or refuses to tell.
    """
    entities, wishes = desk.entities, desk.wishes
    collection = wishes.text("what")
    if collection not in CLOSINGS:
        what = f"{quoted(collection)} are not closed by their parts"
        raise SettingsError(Problem(what, f"give {' or '.join(CLOSINGS)}", "WHAT"))
    closing = CLOSINGS[collection]
    query = both(done_by_parts(closing), look_up_names(desk).named("release"))
    found = list(entities.list(collection, fields="id,name,phase{name}", query=query))
    is_agreed = wishes.has("yes")
    phase = entry(entities, "phase", closing.done) if found and is_agreed else {}
    intents = list(_phase_intents(found, closing.done, phase))
    return run_bulk(intents, lambda some: entities.change(collection, some), is_agreed=is_agreed)


def _phase_intents(
    found: Sequence[Mapping[str, Any]], done: str, phase: Mapping[str, Any]
) -> Iterator[Intent]:
    for each in found:
        was = each.get("phase")
        before = name_of(was) if isinstance(was, dict) else None
        change = f"phase {before or 'not known'} -> {done.rpartition('.')[2]}"
        yield Intent(each, change, {"id": str(each["id"]), "phase": phase})
