"""Whatever bytes of a journal are changed: no crash, no silence, and never more PASSED."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_jama.core.errors import PytestJamaError
from pytest_jama.core.verdicts import Verdict
from pytest_jama.journal.rejudge import judge_recordings
from tests.journal.cut_world import LOGIN, SETTINGS, Server, resume, run_session
from tests.journal.record import read
from tests.journal.test_cut_law import COLLECTED, NAME, RESULTS, UNCOLLECTED, new_server

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_jama.journal.record import Recording

RULES = SETTINGS.verdicts.rules()
WORDS = [
    *(b'"passed"', b'"failed"', b'"outcome":"passed",', b'"cases":[],', b'"line":"result",'),
    *(
        b'"line":"upload",',
        b'"line":"end",',
        b'"format":1,',
        b'"finished":true',
        b'"started":-1e99,',
    ),
    *(b"\n", b"\r", b"\0", b'"', b"{", b"}", b"[", b"]", b",", b"\\", b"\xff", b"1e999", b"NaN"),
    *(b'"0001-01-01T00:00:00"', b"9" * 5000, b"-1", b"null", b"true", b"[" * 2000),
]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The journal of a session that nothing disturbed, and of an upload of it."""
    path = tmp_path_factory.mktemp("whole") / NAME
    server = new_server()
    run_session(path, server, collected=COLLECTED, results=RESULTS, uncollected=UNCOLLECTED)
    with pytest.MonkeyPatch.context() as monkeypatch:
        for name, value in LOGIN.items():
            monkeypatch.setenv(name, value)
        assert resume(server, path) == 0
    return path.read_bytes()


def unchained(whole: bytes) -> bytes:
    """Return the same as version 0.1 wrote it."""
    return re.sub(rb',"chain":"[^"]*"', b"", whole).replace(b'"format":2', b'"format":1')


@st.composite
def mutations(draw: st.DrawFn, content: bytes) -> bytes:
    """Change, cut, insert, repeat and move bytes, words and lines."""
    for _ in range(draw(st.integers(1, 3))):
        content = draw(st.sampled_from(MUTATIONS))(draw, content)
    return content


def _span(draw: st.DrawFn, content: bytes, longest: int = 400) -> tuple[int, int]:
    start = draw(st.integers(0, len(content)))
    return start, min(len(content), start + draw(st.integers(0, longest)))


def change(draw: st.DrawFn, content: bytes) -> bytes:
    start, _ = _span(draw, content)
    new = draw(st.binary(min_size=1, max_size=3) | st.sampled_from(WORDS))
    return content[:start] + new + content[start + len(new) :]


def cut(draw: st.DrawFn, content: bytes) -> bytes:
    start, end = _span(draw, content)
    return content[:start] + content[end:]


def insert(draw: st.DrawFn, content: bytes) -> bytes:
    start, _ = _span(draw, content)
    return content[:start] + draw(st.binary(max_size=3) | st.sampled_from(WORDS)) + content[start:]


def repeat(draw: st.DrawFn, content: bytes) -> bytes:
    start, end = _span(draw, content)
    at = draw(st.integers(0, len(content)))
    return content[:at] + content[start:end] + content[at:]


def swap_words(draw: st.DrawFn, content: bytes) -> bytes:
    old, new = draw(st.permutations([b"passed", b"failed", b"skipped", b"not reached"]))[:2]
    places = [match.start() for match in re.finditer(old, content)]
    at = draw(st.sampled_from(places)) if places else 0
    return content[:at] + content[at:].replace(old, new, 1)


def move_lines(draw: st.DrawFn, content: bytes) -> bytes:
    lines = content.splitlines(keepends=True) or [b""]
    source, there = (draw(st.integers(0, len(lines) - 1)) for _ in range(2))
    kind = draw(st.sampled_from(["move", "copy", "remove", "join"]))
    line = lines[source] if kind == "copy" else lines.pop(source)
    if kind == "join":
        lines.insert(source, line.rstrip(b"\n"))
    elif kind != "remove":
        lines.insert(there, line)
    return b"".join(lines)


MUTATIONS: list[Callable[[st.DrawFn, bytes], bytes]] = [
    *(change, cut, insert, repeat, move_lines),
    *[swap_words] * 4,  # what a person would try
]


def fuzz(
    request: pytest.FixtureRequest, check: Callable[[bytes], None], whole: bytes, *, few: int
) -> None:
    """Check a journal that was changed in many ways; in more with ``--every-cell``."""
    count = few * 40 if request.config.getoption("--every-cell") else few
    bounds = settings(max_examples=count, suppress_health_check=list(HealthCheck), database=None)
    bounds(given(mutations(whole))(check))()


def try_to_read(content: bytes) -> Recording | None:
    """Read a journal; None when it is refused."""
    try:
        return read(content)
    except PytestJamaError:
        return None


def told_by(recording: Recording) -> tuple[Any, ...]:
    """Return what is concluded from a recording."""
    said = (recording.header, recording.collected, recording.results, recording.uncollected)
    more = (recording.repeated, recording.verdicts, recording.arrivals, recording.is_finished)
    return (*said, *more, recording.partners)


def passed(recording: Recording) -> set[str]:
    """Return the cases that a recording says are PASSED."""
    judgement = judge_recordings([recording], rules=RULES, adjust=lambda case: case)
    return {str(case.case_ref) for case in judgement.cases if case.verdict is Verdict.PASSED}


def test_every_change_is_reported_or_leads_to_what_a_kill_may_have_left(
    request: pytest.FixtureRequest, whole: bytes
) -> None:
    lines = whole.splitlines(keepends=True)
    cuts = [told_by(read(b"".join(lines[:size]))) for size in range(1, len(lines) + 1)]
    most = passed(read(whole))

    def check(content: bytes) -> None:
        recording = try_to_read(content)
        if recording is not None and not recording.edits:
            assert told_by(recording) in cuts
            assert passed(recording) <= most

    fuzz(request, check, whole, few=120)


def test_no_change_of_a_journal_without_chain_breaks_its_reading(
    request: pytest.FixtureRequest, whole: bytes
) -> None:
    def check(content: bytes) -> None:
        recording = try_to_read(content)
        if recording is not None:
            passed(recording)

    fuzz(request, check, unchained(whole), few=120)


@pytest.mark.parametrize("is_chained", [True, False], ids=["chained", "format 1"])
def test_no_change_breaks_an_upload_and_no_chained_journal_gains_a_passed(
    request: pytest.FixtureRequest,
    whole: bytes,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    is_chained: bool,
) -> None:
    for name, value in LOGIN.items():
        monkeypatch.setenv(name, value)
    unsent = whole[: whole.index(b'{"line":"verdict"')]
    most = statuses(unsent, tmp_path_factory)
    assert most

    def check(content: bytes) -> None:
        found = statuses(content, tmp_path_factory)
        assert found <= most or not is_chained

    fuzz(request, check, unsent if is_chained else unchained(unsent), few=30)


def statuses(content: bytes, tmp_path_factory: pytest.TempPathFactory) -> set[int]:
    """Return which runs an upload of a journal leaves PASSED."""
    path = tmp_path_factory.mktemp("fuzz") / NAME
    path.write_bytes(content)
    server: Server = new_server()
    assert resume(server, path) in {0, 1, 2, 3}
    return {run for run, stored in server.stored.items() if stored.status == "PASSED"}
