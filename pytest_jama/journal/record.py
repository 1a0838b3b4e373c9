"""The content of a journal, as values; several journals of one session are one record. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from pytest_jama.core.lock import merge_locks
from pytest_jama.core.origin import Provenance
from pytest_jama.core.verdicts import CaseVerdict
from pytest_jama.journal.folder import INCOMPLETE
from pytest_jama.journal.relinked import Relinks
from pytest_jama.journal.united import said_by, with_files_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime
    from pathlib import Path

    from pytest_jama.core.attached_file import FileReceipt
    from pytest_jama.core.case_map import CaseMap
    from pytest_jama.core.cases import CaseRef
    from pytest_jama.core.errors import Unusable
    from pytest_jama.core.known_tests import Coverage, Unmatched
    from pytest_jama.core.lock import Lock
    from pytest_jama.core.plan import ServerTask
    from pytest_jama.core.prior_state import EarlierStatus
    from pytest_jama.core.redaction import Redactor
    from pytest_jama.core.results import TestResult
    from pytest_jama.core.shown_results import ShownResults
    from pytest_jama.core.verdicts import StepVerdict, Verdict
    from pytest_jama.journal.chain import LineEdit


@dataclass(frozen=True, slots=True)
class Header:
    """Who kept the journal.

    Attributes:
        session: The name of the session.
        started: When it started.
        versions: Version by tool.
        commit: The commit under test; may be empty.
        framework: What accounts call the origin of the results.
        settings: The settings of the session, see `Settings.for_journal`.
        hooks: The conftests whose hooks may have adjusted verdicts.
        order: The place of the session among all sessions, see `folder.next_order`.
        provenance: Where its results come from.
    """

    session: str
    started: datetime
    versions: Mapping[str, str]
    commit: str
    framework: str
    settings: Mapping[str, Any]
    hooks: tuple[str, ...] = ()
    provenance: Provenance = field(default_factory=Provenance)
    order: int = 0

    @property
    def rank(self) -> Rank:
        """What sessions are compared by: the later one has the greater rank."""
        return self.order, self.session


Rank = tuple[int, str]
"""The place of a session among all; those that started in one moment are told apart by name."""


@dataclass(frozen=True, slots=True)
class RecordedVerdict:
    """What the session concluded of one case, after all hooks.

    Attributes:
        case_ref: The case.
        verdict: The conclusion; None for `leave`.
        steps: The steps; without notes unless a hook had a say.
        judged_ref: The case that the rules judged; a hook may have named another.
        has_notes: Whether the steps are complete, with their notes.
        results: The results that a hook put in the place of those that were found; None for none.
        redacted: How many passages of what a hook said are hidden.
        line: The number of its line.
    """

    case_ref: CaseRef
    verdict: Verdict | None
    steps: tuple[StepVerdict, ...]
    judged_ref: CaseRef
    has_notes: bool = False
    results: tuple[TestResult, ...] | None = None
    redacted: int = 0
    line: int = field(default=0, compare=False)

    def as_shown(self, redactor: Redactor) -> RecordedVerdict:
        """Return it without secrets."""
        if not (self.steps or self.results):
            return self
        case = CaseVerdict(self.case_ref, self.verdict, self.steps, self.results or ())
        hidden = redactor.hide_verdict(case)
        results = None if self.results is None else hidden.results
        redacted = self.redacted + hidden.redacted
        return replace(self, steps=hidden.steps, results=results, redacted=redacted)


@dataclass(frozen=True, slots=True)
class Arrival:
    """An update that the server accepted.

    Attributes:
        digest: What it said.
        is_confirmed: Whether the upload came to its end with everything as it should be.
        server: The URL of the server, as its digest has it.
        case: The case; empty where an update is not of one.
        status: The status that was written.
        sessions: The sessions that were uploaded as one; empty for the session itself.
        is_kept: Whether the server stored it, as far as it was read back.
    """

    digest: str
    is_confirmed: bool = False
    server: str = ""
    case: str = ""
    status: str = ""
    sessions: tuple[str, ...] = ()
    is_kept: bool = True


@dataclass(slots=True)
class Recording:
    """One session, as its journal tells of it.

    Attributes:
        path: The file.
        header: Who kept it.
        collected: What each known test counts as unless it ran, by test ID.
        uncollected: The result in place of each file that could not be collected, by its address.
        results: The result of each test that ended, by test ID; of several the first.
        verdicts: What the session itself concluded, by the case that was judged.
        arrivals: The last update that each place accepted, by its server, see `server_of`, and its
            key, see `Update.key`.
        partners: The sessions that were last uploaded together with this one.
        has_ended: Whether the session itself came to its end.
        is_finished: Whether nothing is left to send.
        is_open: Whether its last line is not the end of the session or of an upload.
        is_taken_up: Whether an upload took it up and has not come to its end.
        damaged: The numbers of lines that cannot be read and are not torn.
        unusable: What the session was given and could not use, each once.
        nearest: Which key of the map is most like a test, when no test is linked to a case.
        unmatched: The keys of the map that match no test, as written.
        known: Cases that only the map or jama.lock names.
        lock: What jama.lock had of the session's cases; None when there was none.
        repeated: The other results of tests that have several which say different things.
        is_chained: Whether its lines carry a chain, so that a change of them is found.
        chain: That of the last line; empty without one.
        edits: Where it was changed, see `LineEdit`.
        accepted: The lines whose change an upload was told to accept.
        is_header_edited: Whether the header is one of those lines.
        begun: What was begun to be created and neither came to be used nor was refused, as far as
            is known: when it was, in seconds since 1970.
        filed: What became of the files of its tests, in that order.
        tasks: In which task a server took an update, by its server and its key as `arrivals`.
        statuses: What its uploads found in runs and meant to write there, by server and key.
        is_planned: Whether an upload got so far that it may have sent something.
        map: What linked its tests; None for a journal that does not tell.
        left_out: The tests that did not run and are linked to no case, by test ID.
        coverage: What the session looked at; None for a journal that does not tell.
        knows_all: Whether it names all tests of the session, as far as they are known at all.
        original: As the session itself left it, once its tests were linked anew.
        relinks: The results that have other cases than the session gave them.
        renamed: The cases that took the place of others since then.
        relinked: How many times its tests were linked anew.
    """

    path: Path
    header: Header
    collected: dict[str, TestResult] = field(default_factory=dict)
    uncollected: dict[str, TestResult] = field(default_factory=dict)
    results: dict[str, TestResult] = field(default_factory=dict)
    verdicts: dict[CaseRef, RecordedVerdict] = field(default_factory=dict)
    arrivals: dict[tuple[str, str], Arrival] = field(default_factory=dict)
    partners: tuple[str, ...] = ()
    has_ended: bool = False
    is_finished: bool = False
    is_open: bool = True
    is_taken_up: bool = False
    damaged: list[int] = field(default_factory=list)
    unusable: dict[Unusable, None] = field(default_factory=dict)
    nearest: str = ""
    unmatched: dict[str, Unmatched] = field(default_factory=dict)
    known: dict[CaseRef, None] = field(default_factory=dict)
    lock: Lock | None = None
    repeated: dict[TestResult, TestResult] = field(default_factory=dict)
    is_chained: bool = True
    chain: str = ""
    edits: list[LineEdit] = field(default_factory=list)
    accepted: set[int] = field(default_factory=set)
    is_header_edited: bool = False
    begun: dict[str, float] = field(default_factory=dict)
    filed: list[FileReceipt] = field(default_factory=list)
    tasks: dict[tuple[str, str], ServerTask] = field(default_factory=dict)
    statuses: dict[tuple[str, str], tuple[EarlierStatus, ...]] = field(default_factory=dict)
    is_planned: bool = False
    map: CaseMap | None = None
    left_out: dict[str, TestResult] = field(default_factory=dict)
    coverage: Coverage | None = None
    knows_all: bool = False
    original: Recording | None = None
    relinks: Relinks = field(default_factory=Relinks)
    renamed: Mapping[CaseRef, CaseRef] = field(default_factory=dict)
    relinked: int = 0

    @property
    def open_edits(self) -> tuple[LineEdit, ...]:
        """The changes that no upload was told to accept."""
        return tuple(edit for edit in self.edits if edit.line not in self.accepted)

    def add_result(self, result: TestResult) -> None:
        """Take the result of a test; one test ID may have several that differ, and all count."""
        known = self.results.setdefault(result.test_id, result)
        if known is result:
            return
        said = said_by(result)
        if said_by(known) == said:
            self.results[result.test_id] = with_files_of(known, [result])
        else:
            other = self.repeated.setdefault(said, result)
            self.repeated[said] = with_files_of(other, [result])

    def as_shown(self, shown: ShownResults) -> Recording:
        """Return it without secrets, which a journal of an older version may hold.

        Args:
            shown: Knows what is hidden, and names tests.
        """
        redactor = shown.redactor

        def hide(text: str) -> str:
            return redactor.hide(text).text

        def show(result: TestResult) -> TestResult:
            named = shown.result(result)
            has_text = result.message or result.notes or result.steps or result.host or result.trace
            return redactor.hide_result(named) if has_text else named

        shown.learn(self.collected, self.results)
        results = list(map(show, self.results.values()))
        repeated = list(map(show, self.repeated.values()))
        return replace(
            self,
            header=replace(
                self.header,
                commit=hide(self.header.commit),
                framework=hide(self.header.framework),
                hooks=tuple(map(hide, self.header.hooks)),
                provenance=redactor.hide_provenance(self.header.provenance),
            ),
            collected={each.test_id: each for each in map(show, self.collected.values())},
            uncollected={each.test_id: each for each in map(show, self.uncollected.values())},
            results={each.test_id: each for each in results},
            repeated={said_by(each): each for each in repeated},
            verdicts={ref: each.as_shown(redactor) for ref, each in self.verdicts.items()},
            unusable={
                each._replace(where=shown.name_of(each.where), why=hide(each.why)): None
                for each in self.unusable
            },
            nearest=hide(self.nearest),
        )

    @property
    def is_set_aside(self) -> bool:
        """Whether its file lacks lines of the session, which could not be written."""
        return self.path.suffix == INCOMPLETE

    @property
    def has_begun(self) -> bool:
        """Whether a test began to run; a session that ended before that concluded nothing."""
        may_have = bool(self.collected) and not self.has_ended
        return bool(self.results or self.verdicts) or may_have

    def all_results(self) -> Iterator[TestResult]:
        """Yield all results of every test, also of those that did not run."""
        if not self.has_begun:
            return
        for test_id, listed in self.collected.items():
            yield self.results.get(test_id, listed)
        for test_id, result in self.results.items():
            if test_id not in self.collected:
                yield result
        yield from self.repeated.values()
        yield from self.uncollected.values()


def by_session(recordings: Iterable[Recording]) -> tuple[Recording, ...]:
    """Return one recording for each session, in the order of the sessions.

    Several files of one session, such as copies of its journal made at different times, are one.
    What the files are called, and in which order they are given, changes nothing.
    """
    sessions: dict[str, Recording] = {}
    for recording in sorted(recordings, key=_how_whole):
        name = recording.header.session
        known = sessions.get(name)
        sessions[name] = recording if known is None else _united(recording, known)
    return tuple(sorted(sessions.values(), key=lambda each: each.header.rank))


def _how_whole(recording: Recording) -> tuple[int, int, int, int, bool]:
    """Return what is greater for the later one of two copies of a journal."""
    tests, cases = len(recording.results), len(recording.verdicts)
    return recording.relinked, tests, cases, len(recording.arrivals), recording.is_finished


def _united(one: Recording, other: Recording) -> Recording:
    """Return what two files tell of the same session."""
    arrivals = {
        key: other.arrivals.get(key, arrival)
        for key, arrival in {**other.arrivals, **one.arrivals}.items()
        if other.arrivals.get(key, arrival).digest == one.arrivals.get(key, arrival).digest
    }
    united = replace(
        one,
        results=dict(one.results),
        repeated=dict(one.repeated),
        collected={**other.collected, **one.collected},
        uncollected={**other.uncollected, **one.uncollected},
        verdicts={**other.verdicts, **one.verdicts},
        arrivals=arrivals,
        has_ended=one.has_ended or other.has_ended,
        damaged=[*one.damaged, *other.damaged],
        unusable={**one.unusable, **other.unusable},
        nearest=one.nearest or other.nearest,
        unmatched={**other.unmatched, **one.unmatched},
        known={**other.known, **one.known},
        lock=merge_locks([one.lock, other.lock]),
        edits=[*one.edits, *other.edits],
        filed=list(dict.fromkeys([*one.filed, *other.filed])),
        tasks={**other.tasks, **one.tasks},
        statuses={**other.statuses, **one.statuses},
        is_planned=one.is_planned or other.is_planned,
    )
    if one.relinked > other.relinked:  # the older copy has other links
        names = ("collected", "uncollected", "verdicts", "unmatched", "known", "lock", "unusable")
        return replace(united, **{name: getattr(one, name) for name in names})
    for result in (*other.results.values(), *other.repeated.values()):
        united.add_result(result)
    return united
