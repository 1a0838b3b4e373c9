"""Whether the server has every run that it was sent. Its task says "success" all the same.

With `skip-errors=false` a run whose own reference does not exist is left out, and nothing says so.
Hence runs are read back and compared by what a test is known by, and by when it began.

Source: vendor's help, import of results; a run is shown once for each test and environment, its
history has one for each push.
"""

from __future__ import annotations

from collections import defaultdict
from functools import partial
from http import HTTPStatus
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

from pytest_jama.core.errors import RefusedError
from pytest_jama.core.text import clean, shorten
from pytest_jama.targets.octane.build_making import find_build
from pytest_jama.targets.octane.entities import PAGE_SIZE
from pytest_jama.targets.octane.query import (
    Statement,
    both,
    equals_id,
    escape,
    is_not_after,
    is_not_before,
)
from pytest_jama.targets.octane.server_runs import HISTORY, RUNS, TestIdentity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from pytest_jama.targets.octane.document_head import BuildIds
    from pytest_jama.targets.octane.entities import Entities
    from pytest_jama.targets.octane.run_element import SentTest
    from pytest_jama.targets.octane.server_runs import RunSource, ServerRun

_CANNOT_SAY = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND})
"""Answers of servers that do not have one of the two collections, or not for us."""

_SAME_MS = 1000
"""The server may keep whole seconds of when a run began, cut or rounded."""

_FEW = 25
"""So many runs are asked for by the names of their tests with one request."""

_LONGEST_NAMES = 1500
"""Characters of names in one address, as they are written there."""


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
    """Look for what is not found yet: in the history of its build, among the runs, in the history.

    A later session replaces what a run shows; only the history has both. In that the newest entries
    are those of the latest push, so that very many runs are looked for there first.
    """
    is_large = len(comparison.waiting) > PAGE_SIZE
    refusals = [_take(comparison, _of_build(entities, comparison, build))] if build else []
    for source in (HISTORY, RUNS) if is_large else (RUNS, HISTORY):
        rows = _asked(entities, source, comparison, partial(comparison.within, source))
        refusals.append(_take(comparison, rows))
    if all(refusals):
        raise next(filter(None, refusals))


def _take(comparison: _Comparison, runs: Iterable[ServerRun]) -> RefusedError | None:
    """Take what the server shows; return its refusal where it does not show that at all."""
    try:
        comparison.take(runs)
    except RefusedError as refusal:
        if refusal.http_status not in _CANNOT_SAY:
            raise
        return refusal
    return None


def _of_build(entities: Entities, comparison: _Comparison, build: BuildIds) -> Iterator[ServerRun]:
    """Yield what the history has of a build; nothing where the server does not show it."""
    shown = find_build(entities, build)
    if shown is not None:
        scope = equals_id("build_id", shown.entity_id)
        yield from _asked(entities, HISTORY, comparison, lambda: scope)


def _asked(
    entities: Entities, source: RunSource, comparison: _Comparison, scope: Callable[[], Statement]
) -> Iterator[ServerRun]:
    """Yield runs of a source until all are found.

    Others may have sent very many runs meanwhile. So the newest are read first, and the rest, if
    there is one, is asked for by name.

    Args:
        entities: The workspace.
        source: Where to look.
        comparison: Knows what is not found yet.
        scope: Returns what is asked of all runs.
    """
    most = len(comparison.waiting) + 2 * PAGE_SIZE
    read = 0
    for run in _newest(entities, source, scope(), most=most):
        read += 1
        yield run
    if read < most:
        return
    if len(comparison.waiting) <= PAGE_SIZE:
        for names in comparison.names():
            yield from source.list(entities, both(scope(), source.named(names)))
    else:
        yield from source.list(entities, scope())


def _newest(
    entities: Entities, source: RunSource, query: Statement, *, most: int
) -> Iterator[ServerRun]:
    """Yield the newest runs; any where the server does not sort them so."""
    try:
        yield from source.list(entities, query, order_by="-id", most=most)
    except RefusedError as refusal:
        if refusal.http_status != HTTPStatus.BAD_REQUEST:
            raise
        yield from source.list(entities, query, order_by="", most=most)


class _Comparison:
    """Runs that were sent beside those that are there.

    Args:
        tests: What was sent.

    Attributes:
        waiting: The places of those that are not found as they were sent.
    """

    def __init__(self, tests: Sequence[SentTest]) -> None:
        self._tests = tests
        self._found: dict[int, ServerRun] = {}
        self._others: dict[int, ServerRun] = {}
        self._by_identity: dict[TestIdentity, list[int]] = defaultdict(list)
        self.waiting = set(range(len(tests)))
        for at, test in enumerate(tests):
            self._by_identity[TestIdentity(test.package, test.class_name, test.name)].append(at)

    def within(self, source: RunSource) -> Statement:
        """Ask for runs that began while those did that are not found yet, or a little beside."""
        began = [self._tests[at].started_ms for at in self.waiting] or [0]
        since, till = max(0, min(began) / 1000 - 1), max(began) / 1000 + 2
        return both(is_not_before(source.started, since), is_not_after(source.started, till))

    def names(self) -> Iterator[list[str]]:
        """Yield the names of the tests that are not found yet, as many as an address may hold."""
        some: list[str] = []
        length = 0
        for name in dict.fromkeys(self._tests[at].name for at in sorted(self.waiting)):
            length += len(quote(escape(name)))
            if some and (len(some) == _FEW or length > _LONGEST_NAMES):
                yield some
                some, length = [], len(quote(escape(name)))
            some.append(name)
        if some:
            yield some

    def take(self, runs: Iterable[ServerRun]) -> None:
        """Take runs that the server has, until all are found."""
        if not self.waiting:
            return
        for run in runs:
            for at in self._by_identity.get(run.identity, ()):
                self._match(at, run)
            if not self.waiting:
                return

    def _match(self, at: int, run: ServerRun) -> None:
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
