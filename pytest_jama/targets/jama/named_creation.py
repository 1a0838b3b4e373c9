"""Plans, groups and cycles by their names: found in a list, and created once.

Jama itself would create any number of one name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

from pytest_jama.core.errors import NotUsableError, RefusedError
from pytest_jama.core.text import cut_with_hash, visible
from pytest_jama.targets.http.creation import Seen
from pytest_jama.targets.jama.answer_checks import says_already_there
from pytest_jama.targets.jama.paging import ShortListError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from pytest_jama.targets.http.api import HttpApi
    from pytest_jama.targets.http.creation import Wary
    from pytest_jama.targets.jama.wire import Json


class Named(Protocol):
    """Something at Jama that has an ID and a name."""

    @property
    def id(self) -> int:
        """The API ID."""

    @property
    def name(self) -> str:
        """The name, which need not be unique."""


N = TypeVar("N", bound=Named)

LONGEST_NAME = 200
"""What every Jama takes, as far as is known: its limit is not documented, and may be 255."""


def sent_name(name: str) -> str:
    """Return the name that something gets at Jama: what nobody sees is written out, and it fits."""
    return cut_with_hash(visible(name), at_most=LONGEST_NAME)


def describe_cut(kind: str, name: str, found: str) -> str:
    """Return what a person should know of a name that is another one at Jama; mostly nothing.

    Args:
        kind: What has it.
        name: The name of the settings.
        found: Its name at Jama.
    """
    if found == name or found != sent_name(name) or found == visible(name):
        return ""
    return (
        f"the name of the {kind} is longer than the {LONGEST_NAME} characters that Jama is sure to "
        f"take, so it is cut, with a hash at its end: {found!r} stands for {name!r}"
    )


def named(name: str | None, listed: Iterable[N]) -> list[N]:
    """Return those of a list that have a name; without any, those that we have created for it.

    What nobody sees in a name is written out in what we create, and a long one is cut.

    Raises:
        NotUsableError: When there is none, but it may be there: the list is not complete, or it
            has something without a name.
    """
    found: list[N] = []
    nameless = 0
    names = {name, name and visible(name), name and sent_name(name)}
    try:
        for each in listed:
            nameless += not each.name
            if each.name in names:
                found.append(each)
    except ShortListError:
        if not found:
            raise
    if name and nameless and not found:
        raise NotUsableError(
            f"Jama does not say the names of {nameless} entries of the list in which {name!r} is "
            "looked for, and each may have it; name it by its ID, or send the results again later"
        )
    return [each for each in found if each.name == name] or found


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
