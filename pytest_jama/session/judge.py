"""From the results of a session to its judgement, without a look at any target."""

from __future__ import annotations

import itertools
from collections import Counter
from typing import TYPE_CHECKING

from pytest_jama.core.case_map import say_line
from pytest_jama.core.cases import CaseRef
from pytest_jama.core.errors import Problem, SettingsError
from pytest_jama.core.known_tests import find_gaps
from pytest_jama.core.lock import Lock
from pytest_jama.core.plan import Findings
from pytest_jama.core.results import WORST_FIRST, Outcome, linked_cases
from pytest_jama.core.test_ids import normal_form
from pytest_jama.core.verdicts import Judgement, judge
from pytest_jama.journal.chain import time_now, timed
from pytest_jama.journal.lines import left_out_line, unlinked_line, verdict_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime

    from pytest_jama.config import SharedSettings
    from pytest_jama.core.case_map import MapConflict
    from pytest_jama.core.known_tests import Coverage, Gaps, Unmatched
    from pytest_jama.core.results import TestResult
    from pytest_jama.core.shown_results import ShownResults
    from pytest_jama.core.verdicts import CaseVerdict
    from pytest_jama.journal.lines import JournalLine

    AdjustAll = Callable[[tuple[CaseVerdict, ...]], tuple[CaseVerdict, ...]]

LINES_AT_ONCE = 500
"""How many verdicts go into the journal with one write: they all come at the same moment."""


def refuse_conflicts(settings: SharedSettings, test_ids: Iterable[str], *, file: str) -> None:
    """Refuse a map that is ambiguous for one of the tests.

    Args:
        settings: All settings.
        test_ids: The tests there are.
        file: The settings file, as messages name it.

    Raises:
        SettingsError: With every pair of entries of which neither is more specific.
    """
    conflicts = settings.tests.find_conflicts(test_ids)
    if conflicts:
        raise SettingsError(*(_describe(conflict, file) for conflict in conflicts))


def _describe(conflict: MapConflict, file: str) -> Problem:
    first, second = conflict.first, conflict.second
    place = say_line(first.line, first.file, own=file if second.file else "")
    return Problem(
        f"{second.key!r} and {first.key!r} ({place}) are equally specific for {conflict.test_id}",
        "add that test ID itself, or more text to one of them",
        f"{second.file or file}:{second.line}",
    )


def find_known(settings: SharedSettings, coverage: Coverage, *, lock: Lock | None) -> Gaps:
    """Find the tests that are known, and that a session did not come across.

    Their results are to be judged with those of the tests that it has.

    Args:
        settings: All settings, with the map.
        coverage: What the session looked at.
        lock: What jama.lock holds, which knows tests, too.
    """
    gaps = find_gaps(settings.tests, coverage)
    missing = list(gaps.missing)
    if settings.map.unmatched != "warn":
        missing += [each.as_missing() for each in gaps.unmatched if each.links]
    if lock is not None:
        missing += lock.missing_tests(coverage.test_ids)
    return gaps._replace(missing=tuple(_each_once(missing)))


def _each_once(missing: Iterable[TestResult]) -> Iterable[TestResult]:
    """Return one result for each test that is missing, with all of its cases."""
    by_name: dict[str, TestResult] = {}
    for result in missing:
        known = by_name.setdefault(normal_form(result.test_id), result)
        if known is not result:
            links = tuple(dict.fromkeys((*known.links, *result.links)))
            by_name[normal_form(result.test_id)] = known._replace(links=links)
    return by_name.values()


def judge_session(
    results: Iterable[TestResult],
    *,
    settings: SharedSettings,
    adjust_all: AdjustAll,
    provenance: str,
    shown: ShownResults,
    started: datetime,
) -> Findings:
    """Conclude from the results of a session, and let the hooks adjust each verdict.

    A target that judges results itself gets them as they are.

    Args:
        results: Every test, also those that did not run.
        settings: All settings.
        adjust_all: Lets the hooks adjust verdicts.
        provenance: One line for the account of each run: tool, time, commit.
        shown: Names tests as they may be shown; from here on nothing else is known of them.
        started: When the session began.
    """
    found = tuple(shown.results(tuple(results)))
    if not settings.judges_cases:
        return Findings(found, Judgement(), provenance, started=started.timestamp())
    judgement = judge(found, rules=settings.rules())
    adjusted = judgement._replace(cases=adjust_all(judgement.cases))
    return Findings(found, adjusted, provenance, started=started.timestamp())


def find_known_cases(
    findings: Findings, settings: SharedSettings, lock: Lock | None
) -> tuple[CaseRef, ...]:
    """Return the cases of map and lock that no test of a session is linked to, for the plan.

    Args:
        findings: What the session found; what is known there is not returned.
        settings: All settings, with the map.
        lock: What jama.lock holds.
    """
    if not settings.tests and lock is None:
        return ()
    there = linked_cases(findings.results)
    there.update(dict.fromkeys(findings.known))
    mapped = (link.case_ref for link in settings.tests.links())
    locked = map(CaseRef.parse, lock.cases if lock is not None else ())
    named = itertools.chain(mapped, locked)
    return tuple(dict.fromkeys(ref for ref in named if ref not in there))


def find_new(lock: Lock, results: Iterable[TestResult], known: set[str] | None) -> Lock | None:
    """Return what jama.lock has of the cases of tests, and the journal does not; None for nothing.

    Args:
        lock: What jama.lock holds.
        results: The tests.
        known: The cases that the journal has; None when it was told of none.
    """
    locked = lock.of_results(results).cases
    new = {name: case for name, case in locked.items() if name not in (known or ())}
    return Lock(new) if new or known is None else None


def as_shown(unmatched: Unmatched, shown: ShownResults) -> Unmatched:
    """Return a key of the map that matches no test without secrets."""
    hidden = shown.redactor.hide(unmatched.key)
    return unmatched._replace(key=hidden.text, nearest=shown.name_of(unmatched.nearest))


def find_unlinked_failures(results: Iterable[TestResult]) -> tuple[str, ...]:
    """Return the failed tests that no run will show."""
    return tuple(result.test_id for result in results if result.is_unlinked_failure)


def count_hidden(results: Iterable[TestResult], judgement: Judgement) -> tuple[int, int]:
    """Return how many passages of a session are hidden, and in how many results."""
    adjusted = [case for case in judgement.cases if case.judged is not None]
    hidden = [result for result in results if result.redacted]
    hidden += [each for case in adjusted for each in case.results if each.redacted]
    distinct = dict.fromkeys(hidden) if adjusted else hidden
    said = sum(case.redacted for case in adjusted)
    return sum(result.redacted for result in distinct) + said, len(distinct)


def without_account(findings: Findings, settings: SharedSettings) -> Findings:
    """Return findings of which no account is written, where none is wanted."""
    from pytest_jama.config import Settings  # noqa: PLC0415 (it is there already)

    is_wanted = not isinstance(settings, Settings) or settings.run.actual_results
    return findings if is_wanted else findings._replace(provenance="")


def count_ended(results: Iterable[TestResult]) -> dict[str, int]:
    """Return how many tests ended how, the worst outcome first; others have nothing to send."""
    counts = Counter(result.outcome for result in results)
    outcomes = (each for each in WORST_FIRST if each.did_run or each is Outcome.SKIPPED)
    return {each.value: counts[each] for each in outcomes if counts[each]}


def write_verdicts(judgement: Judgement, write: Callable[..., None]) -> None:
    """Append what was concluded of each case to the journal.

    Args:
        judgement: The conclusions.
        write: Takes lines that are JSON already: `JournalWriter.write_encoded`.
    """
    verdicts = iter(judgement.cases)
    while several := list(itertools.islice(verdicts, LINES_AT_ONCE)):
        at = time_now()
        write(*(timed(verdict_text(verdict), at) for verdict in several))


def find_nearest_key(judgement: Judgement, settings: SharedSettings) -> str:
    """Return which key of the map is most like a test that no key matches; empty when none is."""
    nearest = settings.tests.find_nearest(result.test_id for result in judgement.unlinked)
    if nearest is None:
        return ""
    entry, test_id = nearest
    remedy = _how_to_mend(entry.key, test_id)
    line = say_line(entry.line, entry.file)
    return f"{remedy}nearest to {test_id} is the key {entry.key!r} in {line}"


def _how_to_mend(key: str, test_id: str) -> str:
    """Say what to do about a test ID that lacks the folder of its key; else nothing.

    It is not taken for that test: the file of ``--junitxml`` does not say where its rootdir was,
    and another folder may have a test of this name.
    """
    folder = normal_form(key).removesuffix(f"/{normal_form(test_id)}")
    if folder == normal_form(key):
        return ""
    how = f"leave '{folder}/' out of the key, or install pytest-jama where pytest runs"
    return f"{how} (its --junitxml then says in which folder): " if ".py" in key else f"{how}: "


def explain_nothing_linked(
    judgement: Judgement,
    settings: SharedSettings,
    nearest: str | None,
    write: Callable[..., None],
) -> str:
    """Return why nothing is linked; the journal keeps it for uploads, which have no map.

    Args:
        judgement: The conclusions.
        settings: All settings, with the map.
        nearest: What a journal says of it; None to find out.
        write: Takes lines for the journal: `Session.write`.
    """
    if nearest is None:
        nearest = find_nearest_key(judgement, settings)
        write(unlinked_line(nearest))
    return describe_nothing_linked(nearest, strict=settings.strict)


def describe_nothing_linked(nearest: str, *, strict: bool) -> str:
    """Return that no test is linked to a case, and what to do.

    Args:
        nearest: What `find_nearest_key` says.
        strict: Whether that is a failure.
    """
    remedy = (
        f"{nearest} of the map `tests:`"
        if nearest
        else "name them under `tests:` in jama.yaml, or mark them with @pytest.mark.jama(...)"
    )
    verdict = ", and with strict that is a failure" if strict else ""
    return f"no test is linked to a test case{verdict}; {remedy}"


def is_linked(result: TestResult) -> bool:
    """Return whether this is a test that there is, and it is linked to a case."""
    is_known = result.outcome is not Outcome.NOT_COLLECTED or result.is_uncollected
    return bool(result.links) and is_known


def left_out_lines(results: Iterable[TestResult]) -> Iterator[JournalLine]:
    """Yield the line of the tests that did not run and are linked to no case, unless it is long.

    Another map may link some of them later; a journal without this line knows less.

    Args:
        results: Every test of a session.
    """
    left_out = [each for each in results if not each.links and each.outcome in _LEFT_OUT]
    if len(left_out) <= _MOST_LEFT_OUT:
        yield left_out_line(left_out)


_LEFT_OUT = frozenset({Outcome.NOT_REACHED, Outcome.DESELECTED})
_MOST_LEFT_OUT = 10_000
