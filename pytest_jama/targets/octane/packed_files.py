"""Files as the server takes them: which names and kinds it has, and the others packed. Pure.

Source: vendor's help, attachments: which extensions are allowed, that the content is compared with
them, and which characters a name cannot have. What sites allow beside that is not known here.
"""

from __future__ import annotations

import io
import mimetypes
import re
import zipfile
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

from pytest_jama.core.text import clean, cut_with_hash, visible

if TYPE_CHECKING:
    from pytest_jama.core.attached_file import AttachedFile

_OLD_OFFICE = b"\xd0\xcf\x11\xe0"
_ZIP = b"PK\x03\x04"

_BEGINNINGS = {
    ".png": (b"\x89PNG\r\n\x1a\n",),
    ".jpg": (b"\xff\xd8\xff",),
    ".jpeg": (b"\xff\xd8\xff",),
    ".bmp": (b"BM",),
    ".pdf": (b"%PDF-",),
    ".doc": (_OLD_OFFICE,),
    ".xls": (_OLD_OFFICE,),
    ".ppt": (_OLD_OFFICE,),
    ".docx": (_ZIP,),
    ".xlsx": (_ZIP,),
    ".pptx": (_ZIP,),
    ".zip": (_ZIP,),
    ".xml": (b"<", b"\xef\xbb\xbf<"),
}
"""How files of an allowed kind begin; one that does not is packed, since it would be refused."""

ARCHIVE = ".zip"
_ARCHIVE_TYPE, _ANY_TYPE = "application/zip", "application/octet-stream"
_TEXTS = frozenset({".txt", ".log"})

_FORBIDDEN = re.compile(r'[/\\:*?"<>|\x00-\x1f\x7f]')

_LONGEST_NAME = 100
"""UTF-16 units of a name without hash and ending."""

_HASH_CHARACTERS = 12

_PACKED_AT = (1980, 1, 1, 0, 0, 0)
"""The first moment that an archive can state: the same file makes the same archive."""


class PackedFile(NamedTuple):
    """A file as it is sent.

    Attributes:
        name: Its name; the beginning of the hash of its content tells it from others of the run.
        content: What it holds.
        media_type: Its kind.
    """

    name: str
    content: bytes
    media_type: str


def name_at_server(file: AttachedFile, *, ending: str) -> str:
    """Return the name that a file has at the server: ``shot 9f86d081884c.png``.

    Args:
        file: The file.
        ending: What the name ends with: ``.png``, ``.zip``.
    """
    name = safe_name(file.name)
    stem = name[: -len(ending)] if name.lower().endswith(ending) else name
    short = cut_with_hash(stem, at_most=_LONGEST_NAME).rstrip(". ") or "file"
    return f"{short} {file.sha256[:_HASH_CHARACTERS]}{ending}"


def safe_name(name: str) -> str:
    """Return a name without what names at the server cannot have."""
    plain = _FORBIDDEN.sub("_", " ".join(visible(clean(name)).split()))
    return re.sub(r"^\.+", "_", plain) or "file"


def pack(file: AttachedFile, content: bytes) -> PackedFile:
    """Return a file as the server takes it: as it is, or in an archive.

    Args:
        file: The file.
        content: What it holds.
    """
    ending = PurePosixPath(safe_name(file.name)).suffix.lower()
    if _is_taken(ending, content):
        return PackedFile(name_at_server(file, ending=ending), content, file.media_type)
    return archive(file, content)


def archive(file: AttachedFile, content: bytes) -> PackedFile:
    """Return a file in an archive, which every server takes.

    Args:
        file: The file.
        content: What it holds.
    """
    packed = _zipped(safe_name(file.name), content)
    return PackedFile(name_at_server(file, ending=ARCHIVE), packed, _ARCHIVE_TYPE)


def pack_named(name: str, content: bytes) -> PackedFile:
    """Return a file as the server takes it, under its own name: in an archive as ``page.html.zip``.

    Args:
        name: Its name, one that the server takes.
        content: What it holds.
    """
    if _is_taken(PurePosixPath(name).suffix.lower(), content):
        return PackedFile(name, content, mimetypes.guess_type(name)[0] or _ANY_TYPE)
    return PackedFile(f"{name}{ARCHIVE}", _zipped(name, content), _ARCHIVE_TYPE)


def _zipped(name: str, content: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as opened:
        entry = zipfile.ZipInfo(name, _PACKED_AT)
        entry.compress_type = zipfile.ZIP_DEFLATED
        opened.writestr(entry, content)
    return packed.getvalue()


def _is_taken(ending: str, content: bytes) -> bool:
    if ending in _TEXTS:
        return b"\0" not in content
    return content.startswith(_BEGINNINGS.get(ending, ()))
