"""Whether the server has every run that it was sent. Its task says "success" all the same.

With `skip-errors=false` a run whose own reference does not exist is left out, and nothing says so.
Hence runs are read back and compared by what a test is known by, and by when it began.

Source: vendor's help, import of results; a run is shown once for each test and environment, its
history has one for each push.
"""

from __future__ import annotations

import re
from collections import defaultdict
from datetime import datetime, timezone
from functools import partial
from http import HTTPStatus
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from pytest_jama.core.errors import RefusedError
from pytest_jama.core.text import clean, shorten
from pytest_jama.targets.octane.build_making import find_build
from pytest_jama.targets.octane.query import Statement, both, equals_id, is_not_after, is_not_before

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from pytest_jama.targets.octane.document_head import BuildIds
    from pytest_jama.targets.octane.entities import Entities
    from pytest_jama.targets.octane.run_element import SentTest

    _Way = Callable[[Entities, tuple[float, float]], Iterator["_ServerRun"]]

_CANNOT_SAY = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND})
"""Answers of servers that do not have one of the two collections, or not for us."""

_SAME_MS = 1000
"""The server may keep whole seconds of when a run began, cut or rounded."""


class _Identity(NamedTuple):
    """What the server knows a test by."""

    package: str
    class_name: str
    name: str


class _ServerRun(NamedTuple):
    """A run as the server has it.

    Attributes:
        run_id: Its ID.
        identity: Its test.
        status: The last word of its status: ``passed``.
        started_ms: When it began; None when that cannot be read.
    """

    run_id: str
    identity: _Identity
    status: str
    started_ms: int | None


class RunGap(NamedTuple):
    """A run that the server does not have as it was sent.

    Attributes:
        test: The run.
        now: What the server has instead: ``Failed``; empty for nothing.
        why: What else is there, for people; may be empty.
    """

    test: SentTest
    now: str = ""
    why: str = ""

    def __str__(self) -> str:
        now = self.now or "nothing"
        more = f" ({self.why})" if self.why else ""
        return f"{self.test.test_id}: sent {self.test.status}, the server has {now}{more}"

    def facts(self) -> dict[str, Any]:
        """Return it fit for JSON."""
        return {
            "test": self.test.test_id,
            "what": "run",
            "sent": self.test.status,
            "now": self.now or None,
            "why": self.why,
        }


class Arrivals(NamedTuple):
    """What was found of the runs that were sent.

    Attributes:
        gaps: The runs that are not there as they were sent.
        run_ids: The ID of each run that is there, by test.
    """

    gaps: tuple[RunGap, ...] = ()
    run_ids: Mapping[str, str] = MappingProxyType({})


def read_back(
    entities: Entities,
    tests: Sequence[SentTest],
    *,
    build: BuildIds | None,
    waits_s: Sequence[float] = (),
) -> Arrivals:
    """Compare the runs that were sent with those that the server has.

    Args:
        entities: The workspace.
        tests: What was sent.
        build: The build that the runs belong to.
        waits_s: Pauses after each of which it is looked once more for what is not there yet.

    Raises:
        RefusedError: When the server shows its runs in none of the known ways.
        TargetError: When it cannot be used.
    """
    comparison = _Comparison(tests)
    for pause_s in (0.0, *waits_s):
        if not comparison.waiting:
            break
        if pause_s:
            entities.client.connection.sleep(pause_s)
        _look(entities, comparison, build)
    return comparison.close()


def _look(entities: Entities, comparison: _Comparison, build: BuildIds | None) -> None:
    """Look for what is not found yet: in the history of a build, else among the runs, then there.

    A later session replaces what a run shows; only the history has both.
    """
    ways: list[_Way] = [_list_runs, _list_history]
    if build is not None:
        ways.insert(0, partial(_list_history, build=build))
    refusals = [_take(comparison, way(entities, comparison.span)) for way in ways]
    if all(refusals):
        raise next(filter(None, refusals))


def _take(comparison: _Comparison, runs: Iterable[_ServerRun]) -> RefusedError | None:
    """Take what the server shows; return its refusal where it does not show that at all."""
    try:
        comparison.take(runs)
    except RefusedError as refusal:
        if refusal.http_status not in _CANNOT_SAY:
            raise
        return refusal
    return None


class _Comparison:
    """Runs that were sent beside those that are there.

    Args:
        tests: What was sent.

    Attributes:
        waiting: The places of those that are not found as they were sent.
    """

    def __init__(self, tests: Sequence[SentTest]) -> None:
        self._tests = tests
        self._found: dict[int, _ServerRun] = {}
        self._others: dict[int, _ServerRun] = {}
        self._by_identity: dict[_Identity, list[int]] = defaultdict(list)
        self.waiting = set(range(len(tests)))
        for at, test in enumerate(tests):
            self._by_identity[_Identity(test.package, test.class_name, test.name)].append(at)

    @property
    def span(self) -> tuple[float, float]:
        """Between which moments those began, in seconds since 1970, and a little more."""
        began = [self._tests[at].started_ms for at in self.waiting] or [0]
        return max(0, min(began) / 1000 - 1), max(began) / 1000 + 2

    def take(self, runs: Iterable[_ServerRun]) -> None:
        """Take runs that the server has, until all are found."""
        if not self.waiting:
            return
        for run in runs:
            for at in self._by_identity.get(run.identity, ()):
                self._match(at, run)
            if not self.waiting:
                return

    def _match(self, at: int, run: _ServerRun) -> None:
        test = self._tests[at]
        if run.started_ms is not None and abs(run.started_ms - test.started_ms) > _SAME_MS:
            self._others.setdefault(at, run)
        elif run.status == test.status.casefold():
            self._found[at] = run
            self.waiting.discard(at)
        else:
            self._found.setdefault(at, run)

    def close(self) -> Arrivals:
        """Return what was found."""
        gaps = tuple(map(self._gap, sorted(self.waiting)))
        run_ids = {self._tests[at].test_id: run.run_id for at, run in self._found.items()}
        return Arrivals(gaps, run_ids)

    def _gap(self, at: int) -> RunGap:
        found, other = self._found.get(at), self._others.get(at)
        if found is not None:
            return RunGap(self._tests[at], now=shorten(clean(found.status), at_most=60))
        why = "a run of another time is there" if other is not None else ""
        return RunGap(self._tests[at], why=why)


def _list_history(
    entities: Entities, span: tuple[float, float], build: BuildIds | None = None
) -> Iterator[_ServerRun]:
    """Yield what the history of runs has of a build, or of a span of time."""
    query = _within("run_started", span)
    if build is not None:
        shown = find_build(entities, build)
        if shown is None:
            return
        query = equals_id("build_id", shown.entity_id)
    rows = entities.list(
        "previous_runs",
        fields="id,run_id,test_name,test_class,test_package,"
        "run_native_status{logical_name},run_started",
        query=query,
    )
    for row in rows:
        identity = _identity(row.get("test_package"), row.get("test_class"), row.get("test_name"))
        status, started = row.get("run_native_status"), row.get("run_started")
        yield _ServerRun(_text(row.get("run_id")), identity, _word(status), find_moment_ms(started))


def _list_runs(entities: Entities, span: tuple[float, float]) -> Iterator[_ServerRun]:
    """Yield the runs that began in a span of time."""
    rows = entities.list(
        "automated_runs",
        fields="id,native_status{logical_name},started,test{name,package,class_name}",
        query=_within("started", span),
    )
    for row in rows:
        test = row.get("test")
        test = test if isinstance(test, dict) else {}
        identity = _identity(test.get("package"), test.get("class_name"), test.get("name"))
        status, started = row.get("native_status"), row.get("started")
        yield _ServerRun(_text(row.get("id")), identity, _word(status), find_moment_ms(started))


def _within(field: str, span: tuple[float, float]) -> Statement:
    return both(is_not_before(field, span[0]), is_not_after(field, span[1]))


def _identity(package: object, class_name: object, name: object) -> _Identity:
    return _Identity(_text(package), _text(class_name), _text(name))


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
