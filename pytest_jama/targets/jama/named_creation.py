"""A plan, group or cycle is created once by its name; Jama itself would create any number."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_jama.core.errors import RefusedError
from pytest_jama.targets.http.creation import Seen
from pytest_jama.targets.jama.answer_checks import says_already_there
from pytest_jama.targets.jama.paging import named

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from pytest_jama.targets.http.api import HttpApi
    from pytest_jama.targets.http.creation import Wary
    from pytest_jama.targets.jama.paging import N
    from pytest_jama.targets.jama.wire import Json


def create_named(
    api: HttpApi,
    path: str,
    name: str,
    body: Json,
    *,
    list_all: Callable[[], Iterable[N]],
    wary: Wary,
) -> int:
    """Create what another session may be creating, too, or have created just now.

    Args:
        api: Makes the requests.
        path: The collection.
        name: Its name, as it is sent.
        body: What to create.
        list_all: Lists the collection.
        wary: See `HttpApi.create`.

    Returns:
        The ID of what was created or found.

    Raises:
        TargetError: See `HttpApi.send`.
    """

    def look() -> Seen:
        shown: set[int] = set()
        found = named(name, _noting(list_all(), shown))
        return Seen(min((each.id for each in found), default=None), frozenset(shown))

    try:
        return api.create(path, body, look=look, wary=wary)
    except RefusedError as refusal:
        existing = look().existing if says_already_there(refusal) else None
        if existing is None:
            raise
        return existing


def _noting(listed: Iterable[N], shown: set[int]) -> Iterator[N]:
    for each in listed:
        shown.add(each.id)
        yield each
