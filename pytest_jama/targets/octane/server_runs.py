"""Runs as ALM Octane shows them: the last one of each test and environment, and their history.

Source: vendor's help, import of results and run history.
"""

from __future__ import annotations

import re
from datetime import datetime, timezone
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from pytest_jama.targets.octane.query import Statement, is_one_of, refers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from pytest_jama.targets.octane.entities import Entities


class TestIdentity(NamedTuple):
    """What the server knows a test by."""

    package: str
    class_name: str
    name: str


class ServerRun(NamedTuple):
    """A run as the server has it.

    Attributes:
        run_id: Its ID.
        identity: Its test.
        status: The last word of its status: ``passed``.
        started_ms: When it began; None when that cannot be read.
    """

    run_id: str
    identity: TestIdentity
    status: str
    started_ms: int | None


class RunSource(NamedTuple):
    """A collection that has runs.

    Attributes:
        collection: Its name.
        fields: What is read.
        started: The field that says when a run began.
        named: Asks for runs of tests by their names.
        read: Returns a run as it is written there.
    """

    collection: str
    fields: str
    started: str
    named: Callable[[Iterable[str]], Statement]
    read: Callable[[Mapping[str, Any]], ServerRun]

    def list(
        self, entities: Entities, query: Statement, *, order_by: str = "id", most: int | None = None
    ) -> Iterator[ServerRun]:
        """Yield the runs that fulfil a query."""
        rows = entities.list(
            self.collection, fields=self.fields, query=query, order_by=order_by, most=most
        )
        yield from map(self.read, rows)


def _read_history(row: Mapping[str, Any]) -> ServerRun:
    identity = _identity(row.get("test_package"), row.get("test_class"), row.get("test_name"))
    status, started = row.get("run_native_status"), row.get("run_started")
    return ServerRun(_text(row.get("run_id")), identity, _word(status), find_moment_ms(started))


def _read_run(row: Mapping[str, Any]) -> ServerRun:
    test = row.get("test")
    test = test if isinstance(test, dict) else {}
    identity = _identity(test.get("package"), test.get("class_name"), test.get("name"))
    status, started = row.get("native_status"), row.get("started")
    return ServerRun(_text(row.get("id")), identity, _word(status), find_moment_ms(started))


HISTORY = RunSource(
    "previous_runs",
    "id,run_id,test_name,test_class,test_package,run_native_status{logical_name},run_started",
    "run_started",
    partial(is_one_of, "test_name"),
    _read_history,
)
RUNS = RunSource(
    "automated_runs",
    "id,native_status{logical_name},started,test{name,package,class_name}",
    "started",
    lambda names: refers("test", is_one_of("name", names)),
    _read_run,
)


def _identity(package: object, class_name: object, name: object) -> TestIdentity:
    return TestIdentity(_text(package), _text(class_name), _text(name))


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _word(status: object) -> str:
    """Return the last word of a status, however the server writes it: ``passed``."""
    if isinstance(status, dict):
        status = status.get("logical_name") or status.get("id") or status.get("name")
    return _text(status).rpartition(".")[2].strip().casefold()


def find_moment_ms(value: object) -> int | None:
    """Return a time of an entity in milliseconds since 1970; None when it cannot be read.

    Args:
        value: Such as ``2026-01-05T10:00:00Z``, with or without a fraction, or a number.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    found = _MOMENT.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        return None
    sign, hours, minutes = found["sign"] or "+", int(found["hours"] or 0), int(found["mins"] or 0)
    try:
        moment = datetime.fromisoformat(found["moment"]).replace(tzinfo=timezone.utc)
    except ValueError:
        return None
    offset_ms = (hours * 60 + minutes) * 60_000 * (-1 if sign == "-" else 1)
    fraction_ms = int((found["fraction"] or "0").ljust(3, "0")[:3])
    return int(moment.timestamp()) * 1000 + fraction_ms - offset_ms


_MOMENT = re.compile(
    r"(?P<moment>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(?P<fraction>\d{1,9}))?"
    r"(?:Z|(?P<sign>[+-])(?P<hours>\d\d):?(?P<mins>\d\d))?",
    re.ASCII,
)
