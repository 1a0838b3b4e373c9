"""What refusals of test runs may be about: a method, a field, the size of an account. Pure."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import TYPE_CHECKING

from pytest_jama.core.errors import LockedError
from pytest_jama.targets.http.words import phrase_of

if TYPE_CHECKING:
    from pytest_jama.core.errors import RefusedError

OF_METHODS = frozenset(
    {
        HTTPStatus.NOT_FOUND,
        HTTPStatus.METHOD_NOT_ALLOWED,
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        HTTPStatus.NOT_IMPLEMENTED,
    }
)
"""Refusals of a method. 404 may also mean that the run is gone, which a PUT tells."""

_OF_CONTENT = frozenset(
    {
        HTTPStatus.BAD_REQUEST,
        HTTPStatus.FORBIDDEN,  # of one field, or by a firewall that dislikes a text
        HTTPStatus.CONFLICT,
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        HTTPStatus.UNPROCESSABLE_ENTITY,
    }
)
"""Refusals that may be about one of the fields; so may any failure of the server for this alone."""

_SIZE = re.compile(
    r"\b(?:long|longer|length|large|size|characters?|limit|exceed\w*)\b", re.IGNORECASE
)


class RefusedAccounts:
    """Which accounts a server refused: all, those of some size, or one for what it says."""

    def __init__(self) -> None:
        self._most_accepted = 0
        self._refused: list[int] = []

    def note_accepted(self, size: int) -> None:
        """Note that an account of this size was taken."""
        self._most_accepted = max(self._most_accepted, size)

    def note_refused(self, size: int, *, is_plain: bool) -> None:
        """Note a refusal; a plain one says that there is no such field."""
        self._refused += [size, size] if is_plain else [size]

    def are_refused(self, size: int) -> bool:
        """Return whether another account of this size need not be tried."""
        if not self._most_accepted:
            return len(self._refused) > 1
        return any(self._most_accepted < limit <= size for limit in self._refused)


def may_fare_better(refusal: RefusedError, *, is_named: bool) -> bool:
    """Return whether another request for the same run may be taken.

    Args:
        refusal: The refusal.
        is_named: Whether it names one of the fields that were sent.
    """
    if isinstance(refusal, LockedError) and not is_named:
        return False
    status = refusal.http_status
    is_of_server = status >= HTTPStatus.INTERNAL_SERVER_ERROR
    return is_of_server or status in OF_METHODS or status in _OF_CONTENT


def may_be_of_method(refusal: RefusedError) -> bool:
    """Return whether another method may be taken."""
    return refusal.http_status in {HTTPStatus.BAD_REQUEST, *OF_METHODS}


def words_of(refusal: RefusedError) -> str:
    """Return what the server said: the status and its own words, without our remedy."""
    status = f"{refusal.http_status} {phrase_of(refusal.http_status)}".rstrip()
    return f"{status}: {refusal.words}" if refusal.words else status


def is_about_size(words: str) -> bool:
    """Return whether a server says that something is too long."""
    return _SIZE.search(words) is not None
