"""How far each content of files got at Jama, in this upload and in earlier ones. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import RLock
from typing import TYPE_CHECKING, NamedTuple

from pytest_jama.core.attached_file import FileState

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_jama.core.attached_file import FileReceipt


@dataclass
class SentContent:
    """One content, however many tests have it.

    Attributes:
        name: The name of its attachment.
        attachment: The ID of that; None before it is created.
        may_be_there: Whether an earlier upload began to create it.
        begun_at: When that was, in seconds since 1970; None when it is not known.
        is_stored: Whether the attachment has the content.
        is_resumed: Whether an earlier upload stored it, and may have attached it.
        places: The keys of the updates that it is attached to.
        refused: Why Jama does not take it; empty while it does.
        address: By which URL rich text shows it; None before Jama was asked.
        lock: Held while it is created and stored.
    """

    name: str
    attachment: int | None = None
    may_be_there: bool = False
    begun_at: float | None = None
    is_stored: bool = False
    is_resumed: bool = False
    places: set[str] = field(default_factory=set)
    refused: str = ""
    address: str | None = None
    lock: RLock = field(default_factory=RLock)


def read_earlier(filed: Iterable[FileReceipt]) -> dict[str, SentContent]:
    """Return how far earlier uploads got with each content."""
    contents: dict[str, SentContent] = {}
    for receipt in filed:
        content = contents.setdefault(receipt.sha256, SentContent(receipt.name))
        if receipt.state is FileState.BEGUN:
            content.name, content.may_be_there = receipt.name, True
            content.begun_at = receipt.at
        if receipt.state is FileState.REFUSED:
            content.begun_at = None  # it is looked for once more, and is not on its way
        if isinstance(receipt.attachment, int):
            content.attachment = receipt.attachment
        if receipt.state in (FileState.STORED, FileState.ATTACHED):
            content.is_stored = content.is_resumed = True
        if receipt.state is FileState.ATTACHED:
            content.places.add(receipt.place)
    return contents


class FileHolder(NamedTuple):
    """What a file is attached to.

    Attributes:
        key: What the journal calls it.
        path: Its path.
        about: The description of the attachment, as HTML.
        is_named_at_once: Whether the journal names it from the first request on.
    """

    key: str
    path: str
    about: str
    is_named_at_once: bool = False

    @property
    def key_before(self) -> str:
        """What the journal says before the file is attached."""
        return self.key if self.is_named_at_once else ""
