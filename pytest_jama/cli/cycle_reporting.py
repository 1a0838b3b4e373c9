"""``pytest-jama report --cycle``: the journals of a cycle, and what Jama shows of it now.

It only reads: the cycle is looked up, and its runs are listed once. Attached files are left to
``pytest-jama verify``, which asks for those of each run.
"""

from __future__ import annotations

import os
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from pytest_jama.cli.cycle_reading import CycleReader
from pytest_jama.cli.upload_settings import find_journal_folder, load_for_upload, require_jama
from pytest_jama.config.place_settings import identity_of
from pytest_jama.core.errors import Problem, SettingsError
from pytest_jama.core.text import quoted
from pytest_jama.core.trust import read_own
from pytest_jama.journal.candidates import require_trusted
from pytest_jama.journal.folder import find_journals, find_order, shown
from pytest_jama.journal.prior_uploads import server_of
from pytest_jama.journal.upload_record import read_places
from pytest_jama.report.evidence.journal_sources import read_source
from pytest_jama.targets.http.connection import READ_TIMEOUT_S
from pytest_jama.targets.jama.client import JamaClient
from pytest_jama.targets.jama.connect import open_api
from pytest_jama.targets.jama.cycle_search import ORIGIN, find_plans, get_cycle
from pytest_jama.targets.jama.wire import TestPlan

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from pytest_jama.config import Flags, LoadedSettings, Settings
    from pytest_jama.journal.lines import JournalLine
    from pytest_jama.report.evidence.cycle_now import CycleNow
    from pytest_jama.report.evidence.journal_sources import JournalSource
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
    candidates = list(_find_all(journals, owned, left_out))
    settings = _settings_for(candidates, options, owned)
    here = [each for each in candidates if _is_here(each, owned)]
    api = open_api(settings, clocks=None, read_timeout_s=READ_TIMEOUT_S)
    client = JamaClient(api, at_once=settings.upload.concurrency)
    with closing(api.connection):
        if options.plan is None:
            plans = _plans_of(here)
        else:
            plans = find_plans(client, settings.project, identity_of(options.plan))
        cycle = get_cycle(client, identity_of(options.cycle), plans)
        mine = [each for each in here if cycle.id in each.cycles]
        _require_all(mine, candidates, cycle, are_named=_files_among(journals))
        sources = tuple(read_source(each.path) for each in mine)
        now = CycleReader(client, settings.redactor).read(cycle, sources)
    for each in here:
        if not each.cycles and _names(each, cycle):
            text = (
                f"{shown(each.path)}: for this cycle, and not sent; `pytest-jama upload` sends it"
            )
            left_out.append(text)
    return CycleReading(sources, now, settings, tuple(left_out))


class _Candidate(NamedTuple):
    """A journal that may have been sent to the cycle; no more of it is read than it takes to tell.

    Attributes:
        path: The file.
        settings: Those of its header.
        places: Its `place` lines.
    """

    path: Path
    settings: Mapping[str, Any]
    places: tuple[JournalLine, ...]

    @property
    def cycles(self) -> Mapping[int, None]:
        """The API IDs of the cycles that it was sent to."""
        found = (place.get("cycle") for place in self.places)
        return {each: None for each in found if isinstance(each, int)}


def _find_all(
    journals: Sequence[Path], owned: LoadedSettings, left_out: list[str]
) -> Iterator[_Candidate]:
    """Yield the journals; of a folder those that can be read, and tell why others cannot."""
    folder = None if journals else find_journal_folder(owned)
    if not journals and folder is None:
        remedy = "name a journal, or go where jama.yaml is"
        raise SettingsError(Problem("there is no folder of journals here", remedy, str(Path.cwd())))
    for path in journals or filter(None, (folder,)):
        if path.is_dir():
            require_trusted(path)
            found = (_find(each, left_out) for each in sorted(find_journals(path.resolve())))
            yield from filter(None, found)
        else:
            yield _read(path.resolve())


def _find(path: Path, left_out: list[str]) -> _Candidate | None:
    try:
        return _read(path)
    except SettingsError as error:
        left_out.append(str(error))
        return None


def _read(path: Path) -> _Candidate:
    with suppress(OSError), read_own(path) as file:
        found = read_places(file)
        settings = found[0].get("settings") if found else None
        if isinstance(settings, dict) and found[0].get("line") == "session":
            return _Candidate(path, settings, found[1:])
    source = read_source(path)  # it knows what is wrong
    return _Candidate(path, source.recording.header.settings, ())


def _settings_for(
    candidates: Sequence[_Candidate], options: CycleOptions, owned: LoadedSettings
) -> Settings:
    """Return the settings of the newest journal that was sent, of this server if there is one."""
    ranked = sorted((each for each in candidates if each.cycles), key=lambda each: _rank(each.path))
    if not ranked:
        remedy = "`pytest-jama upload` sends them; without --cycle a report needs no server"
        raise SettingsError(Problem("no journal here was sent to a test cycle", remedy, ORIGIN))
    here = [each for each in ranked if _is_here(each, owned)]
    newest = read_source((here or ranked)[-1].path).recording
    flags = {"url": options.flags.get("url")}
    settings = load_for_upload([newest], owned=owned, flags=flags, environ=os.environ).settings
    return require_jama(settings, "can be compared")


def _rank(path: Path) -> tuple[int, str]:
    return find_order(path), path.stem


def _is_here(candidate: _Candidate, owned: LoadedSettings) -> bool:
    """Return whether a journal is of the server that is asked, as far as known; a flag says so."""
    url = candidate.settings.get("url")
    is_said = owned.origins.get("url", "").startswith("--")
    return is_said or not url or server_of(str(url)) == server_of(owned.settings.url)


def _names(candidate: _Candidate, cycle: Cycle) -> bool:
    """Return whether a session was to be sent to a cycle."""
    wanted = candidate.settings.get("cycle")
    known = wanted if isinstance(wanted, dict) else identity_of(str(wanted or ""))
    return known.get("name") == cycle.name or str(known.get("id")) == str(cycle.id)


def _plans_of(candidates: Iterable[_Candidate]) -> list[TestPlan]:
    """Return the test plans that journals were sent to."""
    found: dict[int, str] = {}
    for place in (each for candidate in candidates for each in candidate.places):
        if isinstance(place.get("plan"), int):
            names = place.get("names")
            found[place["plan"]] = str(names.get("plan", "")) if isinstance(names, dict) else ""
    return [TestPlan(plan_id, name) for plan_id, name in found.items()]


def _files_among(journals: Iterable[Path]) -> frozenset[Path]:
    return frozenset(path.resolve() for path in journals if not path.is_dir())


def _require_all(
    mine: Sequence[_Candidate],
    candidates: Iterable[_Candidate],
    cycle: Cycle,
    *,
    are_named: frozenset[Path],
) -> None:
    """Refuse journals that a user named and that are not of the cycle, and to go without any."""
    wanted = f"test cycle {quoted(cycle.name)} (id:{cycle.id})"
    problems = []
    for each in candidates:
        if each.path in are_named and each not in mine:
            what = f"was sent to {_sent_to(each)}, and not to {wanted}"
            problems.append(Problem(what, "leave it out, or name its cycle", shown(each.path)))
    if not mine and not problems:
        remedy = "name the journals, or another cycle"
        problems.append(Problem(f"no journal here was sent to {wanted}", remedy, ORIGIN))
    if problems:
        raise SettingsError(*problems)


def _sent_to(candidate: _Candidate) -> str:
    where = ", ".join(f"test cycle {number}" for number in candidate.cycles) or "no test cycle"
    project, url = (candidate.settings.get(name) for name in ("project", "url"))
    return f"{where} of project {project} at {url or 'no server'}"
