"""Files that were attached to runs and plans, compared with what Jama has there now."""

from __future__ import annotations

import hashlib
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from pytest_jama.core.errors import RefusedError
from pytest_jama.core.text import counted, shorten
from pytest_jama.targets.jama.run_attachments import attached_rows
from pytest_jama.targets.jama.run_refusals import words_of
from pytest_jama.targets.jama.wire import find_count, find_id, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pytest_jama.targets.jama.client import JamaClient
    from pytest_jama.targets.jama.wire import Json

LARGEST_FILE = 60_000_000
"""Bytes of a file that is read: a little less than HTTP takes of any answer."""


class SentFile(NamedTuple):
    """A file that was attached to something.

    Attributes:
        name: The name of its attachment, which carries the beginning of the hash.
        sha256: The SHA-256 of its content, in hexadecimal.
        size: Bytes of the content; None when that is not known.
        attachment: The API ID of the attachment; None when only its name is known.
    """

    name: str
    sha256: str
    size: int | None = None
    attachment: int | None = None


class FileDifference(NamedTuple):
    """Something of a file that is not as it was sent.

    Attributes:
        what: Which file, and which part of it.
        sent: What was sent.
        now: What is there.
        user: The API ID of who changed the attachment last; None when that is not told.
        when: When that was.
        is_gone: Whether it is not attached any more, so that only its run tells who was there.
    """

    what: str
    sent: str
    now: str
    user: int | None = None
    when: str = ""
    is_gone: bool = False


class FileAudit:
    """Compares attached files; one list for each place, and with bytes one download a file.

    Args:
        client: Reads from Jama.
        reads_bytes: Whether the content is compared, too.

    Attributes:
        checked: How many files were looked at, at all places.
        unread: The names of files whose content is too large to be read.
    """

    def __init__(self, client: JamaClient, *, reads_bytes: bool) -> None:
        self._client = client
        self._reads_bytes = reads_bytes
        self._contents: dict[int, _Content] = {}
        self._lists: dict[str, _Listed] = {}
        self.checked = 0
        self.unread: dict[str, None] = {}

    def read_lists(self, places: Sequence[str]) -> None:
        """Read what is attached to several places, for `compare`: several at the same time.

        Raises:
            TargetError: See `HttpApi.send`.
        """
        jobs = [partial(self._list, place) for place in places]
        self._lists.update(zip(places, self._client.together(jobs), strict=True))

    def _list(self, place: str) -> _Listed:
        try:
            return _Listed(tuple(attached_rows(self._client, f"{place}/attachments")))
        except RefusedError as refusal:
            why = f"cannot be listed: {shorten(words_of(refusal), at_most=200)}"
            return _Listed((), why)

    def compare(self, place: str, sent: Sequence[SentFile]) -> Iterator[FileDifference]:
        """Yield what differs of the files of a place; other files there do not count.

        Args:
            place: Its path: ``/testruns/12``.
            sent: What was attached to it.

        Raises:
            TargetError: See `HttpApi.send`.
        """
        listed = self._lists.pop(place, None) or self._list(place)
        if listed.why:
            yield FileDifference("files", counted(len(sent), "file"), listed.why)
            return
        for file in sent:
            self.checked += 1
            row = next((row for row in listed.rows if _is_of(row, file)), None)
            if row is None:
                gone = "is not attached"
                yield FileDifference(_titled(file), _described(file), gone, is_gone=True)
            else:
                yield from self._differences(file, row)

    def _differences(self, file: SentFile, row: Json) -> Iterator[FileDifference]:
        user, when = find_id(row.get("modifiedBy")), text_of(row.get("modifiedDate"))
        fields = row.get("fields")
        name = text_of(fields.get("name")) if isinstance(fields, dict) else ""
        if name and name != file.name:
            yield FileDifference(f"name of {_titled(file)}", file.name, name, user, when)
        size = find_count(row.get("fileSize"))
        if None not in (size, file.size) and size != file.size:
            sizes = (f"{file.size} bytes", f"{size} bytes")
            yield FileDifference(f"size of {_titled(file)}", *sizes, user, when)
        number = find_id(row.get("id"))
        if self._reads_bytes and number is not None and self._is_readable(file, size):
            now = self._read(number)
            if now.sha256 != file.sha256:
                text = now.why or f"SHA-256 {now.sha256}"
                what = f"content of {_titled(file)}"
                yield FileDifference(what, f"SHA-256 {file.sha256}", text, user, when)

    def _is_readable(self, file: SentFile, size: int | None) -> bool:
        is_small = max(size or 0, file.size or 0) <= LARGEST_FILE
        if not is_small:
            self.unread[file.name] = None
        return is_small

    def _read(self, attachment: int) -> _Content:
        """Return what an attachment has; it is read once, however many runs have it."""
        if attachment not in self._contents:
            try:
                content = self._client.api.get_file(f"/attachments/{attachment}/file")
                self._contents[attachment] = _Content(hashlib.sha256(content).hexdigest())
            except RefusedError as refusal:
                why = f"cannot be read: {shorten(words_of(refusal), at_most=200)}"
                self._contents[attachment] = _Content("", why)
        return self._contents[attachment]


class _Listed(NamedTuple):
    """What is attached to a place, or why that could not be read."""

    rows: tuple[Json, ...]
    why: str = ""


class _Content(NamedTuple):
    """The hash of a content, or why it could not be read."""

    sha256: str
    why: str = ""


def _is_of(row: Json, file: SentFile) -> bool:
    """Return whether a row is the attachment of a file: by its ID, or by its name without one."""
    if file.attachment is not None:
        return find_id(row.get("id")) == file.attachment
    fields: Mapping[str, object] = row.get("fields") or {}
    return isinstance(fields, dict) and text_of(fields.get("name")) == file.name


def _titled(file: SentFile) -> str:
    return f"file {file.name}"


def _described(file: SentFile) -> str:
    size = "" if file.size is None else f"{counted(file.size, 'byte')}, "
    return f"{size}SHA-256 {file.sha256}"
