"""Files of attachments: what is stored, where a browser finds it, what is safe to show there."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import SplitResult, quote, unquote, urlsplit

from pytest_jama.sandbox.database import Database, Row

_FIRST_ID = 700_000
"""Files have numbers of their own, far from those of attachments, so that a mix-up shows."""
_DESCRIBED = "f.id, f.attachment, f.name, f.mime_type AS media_type, f.size AS size_bytes"
_IMAGES = {"image/png", "image/jpeg", "image/gif", "image/webp", "image/bmp", "image/svg+xml"}
_SHOWN = _IMAGES - {"image/svg+xml"}
_AS_TEXT = re.compile(r"text/(?!html|xml)|application/json$")
_OWN_NAMES = {"127.0.0.1", "localhost", "::1"}
_PATH = re.compile(r"/attachment/(?P<id>[0-9]{1,15})/(?P<name>[^/]*)", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class StoredFile:
    """A file without its content; the ID is its own, not that of its attachment."""

    id: int
    attachment: int
    name: str
    media_type: str
    size_bytes: int

    @property
    def path(self) -> str:
        """Where a browser finds it, below the address of the server.

        Source: Jama REST cookbook: `{base}/attachment/{fileId}/{fileName}`.
        """
        return f"/attachment/{self.id}/{quote(self.name, safe='')}"

    @property
    def is_image(self) -> bool:
        """Whether a page can show it in its place."""
        return self.media_type in _IMAGES


def store_file(
    database: Database, attachment: int, *, name: str, media_type: str, content: bytes
) -> None:
    """Store a file as that of an attachment; those before it stay where they are."""
    with database.transaction():
        row = {
            "id": _FIRST_ID + database.next_number("file id"),
            "attachment": attachment,
            "name": name,
            "mime_type": media_type,
            "size": len(content),
            "content": content,
        }
        database.insert("files", row)


def find_file_of(database: Database, attachment: int) -> StoredFile | None:
    """Return the file that an attachment has now."""
    sql = f"SELECT {_DESCRIBED} FROM files f WHERE f.attachment = ? ORDER BY f.id DESC LIMIT 1"  # noqa: S608 - names of our own
    return _first(database.all(sql, (attachment,)))


def find_file(database: Database, file_id: int) -> StoredFile | None:
    """Return a file by its own ID, unless its attachment was deleted."""
    sql = (
        f"SELECT {_DESCRIBED} FROM files f WHERE f.id = ? AND EXISTS "  # noqa: S608 - names of our own
        "(SELECT 1 FROM nodes n WHERE n.id = f.attachment AND n.active = 1)"
    )
    return _first(database.all(sql, (file_id,)))


def _first(rows: Sequence[Row]) -> StoredFile | None:
    return next((StoredFile(**dict(row)) for row in rows), None)


def content_of(database: Database, file: StoredFile) -> bytes:
    """Read the bytes of a file."""
    content: bytes = database.all("SELECT content FROM files WHERE id = ?", (file.id,))[0][0]
    return content


def files_by_holder(
    database: Database, holders: Collection[int]
) -> Mapping[int, Sequence[StoredFile]]:
    """Return the files of items, plans and runs, by their IDs, with one look into the database."""
    if not holders:
        return {}
    marks = ", ".join("?" * len(holders))
    rows = database.all(
        f"SELECT a.item, {_DESCRIBED} FROM attached a "  # noqa: S608 - names of our own
        "JOIN files f ON f.attachment = a.attachment "
        "JOIN nodes n ON n.id = a.attachment AND n.active = 1 "
        f"WHERE a.item IN ({marks}) AND f.id = "
        "(SELECT max(g.id) FROM files g WHERE g.attachment = a.attachment) ORDER BY f.id",
        tuple(holders),
    )
    found: dict[int, list[StoredFile]] = {}
    for row in map(dict, rows):
        found.setdefault(row.pop("item"), []).append(StoredFile(**row))
    return found


def file_at(database: Database, address: str, *, base_url: str) -> StoredFile | None:
    """Return the file that an address of this server leads to.

    Args:
        database: Where files are.
        address: `{base}/attachment/{fileId}/{fileName}`, or only its path.
        base_url: Address of the server, with the context path.
    """
    try:
        wanted, own = urlsplit(address.strip()), urlsplit(base_url)
        is_here = _origin(wanted) == _origin(own) if wanted.netloc else not wanted.scheme
    except ValueError:
        return None
    if not is_here or not wanted.path.startswith(own.path):
        return None
    match = _PATH.fullmatch(wanted.path.removeprefix(own.path))
    file = find_file(database, int(match["id"])) if match else None
    names = {match["name"], unquote(match["name"])} if match else set()
    return file if file and file.name in names else None


def _origin(address: SplitResult) -> tuple[str, str | None, int | None]:
    """Return whom an address is of; the sandbox has three names, as its pages say.

    Raises:
        ValueError: The port is not a number.
    """
    name = "127.0.0.1" if address.hostname in _OWN_NAMES else address.hostname
    return address.scheme, name, address.port


def shown_headers(file: StoredFile) -> Mapping[str, str]:
    """Return the headers that a browser gets with a file: it shows it at most, and runs nothing.

    Images and plain texts are shown; all else, HTML and SVG among it, is offered as a download.
    """
    is_text = bool(_AS_TEXT.match(file.media_type))
    media_type = "application/octet-stream"
    if is_text:
        media_type = "text/plain; charset=utf-8"
    elif file.is_image:
        media_type = file.media_type
    place = "inline" if is_text or file.media_type in _SHOWN else "attachment"
    return {
        "Content-Type": media_type,
        "Content-Disposition": f"{place}; {_named(file.name)}",
        "Content-Security-Policy": "default-src 'none'; sandbox; frame-ancestors 'none'",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-store",
    }


def download_headers(file: StoredFile) -> Mapping[str, str]:
    """Return the headers that a program gets with a file."""
    return {"Content-Disposition": f"attachment; {_named(file.name)}"}


def _named(name: str) -> str:
    """Name a file in a header. Source: RFC 6266 and RFC 8187."""
    return f"filename*=UTF-8''{quote(name, safe='')}"
