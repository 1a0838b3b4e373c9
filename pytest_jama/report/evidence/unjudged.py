"""The record of sessions whose results a server judges itself: tests, and no cases. Pure."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any

from pytest_jama.core.results import Outcome
from pytest_jama.core.verdicts import VerdictRules
from pytest_jama.journal.merge import merge_results
from pytest_jama.report.evidence import deviation_kinds as kinds
from pytest_jama.report.evidence.case_evidence import TestEvidence
from pytest_jama.report.evidence.deviation_kinds import Found
from pytest_jama.report.evidence.deviations import of_sessions, of_sources
from pytest_jama.report.evidence.evidence_record import DocumentEvidence, EvidenceRecord, Fact
from pytest_jama.report.evidence.identification import describe_sources, identify, list_tools
from pytest_jama.report.evidence.sent_runs import sum_up_uploads

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from pytest_jama.journal.record import Recording
    from pytest_jama.report.evidence.journal_sources import JournalSource
    from pytest_jama.report.evidence.sent_runs import SentRuns

_JUDGED_ELSEWHERE = "octane"
_OF_JAMA = frozenset({"Plan", "Cycle", "Sent to Jama by"})
_TOOLS_OF_JAMA = frozenset({"jama.lock", "Bundle at the test plan"})
_SECTIONS = {"4 Planned and executed": "4 Tests", "6 Tools": "5 Tools"}
"""What sections of the page are called where there are no cases."""

_PLACES = ("workspace", "release", "milestone", "modules", "suite", "build")
_NEVER_STARTED = frozenset({Outcome.NOT_REACHED, Outcome.DESELECTED, Outcome.NOT_COLLECTED})


def is_unjudged(recording: Recording) -> bool:
    """Return whether the results of a session are judged by the server that they are for."""
    return recording.header.settings.get("target") == _JUDGED_ELSEWHERE


def gather_unjudged(
    recordings: Sequence[Recording],
    sources: Sequence[JournalSource],
    *,
    made_at: str,
    reporter: str,
) -> EvidenceRecord:
    """Make one record of the journals of sessions that belong together.

    Args:
        recordings: One of each session, without secrets.
        sources: Their journals.
        made_at: The time, ISO 8601 in UTC.
        reporter: Name and version of this program.
    """
    uploads = list(chain.from_iterable(each.uploads for each in sources))
    sent = sum_up_uploads(uploads)
    updates = {key: line for each in uploads for key, line in each.updates.items()}
    receipts = {key: line for each in uploads for key, line in each.receipts.items()}
    documents = tuple(_document(update, receipts.get(key, {})) for key, update in updates.items())
    results = merge_results(recordings, rules=VerdictRules())
    return EvidenceRecord(
        title=_title(recordings[0], sent.place),
        project=str(sent.place.get("names", {}).get("workspace", "")),
        made_at=made_at,
        reporter=reporter,
        sessions=tuple(each.header.session for each in recordings),
        identification=tuple(_facts(recordings, sent)),
        tools=tuple(
            each for each in list_tools(recordings, sources) if each.label not in _TOOLS_OF_JAMA
        ),
        sources=tuple(describe_sources(sources)),
        unlinked=tuple(
            TestEvidence.of(each) for each in results if each.outcome not in _NEVER_STARTED
        ),
        deviations=kinds.number(_deviations(recordings, sources, documents)),
        documents=documents,
    )


def _title(recording: Recording, place: Mapping[str, Any]) -> str:
    names, settings = place.get("names", {}), recording.header.settings
    release = names.get("release") or settings.get("release")
    workspace = names.get("workspace") or settings.get("workspace")
    named = (f"workspace {workspace}" if workspace else "", f"release {release}" if release else "")
    return " / ".join(filter(None, named)) or "no workspace named"


def _facts(recordings: Sequence[Recording], sent: SentRuns) -> Iterator[Fact]:
    known = {fact.label: fact for fact in identify(recordings, sent)}
    yield from (fact for fact in known.values() if fact.label not in _OF_JAMA)
    yield known["Sent to Jama by"]._replace(label="Sent to ALM Octane by")
    place = sent.place
    names, links = place.get("names", {}), place.get("links", {})
    for kind in _PLACES:
        if kind in place:
            name, number = str(names.get(kind, "")), place[kind]
            text = f"{name} ({number})" if number else name
            yield Fact(kind.capitalize(), text, link=str(links.get(kind, "")))


def _document(update: Mapping[str, Any], receipt: Mapping[str, Any]) -> DocumentEvidence:
    counts = update.get("counts", {})
    task = receipt.get("task")
    return DocumentEvidence(
        key=str(update.get("key", "")),
        counts=", ".join(f"{number} {word}" for word, number in counts.items()),
        state=str(receipt.get("state", "")),
        task=task if isinstance(task, int) else None,
        why=str(receipt.get("error", "")),
        at=str(receipt.get("at", "")),
    )


def _deviations(
    recordings: Sequence[Recording],
    sources: Sequence[JournalSource],
    documents: Iterable[DocumentEvidence],
) -> Iterator[Found]:
    for found in (*of_sources(sources), *of_sessions(recordings)):
        yield found._replace(where=_SECTIONS.get(found.where, found.where))
    meaning = "ALM Octane does not show all of these results."
    where = "pytest-jama upload sends it"
    documents = tuple(documents)
    if not documents:
        yield Found(kinds.NOT_TAKEN, (), "The record tells of no upload.", meaning, where)
    for each in documents:
        if not each.has_arrived:
            what = f"Document {each.key[:12]}: {each.state or 'not sent'}"
            what = f"{what}: {each.why}" if each.why else f"{what}."
            yield Found(kinds.NOT_TAKEN, (), what, meaning, where)
