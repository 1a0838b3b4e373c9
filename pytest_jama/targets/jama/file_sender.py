"""The files of tests, brought to the test runs of their cases, each content once.

A file goes before the result, so that the account of the run tells what became of it. One that is
refused costs no result: the account says so, and the reason is told once.
"""

from __future__ import annotations

from collections import defaultdict
from contextlib import contextmanager
from dataclasses import replace
from http import HTTPStatus
from threading import RLock
from typing import TYPE_CHECKING

from pytest_jama.core.attached_file import PLAN_PLACE, FileReceipt, FileState
from pytest_jama.core.errors import LockedError, RefusedError
from pytest_jama.core.text import counted, shorten
from pytest_jama.core.trust import read_own
from pytest_jama.targets.http.creation import Wary
from pytest_jama.targets.jama.account import account_of
from pytest_jama.targets.jama.client import PLANS_PATH, RUNS_PATH
from pytest_jama.targets.jama.file_progress import FileHolder, SentContent, read_earlier
from pytest_jama.targets.jama.file_words import (
    account_lines,
    attachment_name,
    describe_attachment,
    describe_bundle,
    file_name,
    search_word,
)
from pytest_jama.targets.jama.inline_images import files_of, with_images
from pytest_jama.targets.jama.run_attachments import Attachments
from pytest_jama.targets.jama.run_refusals import words_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_jama.core.attached_file import AttachedFile
    from pytest_jama.core.plan import Findings
    from pytest_jama.core.port import Observer
    from pytest_jama.targets.jama.client import JamaClient
    from pytest_jama.targets.jama.parallel import Send, Written
    from pytest_jama.targets.jama.runs import RunUpdate

_QUIET_S = 20.0
"""For how long an attachment is looked for whose creation was not answered. That is shorter than
for a plan, since no result is in a second one, and nothing refers to it."""

_NAMED = 3
"""So many files are named where several are not attached for one reason."""

_OF_ALL = frozenset(
    {
        HTTPStatus.FORBIDDEN,
        HTTPStatus.NOT_FOUND,
        HTTPStatus.METHOD_NOT_ALLOWED,
        HTTPStatus.NOT_IMPLEMENTED,
    }
)
"""Refusals of what is asked for, whatever the file."""

_ATTACHED = "attached"


class _NotAttachedError(Exception):
    """A file is not attached; the text says why."""


class FileSender:
    """Brings the files of tests to Jama. Safe to use from several threads.

    Args:
        client: Talks to Jama.
        project_id: The project that gets the attachments.
        findings: Know where the content is, and what earlier uploads did.
        observer: Told how far each file got.
        images: ``inline`` shows images in the results, too.

    Attributes:
        observer: The observer, which may be another one later.
    """

    def __init__(
        self,
        client: JamaClient,
        project_id: int,
        findings: Findings,
        observer: Observer,
        *,
        images: str = "attach",
    ) -> None:
        self._shows_images = images == "inline"
        self._client = client
        self._project_id = project_id
        self._attachments = Attachments(client, project_id)
        self._find_file = findings.find_file
        self._session = findings.session
        self.observer = observer
        self._contents = read_earlier(findings.filed)
        self._reasons: dict[str, str] = {}
        self._not_attached: defaultdict[str, dict[str, None]] = defaultdict(dict)
        self._refused_all = ""
        self._has_arrived = False
        self._not_found: set[str] = set()
        self._learning = RLock()

    def goes_on_with(self, client: JamaClient) -> None:
        """Use another connection; what was brought over the old one is not brought again."""
        self._client = client
        self._attachments = Attachments(client, self._project_id)
        for content in self._contents.values():
            content.is_resumed = True

    def before(self, send: Send) -> Send:
        """Return what brings the files of an update before it sends that."""

        def bring_and_send(update: RunUpdate, on_attempt: Callable[[int], None]) -> Written:
            return send(self.bring(update), on_attempt)

        return bring_and_send

    def bring(self, update: RunUpdate) -> RunUpdate:
        """Attach the files of an update; return it with an account that names them.

        Args:
            update: The update.

        Raises:
            TargetError: When the server cannot be used any more. A refusal is told instead.
        """
        results = [each for each in update.verdict.results if each.files]
        if not results:
            return update
        fates: dict[str, str] = {}
        for result in results:
            for file in result.files:
                if file.sha256 not in fates:
                    about = describe_attachment(file, result, self._session)
                    run = FileHolder(update.key, f"{RUNS_PATH}/{update.run.run_id}", about)
                    fates[file.sha256] = self._bring(file, run)
        if self._shows_images:
            shown = (each for each in files_of(results) if fates[each.sha256] == _ATTACHED)
            update = with_images(update, shown, self._find_address)
        if not update.account:
            return update
        account = account_of(
            update.verdict,
            status=update.status,
            provenance=update.provenance,
            steps=[step.status for step in update.steps],
            files=list(account_lines(results, fates)),
        )
        return replace(update, account=account)

    def bring_bundle(self, file: AttachedFile, plan_id: int) -> None:
        """Attach the bundle of a session to a test plan; a refusal is told.

        Args:
            file: The bundle.
            plan_id: The API ID of the plan.

        Raises:
            TargetError: When the server cannot be used any more.
        """
        about = describe_bundle(file, self._session)
        path = f"{PLANS_PATH}/{plan_id}"
        self._bring(file, FileHolder(f"{PLAN_PLACE}{plan_id}", path, about, is_named_at_once=True))
        self.tell_refusals("the test plan")

    def _find_address(self, file: AttachedFile) -> str:
        content = self._contents[file.sha256]
        with content.lock:
            if content.address is None:
                try:
                    content.address = self._attachments.find_address(content.attachment or 0)
                except RefusedError:  # it is attached all the same
                    content.address = ""
            return content.address

    def tell_refusals(self, holders: str = "test runs") -> None:
        """Tell which files are not attached to what, each reason once."""
        for why, names in self._not_attached.items():
            some = ", ".join(list(names)[:_NAMED])
            more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
            what = f"{counted(len(names), 'file')} not attached to {holders} ({some}{more})"
            self.observer.warned(f"{what}: {self._reasons[why]}; the results are not affected")
        self._not_attached.clear()

    def _bring(self, file: AttachedFile, holder: FileHolder) -> str:
        """Attach a file to something; return what became of it."""
        new = SentContent(attachment_name(file))
        content = self._contents.setdefault(file.sha256, new)
        if holder.key in content.places:
            return _ATTACHED
        try:
            with self._alone_until_one_arrived():
                self._store(content, file, holder)
                self._attach(content, file, holder)
        except _NotAttachedError as why:
            return f"not attached: {why}"
        self._has_arrived = True
        return _ATTACHED

    @contextmanager
    def _alone_until_one_arrived(self) -> Iterator[None]:
        """Let one file find out for all others whether this server takes any, and how."""
        if self._has_arrived:
            yield
            return
        with self._learning:
            yield

    def _store(self, content: SentContent, file: AttachedFile, holder: FileHolder) -> None:
        """Create the attachment and give it its content, unless that is done."""
        with content.lock:
            why = content.refused or self._refused_all
            if why:
                raise self._left_out(content, file, why, holder)
            if content.is_stored:
                return
            data = self._read(content, file, holder)
            is_found = content.attachment is not None
            if content.attachment is None:
                with self._refusing(content, file, holder):
                    content.attachment, is_found = self._find_or_create(content, file, holder)
                self._tell(content, file, FileState.CREATED, place=holder.key_before)
            with self._refusing(content, file, holder, is_of_content=True):
                name = file_name(file)
                self._attachments.store(
                    content.attachment, name, data, file.media_type, may_be_there=is_found
                )
            content.is_stored = True
            self._tell(content, file, FileState.STORED, place=holder.key_before)

    def _find_or_create(
        self, content: SentContent, file: AttachedFile, holder: FileHolder
    ) -> tuple[int, bool]:
        """Return the attachment, and whether an earlier upload may have made it."""
        word = search_word(file)
        if content.may_be_there:
            existing = self._attachments.look(content.name, word=word).existing
            if existing is not None:
                return existing, True
        self._tell(content, file, FileState.BEGUN, place=holder.key_before)
        wary = Wary(
            f"attachment {content.name!r}",
            content.begun_at,
            on_wait=self.observer.waits,
            on_doubt=lambda: None,
            quiet_s=_QUIET_S,
        )
        is_resumed = content.begun_at is not None
        content.may_be_there, content.begun_at = True, self._client.api.connection.now_s
        created = self._attachments.create(content.name, holder.about, wary, word=word)
        return created, is_resumed

    def _read(self, content: SentContent, file: AttachedFile, holder: FileHolder) -> bytes:
        path = self._find_file(file.sha256)
        try:
            if path is not None:
                with read_own(path) as opened:
                    return opened.read()
        except OSError:
            pass
        why = "its content is not kept beside the journal any more"
        self._reasons.setdefault(why, why)
        raise self._left_out(content, file, why, holder)

    def _attach(self, content: SentContent, file: AttachedFile, holder: FileHolder) -> None:
        if self._refused_all:
            raise self._left_out(content, file, self._refused_all, holder)
        with self._refusing(content, file, holder, is_of_place=True):
            self._attachments.attach(
                content.attachment or 0, holder.path, may_be_there=content.is_resumed
            )
        content.places.add(holder.key)
        self._tell(content, file, FileState.ATTACHED, place=holder.key)

    @contextmanager
    def _refusing(
        self,
        content: SentContent,
        file: AttachedFile,
        holder: FileHolder,
        *,
        is_of_place: bool = False,
        is_of_content: bool = False,
    ) -> Iterator[None]:
        """Make of a refusal, of what is said, what becomes of the file and of all others."""
        try:
            yield
        except RefusedError as refusal:
            why = shorten(words_of(refusal), at_most=300)
            self._reasons.setdefault(why, str(refusal))
            there = holder.key if is_of_place else ""
            if self._concerns_all(refusal, place=there, is_of_content=is_of_content):
                self._refused_all = why
            elif not is_of_place:
                content.refused = why
            raise self._left_out(content, file, why, holder) from refusal

    def _concerns_all(self, refusal: RefusedError, *, place: str, is_of_content: bool) -> bool:
        """Return whether other files need not be tried.

        What was granted once may be refused for one run or file alone; a right is missing for all.
        One run that is not found may be gone.
        """
        if isinstance(refusal, LockedError):
            return False
        status = refusal.http_status
        if status == HTTPStatus.FORBIDDEN:
            return True
        if self._has_arrived:
            return False
        if place:
            self._not_found |= {place} if status == HTTPStatus.NOT_FOUND else set()
            return status != HTTPStatus.NOT_FOUND or len(self._not_found) > 1
        is_of_server = status in _OF_ALL or status >= HTTPStatus.INTERNAL_SERVER_ERROR
        return is_of_server and not is_of_content

    def _left_out(
        self, content: SentContent, file: AttachedFile, why: str, holder: FileHolder
    ) -> _NotAttachedError:
        """Note that a file is not attached; return the error that says so."""
        self._not_attached[why][file.name] = None
        self._tell(content, file, FileState.REFUSED, place=holder.key, error=why)
        return _NotAttachedError(why)

    def _tell(
        self,
        content: SentContent,
        file: AttachedFile,
        state: FileState,
        *,
        place: str = "",
        error: str = "",
    ) -> None:
        receipt = FileReceipt(
            file.sha256, content.name, state, content.attachment, place=place, error=error
        )
        self.observer.filed(receipt)
