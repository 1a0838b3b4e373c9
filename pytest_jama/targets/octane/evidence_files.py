"""The files of tests, attached to their runs after the push, each once.

The document cannot hold them. One that is refused costs no result: the reason is told once.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from http import HTTPStatus
from typing import TYPE_CHECKING

from pytest_jama.core.attached_file import FileReceipt, FileState
from pytest_jama.core.errors import RefusedError
from pytest_jama.core.text import counted, shorten
from pytest_jama.core.trust import read_own
from pytest_jama.targets.octane.packed_files import ARCHIVE, archive, pack
from pytest_jama.targets.octane.query import both, equals, refers_to_id
from pytest_jama.targets.octane.written_entities import Search

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pytest_jama.core.attached_file import AttachedFile
    from pytest_jama.core.plan import Findings
    from pytest_jama.core.port import Observer
    from pytest_jama.core.results import TestResult
    from pytest_jama.targets.octane.entities import Entities
    from pytest_jama.targets.octane.packed_files import PackedFile

ATTACHMENTS = "attachments"

OWNERS = {
    "owner_run": "run",
    "owner_run_step": "run_step",
    "owner_test": "test",
    "owner_work_item": "work_item",
}
"""What an attachment may belong to: the field, and the type of its reference."""

_NAMED = 3
"""So many files are named where several are not attached for one reason."""

_OF_KIND = frozenset(
    {HTTPStatus.BAD_REQUEST, HTTPStatus.CONFLICT, HTTPStatus.UNSUPPORTED_MEDIA_TYPE}
)
"""Refusals that may be of the kind of a file: which ones a site allows is configured there."""

_NO_RUN = "the run of its test was not found"
_GONE = "its content is not kept beside the journal any more"


def attach(
    entities: Entities,
    owner: str,
    owner_id: str | int,
    file: PackedFile,
    *,
    known: frozenset[str] = frozenset(),
) -> str:
    """Attach a file to something; return the ID of the attachment.

    Args:
        entities: The workspace.
        owner: One of `OWNERS`.
        owner_id: The ID of what gets it.
        file: The file.
        known: The attachments of that name that were there before.

    Raises:
        RefusedError: When the server does not take it.
        TargetError: When the server cannot be used.
    """
    reference = {"type": OWNERS[owner], "id": str(owner_id)}
    entity = {"name": file.name, owner: reference}
    content, content_type = _form(entity, file)

    def send() -> object:
        return entities.client.request(
            "POST", f"/{ATTACHMENTS}", content=content, content_type=content_type
        )

    search = find_attachment(owner, owner_id, file.name)._replace(known=known)
    return entities.create_one(ATTACHMENTS, entity, search=search, send=send)


def find_attachment(owner: str, owner_id: str | int, name: str) -> Search:
    """Return how the attachment of something is found by its name."""
    return Search(both(equals("name", name), refers_to_id(owner, owner_id)))


def _form(entity: Mapping[str, object], file: PackedFile) -> tuple[bytes, str]:
    """Return a form of two parts, and what it is; the same file makes the same form."""
    boundary = hashlib.sha256(file.content).hexdigest()
    said = json.dumps(entity).encode("ascii")
    parts = (
        ('name="entity"; filename="blob"', "application/json", said),
        (f'name="content"; filename="{file.name}"', file.media_type, file.content),
    )
    form = b"".join(
        f"--{boundary}\r\nContent-Disposition: form-data; {about}\r\n"
        f"Content-Type: {media_type}\r\n\r\n".encode()
        + content
        + b"\r\n"
        for about, media_type, content in parts
    )
    return form + f"--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"


class EvidenceSender:
    """Attaches the files of tests to their runs, one after the other, as the server wants them.

    Args:
        entities: The workspace.
        findings: Know where the content is, and what earlier uploads did.
        observer: Told how far each file got.
    """

    def __init__(self, entities: Entities, findings: Findings, observer: Observer) -> None:
        self._entities = entities
        self._find_file = findings.find_file
        self._observer = observer
        self._earlier = {(each.sha256, each.place): each for each in findings.filed}
        self._left_out: defaultdict[str, dict[str, None]] = defaultdict(dict)
        self._refused_all = ""

    def send(self, results: Iterable[TestResult], run_ids: Mapping[str, str]) -> None:
        """Attach all files of tests to their runs, and tell which are not attached.

        Args:
            results: The tests, those without files, too.
            run_ids: The ID of the run of each test, as it was read back.

        Raises:
            TargetError: When the server cannot be used any more. A refusal is told instead.
        """
        for result in results:
            for file in dict.fromkeys(each._replace(step=None) for each in result.files):
                run = run_ids.get(result.test_id, "")
                why = self._bring(file, run) if run else _NO_RUN
                if why:
                    self._left_out[why][file.name] = None
                    self._tell(file, FileState.REFUSED, run, file.name, error=why)
        self._tell_what_is_left_out()

    def _bring(self, file: AttachedFile, run: str) -> str:
        """Attach a file to a run, unless that was done; return why it is not, empty if it is."""
        earlier = self._earlier.get((file.sha256, _place(run)))
        if earlier and earlier.state is FileState.ATTACHED:
            return ""
        content = self._refused_all or self._read(file)
        if isinstance(content, str):
            return content
        try:
            if not (earlier and self._find_begun(file, content, run, earlier.state)):
                self._attach(file, content, run)
        except RefusedError as refusal:
            return self._why(refusal)
        return ""

    def _find_begun(self, file: AttachedFile, content: bytes, run: str, state: FileState) -> bool:
        """Tell the attachment that an earlier upload began to make; return whether it did.

        What was under way when it was killed may have come to be just now, and be shown late.
        """
        is_begun = state is FileState.BEGUN
        look = self._entities.look_until_there if is_begun else self._entities.look
        for name in dict.fromkeys(each(file, content).name for each in (pack, archive)):
            search = find_attachment("owner_run", run, name)
            (found,) = look(ATTACHMENTS, [{"name": name}], search)
            if found.entity_id:
                self._tell(file, FileState.ATTACHED, run, name, attachment=found.entity_id)
                return True
        return False

    def _attach(self, file: AttachedFile, content: bytes, run: str) -> None:
        """Attach a file as it is; in an archive where the site does not allow its kind."""
        packed = pack(file, content)
        try:
            self._send(file, packed, run)
        except RefusedError as refusal:
            if refusal.http_status not in _OF_KIND or packed.name.endswith(ARCHIVE):
                raise
            try:
                self._send(file, archive(file, content), run)
            except RefusedError:
                raise refusal from None

    def _send(self, file: AttachedFile, packed: PackedFile, run: str) -> None:
        self._tell(file, FileState.BEGUN, run, packed.name)
        attachment = attach(self._entities, "owner_run", run, packed)
        self._tell(file, FileState.ATTACHED, run, packed.name, attachment=attachment)

    def _read(self, file: AttachedFile) -> bytes | str:
        """Return what a file holds, or why that is not known."""
        path = self._find_file(file.sha256)
        try:
            if path is not None:
                with read_own(path) as opened:
                    return opened.read()
        except OSError:
            pass
        return _GONE

    def _why(self, refusal: RefusedError) -> str:
        """Return why a file is not attached; a right that is missing is missing for all."""
        why = shorten(str(refusal), at_most=300)
        if refusal.http_status == HTTPStatus.FORBIDDEN:
            self._refused_all = why
        return why

    def _tell(
        self,
        file: AttachedFile,
        state: FileState,
        run: str,
        name: str,
        *,
        attachment: str | None = None,
        error: str = "",
    ) -> None:
        receipt = FileReceipt(
            file.sha256, name, state, attachment, place=_place(run) if run else "", error=error
        )
        self._observer.filed(receipt)

    def _tell_what_is_left_out(self) -> None:
        for why, names in self._left_out.items():
            some = ", ".join(list(names)[:_NAMED])
            more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
            what = f"{counted(len(names), 'file')} not attached to runs ({some}{more})"
            self._observer.warned(f"{what}: {why}; the results are not affected")
        self._left_out.clear()


def _place(run: str) -> str:
    """Return what the journal calls a run that a file belongs to."""
    return f"run {run}"
