"""The SQLite connection: one for all threads, one transaction at a time."""

import sqlite3
import threading
import time
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

Clock = Callable[[], float]
Row = sqlite3.Row
_Parameters = Sequence[Any] | Mapping[str, Any]


class DatabaseError(RuntimeError):
    """A file that is not a database of this sandbox."""


class Database:
    """State of one sandbox.

    Args:
        path: File to keep the state in; None keeps it in memory.
        schema: The statements that create the tables; among them `counters (name, value)`.
        version: The number of the schema, which a file must have been made with.
        clock: Seconds since the epoch.

    Raises:
        DatabaseError: The file holds something else.
    """

    def __init__(
        self, path: Path | None, *, schema: str, version: int, clock: Clock = time.time
    ) -> None:
        self.clock = clock
        self.path = path
        self._lock = threading.RLock()
        self._depth = 0
        self._connection = sqlite3.connect(
            ":memory:" if path is None else path, check_same_thread=False, isolation_level=None
        )
        self._connection.row_factory = sqlite3.Row
        self._open(schema, version)

    def close(self) -> None:
        """Close the connection; what was committed stays in the file."""
        with self._lock:
            self._connection.close()

    @contextmanager
    def transaction(self) -> Generator[None]:
        """Make all statements inside succeed together; may be nested, the outermost counts."""
        with self._lock:
            self._depth += 1
            outermost = self._depth == 1
            try:
                if outermost:
                    self._connection.execute("BEGIN IMMEDIATE")
                yield
            except BaseException:  # also Ctrl-C: nothing half-done may stay
                if outermost:
                    self._connection.execute("ROLLBACK")
                raise
            else:
                if outermost:
                    self._connection.execute("COMMIT")
            finally:
                self._depth -= 1

    def all(self, sql: str, parameters: _Parameters = ()) -> list[Row]:
        """Return all rows."""
        with self._lock:
            return self._connection.execute(sql, parameters).fetchall()

    def first(self, sql: str, parameters: _Parameters = ()) -> Row | None:
        """Return the first row, or None."""
        with self._lock:
            row: Row | None = self._connection.execute(sql, parameters).fetchone()
            return row

    def number(self, sql: str, parameters: _Parameters = ()) -> int:
        """Return the one number of a counting statement."""
        row = self.first(sql, parameters)
        return int(row[0]) if row is not None and row[0] is not None else 0

    def execute(self, sql: str, parameters: _Parameters = ()) -> int:
        """Run one statement and return the number of rows it changed."""
        with self.transaction():
            return self._connection.execute(sql, parameters).rowcount

    def execute_many(self, sql: str, rows: Iterable[_Parameters]) -> None:
        """Run one statement for many rows."""
        with self.transaction():
            self._connection.executemany(sql, rows)

    def insert(self, table: str, *rows: Mapping[str, Any]) -> None:
        """Insert rows that all have the same columns."""
        if rows:
            names = ", ".join(rows[0])
            marks = ", ".join(f":{name}" for name in rows[0])
            self.execute_many(f"INSERT INTO {table} ({names}) VALUES ({marks})", rows)  # noqa: S608 - names of our own

    def next_number(self, counter: str, *, count: int = 1) -> int:
        """Take `count` numbers of a sequence and return the first of them."""
        with self.transaction():
            self.execute(
                "INSERT INTO counters VALUES (?, ?) ON CONFLICT (name) DO "
                "UPDATE SET value = value + excluded.value",
                (counter, count),
            )
            last = self.number("SELECT value FROM counters WHERE name = ?", (counter,))
        return last - count + 1

    def raise_counter(self, counter: str, value: int) -> None:
        """Make a sequence go on after a number that was given by hand."""
        self.execute(
            "INSERT INTO counters VALUES (?, ?) ON CONFLICT (name) DO "
            "UPDATE SET value = max(value, excluded.value)",
            (counter, value),
        )

    def now(self) -> str:
        """Return the time in the form that is stored: whole seconds, always +0000."""
        moment = datetime.fromtimestamp(self.clock(), tz=timezone.utc)
        return moment.strftime("%Y-%m-%dT%H:%M:%S.000+0000")

    def _open(self, schema: str, wanted: int) -> None:
        try:
            version = self.number("PRAGMA user_version")
            is_empty = not self.number("SELECT count(*) FROM sqlite_master")
        except sqlite3.DatabaseError as exc:
            self._connection.close()
            raise DatabaseError(
                f"{self.path} is not an SQLite database; name another file"
            ) from exc
        if not is_empty and version != wanted:
            self._connection.close()
            raise DatabaseError(
                f"{self.path} is not a sandbox database of version {wanted}; name another file"
            )
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = NORMAL")
        if is_empty:
            self._connection.executescript(f"{schema} PRAGMA user_version = {wanted};")
