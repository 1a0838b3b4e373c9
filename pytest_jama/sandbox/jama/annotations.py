"""Comments and attached files."""

from dataclasses import dataclass

from pytest_jama.sandbox.database import Database, Row
from pytest_jama.sandbox.jama.nodes import ID_COUNTER, touch


@dataclass(frozen=True, kw_only=True)
class Comment:
    """A comment on an item (of any kind) or on a project."""

    id: int
    item: int | None
    project: int | None
    in_reply_to: int | None
    text: str
    comment_type: str
    created_date: str
    created_by: int


@dataclass(frozen=True, kw_only=True)
class StoredFile:
    """The file of an attachment; its ID is not that of the attachment."""

    id: int
    name: str
    mime_type: str
    content: bytes


def add_comment(
    database: Database,
    *,
    item: int | None,
    project: int | None,
    in_reply_to: int | None,
    text: str,
    comment_type: str,
    user: int,
) -> int:
    """Store a comment and return its ID."""
    with database.transaction():
        comment_id = database.next_number(ID_COUNTER)
        values = (comment_id, item, project, in_reply_to, text, comment_type, database.now(), user)
        database.execute("INSERT INTO comments VALUES (?, ?, ?, ?, ?, ?, ?, ?)", values)
        if item is not None:
            touch(database, item)
    return comment_id


def find_comments(
    database: Database,
    *,
    item: int | None = None,
    in_reply_to: int | None = None,
    roots_only: bool = False,
) -> tuple[Comment, ...]:
    """List comments, oldest first: all, those of an item, or the replies to one."""
    rows = database.all(
        "SELECT * FROM comments WHERE (? IS NULL OR item = ?) "
        "AND (? IS NULL OR in_reply_to = ?) AND (? = 0 OR in_reply_to IS NULL) ORDER BY id",
        (item, item, in_reply_to, in_reply_to, roots_only),
    )
    return tuple(_comment(row) for row in rows)


def find_comment(database: Database, comment_id: int) -> Comment | None:
    """Return a comment, or None."""
    row = database.first("SELECT * FROM comments WHERE id = ?", (comment_id,))
    return _comment(row) if row else None


def _comment(row: Row) -> Comment:
    return Comment(**dict(row))


def store_file(
    database: Database, attachment: int, *, name: str, mime_type: str, content: bytes
) -> None:
    """Store or replace the file of an attachment.

    Source: Jama REST cookbook: a changed file does not move the activity date of the items.
    """
    with database.transaction():
        file_id = database.next_number("file id")
        values = (attachment, file_id, name, mime_type, content)
        database.execute("INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?)", values)


def find_file(database: Database, attachment: int) -> StoredFile | None:
    """Return the file of an attachment, or None."""
    row = database.first(
        "SELECT id, name, mime_type, content FROM files WHERE attachment = ?", (attachment,)
    )
    return StoredFile(**dict(row)) if row else None


def attach(database: Database, item: int, attachment: int) -> bool:
    """Attach to an item; return whether it was not attached before."""
    with database.transaction():
        sql = "INSERT OR IGNORE INTO attached VALUES (?, ?)"
        is_new = database.execute(sql, (item, attachment)) > 0
        if is_new:
            touch(database, item)
    return is_new


def detach(database: Database, item: int, attachment: int) -> bool:
    """Take an attachment from an item; return whether it was attached."""
    sql = "DELETE FROM attached WHERE item = ? AND attachment = ?"
    return database.execute(sql, (item, attachment)) > 0
