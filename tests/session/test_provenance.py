"""The first line of an account, from a session and from journals."""

from __future__ import annotations

from datetime import datetime, timezone

from pytest_jama import __version__
from pytest_jama.session.provenance import describe_provenance, recorded_provenance
from tests.journal.record import record

STARTED = datetime(2026, 11, 22, 4, 30, 16, tzinfo=timezone.utc)


def test_journal_recalls_what_the_session_would_have_written() -> None:
    versions = {"pytest-jama": __version__, "pytest": "9.2.0", "python": "3.12.8"}
    header = record(versions=versions, commit="1f0c9d2").header
    written = describe_provenance(framework="pytest 9.2.0", started=STARTED, commit="1f0c9d2")
    assert recorded_provenance([header]) == written


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
