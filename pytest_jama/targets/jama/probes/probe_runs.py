"""Rights, lists and pace: what an upload would meet at the test runs of a Jama."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING, Any

from pytest_jama.core.observation import Mark, Observation
from pytest_jama.core.text import counted, quoted
from pytest_jama.targets.jama.client import RUNS_PATH
from pytest_jama.targets.jama.paging import PAGE_SIZE, page_count
from pytest_jama.targets.jama.probes.inquiry import fields_of, id_of
from pytest_jama.targets.jama.wire import find_id

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pytest_jama.config.models import Settings
    from pytest_jama.targets.jama.probes.inquiry import Inquiry
    from pytest_jama.targets.jama.wire import Json

LATER = "not known before the first upload"
"""What is said of plans, cycles and runs that do not exist yet."""

_BESIDE_RUNS = 8
"""Requests of an upload into an existing cycle beside those for its runs."""


class RunProbe:
    """Reads what an upload would meet at test runs.

    Args:
        inquiry: Asks Jama.
        settings: What an upload keeps to.
        plan: The test plan, as the server gives it; None when there is none.
        cycle: The test cycle, likewise.

    Attributes:
        runs: Test runs of the cycle: its first page.
        count: How many it has.
        others: For a plan or cycle that is to be created, something else that is there.
    """

    def __init__(
        self, inquiry: Inquiry, settings: Settings, plan: Json | None, cycle: Json | None
    ) -> None:
        self._ask = inquiry
        self._settings = settings
        self._plan = plan
        self._cycle = cycle
        self.runs: tuple[Json, ...] = ()
        self.count = 0
        self.others: Mapping[str, Json] = {}

    def rights(self) -> Iterator[Observation]:
        """Say what the account may do with plan, cycle and a run."""
        if self._cycle:
            query = (("testCycle", id_of(self._cycle)), ("startAt", 0), ("maxResults", PAGE_SIZE))
            answer = self._ask.read(RUNS_PATH, query)
            rows = answer.require().get("data")
            listed = rows if isinstance(rows, list) else []
            self.runs = tuple(each for each in listed if isinstance(each, dict))
            for each in self.runs:
                self._ask.hide_object(each)
            self.count = answer.total or len(self.runs)
        run: Json | None = next(iter(self.runs), None)
        others = {**self.others, **(self._other_run() if run is None else {})}
        for kind, row in (("plan", self._plan), ("cycle", self._cycle), ("run", run)):
            other = others.get(kind) or (others.get("case") if kind == "plan" else None)
            if row is None and other is not None:
                yield _right_elsewhere(kind, other)
            else:
                yield _right(kind, row)

    def _other_run(self) -> Mapping[str, Json]:
        """Return a test run of another cycle: what may be done there may be done in a new one."""
        plan = self._plan or self.others.get("plan")
        if plan is None:
            return {}
        query = (("testPlan", id_of(plan)), ("startAt", 0), ("maxResults", 1))
        rows = self._ask.read(RUNS_PATH, query).body.get("data")
        found = [each for each in rows if isinstance(each, dict)] if isinstance(rows, list) else []
        for each in found:
            self._ask.hide_object(each)
        return {"run": found[0]} if found else {}

    def lists(self) -> Iterator[Observation]:
        """Say how the filters of the list of test runs combine."""
        if self._cycle and self.runs:
            yield observe_lists(self._ask, id_of(self._cycle), self.runs)
            return
        text = f"how filters of test runs combine is {LATER}"
        yield Observation("lists", Mark.NOTE, text, {"case_filter": "unknown"})

    def pace(self, runs: int) -> Iterator[Observation]:
        """Say how long an upload of so many results would take."""
        median_s = statistics.median(self._ask.times_s)
        upload = self._settings.upload
        connection = self._ask.client.api.connection
        limit = connection.facts.find_rate_per_s(self._settings.url, rate=upload.rate)
        per_s = min(limit or float("inf"), upload.concurrency / max(median_s, 0.001))
        requests = runs + 2 * page_count(runs) + _BESIDE_RUNS
        expected_s = requests / per_s
        throttled = sum(count for why, count in connection.repeated.items() if "429" in why)
        facts = {
            "median_s": round(median_s, 3),
            "requests_per_s": round(per_s, 1),
            "runs": runs,
            "expected_s": round(expected_s, 1),
            "throttled": throttled,
        }
        text = (
            f"a request takes {median_s:.3f} s; an upload of {counted(runs, 'result')} takes about "
            f"{_duration(expected_s)}, and one request more for each case that a new plan gets"
        )
        if throttled:
            rate = max(1, int(per_s / 2)) if per_s != float("inf") else 5
            text += f"; the server asked {throttled} times to be slower"
            yield Observation("pace", Mark.NOTE, text, facts, {"upload": {"rate": rate}})
        else:
            yield Observation("pace", Mark.OK, text, facts)


def _duration(seconds: float) -> str:
    if seconds < 1:
        return "1 s"
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"  # noqa: PLR2004


def _right(kind: str, row: Json | None) -> Observation:
    name = f"rights: {kind}"
    if row is None:
        return Observation(name, Mark.NOTE, LATER, {"allowed": None})
    allowed = allowed_of(row)
    if allowed is None:
        text = "the server does not tell them"
        return Observation(name, Mark.NOTE, text, {"allowed": None})
    facts = {"allowed": sorted(allowed)}
    told = f"the account may {', '.join(sorted(allowed)) or 'do nothing'}"
    if not allowed & {"PUT", "PATCH"}:
        remedy = "ask an administrator of the project for the right to edit it"
        # No upload writes a plan; only regenerating writes a cycle.
        mark = Mark.PROBLEM if kind == "run" else Mark.NOTE
        if kind == "plan":
            remedy = "an upload does not need them there"
        return Observation(name, mark, f"{told}, and neither PUT nor PATCH; {remedy}", facts)
    fitting = {"run": {"write": "put"}} if kind == "run" and "PATCH" not in allowed else {}
    return Observation(name, Mark.OK, told, facts, fitting)


def _right_elsewhere(kind: str, other: Json) -> Observation:
    """Say what the rights at another object tell of those at one that is not there yet.

    Jama tells rights only of what is there. Source: Jama REST API cookbook, `resources`.
    """
    name, allowed = f"rights: {kind}", allowed_of(other)
    if allowed is None:
        return Observation(name, Mark.NOTE, LATER, {"allowed": None})
    facts = {"allowed": None, "allowed_elsewhere": sorted(allowed)}
    shown = quoted(str(fields_of(other).get("name") or id_of(other)))
    told = f"at {shown}, which is there, the account may {', '.join(sorted(allowed)) or 'nothing'}"
    what = "results can" if kind == "run" else f"a test {kind} can"
    deed = "be written" if kind == "run" else "be created"
    if allowed & {"PUT", "PATCH", "POST"}:
        return Observation(name, Mark.OK, f"{what} probably {deed}: {told}", facts)
    remedy = "ask an administrator of the project for the right to create and edit items"
    text = f"{what} probably not {deed}: {told}; {remedy}"
    return Observation(name, Mark.PROBLEM, text, facts)


def allowed_of(row: Json) -> set[str] | None:
    """Return what the account may do with an object; None when the server does not say."""
    resources = row.get("resources")
    own = resources.get("self") if isinstance(resources, dict) else None
    allowed = own.get("allowed") if isinstance(own, dict) else None
    return {str(each).upper() for each in allowed} if isinstance(allowed, list) else None


def observe_lists(inquiry: Inquiry, cycle_id: int, runs: Sequence[Json]) -> Observation:
    """Find out how the filters of the list of test runs combine, and whether both lists agree.

    Args:
        inquiry: Asks Jama.
        cycle_id: A test cycle.
        runs: Test runs of it.
    """
    cases = list(dict.fromkeys(filter(None, map(_case_of, runs))))
    asked = cases[: 2 if len(cases) > 2 else 1]  # noqa: PLR2004 (some must be left over)
    query = (("testCycle", cycle_id), *(("testCase", case) for case in asked))
    answer = inquiry.read(RUNS_PATH, query)
    listed = answer.body.get("data")
    rows = [row for row in listed if isinstance(row, dict)] if isinstance(listed, list) else []
    fits = [_case_of(row) in asked and _cycle_of(row) in (None, cycle_id) for row in rows]
    if not answer.is_good:
        combines = "refused"
    elif not all(fits):
        combines = "or"
    elif not rows:
        combines = "none"
    else:
        combines = "and" if len(cases) > len(asked) else "unknown"
    totals = (
        inquiry.total(RUNS_PATH, (("testCycle", cycle_id),)),
        inquiry.total(f"/testcycles/{cycle_id}/testruns"),
    )
    facts: dict[str, Any] = {"case_filter": combines, "lists_agree": totals[0] == totals[1]}
    if not answer.is_good:
        facts |= {"status": answer.status, "refused": answer.words}
    text = {
        "refused": f"a list of test runs by cycle and case is refused: {answer.words}",
        "or": "a list by cycle and cases has runs of others, too; they are left out",
        "none": "a list by cycle and cases lacks the runs that the cycle has",
        "and": "a list by cycle and cases has just these runs",
        "unknown": "the cycle has too few cases to tell how filters combine",
    }[combines]
    mark = Mark.OK if combines == "and" else Mark.NOTE
    if totals[0] != totals[1]:
        mark, text = Mark.NOTE, f"{text}; two lists have {totals[0]} and {totals[1]} runs"
    return Observation("lists", mark, text, facts)


def _case_of(row: Json) -> int | None:
    return find_id(fields_of(row).get("testCase"))


def _cycle_of(row: Json) -> int | None:
    return find_id(fields_of(row).get("testCycle"))
