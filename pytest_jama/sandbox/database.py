"""The SQLite connection: one for all threads, one transaction at a time."""

import sqlite3
import threading
import time
from collections.abc import Callable, Generator, Hashable, Iterable, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, TypeVar

Clock = Callable[[], float]
Row = sqlite3.Row
Value = TypeVar("Value")
_Parameters = Sequence[Any] | Mapping[str, Any]
_MOST_KEPT = 64
"""Long lists that are kept; the one that was not asked for longest makes room."""


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
        self._numbers: dict[str, int] = {}  # of the sequences that this transaction has moved
        self._kept: dict[Hashable, tuple[int, Any]] = {}
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
                    self._numbers.clear()
                raise
            else:
                if outermost:
                    self._store_numbers()
                    self._connection.execute("COMMIT")
            finally:
                self._depth -= 1

    def all(self, sql: str, parameters: _Parameters = ()) -> list[Row]:
        """Return all rows."""
        with self._lock:
            return self._connection.execute(sql, parameters).fetchall()

    def number(self, sql: str, parameters: _Parameters = ()) -> int:
        """Return the one number of a counting statement."""
        rows = self.all(sql, parameters)
        return int(rows[0][0] or 0) if rows else 0

    def kept(
        self,
        key: Hashable,
        read: Callable[[], Value],
        *,
        stamp: Callable[[], int],
        is_long: Callable[[Value], bool],
    ) -> Value:
        """Return what was read before, or read it: again only after the stamp has changed.

        Args:
            key: What is read.
            read: Reads it.
            stamp: Reads a number that changes with everything that it depends on.
            is_long: Whether it takes long to read; nothing else is kept.
        """
        with self._lock:
            now, known = stamp(), self._kept.pop(key, None)
            value: Value = known[1] if known is not None and known[0] == now else read()
            if is_long(value) and not self._depth:  # a transaction may be taken back
                self._kept[key] = (now, value)
                while len(self._kept) > _MOST_KEPT:
                    del self._kept[next(iter(self._kept))]
        return value

    def execute(self, sql: str, parameters: _Parameters = ()) -> int:
        """Run one statement and return the number of rows it changed."""
        with self.transaction():
            return self._connection.execute(sql, parameters).rowcount

    def select(self, table: str, **wanted: Any) -> list[Row]:
        """Return the rows with these values, in order of the first two columns."""
        return self.all(f"SELECT * FROM {table}{_where(wanted)} ORDER BY 1, 2", wanted)  # noqa: S608 - names of our own

    def part(self, table: str, start: int, size: int, **wanted: Any) -> tuple[list[Row], int]:
        """Return some of the rows with these values, as `select` does, and how many there are."""
        rows = f"FROM {table}{_where(wanted)}"
        found = self.all(
            f"SELECT * {rows} ORDER BY 1, 2 LIMIT :_size OFFSET :_start",
            {**wanted, "_size": size, "_start": start},
        )
        return found, self.number(f"SELECT count(*) {rows}", wanted)

    def find(self, table: str, **wanted: Any) -> Row | None:
        """Return the first row with these values, or None."""
        return next(iter(self.select(table, **wanted)), None)

    def insert(self, table: str, *rows: Mapping[str, Any], conflict: str = "ABORT") -> int:
        """Insert rows that all have the same columns; return how many there are more.

        Args:
            table: Its name.
            rows: Values by column.
            conflict: What becomes of a row that is there already: `ABORT`, `IGNORE`, `REPLACE`.
        """
        if not rows:
            return 0
        names, marks = ", ".join(rows[0]), ", ".join(f":{name}" for name in rows[0])
        sql = f"INSERT OR {conflict} INTO {table} ({names}) VALUES ({marks})"  # noqa: S608 - names of our own
        with self.transaction():
            return self._connection.executemany(sql, rows).rowcount

    def insert_rows(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """Run one statement for many rows, in the order of its marks: the fast way."""
        with self.transaction():
            self._connection.executemany(sql, rows)

    def update(self, table: str, values: Mapping[str, Any], **wanted: Any) -> None:
        """Change columns of the rows with these values."""
        new = {f"new_{name}": value for name, value in values.items()}
        changes = ", ".join(f"{name} = :new_{name}" for name in values)
        self.execute(f"UPDATE {table} SET {changes}{_where(wanted)}", {**new, **wanted})  # noqa: S608 - names of our own

    def delete(self, table: str, **wanted: Any) -> int:
        """Delete the rows with these values and return how many there were."""
        return self.execute(f"DELETE FROM {table}{_where(wanted)}", wanted)  # noqa: S608 - names of our own

    def next_number(self, counter: str) -> int:
        """Take the next number of a sequence."""
        with self.transaction():
            self._numbers[counter] = last = self.counter(counter) + 1
        return last

    def counter(self, name: str) -> int:
        """Return where a sequence stands."""
        with self._lock:
            if name in self._numbers:
                return self._numbers[name]
            return self.number("SELECT value FROM counters WHERE name = ?", (name,))

    def raise_counter(self, counter: str, value: int) -> None:
        """Make a sequence go on after a number that was given by hand."""
        with self.transaction():
            self._numbers[counter] = max(value, self.counter(counter))

    @property
    def moved_numbers(self) -> dict[str, int]:
        """Where the sequences stand that this transaction has moved."""
        return dict(self._numbers)

    def _store_numbers(self) -> None:
        self._connection.executemany(
            "INSERT OR REPLACE INTO counters (name, value) VALUES (?, ?)", self._numbers.items()
        )
        self._numbers.clear()

    def now(self, *, at_s: float = 0.0) -> str:
        """Return the time in the form that is stored: whole seconds, always +0000.

        Args:
            at_s: Seconds since the epoch; counts instead of the clock if it is later.
        """
        moment = datetime.fromtimestamp(max(self.clock(), at_s), tz=timezone.utc)
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


def _where(wanted: Mapping[str, Any]) -> str:
    # An index that leaves NULL out serves `=`, and not `IS`.
    signs = {name: "IS" if value is None else "=" for name, value in wanted.items()}
    conditions = " AND ".join(f"{name} {sign} :{name}" for name, sign in signs.items())
    return f" WHERE {conditions}" if wanted else ""
