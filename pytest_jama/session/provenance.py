"""Where results come from, in the words of journals and Jama."""

from __future__ import annotations

import hashlib
import os
import platform
import socket
import sys
from contextlib import suppress
from datetime import datetime, timezone
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from pytest_jama import __version__
from pytest_jama.core.origin import Elsewhere, Provenance
from pytest_jama.core.results import Outcome
from pytest_jama.journal.lines import provenance_json, session_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from pytest_jama.config import SharedSettings
    from pytest_jama.core.results import TestResult
    from pytest_jama.journal.lines import JournalLine
    from pytest_jama.journal.record import Header


def find_provenance(
    settings: SharedSettings,
    *,
    folder: Path | None,
    plugins: Mapping[str, str] | None = None,
    commit: str = "",
    tests: Elsewhere | None = None,
) -> Provenance:
    """Return where the results of this session come from.

    Args:
        settings: All settings, with the credentials.
        folder: The checkout under test, where git is asked once; None when the tests ran
            elsewhere, so that the checkout says nothing of them.
        plugins: The plugins of the framework, version by distribution.
        commit: The commit under test, if it is stated; without it and a checkout, the one that
            ``GIT_COMMIT`` or the CI system names, unless another program ran the tests.
        tests: When and where the tests ran, if another program ran them.
    """
    # pydantic is there already: the settings are loaded
    from pytest_jama.config import environment, variables  # noqa: PLC0415

    environ = os.environ
    job = environment.find_ci_job(environ)
    checkout = variables.Variables(environ, folder).find_checkout() if folder else None
    if checkout is None:
        of_session = environ.get("GIT_COMMIT", "") or job.commit if tests is None else ""
        stated = commit or of_session
        checkout = variables.Checkout(stated, "" if commit else job.branch)
    return Provenance(
        user=variables.find_user(environ, settings.kind) if settings.credentials else "",
        actor=variables.find_actor(environ),
        ci=job.name,
        job=job.url,
        host=socket.gethostname(),
        os=variables.describe_system(),
        plugins=plugins or {},
        commit=checkout.commit,
        branch=checkout.branch,
        is_modified=checkout.is_modified,
        tests=tests,
    )


def times_of(results: Iterable[TestResult]) -> Elsewhere:
    """Return when and where tests ran that another program ran, as far as it says so."""
    found = [result for result in results if result.outcome is not Outcome.DESELECTED]
    starts = [result.started for result in found if result.started is not None]
    first, last = (_iso(min(starts)), _iso(max(starts))) if starts else ("", "")
    hosts = [result.host for result in found if result.host]
    is_partial = not {len(starts), len(hosts)} <= {0, len(found)}
    return Elsewhere(first, last, tuple(sorted(set(hosts))), is_partial=is_partial)


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(int(seconds), timezone.utc).isoformat()


class SessionHead(NamedTuple):
    """What a session says of itself.

    Attributes:
        line: The header of its journal.
        account: The line that tells an auditor where an account comes from.
    """

    line: JournalLine
    account: str


def describe_session(
    settings: SharedSettings,
    *,
    versions: Mapping[str, str],
    command: Iterable[str],
    started: datetime,
    provenance: Provenance,
    session: str,
    order: int,
    framework: str = "",
    hooks: Iterable[str] = (),
) -> SessionHead:
    """Say where results come from, for the journal and for accounts.

    Args:
        settings: All settings.
        versions: The version of what ran the tests, by name; ours and Python's are added.
        command: The command line, word by word.
        started: When the session started, in UTC.
        provenance: Where its results come from.
        session: The name of the session.
        order: Its place among all sessions.
        framework: What accounts call the origin of the results; empty for names and versions.
        hooks: The conftests whose hooks take part.
    """
    redactor = settings.redactor
    provenance = redactor.hide_provenance(provenance)
    framework = redactor.hide(framework).text or ", ".join(map(" ".join, versions.items()))
    all_versions = {"pytest-jama": __version__, **versions, "python": platform.python_version()}
    line = session_line(
        session=session,
        order=order,
        started=started.isoformat(timespec="seconds"),
        versions=all_versions,
        commit=provenance.commit,
        command=redactor.hide_words(command),
        settings=settings.for_journal(),
        framework=framework,
        hooks=hooks,
        provenance=provenance,
        packages=find_packages(sys.path),
    )
    said = _Said(all_versions, framework, started, provenance)
    return SessionHead(line, recorded_provenance([said]))


def find_packages(folders: Iterable[str]) -> dict[str, Any]:
    """Return how many distributions are installed, and a hash of their names and versions.

    It tells two environments apart. Names and versions are those of the folders ``*.dist-info``:
    to read what is in them would take longer than a small session.

    Args:
        folders: Where modules are looked for.

    Returns:
        `count` and `sha256`: of the sorted ``name==version`` lines, each with a line feed.
    """
    names: set[str] = set()
    for folder in dict.fromkeys(folders):
        with suppress(OSError):
            names.update(name for name in os.listdir(folder or ".") if name.endswith(_DIST_INFO))  # noqa: PTH208 (names alone)
    parts = (name.removesuffix(_DIST_INFO).rpartition("-") for name in names)
    listed = sorted(f"{name.lower().replace('_', '-')}=={version}" for name, _, version in parts)
    text = "".join(f"{each}\n" for each in listed).encode("utf-8", "surrogateescape")
    return {"count": len(listed), "sha256": hashlib.sha256(text).hexdigest()}


_DIST_INFO = ".dist-info"


class Said(Protocol):
    """What a session says of where its results come from; the `Header` of a journal is one."""

    @property
    def versions(self) -> Mapping[str, str]:
        """Version by tool."""

    @property
    def framework(self) -> str:
        """What accounts call the origin of the results."""

    @property
    def started(self) -> datetime:
        """When it started."""

    @property
    def provenance(self) -> Provenance:
        """Everything else."""


class _Said(NamedTuple):
    versions: Mapping[str, str]
    framework: str
    started: datetime
    provenance: Provenance


def recorded_provenance(sessions: Sequence[Said]) -> str:
    """Return the line that a session writes itself, or that several would have written as one.

    ``pytest-jama 0.1.0, pytest 9.2.0, 2026-11-22 04:30:16 UTC, commit 1f0c9d2 + modified,
    host bench-7, GitHub Actions https://github.com/..., started by ruth``

    Args:
        sessions: At least one, in the order of time.
    """
    origins = [session.provenance for session in sessions]
    parts = (
        f"pytest-jama {_several(each.versions.get('pytest-jama', '') for each in sessions)}",
        _several(session.framework for session in sessions),
        _span(sessions),
        _labelled("commit", _several(map(_commit, origins), separator=" and ")),
        _labelled("host", _several(_hosts(sessions))),
        _several(f"{each.ci} {each.job}".strip() for each in origins),
        _labelled("started by", _several(each.actor for each in origins)),
        "" if len(sessions) == 1 else f"{len(sessions)} sessions",
    )
    return ", ".join(filter(None, parts))


_NAMED_SESSIONS = 3


def session_name(header: Mapping[str, Any] = MappingProxyType({})) -> str:
    """Return what accounts are signed with: the session, or the several that are sent as one.

    Args:
        header: The line with which the session, or the upload, began; empty for none.
    """
    names = sorted({header["session"]} if "session" in header else set(header.get("sessions", ())))
    if len(names) <= _NAMED_SESSIONS:
        return "+".join(names)
    digest = hashlib.sha256("+".join(names).encode()).hexdigest()
    return f"{names[0]}+{len(names) - 1}-{digest[:8]}"


def session_facts(header: Header) -> dict[str, Any]:
    """Return where the results of a session come from, for scripts (``--json``)."""
    return {
        "session": header.session,
        "started": header.started.isoformat(),
        "versions": dict(header.versions),
        "framework": header.framework,
        "commit": header.commit,
        "provenance": provenance_json(header.provenance),
    }


def _span(sessions: Sequence[Said]) -> str:
    """Return when tests ran; of reports only what is true of every test in them.

    Each test says its own time. When that is not known of all, it is said when they were reported.
    """
    reported = [session.provenance.tests for session in sessions]
    is_unknown = any(
        each is not None and (not each.started or each.is_partial) for each in reported
    )
    if is_unknown:
        times = {_time(session.started) for session in sessions}
    else:
        times = {time for session in sessions for time in _times(session)}
        if None not in reported and len(times) > 1:
            return ""
    first, last = min(times), max(times)
    span = first if first == last else f"{first} to {last}"
    return f"{'reported ' if is_unknown else ''}{span} UTC"


def _times(session: Said) -> Iterator[str]:
    tests = session.provenance.tests
    if tests is None:
        yield _time(session.started)
        return
    yield from (_time(datetime.fromisoformat(each)) for each in (tests.started, tests.ended))


def _time(started: datetime) -> str:
    return f"{started.astimezone(timezone.utc):%Y-%m-%d %H:%M:%S}"


def _commit(origin: Provenance) -> str:
    return f"{origin.commit} + modified" if origin.commit and origin.is_modified else origin.commit


def _hosts(sessions: Sequence[Said]) -> tuple[str, ...]:
    """Return where tests ran; of reports only what is true of every test in them."""
    origins = [session.provenance for session in sessions]
    known = tuple(each.host for each in origins if each.tests is None)
    reported = [each.tests for each in origins if each.tests is not None]
    hosts = {host for tests in reported for host in tests.hosts}
    is_one = len(hosts) == 1 and all(each.hosts and not each.is_partial for each in reported)
    return (*known, *hosts) if is_one else known


def _labelled(label: str, text: str) -> str:
    return f"{label} {text}" if text else ""


_NAMED = 4
"""How many values of several sessions an account names: a matrix may have hundreds of jobs."""


def _several(texts: Iterable[str], *, separator: str = " + ") -> str:
    known = sorted(set(filter(None, texts)))
    rest = [f"{len(known) - _NAMED} more"] if len(known) > _NAMED else []
    return separator.join([*known[:_NAMED], *rest])
