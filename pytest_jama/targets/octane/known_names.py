"""Names of a command line that the server does not have.

What refers to one is not found, which would look like an answer: nothing failed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_jama.core.errors import NotUsableError, RefusedError
from pytest_jama.core.text import quoted
from pytest_jama.targets.octane.references import find_nearest_names
from pytest_jama.targets.octane.wishes import find_id, reference, without_prefix

if TYPE_CHECKING:
    from pytest_jama.targets.octane.entities import Entities
    from pytest_jama.targets.octane.flow_reading import Desk
    from pytest_jama.targets.octane.wishes import FlowOption

_MOST_NAMES = 1000
"""So many names are compared with one that is not there."""


def require_known_names(desk: Desk) -> None:
    """Look up all that options name, after nothing was found.

    Raises:
        NotUsableError: When something is not there; it tells all that is not.
        TargetError: When the server does not answer.
    """
    wishes = desk.wishes
    named = [(each, wishes.text(each.name)) for each in wishes.options.values() if each.collection]
    missing = [
        describe_unknown(desk.entities, option, text)
        for option, text in named
        if text and not _is_known(desk.entities, option, text)
    ]
    if missing:
        raise NotUsableError(*missing)


def describe_unknown(entities: Entities, option: FlowOption, text: str) -> str:
    """Say that there is nothing of a name or ID, and which names are like it.

    Args:
        entities: Asks the server.
        option: What was given.
        text: What it says.
    """
    name = without_prefix(text)
    entity_id = find_id(text, is_number_id=option.is_number_id)
    what = f"has the ID {entity_id}" if entity_id else f"is named {quoted(name)}"
    rows = [] if entity_id else entities.list(option.collection, fields="id,name", most=_MOST_NAMES)
    near = find_nearest_names(name, (str(row.get("name") or "") for row in rows))
    remedy = f"did you mean {' or '.join(map(quoted, near))}?" if near else "check it"
    if entity_id == text:
        remedy = f"a number alone is an ID here; write name:{text} for a name"
    return f"{option.shown}: nothing in {option.collection} {what}; {remedy}"


def _is_known(entities: Entities, option: FlowOption, text: str) -> bool:
    query = reference(text, option)
    try:
        return any(entities.list(option.collection, fields="id", query=query, most=1))
    except RefusedError:
        return True  # one who may not read it cannot know
