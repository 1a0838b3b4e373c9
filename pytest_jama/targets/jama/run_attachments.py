"""Files at Jama: an attachment of the project, its content, what it is attached to.

Source: Jama REST API cookbook, attachments: three requests, one after the other.
"""

from __future__ import annotations

import re
from contextlib import suppress
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import quote

from pytest_jama.core.errors import LockedError, RefusedError
from pytest_jama.targets.http.creation import Seen
from pytest_jama.targets.jama.answer_checks import is_list, is_object, says_already_there
from pytest_jama.targets.jama.named_creation import named
from pytest_jama.targets.jama.paging import read_pages
from pytest_jama.targets.jama.waits import Patience
from pytest_jama.targets.jama.wire import find_count, find_id, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_jama.targets.http.creation import Wary
    from pytest_jama.targets.jama.client import JamaClient
    from pytest_jama.targets.jama.wire import Json

_BODIES = ("attachment", "attachmentItemId")
"""The first one is that of the OpenAPI document and of Jama's own clients, the other one that of
the cookbook."""

_WIDGET = re.compile(r"\bwidget", re.IGNORECASE)


class _StoredError(Exception):
    """An attachment has its content."""


class Attachments:
    """The attachments of one project. Safe to use from several threads.

    Args:
        client: Talks to Jama.
        project_id: The project.
    """

    def __init__(self, client: JamaClient, project_id: int) -> None:
        self._client = client
        self._project_id = project_id
        self._body = ""

    def create(self, name: str, description: str, wary: Wary, *, word: str) -> int:
        """Create an attachment without content; return its ID.

        Where names are unique in a project, the one that another session has made for the same
        content is used.

        Args:
            name: Its name.
            description: What it is, as HTML.
            wary: See `HttpApi.create`.
            word: A word of the name that no other one has: it is looked up by that.

        Raises:
            TargetError: See `HttpApi.send`.
        """
        body = {"fields": {"name": name, "description": description}}
        path = f"/projects/{self._project_id}/attachments"
        look = partial(self.look, name, word=word)
        try:
            return self._client.api.create(path, body, look=look, wary=wary)
        except RefusedError as refusal:
            existing = look().existing if says_already_there(refusal) else None
            if existing is None:
                raise
            return existing

    def look(self, name: str, *, word: str) -> Seen:
        """Look for an attachment by its name; see `create`."""
        found = named(name, self._client.items_with_words(self._project_id, [word]))
        return Seen(min((each.id for each in found), default=None))

    def store(
        self, attachment: int, name: str, content: bytes, media_type: str, *, may_be_there: bool
    ) -> None:
        """Give an attachment its content, unless it turns out to have it.

        Args:
            attachment: The attachment.
            name: The name of the file.
            content: What it holds.
            media_type: Its kind.
            may_be_there: Whether it was sent before, so that it is looked up first.

        Raises:
            TargetError: See `HttpApi.send`.
        """

        def look(number: int) -> None:
            if (may_be_there or number > 1) and self._has(attachment, content):
                raise _StoredError

        path = f"/attachments/{attachment}/file"
        with suppress(_StoredError):
            self._client.api.put_file(path, name, content, media_type, on_attempt=look)

    def _has(self, attachment: int, content: bytes) -> bool:
        """Return whether an attachment has a content; it is read unless its size is another one."""
        api = self._client.api
        try:
            shown = api.get(f"/attachments/{attachment}", check=is_object(attachment))["data"]
            fields = shown.get("fields")
            name = fields.get("fileName") if isinstance(fields, dict) else None
            if find_count(shown.get("fileSize")) not in (None, len(content)) or not (
                name or shown.get("fileName")
            ):
                return False
            return api.get_file(f"/attachments/{attachment}/file") == content
        except RefusedError:  # then it is sent
            return False

    def find_address(self, attachment: int) -> str:
        """Return the URL by which rich text shows an attachment; empty when Jama does not tell.

        Source: Jama REST API cookbook, files of rich text: the ID of the file is another one than
        that of its attachment.

        Raises:
            TargetError: See `HttpApi.send`.
        """
        api = self._client.api
        fields = api.get(f"/attachments/{attachment}", check=is_object(attachment))["data"].get(
            "fields"
        )
        fields = fields if isinstance(fields, dict) else {}
        file, name = find_id(fields.get("attachment")), text_of(fields.get("fileName"))
        return f"{api.connection.url}/attachment/{file}/{quote(name)}" if file and name else ""

    def attach(self, attachment: int, place: str, *, may_be_there: bool) -> None:
        """Attach an attachment to something; what is attached already is not attached again.

        Args:
            attachment: The attachment.
            place: The path of a test run or test plan.
            may_be_there: Whether it may be attached already, so that it is looked up first.

        Raises:
            RefusedError: When it is refused with both documented bodies.
            TargetError: See `HttpApi.send`.
        """
        path = f"{place}/attachments"
        if may_be_there and self._is_there(path, attachment):
            return
        first: RefusedError | None = None
        for body in (self._body,) if self._body else _BODIES:
            refusal = self._post(path, body, attachment)
            if refusal is None:
                return
            if not _is_about_body(refusal):
                raise refusal
            first = first or refusal
        raise first or AssertionError("there is a body to try")

    def _post(self, path: str, body: str, attachment: int) -> RefusedError | None:
        """Attach an attachment by one of the documented bodies; return the refusal, if any."""
        try:
            self._client.api.create(
                path,
                {body: attachment},
                look=lambda: Seen(attachment if self._is_there(path, attachment) else None),
                find_id=lambda _: attachment,
            )
        except RefusedError as refusal:
            if says_already_there(refusal) or (
                refusal.http_status == HTTPStatus.CONFLICT and self._is_there(path, attachment)
            ):
                return None
            return refusal
        self._body = body
        return None

    def _is_there(self, path: str, attachment: int) -> bool:
        try:
            rows = attached_rows(self._client, path)
            return any(find_id(row.get("id")) == attachment for row in rows)
        except RefusedError:  # then the server says it when it is attached once more
            return False


def attached_rows(client: JamaClient, path: str) -> Iterator[Json]:
    """Yield the attachments of something, as they are listed.

    Args:
        client: Reads from Jama.
        path: The list: ``/testruns/12/attachments``.

    Raises:
        TargetError: See `HttpApi.send`.
    """
    get = partial(client.api.get, check=is_list())
    patience = Patience(client.give_up_after_s, client.api.connection.clock)
    for page in read_pages(get, path, (), patience=patience, again=client.again(path)):
        yield from page.rows


def _is_about_body(refusal: RefusedError) -> bool:
    """Return whether the other documented body may be taken."""
    return (
        refusal.http_status == HTTPStatus.BAD_REQUEST
        and not isinstance(refusal, LockedError)
        and not _WIDGET.search(refusal.words)
    )
