"""What became of entities that were to be made or changed, and how they are found again. Pure."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NamedTuple

from pytest_jama.core.errors import RefusedError
from pytest_jama.core.text import clean, shorten
from pytest_jama.targets.octane.query import Statement, equals

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

_LONGEST_WORDS = 500


def _has_same_name(sent: Mapping[str, Any], found: Mapping[str, Any]) -> bool:
    return bool(sent.get("name") == found.get("name"))


class WrittenEntity(NamedTuple):
    """What became of an entity.

    Attributes:
        entity_id: Its ID; empty when it was not made.
        error: Why not, in the server's words; empty when it was.
    """

    entity_id: str
    error: str = ""

    def require_id(self, request: str) -> str:
        """Return the ID.

        Args:
            request: Method and path, for the message.

        Raises:
            RefusedError: When it was not made.
        """
        if self.error:
            text = f"{request}: {self.error}"
            raise RefusedError(text, http_status=HTTPStatus.CONFLICT, words=self.error)
        return self.entity_id


NOT_MADE = WrittenEntity("")
"""What an entity is that is not there, though nothing refused it."""


class Search(NamedTuple):
    """How entities are found again of which it is not known whether they were made.

    Attributes:
        statement: Finds them all, perhaps with others.
        fields: What is read of what is found, separated by commas; `id` is one of them.
        is_same: Whether an entity, as it was sent, is the one that was found.
        known: The IDs of those that were there before.
    """

    statement: Statement
    fields: str = "id,name"
    is_same: Callable[[Mapping[str, Any], Mapping[str, Any]], bool] = _has_same_name
    known: frozenset[str] = frozenset()

    def find(
        self, sent: Sequence[Mapping[str, Any]], rows: Iterable[Mapping[str, Any]]
    ) -> list[WrittenEntity]:
        """Return each entity that was sent as it is among the rows, else `NOT_MADE`.

        Args:
            sent: What was to be made.
            rows: What is there.
        """
        left = [row for row in rows if str(row.get("id")) not in self.known]
        found: list[WrittenEntity] = []
        for entity in sent:
            at = next((i for i, row in enumerate(left) if self.is_same(entity, row)), None)
            found.append(NOT_MADE if at is None else WrittenEntity(str(left.pop(at).get("id"))))
        return found


def by_name(name: str, known: Iterable[str] = ()) -> Search:
    """Return how an entity is found by its name.

    Args:
        name: Its name.
        known: The IDs of those that had the name before.
    """
    return Search(equals("name", name), known=frozenset(known))


def read_written(answer: object, *, count: int) -> list[WrittenEntity] | None:
    """Return what became of each entity, in their order; None when the answer does not say it.

    Some may be refused while others are taken: the place of each refused one is told, and those
    that were taken stand in the order of the request.

    Args:
        answer: The envelope, or one error that is about all of them.
        count: How many entities were sent.
    """
    envelope = answer if isinstance(answer, dict) else {}
    if "error_code" in envelope:
        return [WrittenEntity("", _words_of(envelope))] * count
    refused = _rows(envelope.get("errors"))
    errors = {_place_of(each, is_alone=count == 1): _words_of(each) for each in refused}
    ids = [str(each.get("id", "")) for each in _rows(envelope.get("data"))]
    if len(ids) + len(errors) != count or not all(ids) or not errors.keys() <= {*range(count)}:
        return None
    left = iter(ids)
    return [
        WrittenEntity("", errors[at]) if at in errors else WrittenEntity(next(left))
        for at in range(count)
    ]


def _rows(value: object) -> list[Mapping[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _place_of(error: Mapping[str, Any], *, is_alone: bool) -> int:
    """Return the place in the request that an error is about; -1 when it does not say it."""
    place = error.get("index")
    if isinstance(place, int) and not isinstance(place, bool):
        return place
    return 0 if is_alone else -1


def _words_of(error: Mapping[str, Any]) -> str:
    """Return what the server says of one entity, in a line."""
    said = (error.get("description"), error.get("error_code"))
    text = next((each for each in said if isinstance(each, str) and each.strip()), "")
    words = shorten(" ".join(clean(text).split()), at_most=_LONGEST_WORDS)
    return words or "the server does not say why"
