"""The law: wherever a journal is cut off, an upload of the rest ends as an undisturbed session.

Undisturbed means: of the tests that the cut journal knows of; and nothing is sent twice but what
was in flight.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_jama.core.cases import CaseRef, parse_links
from pytest_jama.core.results import Outcome, StepResult, TestResult
from tests.journal.cut_world import LOGIN, Server, Stored, copy_of, resume, run_session

if TYPE_CHECKING:
    from collections.abc import Iterator


def listed(name: str, cases: str, outcome: Outcome = Outcome.NOT_REACHED) -> TestResult:
    return TestResult(f"t.py::{name}", outcome, links=parse_links(cases))


def ended(name: str, cases: str, outcome: Outcome, *steps: StepResult) -> TestResult:
    message = "" if outcome is Outcome.PASSED else f"{name} did not pass: \u2028 <&> \udc80"
    result = TestResult(f"t.py::{name}", outcome, 0.0124999, parse_links(cases))
    return result._replace(message=message, notes=("a note",), steps=steps)


NAME = "20261122T043016Z-1.jsonl"
COLLECTED = (
    listed("a", "J-TC-1"),
    listed("b", "J-TC-1, J-TC-2"),
    listed("c[\udc80]", "J-TC-3"),
    listed("d", "J-TC-4#2"),
    listed("e", "J-TC-4, J-TC-5"),
    listed("g", "J-TC-6"),
    listed("f", "J-TC-2", Outcome.DESELECTED),
)
RESULTS = (
    ended("b", "J-TC-1, J-TC-2", Outcome.PASSED),
    ended("a", "J-TC-1", Outcome.PASSED),
    ended("c[\udc80]", "J-TC-3", Outcome.FAILED),
    ended("d", "J-TC-4#2", Outcome.PASSED),
    ended("late", "J-TC-7", Outcome.PASSED),
    ended("unlinked", "", Outcome.FAILED),
    ended(
        "e",
        "J-TC-4, J-TC-5",
        Outcome.FAILED,
        StepResult(1, Outcome.PASSED, "ok"),
        StepResult(3, Outcome.FAILED, "0 V"),
    ),
    ended("g", "J-TC-6", Outcome.SKIPPED),
)
UNCOLLECTED = (TestResult.of_uncollected("broken.py", parse_links("J-TC-3, J-TC-7")),)


def new_server() -> Server:
    """Return runs of seven cases; one has two of them, two have steps."""
    cases = {11: 1, 12: 1, 21: 2, 31: 3, 41: 4, 51: 5, 61: 6, 71: 7}
    steps = {41: 3, 51: 4}
    return Server(
        {run: CaseRef.parse(f"J-TC-{case}") for run, case in cases.items()},
        {run: Stored(steps=(("NOT_RUN", ""),) * steps.get(run, 0)) for run in cases},
    )


@dataclass(frozen=True)
class Cut:
    """A journal that ends too early.

    Attributes:
        content: What is left of it.
    """

    content: bytes

    def count(self, kind: str) -> int:
        """Count the lines of a kind that can be read."""
        return self._kinds[kind]

    @functools.cached_property
    def _kinds(self) -> Counter[str]:
        found: Counter[str] = Counter()
        for raw in self.content.split(b"\n"):
            with contextlib.suppress(ValueError):
                found[json.loads(raw)["line"]] += 1
        return found


@pytest.fixture(autouse=True, scope="module")
def _credentials() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as monkeypatch:
        for name, value in LOGIN.items():
            monkeypatch.setenv(name, value)
        yield


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The journal of a session that nothing disturbed."""
    path = tmp_path_factory.mktemp("whole") / NAME
    run_session(path, new_server(), collected=COLLECTED, results=RESULTS, uncollected=UNCOLLECTED)
    return path.read_bytes()


def cuts(content: bytes) -> Iterator[int]:
    """Yield where to cut: at each end of a line, just before it, and inside."""
    start = 0
    for line in content.splitlines(keepends=True):
        end = start + len(line)
        yield from (start, start + len(line) // 2, end - 1)
        start = end
    yield start


def undisturbed(cut: Cut) -> Server:
    """Return what a session of the tests that the cut knows leaves on the server."""
    counts = (cut.count(kind) for kind in ("collected", "result", "uncollected"))
    return _undisturbed(*counts)


@functools.cache
def _undisturbed(collected: int, results: int, uncollected: int) -> Server:
    server = new_server()
    if collected:
        run_session(
            Path(os.devnull),
            server,
            collected=COLLECTED,
            results=RESULTS[:results],
            uncollected=UNCOLLECTED[:uncollected],
        )
    return server


def left_by_kill(cut: Cut) -> Server:
    """Return a server as the kill leaves it: what has a receipt is there, and one in flight."""
    server = new_server()
    whole = undisturbed(cut)
    if cut.count("place"):
        for run in list(whole.writes)[: cut.count("receipt") + 1]:
            server.stored[run] = whole.stored[run]
    return server


def check(path: Path, cut: Cut, server: Server, expected: Server) -> None:
    """Hold the law for what a kill left of a journal and of a server."""
    assert resume(server, path) == 0
    assert server.stored == expected.stored
    received = list(expected.writes)[: cut.count("receipt")]
    assert not set(received) & set(server.writes)
    assert max(server.writes.values(), default=0) <= 1

    again = copy_of(server)
    assert resume(again, path) == 0
    assert not again.writes


@pytest.mark.parametrize("tail", [b"", b"\0" * 500], ids=["killed", "lost power"])
def test_whatever_is_left_of_a_journal_ends_as_an_undisturbed_session(
    whole: bytes, tail: bytes, tmp_path: Path
) -> None:
    for at in sorted(set(cuts(whole))):
        cut = Cut(whole[:at])
        if cut.count("session"):
            path = tmp_path / str(at) / NAME
            path.parent.mkdir()
            path.write_bytes(cut.content + tail)
            check(path, cut, left_by_kill(cut), undisturbed(cut))


@given(st.data())
def test_the_same_holds_for_any_byte(
    whole: bytes, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    cut = Cut(whole[: data.draw(st.integers(whole.index(b"\n"), len(whole)))])
    path = tmp_path_factory.mktemp("any") / NAME
    path.write_bytes(cut.content)
    check(path, cut, left_by_kill(cut), undisturbed(cut))


def test_an_upload_that_is_cut_off_is_resumed_in_the_same_way(whole: bytes, tmp_path: Path) -> None:
    killed = Cut(whole[: whole.index(b'{"line":"result","test":"t.py::d"') + 30])
    path = tmp_path / NAME
    path.write_bytes(killed.content)
    resume(new_server(), path)
    resumed = path.read_bytes()
    for at in sorted(each for each in set(cuts(resumed)) if each > len(killed.content)):
        cut = Cut(resumed[:at])
        path.write_bytes(cut.content)
        check(path, cut, left_by_kill(cut), undisturbed(cut))


def test_a_journal_without_header_is_said_to_tell_nothing(
    whole: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / NAME
    path.write_bytes(whole[:100])
    assert resume(new_server(), path) == 1
    assert f"{NAME}: ends before its header does" in capsys.readouterr().out
