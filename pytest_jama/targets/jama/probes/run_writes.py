"""What a Jama does with what is written into test runs that were made for it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from pytest_jama.core.observation import Mark, Observation
from pytest_jama.targets.jama.actual_results import RESULTS_SIZE
from pytest_jama.targets.jama.client import RUNS_PATH
from pytest_jama.targets.jama.probes.html_sample import SAMPLE, compare_html
from pytest_jama.targets.jama.probes.inquiry import fields_of, id_of
from pytest_jama.targets.jama.probes.scratch_runs import (
    NOT_STORED,
    READ_AGAIN_S,
    STORED,
    ScratchWriter,
)
from pytest_jama.targets.jama.probes.step_writes import StepWrites

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from pytest_jama.targets.jama.probes.inquiry import Inquiry
    from pytest_jama.targets.jama.probes.scratch_runs import ScratchRun
    from pytest_jama.targets.jama.wire import Json

ASSIGNMENT = "assignment"
CUSTOM_FIELDS = "custom fields"
"""What an extra value of a run is called."""

_UNKNOWN_FIELD = "pytestJamaProbe$0"
_LATE_S = 0.09


class RunWrites:
    """Writes into test runs, and reads back.

    Args:
        inquiry: Asks Jama.
        cycle_id: The scratch cycle.
        runs: Its runs; one with steps, one without, or only one of them.
        extras: Values of other fields that an upload may write, by what they are.
        wanted: Those of them that a setting asks for.
    """

    def __init__(
        self,
        inquiry: Inquiry,
        cycle_id: int,
        runs: Sequence[ScratchRun],
        extras: Mapping[str, Mapping[str, Any]],
        *,
        wanted: Collection[str] = (),
    ) -> None:
        self._ask = inquiry
        self._cycle_id = cycle_id
        self._extras = extras
        self._wanted = wanted
        plain = [run for run in runs if not run.steps]
        stepped = sorted((run for run in runs if run.steps), key=lambda run: -run.steps)
        self._stepped = stepped[0] if stepped else None
        self._run = (*plain, *stepped)[0]
        self._writer = ScratchWriter(inquiry)

    def probes(self) -> Iterator[tuple[str, Callable[[], Iterator[Observation]]]]:
        """Yield the probes with what they are about, in the order in which they make sense."""
        yield "writing runs", self._find_way
        yield "fresh lists", self._compare_lists
        yield "extra field", self._write_extra
        for what, fields in self._extras.items():
            yield what, partial(self._write_known, what, fields)
        yield "put omits", self._put_less
        yield "rich text", self._write_html
        yield "text limits", self._write_long
        yield "other status", self._write_other_status
        if self._stepped:
            steps = StepWrites(self._writer, self._stepped)
            yield "steps", steps.keep_words
            yield "step rule", steps.tell_rule

    def _find_way(self) -> Iterator[Observation]:
        """Change the status by PATCH and by PUT."""
        tried = {
            "PATCH add": self._writer.set_status(self._run, "PASSED", "PATCH add")[0],
            "PUT": self._writer.set_status(self._run, "FAILED", "PUT")[0],
            "PATCH replace": self._writer.set_status(self._run, "BLOCKED", "PATCH replace")[0],
        }
        working = [way for way, what in tried.items() if what == STORED]
        self._writer.way = working[0] if working else "PUT"
        facts = {"works": working, **tried}
        told = "; ".join(f"{way}: {what}" for way, what in tried.items())
        if "PATCH add" in working:
            yield Observation("writing runs", Mark.OK, told, facts)
        elif "PUT" in working:
            fitting = {"run": {"write": "put"}}
            yield Observation("writing runs", Mark.NOTE, told, facts, fitting)
        else:
            text = f"results cannot be written: {told}"
            yield Observation("writing runs", Mark.PROBLEM, text, facts)

    def _compare_lists(self) -> Iterator[Observation]:
        """Write, then see when a list of the runs shows it."""
        run, clock = self._run, self._ask.client.api.connection.clock
        self._writer.set_status(run, "FAILED")
        what, _ = self._writer.set_status(run, "PASSED")
        started_at = clock()
        shown = self._listed_status(run)
        for pause_s in READ_AGAIN_S:
            if shown == "PASSED":
                break
            self._ask.client.api.connection.sleep(pause_s)
            shown = self._listed_status(run)
        late_s = round(clock() - started_at, 1)
        is_fresh = shown == "PASSED"
        facts: dict[str, Any] = {"one": what, "list_is_late_s": late_s if is_fresh else None}
        if not is_fresh:
            text = f"a list shows {shown} {late_s:.0f} s after the run itself shows PASSED"
            yield Observation("fresh lists", Mark.NOTE, text, facts)
        elif late_s > _LATE_S:
            text = f"a list is {late_s:.1f} s behind the run itself"
            yield Observation("fresh lists", Mark.NOTE, text, facts)
        else:
            facts["list_is_late_s"] = 0
            yield Observation("fresh lists", Mark.OK, "a list shows at once what was sent", facts)

    def _listed_status(self, run: ScratchRun) -> str:
        rows = self._ask.rows(RUNS_PATH, (("testCycle", self._cycle_id),))
        row = next((each for each in rows if id_of(each) == run.id), {})
        return str(fields_of(row).get("testRunStatus"))

    def _write_extra(self) -> Iterator[Observation]:
        """Send a field that does not exist, beside a status."""
        self._writer.set_status(self._run, "PASSED")
        fields = {**self._writer.status_fields(self._run, "FAILED"), _UNKNOWN_FIELD: "x"}
        answer = self._writer.write(self._run, fields)
        status = self._writer.read(self._run).get("testRunStatus")
        facts = {
            "said": "done" if answer.is_good else answer.words,
            "status_stored": status == "FAILED",
        }
        if answer.is_good:
            text = (
                "a field that does not exist is passed over: a wrong name in `run.fields` is silent"
            )
        else:
            text = f"a field that does not exist is refused: {answer.words}"
        yield Observation("extra field", Mark.OK if answer.is_good else Mark.NOTE, text, facts)

    def _write_known(self, what: str, fields: Mapping[str, Any]) -> Iterator[Observation]:
        """Send fields that exist, alone."""
        answer = self._writer.write(self._run, fields)
        now = self._writer.read(self._run)
        facts = {
            "said": "done" if answer.is_good else answer.words,
            "stored": all(now.get(name) == value for name, value in fields.items()),
        }
        if not answer.is_good and what not in self._wanted:
            text = f"refused: {answer.words}; no setting asks for it"
            yield Observation(what, Mark.NOTE, text, facts)
        elif not answer.is_good:
            text = f"refused: {answer.words}; results should go without"
            fitting = {"run": {"assigned_to": "none"}} if what == ASSIGNMENT else {}
            yield Observation(what, Mark.PROBLEM, text, facts, fitting)
        elif facts["stored"]:
            yield Observation(what, Mark.OK, "can be written", facts)
        else:
            yield Observation(
                what, Mark.NOTE, "accepted, and stored otherwise or not at all", facts
            )

    def _put_less(self) -> Iterator[Observation]:
        """See whether PUT clears what it does not name."""
        has, _ = self._writer.write_and_read(
            self._run, {"actualResults": "<p>kept</p>"}, lambda now: "kept" in _text_of(now)
        )
        if has != STORED:
            text = f"not found out: {has}"
            yield Observation("put omits", Mark.NOTE, text, {"actual_results": has})
            return
        what, now = self._writer.set_status(self._run, "BLOCKED", "PUT")
        kept = "kept" in _text_of(now)
        facts = {"put": what, "keeps": kept if what == STORED else None}
        if what != STORED:
            text = f"PUT: {what}"
        elif kept:
            text = "PUT keeps what it does not name"
        else:
            text = "PUT clears what it does not name: everything has to be in one request"
        yield Observation("put omits", Mark.OK if kept else Mark.NOTE, text, facts)

    def _write_html(self) -> Iterator[Observation]:
        """See what of HTML in the actual results remains."""
        what, now = self._writer.write_and_read(
            self._run, {"actualResults": SAMPLE}, lambda now: "bold" in _text_of(now)
        )
        facts: dict[str, Any] = {"said": what, **compare_html(_text_of(now))}
        if what != STORED:
            text = f"actual results: {what}"
            fitting = {"run": {"actual_results": False}}
            yield Observation("rich text", Mark.PROBLEM, text, facts, fitting)
            return
        lost = facts["lost"]
        told = f"{facts['stored']}; lost: {', '.join(lost)}" if lost else facts["stored"]
        mark = Mark.NOTE if lost else Mark.OK
        yield Observation("rich text", mark, f"actual results: {told}", facts)

    def _write_long(self) -> Iterator[Observation]:
        """Write long texts."""
        facts: dict[str, Any] = {}
        for size in (8_000, RESULTS_SIZE, 64_000):
            letters = size - len("<p></p>")
            what, now = self._writer.write_and_read(
                self._run,
                {"actualResults": f"<p>{'x' * letters}</p>"},
                lambda now, letters=letters: _text_of(now).count("x") == letters,  # type: ignore[misc]
            )
            stored = _text_of(now).count("x")
            facts[str(size)] = (
                "whole"
                if what == STORED
                else f"{stored} characters"
                if what == NOT_STORED
                else what
            )
        told = "; ".join(f"of {int(size):,} characters: {what}" for size, what in facts.items())
        is_enough = facts["8000"] == facts[str(RESULTS_SIZE)] == "whole"
        mark = Mark.OK if is_enough else Mark.PROBLEM
        yield Observation("text limits", mark, told, facts)

    def _write_other_status(self) -> Iterator[Observation]:
        """Send the status that an administrator can switch on; its name in the API is a guess."""
        what, now = self._writer.set_status(self._run, "NOT_APPLICABLE")
        facts = {"NOT_APPLICABLE": what, "run": now.get("testRunStatus")}
        text = f"NOT_APPLICABLE: {what}; the run is {now.get('testRunStatus')}"
        mark = Mark.NOTE if what == STORED else Mark.OK
        yield Observation("other status", mark, text, facts)
        self._writer.set_status(self._run, "PASSED")


def _text_of(fields: Json) -> str:
    value = fields.get("actualResults")
    return value if isinstance(value, str) else ""
