"""The documents of a session's results, ready to be sent. Pure: no clock, no chance.

The server passes over bytes that it has seen before, so that a push can be repeated. Hence the same
results and settings make the same bytes, whether they come from a session or from its journal, and
in whatever order the tests ended.
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from pytest_jama.core.results import WORST_FIRST
from pytest_jama.core.test_ids import normal_form
from pytest_jama.core.text import counted
from pytest_jama.targets.octane import xml_text
from pytest_jama.targets.octane.run_element import STATUS_BY_OUTCOME, SentTest, write_run
from pytest_jama.targets.octane.test_names import TestName, name_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from pytest_jama.core.plan import CaseChange
    from pytest_jama.core.results import TestResult
    from pytest_jama.targets.octane.document_head import DocumentHead

RUNS_AT_MOST = 5_000
"""Runs of one document. The server has no documented limit; a task of this size ends in minutes."""

BYTES_AT_MOST = 10_000_000
"""Bytes of one document, unless a single run has more."""

_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'
_END = b"</test_runs>\n</test_result>\n"


@dataclass(frozen=True, slots=True)
class ResultDocument:
    """One document of results; an `Update` of the port.

    Attributes:
        content: The document, in UTF-8.
        tests: Its runs.
        number: Which of the documents of the session it is, counted from 1.
        of: How many there are.
        key: Its SHA-256, in hexadecimal digits.
    """

    content: bytes = field(repr=False)
    tests: tuple[SentTest, ...] = field(repr=False)
    number: int = 1
    of: int = 1
    key: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", hashlib.sha256(self.content).hexdigest())

    @property
    def title(self) -> str:
        """Which document it is, and how many runs it has."""
        which = "" if self.of == 1 else f" {self.number} of {self.of}"
        return f"document{which} ({counted(len(self.tests), 'run')})"

    @property
    def was(self) -> str:
        """Nothing: the server shows each run, and no document."""
        return ""

    @property
    def will_be(self) -> str:
        """How many runs of each status the server is to show."""
        return ", ".join(f"{count} {status}" for status, count in self.counts().items())

    def describe(self) -> str:
        """Say what the document brings: ``document (3 runs): 1 Failed, 2 Passed``."""
        return f"{self.title}: {self.will_be}"

    def case_changes(self) -> Sequence[CaseChange]:
        """Return nothing: the server shows no status of cases."""
        return ()

    def counts(self) -> Mapping[str, int]:
        """Return how many runs of each status it brings, by the server's words."""
        return dict(sorted(Counter(test.status for test in self.tests).items()))

    def fingerprint(self, server: str) -> str:
        """Return the fingerprint of these bytes at a server.

        Args:
            server: Its URL.
        """
        return hashlib.sha256(f"{server} {self.key}".encode()).hexdigest()[:32]

    def is_shown(self) -> bool | None:
        """Return None: only the server's task tells it."""
        return None

    def facts(self, *, brief: bool = False) -> dict[str, Any]:
        """Return it fit for JSON; brief, without its tests."""
        values: dict[str, Any] = {
            "document": self.key,
            "number": self.number,
            "of": self.of,
            "bytes": len(self.content),
            "runs": len(self.tests),
            "counts": dict(self.counts()),
        }
        return values if brief else {**values, "tests": [test._asdict() for test in self.tests]}


def build_documents(
    results: Iterable[TestResult], head: DocumentHead, *, started: float | None = None
) -> tuple[ResultDocument, ...]:
    """Write the results of a session into documents of bounded size.

    Tests that did not run are left out, and of several results of one test the worst stands.

    Args:
        results: Of all tests, in any order.
        head: What all documents say of their runs.
        started: When the session began, in seconds since 1970 (UTC), as its journal says: for runs
            of which that is unknown, where no other run tells it.

    Returns:
        The documents; none when no test ran.
    """
    ran = [result for result in results if result.outcome in STATUS_BY_OUTCOME]
    longest = len(_begin(_gathered(head, hashlib.sha256().hexdigest()))) + len(_END)
    runs = _write_runs(ran, since_ms=_earliest_ms(ran, started), more=_attributes_of_all(head))
    parts = [
        (b"".join(run.content for run in part), [run.test for run in part])
        for part in _cut(runs, RUNS_AT_MOST, BYTES_AT_MOST - longest)
    ]
    if len(parts) > 1:
        digest = hashlib.sha256()
        for content, _ in parts:
            digest.update(content)
        head = _gathered(head, digest.hexdigest())
    return tuple(_close(parts, _begin(head)))


def _close(parts: list[tuple[bytes, list[SentTest]]], beginning: bytes) -> Iterator[ResultDocument]:
    """Yield the documents; a part is let go as soon as its document has it."""
    of = len(parts)
    for number in range(1, of + 1):
        content, tests = parts.pop(0)
        yield ResultDocument(b"".join((beginning, content, _END)), tuple(tests), number, of)


def _begin(head: DocumentHead) -> bytes:
    return f"{_DECLARATION}<test_result>\n{_write_head(head)}<test_runs>\n".encode()


def _gathered(head: DocumentHead, digest: str) -> DocumentHead:
    """Return the head for several documents of one session, whose runs one suite run gathers.

    Where the settings do not name that, the same results always make the same name for it.
    """
    if head.suite is None or head.suite.run:
        return head
    run = f"pytest-jama {digest[:_SUITE_RUN_DIGITS]}"
    return head._replace(suite=head.suite._replace(run=run))


_SUITE_RUN_DIGITS = 16


class _Run(NamedTuple):
    test: SentTest
    content: bytes


def _write_runs(results: Iterable[TestResult], *, since_ms: int, more: str) -> Iterator[_Run]:
    """Yield the runs, in the order in which the documents have them.

    Args:
        results: Of the tests that ran.
        since_ms: When runs count as begun of which it is unknown.
        more: The attributes that all runs have in common.
    """
    for name, result in _named_apart(results):
        began = result.started
        started_ms = since_ms if began is None else xml_text.epoch_milliseconds(began)
        sent = SentTest(result.test_id, "", *name, STATUS_BY_OUTCOME[result.outcome], started_ms)
        yield _Run(sent, write_run(result, name, started_ms=started_ms, more=more).encode())


def _cut(runs: Iterable[_Run], runs_at_most: int, bytes_at_most: int) -> Iterator[list[_Run]]:
    """Divide runs into those of one document each; where depends on nothing but what they say."""
    part: list[_Run] = []
    size = 0
    for run in runs:
        size += len(run.content)
        if part and (len(part) == runs_at_most or size > bytes_at_most):
            yield part
            part, size = [], len(run.content)
        part.append(run)
    if part:
        yield part


def _earliest_ms(results: Iterable[TestResult], started: float | None) -> int:
    """Return when runs count as begun of which it is unknown.

    A journal keeps whole seconds of when its session began.
    """
    known = [result.started for result in results if result.started is not None]
    if known:
        return xml_text.epoch_milliseconds(min(known))
    return xml_text.epoch_milliseconds((started or 0) // 1)


def _named_apart(results: Iterable[TestResult]) -> Iterator[tuple[TestName, TestResult]]:
    """Yield one result for each test, with a name that no other has, in the order of the names.

    Tests whose names are equal only as the schema takes them stay two: a hash tells them apart.
    """
    named = []
    for result in results:
        name = name_of(result)
        named.append((_as_taken(name), name, result))
    named.sort(key=itemgetter(0))
    for short, group in groupby(named, key=itemgetter(0)):
        (_, raw, result), *others = group
        if others:
            same = [(raw, result), *((raw, result) for _, raw, result in others)]
            yield from _told_apart(short, _united(same))
        else:
            yield short, result


def _as_taken(name: TestName) -> TestName:
    """Return a name as the schema takes it."""
    package, class_name = xml_text.bounded(name.package), xml_text.bounded(name.class_name)
    short = TestName(package, class_name, xml_text.required(name.name))
    return name if short == name else short


def _united(
    results: Iterable[tuple[TestName, TestResult]],
) -> list[tuple[TestName, TestResult]]:
    """Return one result for each test; one test may be spelled in several ways."""
    tests: dict[tuple[TestName, str], TestResult] = {}
    for raw, result in results:
        test = raw, normal_form(result.test_id)
        known = tests.get(test)
        tests[test] = result if known is None else _unite(known, result)
    return [(raw, result) for (raw, _), result in tests.items()]


def _told_apart(
    short: TestName, tests: list[tuple[TestName, TestResult]]
) -> Iterator[tuple[TestName, TestResult]]:
    """Yield tests of one name with a name each; one that is called so indeed keeps it."""
    tests.sort(key=lambda test: (test[0] != short, normal_form(test[1].test_id), test[0]))
    for at, (raw, result) in enumerate(tests):
        is_its_own = len(tests) == 1 or (at == 0 and raw == short)
        whole = "" if is_its_own else "\0".join((normal_form(result.test_id), *raw))
        yield short._replace(name=xml_text.marked(short.name, whole)), result


_RANK = {outcome: rank for rank, outcome in enumerate(WORST_FIRST)}


def _unite(one: TestResult, other: TestResult) -> TestResult:
    """Return one of two results of a test, whatever their order: the worst, with all links."""
    links = dict.fromkeys((*one.links, *other.links))
    return min(one, other, key=_gravity)._replace(links=tuple(links))


def _gravity(result: TestResult) -> tuple[object, ...]:
    """Return how results of one test are ordered: only by what a journal keeps and a run shows."""
    began = result.started
    started = math.inf if began is None else xml_text.epoch_milliseconds(began)
    duration = xml_text.milliseconds(result.duration_s)
    said = (result.message, result.trace, result.error_type, result.notes, result.steps)
    return _RANK[result.outcome], started, duration, *said, result.test_id


def _attributes_of_all(head: DocumentHead) -> str:
    """Return the attributes that all runs have in common."""
    url = xml_text.report_url(head.report_url)
    return f' external_report_url="{xml_text.attribute(url)}"' if url else ""


def _write_head(head: DocumentHead) -> str:
    """Return what stands before the runs, in the order of the schema."""
    return "".join(f"{element}\n" for element in _head_elements(head))


def _head_elements(head: DocumentHead) -> Iterator[str]:
    if head.build is not None:
        server, job, build = map(_required, head.build)
        yield f'<build server_id="{server}" job_id="{job}" build_id="{build}"/>'
    if head.suite is not None:
        name = xml_text.attribute(xml_text.bounded(head.suite.run))
        run = f' external_run_id="{name}"' if name else ""
        yield f'<suite_ref id="{head.suite.suite_id}"{run}/>'
    if head.release is not None:
        yield f'<release_ref id="{head.release}"/>'
    elif head.release_name:
        yield f'<release name="{_required(head.release_name)}"/>'
    if head.milestone is not None:
        yield f'<milestone_ref id="{head.milestone}"/>'
    if head.modules:
        areas = "".join(f'<product_area_ref id="{module}"/>' for module in head.modules)
        yield f"<product_areas>{areas}</product_areas>"
    if head.fields:
        yield f"<test_fields>{_pairs('test_field', head.fields)}</test_fields>"
    if head.environment:
        yield f"<environment>{_pairs('taxonomy', head.environment)}</environment>"


def _pairs(tag: str, pairs: Iterable[tuple[str, str]]) -> str:
    return "".join(
        f'<{tag} type="{_required(kind)}" value="{_required(value)}"/>' for kind, value in pairs
    )


def _required(text: str) -> str:
    return xml_text.attribute(xml_text.required(text))


def write_documents(documents: Sequence[ResultDocument], path: Path) -> tuple[Path, ...]:
    """Write documents into files: ``results.xml``, ``results.2.xml``, ``results.3.xml``.

    Args:
        documents: At least one.
        path: The file of the first.

    Returns:
        The files, in the order of the documents.

    Raises:
        OSError: When one cannot be written.
    """
    paths = [path.with_suffix(f".{each.number}{path.suffix}") for each in documents[1:]]
    for file, document in zip((path, *paths), documents, strict=True):
        file.write_bytes(document.content)
    return (path, *paths)
