"""A record as an in-toto Statement with the predicate for test results. Pure.

Source: in-toto attestation framework, Statement v1, ResourceDescriptor v1, DigestSet v1.1, and the
predicate Test Result v0.1; what they have no field for is in one of our own, as their parsing rules
allow. The same journals make the same bytes: no clock and no path of this machine is in it.
"""

from __future__ import annotations

import json
import re
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

from pytest_jama.core.results import FAILURES, Outcome
from pytest_jama.core.text import printable_json
from pytest_jama.report.evidence.case_evidence import CaseStatus
from pytest_jama.report.evidence.gather import gather
from pytest_jama.report.evidence.sent_runs import sum_up_uploads
from pytest_jama.report.evidence.statement_facts import (
    Json,
    digest_of_json,
    known,
    link_of,
    own_facts,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from pytest_jama.core.redaction import Redactor
    from pytest_jama.core.shown_results import ShownResults
    from pytest_jama.report.evidence.evidence_record import EvidenceRecord
    from pytest_jama.report.evidence.journal_sources import JournalSource

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "https://in-toto.io/attestation/test-result/v0.1"
OWN_FIELD = "pytest_jama"
"""The field of the predicate with what only we know; its name has no character that databases of
attestations cannot query."""


class NamedDigest(NamedTuple):
    """A file that the statement is about: its name, and the SHA-256 of its bytes."""

    name: str
    sha256: str


def statement_of(
    sources: Iterable[JournalSource],
    *,
    files: Iterable[NamedDigest] = (),
    shown_results: ShownResults,
) -> Json:
    """Return the statement on the uploads of journals; it says the time and version of these.

    Args:
        sources: The journals, in any order.
        files: What else it is about: what was tested.
        shown_results: Hides secrets that journals of older versions may hold.

    Raises:
        SettingsError: When the journals do not belong together.
    """
    ordered = _in_order(sources)
    record = timeless_record(ordered, shown_results)
    return _state(record, ordered, files, shown_results.redactor)


def timeless_record(
    sources: Iterable[JournalSource], shown_results: ShownResults
) -> EvidenceRecord:
    """Return the record of journals, as of their last receipt: the same whenever it is made.

    Raises:
        SettingsError: When the journals do not belong together.
    """
    ordered = _in_order(sources)
    header = ordered[-1].recording.header
    times = sum_up_uploads(chain.from_iterable(each.uploads for each in ordered)).times
    return gather(
        ordered,
        shown_results=shown_results,
        made_at=times[-1] if times else header.started.isoformat(),
        reporter=f"pytest-jama {header.versions.get('pytest-jama', '')}".rstrip(),
    )


def _in_order(sources: Iterable[JournalSource]) -> list[JournalSource]:
    return sorted(sources, key=lambda each: (each.recording.header.rank, each.sha256))


def _state(
    record: EvidenceRecord,
    sources: Sequence[JournalSource],
    files: Iterable[NamedDigest],
    redactor: Redactor,
) -> Json:
    named = [NamedDigest(each.recording.path.name, each.sha256) for each in sources]
    subjects = [*_commits(sources, redactor), *map(_descriptor, [*named, *files])]
    return {
        "_type": STATEMENT_TYPE,
        "subject": subjects,
        "predicateType": PREDICATE_TYPE,
        "predicate": {
            "result": find_result(record),
            "configuration": list(_configuration(sources)),
            **known(url=_url(sources, redactor)),
            **_tests(record),
            OWN_FIELD: own_facts(record, sources, redactor),
        },
    }


def encode_statement(statement: Mapping[str, Any]) -> bytes:
    """Return a statement, or its predicate alone, as it is written: JSON, in ASCII."""
    return f"{printable_json(json.dumps(statement, indent=1))}\n".encode("ascii")


def find_result(record: EvidenceRecord) -> str:
    """Return ``PASSED``, ``WARNED`` or ``FAILED``.

    PASSED is what the report calls passed. WARNED: every planned case passed, and no deviation puts
    that in doubt. Everything else is FAILED, also when nothing failed and something did not run.
    """
    if record.is_passed:
        return "PASSED"
    planned = record.planned
    has_passed = bool(planned) and all(case.status is CaseStatus.PASSED for case in planned)
    grave = any(each.is_open and not each.is_warning for each in record.deviations)
    return "WARNED" if has_passed and not grave else "FAILED"


_COMMIT = re.compile("[0-9a-f]{40}(?:[0-9a-f]{24})?")


def _commits(sources: Iterable[JournalSource], redactor: Redactor) -> Iterator[Json]:
    """Yield the commits that were tested; one whose files were edited was not."""
    found: dict[str, str] = {}
    for header in (each.recording.header for each in sources):
        commit = header.commit.lower()
        if _COMMIT.fullmatch(commit) and not header.provenance.is_modified:
            found[commit] = found.get(commit, "") or _repository(
                redactor.hide(header.provenance.job).text
            )
    for commit, repository in found.items():
        yield {**known(name=repository), "digest": {"gitCommit": commit}}


_REPOSITORY = re.compile(r"(https?://[^?#]+?)(?:/actions/runs/\d|/-/(?:jobs|pipelines)/\d)")
"""Source: variables of GitHub Actions and GitLab CI, see `config.environment`."""


def _repository(job: str) -> str:
    """Return the repository as its CI job names it: ``git+https://github.com/acme/pump``."""
    match = _REPOSITORY.match(link_of(job))
    return f"git+{match[1]}" if match else ""


def _descriptor(file: NamedDigest) -> Json:
    return {"name": file.name, "digest": {"sha256": file.sha256}}


def _configuration(sources: Iterable[JournalSource]) -> Iterator[Json]:
    """Yield what decided about the result, each once; a descriptor needs a digest."""
    found: dict[str, Json] = {}
    for name, sha256 in chain.from_iterable(map(_config_of, sources)):
        if isinstance(sha256, str) and _SHA256.fullmatch(sha256):
            found[f"{name} {sha256}"] = _descriptor(NamedDigest(name, sha256))
    yield from found.values()


_SHA256 = re.compile("[0-9a-f]{64}")


def _config_of(source: JournalSource) -> Iterator[tuple[str, object]]:
    """Yield names and hashes: of the files, of what counted of them, of what was installed."""
    recording = source.recording
    begun = source.uploads[0].begun if source.uploads else {}
    files, packages = begun.get("config"), begun.get("packages")
    if isinstance(files, dict):
        yield from files.items()
    yield "settings", digest_of_json(recording.header.settings)
    if recording.lock is not None:
        locked = {name: case.plain() for name, case in recording.lock.cases.items()}
        yield "locked cases", digest_of_json(locked)
    if isinstance(packages, dict):
        yield "packages", packages.get("sha256")


def _url(sources: Iterable[JournalSource], redactor: Redactor) -> str:
    """Return the page of the first CI job; it is not the only one where shards are one upload."""
    jobs = (each.recording.header.provenance.job for each in sources)
    return next(filter(None, (link_of(redactor.hide(job).text) for job in jobs)), "")


_PASSED, _WARNED, _FAILED = "passedTests", "warnedTests", "failedTests"
_RANK = (_PASSED, _WARNED, _FAILED)
_OF_STATUS: Mapping[CaseStatus, str] = {
    CaseStatus.PASSED: _PASSED,
    CaseStatus.FAILED: _FAILED,
    CaseStatus.BLOCKED: _FAILED,
    CaseStatus.INCOMPLETE: _FAILED,
}
_OF_OUTCOME: Mapping[Outcome, str] = {
    Outcome.PASSED: _PASSED,
    Outcome.XFAILED: _WARNED,
    Outcome.XPASSED: _WARNED,
    **dict.fromkeys(FAILURES, _FAILED),
}


def _tests(record: EvidenceRecord) -> dict[str, list[str]]:
    """Return the cases and tests that passed, passed with a warning, and did not pass.

    What did not run is in none of them, so that no policy takes it for passed. A name stands there
    once, where the worst that is said of it belongs.
    """
    warned = {number for each in record.deviations if each.is_open for number in each.cases}
    places: dict[str, str] = {}

    def put(name: str, place: str | None, *, is_warned: bool) -> None:
        if place is not None:
            place = _WARNED if place == _PASSED and is_warned else place
            places[name] = max(place, places.get(name, _PASSED), key=_RANK.index)

    for case in record.cases:
        put(case.key, _OF_STATUS.get(case.status), is_warned=case.number in warned)
    tests = chain.from_iterable(case.tests for case in record.cases)
    for test in sorted([*tests, *record.unlinked], key=lambda each: each.test_id):
        put(test.test_id, _OF_OUTCOME.get(test.outcome), is_warned=bool(test.attempts))
    return {each: [name for name, place in places.items() if place == each] for each in _RANK}
