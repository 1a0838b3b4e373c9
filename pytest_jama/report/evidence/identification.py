"""What was tested, where, by whom and with what: the facts that head a record. Pure."""

from __future__ import annotations

import hashlib
import json
import shlex
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from pytest_jama.core.attached_file import PLAN_PLACE
from pytest_jama.core.origin import Equipment
from pytest_jama.report.evidence.evidence_record import Fact, SourceFile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from pytest_jama.journal.record import Recording
    from pytest_jama.report.evidence.journal_sources import JournalSource
    from pytest_jama.report.evidence.sent_runs import SentRuns


def describe_place(recording: Recording, sent: SentRuns) -> tuple[str, str]:
    """Return plan and cycle, and the project, by name as far as known."""
    settings, names = recording.header.settings, sent.place.get("names", {})
    plan, cycle = (
        str(names.get(kind) or name_place(settings.get(kind))) for kind in ("plan", "cycle")
    )
    title = " / ".join(filter(None, (plan, cycle))) or "no plan named"
    return title, str(names.get("project") or settings.get("project") or "")


def name_place(setting: object) -> str:
    """Return a plan, cycle or project of the settings by its name, else as ``id:N``."""
    if isinstance(setting, dict):
        number = setting.get("id")
        return str(setting.get("name") or (f"id:{number}" if number else ""))
    return str(setting or "")


def utc(seconds: float | None) -> str:
    """Return a time in words: ``2026-11-27 21:04:31``; empty when it is not known."""
    if seconds is None:
        return ""
    try:
        return f"{datetime.fromtimestamp(seconds, timezone.utc):%Y-%m-%d %H:%M:%S}"
    except (OverflowError, OSError, ValueError):
        return ""


def as_people_read(iso: str) -> str:
    """Return a time that programs wrote, in the form of the others: ``... 21:04:31 UTC``."""
    return f"{iso[:19].replace('T', ' ')} UTC" if iso.endswith(("+00:00", "Z")) else iso


def iso_time(seconds: float | None) -> str:
    """Return a time for programs: ``2026-11-27T21:04:31.250+00:00``; empty when it is not known."""
    if not utc(seconds):
        return ""
    return datetime.fromtimestamp(seconds or 0, timezone.utc).isoformat(timespec="milliseconds")


def identify(recordings: Sequence[Recording], sent: SentRuns) -> Iterator[Fact]:
    """Yield the facts; what nobody wrote down is there, too, and empty."""
    origins = [each.header.provenance for each in recordings]
    place = sent.place
    yield Fact("Software under test", _settings(recordings, "software"))
    yield Fact("Commit", _of_all(each.header.commit for each in recordings), is_code=True)
    yield Fact("Branch", _of_all(each.branch for each in origins))
    yield Fact("Modified", _of_all(_MODIFIED.get(each.is_modified, "") for each in origins))
    yield Fact("Tests", _elsewhere(recordings))
    yield Fact("Device under test", _settings(recordings, "device"))
    pieces = [piece for each in recordings for piece in equipment_of(each)]
    yield Fact("Equipment, calibration", _each(map(_describe, pieces)))
    yield Fact("Executed by", _of_all(map(_tester, recordings)))
    yield Fact("Sent to Jama by", _each(each.user for each in origins))
    yield Fact("CI system", _each(each.ci for each in origins))
    jobs = list(dict.fromkeys(filter(None, (each.job for each in origins))))
    yield from [Fact("CI job", job, link=job) for job in jobs] or [Fact("CI job")]
    yield Fact("Host", _of_all(_joined(each.host, each.os) for each in origins))
    yield Fact("Tests ran (UTC)", _times_of_tests(recordings))
    yield Fact("Sent (UTC)", _span(sent.times))
    yield Fact("Server", _each(str(each.header.settings.get("url") or "") for each in recordings))
    for kind in ("plan", "cycle"):
        number = place.get(kind)
        text = f"{place.get('names', {}).get(kind, '')} ({number})".strip() if number else ""
        yield Fact(kind.capitalize(), text, link=str(place.get("links", {}).get(kind, "")))


def _settings(recordings: Iterable[Recording], name: str) -> str:
    return _of_all(str(each.header.settings.get(name) or "") for each in recordings)


def _tester(recording: Recording) -> str:
    """Return who executed a session; a name of the settings counts for more than who started it.

    Who reports what another program ran need not be the one who ran it.
    """
    origin, tester = recording.header.provenance, recording.header.settings.get("tester")
    actor = origin.actor
    if not tester and actor and origin.tests is not None:
        return f"not recorded; reported by {actor}"
    if not tester:
        return f"{actor} (account that started the session)" if actor else ""
    if tester == actor:
        return actor
    return f"{tester} (session started by {actor})" if actor else str(tester)


def equipment_of(recording: Recording) -> tuple[Equipment, ...]:
    """Return what a session was measured with; what cannot be read of it is passed over."""
    said = recording.header.settings.get("equipment")
    several = said if isinstance(said, list) else []
    pieces = (Equipment.read(each) for each in several if isinstance(each, dict))
    return tuple(each for each in pieces if each.name)


def _describe(piece: Equipment) -> str:
    until = piece.calibrated_until
    named = f"{piece.name} ({piece.mark})" if piece.mark else piece.name
    return f"{named}, {f'calibrated until {until}' if until else 'calibration not recorded'}"


_MODIFIED: Mapping[bool | None, str] = {
    True: "yes: files differ from the commit",
    False: "no: tracked files are as committed",
}


def list_tools(recordings: Sequence[Recording], sources: Sequence[JournalSource]) -> Iterator[Fact]:
    """Yield the tools, and what tells whether they were the same."""
    headers = [each.header for each in recordings]
    begun = [each.uploads[0].begun for each in sources if each.uploads]
    yield Fact("Tools", _each(_versions(each.versions) for each in headers))
    yield Fact("Test framework", _each(each.framework for each in headers))
    yield Fact("Plugins", _each(_versions(each.provenance.plugins) for each in headers))
    yield Fact("Packages", _each(_packages(line.get("packages")) for line in begun))
    yield Fact("Command", _each(_command(line.get("command")) for line in begun), is_code=True)
    yield Fact("Exit status", _each(_status(source) for source in sources))
    hooks = _each(", ".join(each.hooks) for each in headers)
    yield Fact("Hooks that may adjust verdicts", hooks or "none")
    yield Fact("Settings, SHA-256", _each(_digest(each.settings) for each in headers), is_code=True)
    locks = ((each.lock.cases if each.lock else None) for each in recordings)
    yield Fact(
        "jama.lock",
        _each(f"{len(cases)} of its cases are in this record" for cases in locks if cases),
    )
    bundles = _each(text for each in sources for text in _bundles(each))
    yield Fact("Bundle at the test plan", bundles or "none")


def _bundles(source: JournalSource) -> Iterator[str]:
    """Yield what became of the archives at the test plan."""
    lines = (line for each in source.uploads for line in each.files)
    last = {line["sha256"]: line for line in lines if str(line.get("place")).startswith(PLAN_PLACE)}
    for sha256, line in last.items():
        yield f"{line.get('name')}, SHA-256 {sha256}: {line.get('state')}"


def describe_sources(sources: Iterable[JournalSource]) -> Iterator[SourceFile]:
    """Yield the journals, with the state of their chain."""
    for each in sources:
        recording = each.recording
        state = "unbroken"
        if recording.edits:
            state = "broken"
        elif not recording.is_chained:
            state = "none: written in format 1"
        yield SourceFile(
            recording.path.name, each.size, each.sha256, each.lines, recording.chain, state
        )


def _each(texts: Iterable[str]) -> str:
    """Return what several sessions say, each text once."""
    return "; ".join(dict.fromkeys(filter(None, texts)))


def _of_all(texts: Iterable[str]) -> str:
    """Return what sessions say, and for how many it is not known: it does not stand for all."""
    said = tuple(texts)
    silent = said.count("")
    known = _each(said)
    if not known or not silent:
        return known
    return f"{known}; not recorded for {silent} of {len(said)} sessions"


def _joined(*parts: str) -> str:
    return ", ".join(filter(None, parts))


def _versions(versions: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {version}" for name, version in versions.items())


def _packages(value: object) -> str:
    if not isinstance(value, dict):
        return ""
    return f"{value.get('count')} installed; SHA-256 of their list {value.get('sha256')}"


def _command(words: object) -> str:
    return shlex.join(map(str, words)) if isinstance(words, list) else ""


def _status(source: JournalSource) -> str:
    """Return what the session exited with, and what each upload of it afterwards."""
    ended = [(each.begun, each.end.get("status")) for each in source.uploads if each.end]
    said = (
        f"{status}" if begun.get("line") == "session" else f"{status} of pytest-jama upload"
        for begun, status in ended
        if isinstance(status, int)
    )
    return ", then ".join(said)


def _digest(settings: Mapping[str, Any]) -> str:
    text = json.dumps(settings, sort_keys=True, default=str)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def _elsewhere(recordings: Iterable[Recording]) -> str:
    """Say where another program ran the tests; the checkout says nothing of them then."""
    found = (each.header.provenance.tests for each in recordings)
    return _each(
        "run by this session"
        if each is None
        else "run by another program" + (f" on {', '.join(each.hosts)}" if each.hosts else "")
        for each in found
    )


def _times_of_tests(recordings: Iterable[Recording]) -> str:
    results = [result for each in recordings for result in each.results.values()]
    starts = [result.started for result in results if result.started is not None]
    if not starts:
        return ""
    ends = [
        result.started + (result.duration_s or 0)
        for result in results
        if result.started is not None
    ]
    return " to ".join((utc(min(starts)), utc(max(ends))))


def _span(times: Sequence[str]) -> str:
    if not times:
        return ""
    plain: Callable[[str], str] = lambda text: text[:19].replace("T", " ")  # noqa: E731
    return " to ".join(dict.fromkeys((plain(times[0]), plain(times[-1]))))
