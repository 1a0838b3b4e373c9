"""What the runs of a test cycle show now, compared with what journals say was sent to them."""

from __future__ import annotations

from datetime import datetime, timezone
from functools import partial
from typing import TYPE_CHECKING

from pytest_jama.cli.sent_by_cycle import SentByCycle
from pytest_jama.core.cases import RefKind
from pytest_jama.core.verdicts import Verdict
from pytest_jama.report.evidence.case_evidence import ShownRun, StepEvidence
from pytest_jama.report.evidence.cycle_now import CycleNow, RunNow
from pytest_jama.targets.jama.actual_results import read_account, read_entries, words_of
from pytest_jama.targets.jama.paging import batches
from pytest_jama.targets.jama.run_audit import ARRIVED, RunAudit, describe_change

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from pytest_jama.core.cases import CaseRef
    from pytest_jama.core.redaction import Redactor
    from pytest_jama.report.evidence.journal_sources import JournalSource
    from pytest_jama.targets.jama.client import JamaClient
    from pytest_jama.targets.jama.run_audit import RunDifference, SentRun
    from pytest_jama.targets.jama.runs import TestRun
    from pytest_jama.targets.jama.wire import Cycle


class CycleReader:
    """Reads what the runs of a cycle show.

    Args:
        client: Reads from Jama.
        redactor: Hides secrets in what stands there.
    """

    def __init__(self, client: JamaClient, redactor: Redactor) -> None:
        self._client = client
        self._audit = RunAudit(client)
        self._hide = redactor.hide_certain

    def read(self, cycle: Cycle, sources: Sequence[JournalSource]) -> CycleNow:
        """Return what a cycle shows, each run compared with what journals say was sent to it.

        Raises:
            TargetError: As `HttpApi.send` does.
        """
        listed, names = self._audit.list_with_cases(cycle.id)
        by_cycle = SentByCycle()
        by_cycle.add(sources)
        sent = by_cycle.cycles.get(cycle.id, {})
        ids = {run.run_id for run in listed.runs}
        known = {each.run_id for each in sent.values()}
        arrived = [each for each in sent.values() if each.state in ARRIVED and each.run_id in ids]
        differences: dict[int, list[RunDifference]] = {each.run_id: [] for each in arrived}
        for found in self._audit.compare(cycle.id, arrived):
            differences[found.run.run_id].append(found)
        case_ids = {name: each for each, both in names.items() for name in both if name}
        if any(run.run_id not in known and run.case_id not in names for run in listed.runs):
            case_ids |= self._look_up(sources, sent)
        keys = {number: name for name, number in case_ids.items()}
        keys |= {each: key for each, (key, _) in names.items() if key}
        return CycleNow(
            cycle.id,
            f"{datetime.now(timezone.utc):%Y-%m-%d %H:%M:%S}",
            [
                self._run(run, keys.get(run.case_id, ""), differences.get(run.run_id or 0))
                for run in listed.runs
            ],
            listed.missing,
            case_ids,
        )

    def _run(self, run: TestRun, key: str, found: Sequence[RunDifference] | None) -> RunNow:
        told = (
            None if found is None else tuple((each.what, self._hide(each.told)) for each in found)
        )
        author = self._author(run) if told is None else ""
        return RunNow(
            run.run_id or 0,
            run.case_id,
            key or str(run.case_id),
            run.document_key,
            self._hide(run.name),
            run.case_version,
            run.current_case_version,
            tuple(self._steps(run)),
            ShownRun(run.status, author, told),
        )

    def _author(self, run: TestRun) -> str:
        """Say who wrote what stands in a run of which no journal tells."""
        if run.status == Verdict.NOT_RUN.value:
            return ""
        entries = read_entries(run.actual_results)
        account = read_account(entries[0]) if entries else None
        if account is not None and account.status == run.status:
            session = account.session or "of version 0.1"
            return f"sent by session {session}, whose journal is not here"
        changed = describe_change(self._audit.name_of(run.modified_by), run.modified)
        return self._hide(
            f"executed by hand, last changed {changed}".removesuffix(", last changed ")
        )

    def _steps(self, run: TestRun) -> Iterator[StepEvidence]:
        for number, step in enumerate(run.steps, start=1):
            texts = (step.as_read.get(name) for name in ("action", "expectedResult", "result"))
            action, expected, actual = (
                self._hide(words_of(each)) if isinstance(each, str) else "" for each in texts
            )
            yield StepEvidence(number, action, expected, actual, step.status)

    def _look_up(
        self, sources: Sequence[JournalSource], sent: Mapping[str, SentRun]
    ) -> dict[str, int]:
        """Return the API IDs of cases that nothing was sent of: a run may be one of theirs.

        Only for a server that does not tell the keys of cases with their runs.
        """
        done = {each.case for each in sent.values() if each.run_id}
        keys = [ref.text for ref in _cases_of(sources) if ref.text not in done]
        jobs = [partial(self._items, batch) for batch in batches(keys)]
        return {key: number for found in self._client.together(jobs) for key, number in found}

    def _items(self, keys: Sequence[str]) -> list[tuple[str, int]]:
        return [(item.key, item.id) for item in self._client.items_by_key(None, keys)]


def _cases_of(sources: Iterable[JournalSource]) -> Iterator[CaseRef]:
    """Return the document keys of the cases of journals, each once."""
    recordings = [each.recording for each in sources]
    results = (
        each
        for recording in recordings
        for some in (recording.collected, recording.uncollected, recording.results)
        for each in some.values()
    )
    linked = dict.fromkeys(link.case_ref for each in results for link in each.links)
    known = dict.fromkeys(ref for recording in recordings for ref in recording.known)
    return (ref for ref in {**linked, **known} if ref.kind is RefKind.DOCUMENT_KEY)
