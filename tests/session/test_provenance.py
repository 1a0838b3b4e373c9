"""What a session says of where its results come from: in its journal, and in each account."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from pytest_jama.config import Settings
from pytest_jama.core.origin import Elsewhere, Provenance
from pytest_jama.core.results import Outcome
from pytest_jama.session.provenance import (
    SessionHead,
    describe_session,
    find_provenance,
    recorded_provenance,
    times_of,
)
from tests.journal.record import a_test, as_bytes, read, record

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from pytest_jama.journal.record import Header

STARTED = datetime(2026, 11, 22, 4, 30, 16, tzinfo=timezone.utc)
WHOLE = Provenance(
    user="ann",
    actor="ruth",
    ci="GitHub Actions",
    job="https://github.com/acme/pump/actions/runs/42/attempts/1",
    host="bench-7",
    os="Linux 6.8.0 x86_64",
    plugins={"pytest-xdist": "3.8.0"},
    commit="1f0c9d2",
    branch="main",
    is_modified=True,
)


def head_of(provenance: Provenance, *, framework: str = "") -> SessionHead:
    return describe_session(
        Settings(),
        versions={"pytest": "9.2.0"},
        command=["pytest"],
        started=STARTED,
        provenance=provenance,
        session="s1",
        order=1,
        framework=framework,
    )


def header_of(provenance: Provenance, *, framework: str = "") -> Header:
    return read(as_bytes(head_of(provenance, framework=framework).line)).header


_texts = st.text(max_size=5)
_stamps = st.datetimes(timezones=st.just(timezone.utc)).map(
    lambda time: time.replace(microsecond=0).isoformat()
)
_hosts = st.lists(_texts.filter(bool)).map(tuple)
_elsewhere = st.one_of(
    st.builds(Elsewhere, st.just(""), st.just(""), _hosts),
    st.builds(Elsewhere, _stamps, _stamps, _hosts, is_partial=st.booleans()),
)
_provenances = st.builds(
    Provenance,
    *(_texts for _ in range(6)),
    plugins=st.dictionaries(_texts, _texts, max_size=2),
    commit=_texts,
    branch=_texts,
    is_modified=st.sampled_from([None, True, False]),
    tests=st.none() | _elsewhere,
)


@given(provenance=_provenances, framework=_texts)
def test_the_journal_keeps_it_whole_and_leads_to_the_same_account(
    provenance: Provenance, framework: str
) -> None:
    header = header_of(provenance, framework=framework)
    assert header.provenance == provenance
    account = head_of(provenance, framework=framework).account
    assert recorded_provenance([header]) == account


def test_an_account_names_tools_time_commit_host_job_and_actor() -> None:
    assert head_of(WHOLE).account.partition(", ")[2] == (
        "pytest 9.2.0, 2026-11-22 04:30:16 UTC, commit 1f0c9d2 + modified, host bench-7, "
        "GitHub Actions https://github.com/acme/pump/actions/runs/42/attempts/1, started by ruth"
    )


def test_what_is_unknown_is_left_out() -> None:
    account = head_of(Provenance(is_modified=True)).account
    assert account.partition(", ")[2] == "pytest 9.2.0, 2026-11-22 04:30:16 UTC"


def test_several_sessions_tell_their_span_and_number() -> None:
    first = record(commit="1f0c9d2").header
    second = record(
        session="s2",
        started="2026-11-22T06:41:00+02:00",
        versions={"pytest-jama": "0.1.0", "python": "3.12.8"},
        framework="JUnit XML a.xml",
        commit="1f0c9d2",
    ).header
    assert recorded_provenance([first, second]) == (
        "pytest-jama 0.1.0, JUnit XML a.xml + pytest 9.2.0, "
        "2026-11-22 04:30:16 to 2026-11-22 04:41:00 UTC, commit 1f0c9d2, 2 sessions"
    )


def test_many_shards_name_a_few_of_their_jobs_and_each_commit() -> None:
    shards = [
        header_of(WHOLE._replace(job=f"https://ci/{number}", is_modified=number == 0))
        for number in range(6)
    ]
    account = recorded_provenance(shards)
    assert "commit 1f0c9d2 and 1f0c9d2 + modified, host bench-7, " in account
    assert "GitHub Actions https://ci/3 + 2 more, started by ruth, 6 sessions" in account


REPORTED = WHOLE._replace(
    is_modified=None,
    tests=Elsewhere("2026-11-20T08:00:00+00:00", "2026-11-20T09:10:00+00:00", ("bench-1",)),
)


def account_of_report(tests: Elsewhere) -> str:
    account = head_of(REPORTED._replace(tests=tests), framework="JUnit XML a.xml").account
    assert "bench-7" not in account
    return account


def test_of_a_report_only_what_is_true_of_all_its_tests_is_said() -> None:
    early, late = "2026-11-20T08:00:00+00:00", "2026-11-20T09:10:00+00:00"
    same = account_of_report(Elsewhere(early, early, ("bench-1",)))
    assert ", JUnit XML a.xml, 2026-11-20 08:00:00 UTC, commit 1f0c9d2, host bench-1, " in same
    differs = account_of_report(Elsewhere(early, late, ("bench-1", "bench-2")))
    assert ", JUnit XML a.xml, commit 1f0c9d2, GitHub" in differs
    partial = account_of_report(Elsewhere(early, early, ("bench-1",), is_partial=True))
    assert ", reported 2026-11-22 04:30:16 UTC, commit 1f0c9d2, GitHub" in partial


def test_the_time_of_an_upload_is_not_said_to_be_that_of_the_tests() -> None:
    account = head_of(REPORTED._replace(tests=Elsewhere())).account
    assert ", reported 2026-11-22 04:30:16 UTC, " in account
    assert "host" not in account


def test_time_and_hosts_of_reported_tests_are_those_that_are_known() -> None:
    results = [
        a_test("a", Outcome.PASSED, started=1763625600.25, host="bench-2"),
        a_test("b", Outcome.PASSED, started=1763629200.9, host="bench-1"),
        a_test("c", Outcome.SKIPPED),
    ]
    assert times_of(results) == Elsewhere(
        "2025-11-20T08:00:00+00:00",
        "2025-11-20T09:00:00+00:00",
        ("bench-1", "bench-2"),
        is_partial=True,
    )
    assert not times_of(results[:2]).is_partial
    assert times_of([]) == Elsewhere()


def test_the_checkout_of_an_upload_says_nothing_of_reported_tests(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("GIT_COMMIT", "GITHUB_ACTIONS", "GITLAB_CI"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    found = find_provenance(Settings(), folder=None, tests=Elsewhere())
    assert (found.commit, found.branch, found.is_modified) == ("", "", None)
    assert find_provenance(Settings(), folder=None, commit="77ab").commit == "77ab"
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_SHA", "1f0c")
    assert find_provenance(Settings(), folder=None).commit == "1f0c"
