"""``pytest-jama upload --map`` and ``--case``: the tests of journals are linked anew."""

from __future__ import annotations

import os
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_jama.cli.jama_alone import require_jama_journals
from pytest_jama.config import load_settings, with_lock
from pytest_jama.core.cases import BadReferenceError, CaseRef
from pytest_jama.core.errors import ErrorLog, Problem, SettingsError
from pytest_jama.core.known_tests import KeyPlaces
from pytest_jama.core.results import linked_cases
from pytest_jama.core.text import counted, quoted
from pytest_jama.hooks.extensions import Extensions
from pytest_jama.journal.folder import shown
from pytest_jama.journal.relink import Relinking, TodayMap
from pytest_jama.journal.relinked import relinked_lines
from pytest_jama.report.upload_lines import NAMED, Line, Tone, hint
from pytest_jama.session.judge import find_known

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pytest_jama.config import LoadedSettings, Settings
    from pytest_jama.core.cases import CaseLink
    from pytest_jama.journal.lines import JournalLine
    from pytest_jama.journal.record import Recording
    from pytest_jama.journal.relinked import LinkedAnew, Relinked

_NOT_NEEDED = ("url", "headers", "project", "plan", "cycle", "run", "upload", "report", "redact")


class RelinkedJournals:
    """Journals whose tests are linked anew, or as they are when nothing else is wanted.

    Args:
        recordings: The journals.
        map_file: The settings file whose map, names and lock link them; None for their own links.
        cases: Which case takes the place of which one: ``OLD=NEW``.

    Attributes:
        recordings: The journals with their new links, in the same order.
        today: The settings of `map_file`; None without one.

    Raises:
        SettingsError: With every mistake in the file, or in `cases`.
    """

    def __init__(
        self, recordings: Sequence[Recording], *, map_file: Path | None, cases: Sequence[str]
    ) -> None:
        self._before = recordings
        self.recordings = list(recordings)
        self.today: LoadedSettings[Settings] | None = None
        self._anew: list[LinkedAnew] = []
        if map_file is None and not cases:
            return
        require_jama_journals(recordings, "has test cases that tests can be linked to anew")
        self.today = None if map_file is None else _load(map_file)
        renamed = _parse_cases(cases, recordings)
        for number, recording in enumerate(recordings):
            rules = Relinking(self._see(recording), renamed)
            self._anew.append(rules.relink(recording))
            self.recordings[number] = self._anew[number].recording

    def _see(self, recording: Recording) -> TodayMap | None:
        """Return what links tests today, for the folder that the IDs of a journal begin in."""
        if self.today is None:
            return None
        settings, lock = self.today.settings, self.today.lock
        if recording.map is not None:
            seen = settings.tests.seen_like(recording.map)
            settings = settings.model_copy(update={"tests": seen})
            above = recording.map.above.removesuffix("/")
            lock = lock.seen_from(above) if lock is not None and above else lock
        extensions = Extensions(settings, errors=ErrorLog())
        return TodayMap(
            extensions.find_links,
            KeyPlaces(settings.tests).find_links,
            lambda coverage: find_known(settings, coverage, lock=lock),
            frozenset(key for key, _ in settings.tests.items()),
            lock,
        )

    def adopt(self, loaded: LoadedSettings[Any]) -> LoadedSettings[Any]:
        """Return the settings of the upload with today's map and names."""
        if self.today is None:
            return loaded
        ours = self.today.settings
        links = {"tests": ours.tests, "names": ours.names}
        return replace(loaded, settings=loaded.settings.model_copy(update=links))

    def journal_lines(self) -> Iterator[list[JournalLine]]:
        """Yield for each journal the lines that tell its later readers of the new links."""
        for anew in self._anew:
            yield list(relinked_lines(anew.recording))

    def summary_lines(self, *, verbose: bool) -> Iterator[Line]:
        """Yield which tests have other cases than in their journals, and what that leaves."""
        if not self._anew:
            return
        changes = list(self._changes())
        named = [f"{each.test_id}: {_name(each.was)} -> {_name(each.links)}" for each in changes]
        what = f"{counted(len(changes), 'result')} anew, to other test cases"
        yield Line("linked", what if changes else "no result has other test cases than before")
        for text in named if verbose else named[:NAMED]:
            yield Line("linked", text)
        if not verbose and len(named) > NAMED:
            yield Line("linked", f"{len(named) - NAMED} more{hint(verbose=False)}")
        yield from self._unknown_lines()
        yield from self._left_behind_lines()

    def _changes(self) -> Iterator[Relinked]:
        """Yield the results that have other cases; not those that have none, now on purpose."""
        for anew in self._anew:
            yield from (each for each in anew.changes if each.was != each.links)

    def _unknown_lines(self) -> Iterator[Line]:
        """Say where tests keep their cases since a journal does not tell what gave them."""
        unknown = sum(
            bool(result.links)
            for before in self._before
            if self.today is not None and before.map is None
            for result in before.all_results()
        )
        if unknown:
            text = f"{counted(unknown, 'test')} of a journal of an older version keep their cases: "
            text += "it does not tell whether a map gave them; --case OLD=NEW changes them"
            yield Line("warning", text, Tone.WARNING)

    def _left_behind_lines(self) -> Iterator[Line]:
        """Name the cases whose runs have results of these tests from an earlier upload."""
        for before, after in zip(self._before, self.recordings, strict=True):
            now = {link.case_ref.text for each in after.all_results() for link in each.links}
            was = {link.case_ref.text for each in before.all_results() for link in each.links}
            written = dict.fromkeys(each.case for each in before.arrivals.values() if each.case)
            left = [case for case in written if case in was and case not in now]
            if left:
                names = ", ".join(left[:NAMED]) + (", ..." if len(left) > NAMED else "")
                text = f"{names}: an earlier upload of {shown(before.path)} wrote there; "
                yield Line("warning", text + "correct it in Jama, nothing is undone", Tone.WARNING)

    def facts(self) -> dict[str, Any]:
        """Return the same for scripts (``--json``)."""
        if not self._anew:
            return {}
        changes = list(self._changes())
        return {
            "relinked": [
                {
                    "test": each.test_id,
                    "was": list(map(str, each.was)),
                    "cases": list(map(str, each.links)),
                }
                for each in changes
            ]
        }


def _name(links: Sequence[CaseLink]) -> str:
    return ", ".join(map(str, links)) or "none"


def _load(file: Path) -> LoadedSettings[Settings]:
    """Load the map, the names and the lock; variables of another job may be unset in the rest."""
    loaded = load_settings(
        start=Path.cwd(),
        file=file,
        flags={},
        environ=os.environ,
        needs_target=False,
        unused=_NOT_NEEDED,
        flag_prefix="--",
    )
    return with_lock(loaded, start=Path.cwd(), flag_prefix="--")


def _parse_cases(cases: Iterable[str], recordings: Sequence[Recording]) -> dict[CaseRef, CaseRef]:
    """Read which case takes the place of which one.

    Raises:
        SettingsError: With every mistake, also for a case that no test is linked to.
    """
    linked = dict.fromkeys(ref.text for recording in recordings for ref in _refs_of(recording))
    renamed: dict[CaseRef, CaseRef] = {}
    problems = []
    for text in cases:
        try:
            old, new = _parse_case(text)
        except BadReferenceError as exc:
            problems.append(Problem(exc.what, exc.remedy, "--case"))
            continue
        if old.text not in linked:
            near = get_close_matches(old.text, linked, n=1)
            remedy = f"did you mean {near[0]}?" if near else "`report` names the cases of a journal"
            what = f"no test of the journals is linked to {quoted(old.text)}"
            problems.append(Problem(what, remedy, "--case"))
        elif renamed.setdefault(old, new) != new:
            what = f"{old} is to become {renamed[old]}, and {new}"
            problems.append(Problem(what, "leave one of them out", "--case"))
    if problems:
        raise SettingsError(*problems)
    return renamed


def _parse_case(text: str) -> tuple[CaseRef, CaseRef]:
    old, sign, new = text.partition("=")
    if not sign:
        what = f"{quoted(text)} does not say which case takes the place of which one"
        raise BadReferenceError(what, "write OLD=NEW, as in --case PUMP-TC-2=PUMP-TC-12")
    return CaseRef.parse(old), CaseRef.parse(new)


def _refs_of(recording: Recording) -> Iterator[CaseRef]:
    yield from linked_cases(recording.all_results())
    yield from (link.case_ref for each in recording.unmatched.values() for link in each.links)
    yield from recording.known
