"""``pytest-jama report --cycle``: the journals of a cycle, and what Jama shows of it now.

It only reads: the cycle is looked up, and its runs are listed once. Attached files are left to
``pytest-jama verify``, which asks for those of each run.
"""

from __future__ import annotations

import os
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from pytest_jama.cli.sent_by_cycle import SentByCycle
from pytest_jama.cli.upload_settings import find_journal_folder, load_for_upload, require_jama
from pytest_jama.config.place_settings import identity_of
from pytest_jama.core.cases import RefKind
from pytest_jama.core.errors import Problem, SettingsError
from pytest_jama.core.text import quoted
from pytest_jama.core.verdicts import Verdict
from pytest_jama.journal.candidates import require_trusted
from pytest_jama.journal.folder import find_journals, shown
from pytest_jama.journal.prior_uploads import server_of
from pytest_jama.report.evidence.case_evidence import ShownRun, StepEvidence
from pytest_jama.report.evidence.cycle_now import CycleNow, RunNow
from pytest_jama.report.evidence.journal_sources import read_source
from pytest_jama.targets.http.connection import READ_TIMEOUT_S
from pytest_jama.targets.jama.actual_results import read_account, read_entries, words_of
from pytest_jama.targets.jama.client import JamaClient
from pytest_jama.targets.jama.connect import open_api
from pytest_jama.targets.jama.cycle_search import ORIGIN, find_plans, get_cycle
from pytest_jama.targets.jama.paging import batches
from pytest_jama.targets.jama.run_audit import ARRIVED, RunAudit, describe_change
from pytest_jama.targets.jama.wire import TestPlan

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from pytest_jama.config import Flags, LoadedSettings, Settings
    from pytest_jama.core.cases import CaseRef
    from pytest_jama.core.redaction import Redactor
    from pytest_jama.report.evidence.journal_sources import JournalSource
    from pytest_jama.targets.jama.run_audit import RunDifference, SentRun
    from pytest_jama.targets.jama.runs import TestRun
    from pytest_jama.targets.jama.wire import Cycle


@dataclass(frozen=True, slots=True)
class CycleOptions:
    """What the command line says of the cycle.

    Attributes:
        cycle: Its name, or ``id:N``.
        plan: The same of its plan; None looks in the plans that the journals were sent to.
        flags: What the flags say, by setting.
    """

    cycle: str
    plan: str | None
    flags: Flags


class CycleReading(NamedTuple):
    """What a record of a cycle is made from.

    Attributes:
        sources: The journals that were sent to it.
        now: What it shows.
        settings: The settings with which it was read.
        left_out: Journals beside them that may be of it and are not in the record, with the reason.
    """

    sources: tuple[JournalSource, ...]
    now: CycleNow
    settings: Settings
    left_out: tuple[str, ...] = ()


def read_cycle(
    options: CycleOptions, journals: Sequence[Path], owned: LoadedSettings
) -> CycleReading:
    """Find a cycle and its journals, and read what it shows.

    Args:
        options: Which cycle.
        journals: Files and folders; empty takes the folder of the journals.
        owned: Where the server and the journals are.

    Raises:
        PytestJamaError: When the cycle is not clear, a journal cannot be used, or Jama is out of
            reach.
    """
    left_out: list[str] = []
    sources = list(_read_all(journals, owned, left_out))
    settings = _settings_for(sources, options, owned)
    here = [each for each in sources if _is_here(each, owned)]
    api = open_api(settings, clocks=None, read_timeout_s=READ_TIMEOUT_S)
    client = JamaClient(api, at_once=settings.upload.concurrency)
    with closing(api.connection):
        if options.plan is None:
            plans = _plans_of(here)
        else:
            plans = find_plans(client, settings.project, identity_of(options.plan))
        cycle = get_cycle(client, identity_of(options.cycle), plans)
        mine = [each for each in here if each.uploads_to(cycle.id)]
        _require_all(mine, sources, cycle, are_named=_files_among(journals))
        now = _Reader(client, settings.redactor).read(cycle, mine)
    for each in here:
        if not _is_sent(each) and _names(each, cycle):
            where = shown(each.recording.path)
            left_out.append(f"{where}: for this cycle, and not sent; `pytest-jama upload` sends it")
    return CycleReading(tuple(mine), now, settings, tuple(left_out))


def _read_all(
    journals: Sequence[Path], owned: LoadedSettings, left_out: list[str]
) -> Iterator[JournalSource]:
    """Yield the journals; of a folder those that can be read, and tell why others cannot."""
    folder = None if journals else find_journal_folder(owned)
    if not journals and folder is None:
        remedy = "name a journal, or go where jama.yaml is"
        raise SettingsError(Problem("there is no folder of journals here", remedy, str(Path.cwd())))
    for path in journals or (folder,):
        if path is None:
            continue
        if path.is_dir():
            require_trusted(path)
            found = (_find_source(each, left_out) for each in sorted(find_journals(path.resolve())))
            yield from filter(None, found)
        else:
            yield read_source(path.resolve())


def _find_source(path: Path, left_out: list[str]) -> JournalSource | None:
    try:
        return read_source(path)
    except SettingsError as error:
        left_out.append(str(error))
        return None


def _settings_for(
    sources: Sequence[JournalSource], options: CycleOptions, owned: LoadedSettings
) -> Settings:
    """Return the settings of the newest journal that was sent, of this server if there is one."""
    ranked = sorted(filter(_is_sent, sources), key=lambda each: each.recording.header.rank)
    if not ranked:
        remedy = "`pytest-jama upload` sends them; without --cycle a report needs no server"
        raise SettingsError(Problem("no journal here was sent to a test cycle", remedy, ORIGIN))
    here = [each for each in ranked if _is_here(each, owned)]
    newest = (here or ranked)[-1].recording
    flags = {"url": options.flags.get("url")}
    settings = load_for_upload([newest], owned=owned, flags=flags, environ=os.environ).settings
    require_jama(settings, "can be compared")
    return settings


def _is_here(source: JournalSource, owned: LoadedSettings) -> bool:
    """Return whether a journal is of the server that is asked, as far as known; a flag says so."""
    url = source.recording.header.settings.get("url")
    is_said = owned.origins.get("url", "").startswith("--")
    return is_said or not url or server_of(str(url)) == server_of(owned.settings.url)


def _is_sent(source: JournalSource) -> bool:
    return any(each.cycle_id is not None for each in source.uploads)


def _names(source: JournalSource, cycle: Cycle) -> bool:
    """Return whether a session was to be sent to a cycle."""
    wanted = source.recording.header.settings.get("cycle")
    known = wanted if isinstance(wanted, dict) else identity_of(str(wanted or ""))
    return known.get("name") == cycle.name or str(known.get("id")) == str(cycle.id)


def _plans_of(sources: Iterable[JournalSource]) -> list[TestPlan]:
    """Return the test plans that journals were sent to."""
    found: dict[int, str] = {}
    for upload in (each for source in sources for each in source.uploads):
        place = upload.place or {}
        if isinstance(place.get("plan"), int):
            names = place.get("names")
            found[place["plan"]] = str(names.get("plan", "")) if isinstance(names, dict) else ""
    return [TestPlan(plan_id, name) for plan_id, name in found.items()]


def _files_among(journals: Iterable[Path]) -> frozenset[Path]:
    return frozenset(path.resolve() for path in journals if not path.is_dir())


def _require_all(
    mine: Sequence[JournalSource],
    sources: Iterable[JournalSource],
    cycle: Cycle,
    *,
    are_named: frozenset[Path],
) -> None:
    """Refuse journals that a user named and that are not of the cycle, and to go without any."""
    wanted = f"test cycle {quoted(cycle.name)} (id:{cycle.id})"
    problems = []
    for source in sources:
        path = source.recording.path
        if path in are_named and source not in mine:
            what = f"was sent to {_sent_to(source)}, and not to {wanted}"
            problems.append(Problem(what, "leave it out, or name its cycle", shown(path)))
    if not mine and not problems:
        remedy = "name the journals, or another cycle"
        problems.append(Problem(f"no journal here was sent to {wanted}", remedy, ORIGIN))
    if problems:
        raise SettingsError(*problems)


def _sent_to(source: JournalSource) -> str:
    header = source.recording.header.settings
    cycles = dict.fromkeys(each.cycle_id for each in source.uploads if each.cycle_id is not None)
    where = ", ".join(f"test cycle {number}" for number in cycles) or "no test cycle"
    return f"{where} of project {header.get('project')} at {header.get('url') or 'no server'}"


class _Reader:
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
