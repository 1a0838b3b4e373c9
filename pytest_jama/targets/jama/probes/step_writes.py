"""What a Jama makes of steps: of their words, of those that no test reports, of their statuses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_jama.core.observation import Mark, Observation
from pytest_jama.targets.jama.probes.html_sample import SAMPLE, compare_html
from pytest_jama.targets.jama.probes.scratch_runs import NOT_STORED, STORED
from pytest_jama.targets.jama.step_words import says_the_same

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pytest_jama.targets.jama.probes.scratch_runs import ScratchRun, ScratchWriter
    from pytest_jama.targets.jama.wire import Json

_LETTERS = {"PASSED": "P", "FAILED": "F", "BLOCKED": "B", "NOT_RUN": "-", "INPROGRESS": "I"}
_STATUSES = {letter: status for status, letter in _LETTERS.items()}
_TABLE = ("P-P", "F--", "BPP", "P--", "PPB")
_STEP_TEXTS = ("action", "expectedResult", "notes")
_MANY_STEPS = 3


class StepWrites:
    """Writes the steps of one test run.

    Args:
        writer: Writes.
        run: A run with steps.
    """

    def __init__(self, writer: ScratchWriter, run: ScratchRun) -> None:
        self._writer = writer
        self._run = run

    def keep_words(self) -> Iterator[Observation]:
        """Write steps as bare statuses, then whole as they were read; see whether texts change."""
        run = self._run
        before = _steps_of(self._writer.read(run))
        bare = [{"status": "PASSED"} for _ in before]
        said_bare, now = self._write(bare)
        changed_bare = _changed(before, _steps_of(now))
        whole = [{**step, "status": "FAILED"} for step in before]
        said_whole, now = self._write(whole)
        changed_whole = _changed(before, _steps_of(now))
        with_result = [{**step, "status": "PASSED", "result": SAMPLE} for step in before]
        said_result, now = self._write(with_result)
        results = [str(step.get("result") or "") for step in _steps_of(now)]
        beside = self._writer.write(run, {"testRunStatus": "BLOCKED"})
        status = self._writer.read(run).get("testRunStatus")
        facts: dict[str, Any] = {
            "bare": said_bare,
            "bare_changes": changed_bare,
            "whole": said_whole,
            "whole_changes": changed_whole,
            "result": said_result,
            "result_html": compare_html(results[0] if results else ""),
            "run_status_alone": "done" if beside.is_good else beside.words,
            "run_status_then": status,
        }
        changed = ", ".join(changed_whole or changed_bare)
        text = f"bare statuses: {said_bare}; whole steps: {said_whole}; " + (
            f"Jama changes the words of the steps: {changed}" if changed else "words stay"
        )
        is_fine = said_whole == STORED and not changed
        yield Observation("steps", Mark.OK if is_fine else Mark.PROBLEM, text, facts)

    def _write(self, steps: Sequence[Mapping[str, Any]]) -> tuple[str, Json]:
        wanted = [step["status"] for step in steps]
        return self._writer.write_and_read(
            self._run,
            {"testRunSteps": list(steps)},
            lambda now: [step.get("status") for step in _steps_of(now)] == wanted,
        )

    def tell_rule(self) -> Iterator[Observation]:
        """Write combinations of step statuses; see what the run, and the steps, become."""
        run = self._run
        whole = _steps_of(self._writer.read(run))
        rows: dict[str, str] = {}
        for pattern in _TABLE:
            letters = _stretch(pattern, run.steps)
            steps = [
                {**step, "status": _STATUSES[letter]}
                for step, letter in zip(whole, letters, strict=False)
            ]
            what, now = self._write(steps)
            stored = "".join(_letter(step.get("status")) for step in _steps_of(now))
            status = str(now.get("testRunStatus"))
            is_as_sent = stored == letters
            rows[pattern] = status if is_as_sent else f"{status}, steps {stored}"
            if what not in (STORED, NOT_STORED):
                rows[pattern] = what
        skipped = "steps" in rows[_TABLE[0]]
        told = "; ".join(f"{','.join(pattern)}: {status}" for pattern, status in rows.items())
        text = f"{told} (first, middle, last step)" if run.steps > _MANY_STEPS else told
        if skipped:
            text = f"steps that no test reports do not stay NOT_RUN: {text}"
        mark = Mark.PROBLEM if skipped else Mark.OK
        yield Observation("step rule", mark, text, {"table": rows, "steps": run.steps})


def _steps_of(fields: Json) -> list[Mapping[str, Any]]:
    steps = fields.get("testRunSteps")
    return [each for each in steps if isinstance(each, dict)] if isinstance(steps, list) else []


def _letter(status: object) -> str:
    return _LETTERS.get(str(status), "?")


def _stretch(pattern: str, steps: int) -> str:
    """Fit a pattern for three steps to any number of them."""
    return (pattern[0] + pattern[1] * max(0, steps - 2) + pattern[2])[:steps]


def _changed(before: Sequence[Mapping[str, Any]], after: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return which texts of steps are other ones than before."""
    if len(before) != len(after):
        return ["count"]
    pairs = list(zip(before, after, strict=True))
    return [
        name
        for name in _STEP_TEXTS
        if not all(says_the_same(old.get(name), new.get(name)) for old, new in pairs)
    ]
