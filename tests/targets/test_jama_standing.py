"""What stands in a run: verdicts of parts never replace those of wholes, and no text is lost."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_jama.core.results import Outcome, StepResult
from pytest_jama.core.verdicts import Verdict, VerdictRules, judge
from pytest_jama.targets.jama.actual_results import over_line, words_of
from pytest_jama.targets.jama.run_body import body_of, patch_operations
from pytest_jama.targets.jama.standing import UNFINISHED, Writer
from pytest_jama.targets.jama.update_plan import plan_updates, status_from_steps
from pytest_jama.targets.jama.wire import read_step
from tests.core.values import CASE, case_of, result_of, run_of, steps_of
from tests.every import every

if TYPE_CHECKING:
    from pytest_jama.core.results import TestResult
    from pytest_jama.core.verdicts import CaseVerdict
    from pytest_jama.targets.jama.runs import RunStep, TestRun
    from pytest_jama.targets.jama.update_plan import PlannedUpdates

FAILED, PASSED, INPROGRESS = Verdict.FAILED, Verdict.PASSED, Verdict.INPROGRESS
NOW = datetime(2026, 11, 28, 18, 20, 5, tzinfo=timezone.utc)
MEASURED = "<p>measured <b>4.2 V</b> &amp; fine</p>"


def writer(session: str = "s1", *, leaves_others: bool = False) -> Writer:
    return Writer(f"pytest 9, of {session}", session, over_line(NOW), leaves_others=leaves_others)


def write(
    run: TestRun, case: CaseVerdict, who: Writer, *, incomplete: Verdict = INPROGRESS
) -> TestRun:
    """Return the run after a session has written to it, as a server would store it."""
    return store(run, plan_updates([case], {CASE: [run]}, writer=who, incomplete=incomplete))


def store(run: TestRun, planned: PlannedUpdates) -> TestRun:
    for update in planned.updates:
        patch = {
            each["path"]: each["value"]
            for each in patch_operations(body_of(update, fields={}).values)
        }
        steps = tuple(map(read_step, patch.get("/fields/testRunSteps", ())))
        status = patch.get("/fields/testRunStatus") or status_from_steps(
            step.status for step in steps
        )
        text = patch.get("/fields/actualResults", run.actual_results)
        run = replace(run, status=Verdict(status).value, steps=steps, actual_results=text)
    return run


def showing(status: str, text: str = "") -> TestRun:
    return replace(run_of(), status=status, actual_results=text)


@every("status", ["PASSED", "FAILED", "BLOCKED"])
@every(
    "case, incomplete",
    [
        pytest.param(case_of(INPROGRESS), INPROGRESS, id="in progress"),
        pytest.param(case_of(Verdict.NOT_RUN), INPROGRESS, id="not run"),
        pytest.param(
            replace(case_of(Verdict.BLOCKED), reasons=("2 deselected",)),
            Verdict.BLOCKED,
            id="another word for incomplete",
        ),
    ],
)
def test_a_verdict_of_a_part_leaves_what_a_whole_said(
    status: str, case: CaseVerdict, incomplete: Verdict
) -> None:
    run = showing(status)
    planned = plan_updates([case], {CASE: [run]}, incomplete=incomplete, writer=writer())
    assert planned.updates == ()
    (left,) = planned.left
    assert (left.was, left.title) == (status, "JEET1-TC-1 (run 71)")
    assert left.why == "incomplete evidence does not replace it"
    assert left.verdict.reasons == case.reasons


@pytest.mark.parametrize("status", ["NOT_RUN", "INPROGRESS"])
def test_a_verdict_of_a_part_is_written_where_no_whole_said_anything(status: str) -> None:
    assert write(showing(status), case_of(INPROGRESS), writer()).status == "INPROGRESS"


def test_a_failure_of_a_part_is_one_of_the_whole() -> None:
    failed = replace(case_of(FAILED, results=(result_of(Outcome.FAILED),)), reasons=("drift",))
    assert write(showing("PASSED"), failed, writer(), incomplete=FAILED).status == "FAILED"


def test_a_blocked_case_of_complete_evidence_replaces_a_pass() -> None:
    planned = plan_updates(
        [case_of(Verdict.BLOCKED)], {CASE: [showing("PASSED")]}, incomplete=Verdict.BLOCKED
    )
    assert [update.will_be for update in planned.updates] == ["BLOCKED"]


@every(
    "stored, case, expected",
    [
        pytest.param(["PASSED", "PASSED"], case_of(PASSED, (1, PASSED)), None, id="passed again"),
        pytest.param(
            ["PASSED", "FAILED", "NOT_RUN"],
            case_of(PASSED, (2, PASSED)),
            "left",
            id="one step of it",
        ),
        pytest.param(
            ["PASSED", "PASSED"], case_of(INPROGRESS, (1, PASSED)), "left", id="incomplete"
        ),
        pytest.param(
            ["PASSED", "NOT_RUN"], case_of(INPROGRESS), ["PASSED", "INPROGRESS"], id="finished step"
        ),
        pytest.param(
            ["PASSED", "NOT_RUN"],
            case_of(INPROGRESS, (1, INPROGRESS)),
            ["PASSED", "NOT_RUN"],
            id="a step of incomplete evidence",
        ),
        pytest.param(
            ["NOT_RUN", "PASSED"],
            case_of(INPROGRESS, (1, PASSED)),
            ["INPROGRESS", "PASSED"],
            id="all steps passed and yet incomplete",
        ),
        pytest.param(
            ["NOT_RUN", "PASSED", "PASSED"],
            case_of(INPROGRESS, (2, PASSED)),
            ["NOT_RUN", "PASSED", "PASSED"],
            id="a later step",
        ),
    ],
)
def test_steps_of_a_part(
    stored: list[str], case: CaseVerdict, expected: list[str] | str | None
) -> None:
    run = replace(run_of(*stored), status=status_from_steps(stored).value)
    after = write(run, case, writer())
    if expected == "left":
        assert after is run
    else:
        assert [step.status for step in after.steps] == (expected or stored)


OUTCOMES = st.sampled_from([Outcome.PASSED, Outcome.FAILED, Outcome.SKIPPED, Outcome.DESELECTED])


class Part(NamedTuple):
    """A session that runs some of the three tests of a case."""

    outcomes: tuple[Outcome, Outcome, Outcome]
    steps: tuple[bool, bool, bool]

    def results(self) -> list[TestResult]:
        return [
            result_of(
                outcome,
                *([StepResult(number, outcome)] if reports and outcome.did_run else []),
                test=f"t{number}",
            )
            for number, (outcome, reports) in enumerate(
                zip(self.outcomes, self.steps, strict=True), start=1
            )
        ]


sessions = st.lists(
    st.builds(Part, st.tuples(*[OUTCOMES] * 3), st.tuples(*[st.booleans()] * 3)), max_size=6
)
words = st.sampled_from([INPROGRESS, Verdict.BLOCKED])


@given(sessions, st.sampled_from([0, 3]), words)
def test_no_sequence_of_sessions_lets_a_part_replace_a_whole(
    parts: list[Part], count: int, incomplete: Verdict
) -> None:
    run = run_of(*["NOT_RUN"] * count)
    for number, part in enumerate(parts):
        (case,) = judge(part.results(), rules=VerdictRules(incomplete=incomplete)).cases
        after = write(run, case, writer(f"s{number}"), incomplete=incomplete)
        if run.status not in UNFINISHED:
            assert after.status not in UNFINISHED
            is_whole = set(part.outcomes) == {Outcome.PASSED}
            has_failed = Outcome.FAILED in part.outcomes
            if not is_whole and not has_failed:
                assert after is run
        if after.status == "PASSED":
            assert any(set(each.outcomes) == {Outcome.PASSED} for each in parts[: number + 1])
        run = after


@given(
    st.lists(st.tuples(st.sampled_from(["s1", "s2", "s3"]), st.sampled_from([PASSED, FAILED]))),
    st.sampled_from(["", MEASURED]),
)
def test_what_others_wrote_is_a_part_of_what_is_stored(
    writes: list[tuple[str, Verdict]], by_hand: str
) -> None:
    run = showing("NOT_RUN", by_hand)
    for session, verdict in writes:
        case = case_of(verdict, results=(result_of(Outcome[verdict.name]),))
        run = write(run, case, writer(session))
        assert by_hand in run.actual_results
    for session in {session for session, _ in writes}:
        assert run.actual_results.count(f"session {session}, checksum") == 1
    if writes:
        (last, status), text = writes[-1], words_of(run.actual_results)
        assert text.startswith(f"{status.value}: 1 {status.value.lower()}")
        assert text.index(f"session {last},") == text.index("session ")


def test_an_earlier_account_is_kept_under_a_line_that_says_when_and_by_what() -> None:
    once = write(showing("NOT_RUN"), case_of(FAILED), writer("s1"))
    twice = write(once, case_of(PASSED), writer("s2"))
    new, _, old = twice.actual_results.partition(
        "<p>replaced 2026-11-28 18:20:05 UTC by pytest-jama "
    )
    assert words_of(new).startswith("PASSED: no results pytest 9, of s2 session s2, checksum ")
    assert old.endswith(f"earlier entry:</p>{once.actual_results}")


def test_the_same_session_does_not_pile_up_accounts() -> None:
    once = write(showing("NOT_RUN", MEASURED), case_of(FAILED), writer())
    assert write(once, case_of(FAILED), writer()) == once


def test_an_account_that_somebody_changed_is_kept_even_of_the_same_session() -> None:
    once = write(showing("NOT_RUN"), case_of(FAILED), writer())
    changed = replace(once, actual_results=once.actual_results.replace("no results", "bad cable"))
    again = write(changed, case_of(FAILED), writer())
    assert again.actual_results.startswith(once.actual_results)
    assert again.actual_results.endswith(changed.actual_results)


@every(
    "was, verdict, why",
    [
        pytest.param("FAILED", PASSED, "an earlier session said FAILED", id="better"),
        pytest.param("BLOCKED", PASSED, "an earlier session said BLOCKED", id="not blocked"),
        pytest.param("FAILED", Verdict.BLOCKED, "an earlier session said FAILED", id="less bad"),
        pytest.param("PASSED", FAILED, "", id="worse"),
        pytest.param("FAILED", FAILED, "", id="the same"),
        pytest.param("INPROGRESS", PASSED, "", id="completed"),
    ],
)
def test_a_better_verdict_than_another_session_had_is_said(
    was: str, verdict: Verdict, why: str
) -> None:
    run = write(showing("NOT_RUN"), case_of(Verdict(was)), writer("s1"))
    planned = plan_updates([case_of(verdict)], {CASE: [run]}, writer=writer("s2"))
    said = [(each.was, each.will_be, each.why.partition(";")[0]) for each in planned.replaced]
    assert said == ([(was, verdict.value, why)] if why else [])
    assert len(planned.updates) == 1


@every(
    "run, why",
    [
        pytest.param(
            showing("PASSED"), "no account of pytest-jama explains its PASSED", id="status"
        ),
        pytest.param(
            showing("NOT_RUN", MEASURED), "its actual results are not of pytest-jama", id="text"
        ),
        pytest.param(
            replace(write(showing("NOT_RUN"), case_of(FAILED), writer("s0")), status="PASSED"),
            "it shows PASSED, and its account says FAILED",
            id="changed status",
        ),
        pytest.param(
            replace(
                run_of("NOT_RUN"),
                steps=tuple(replace(s, as_read={"result": "4.2 V"}) for s in steps_of("NOT_RUN")),
            ),
            "its steps have results that are not of pytest-jama",
            id="result of a step",
        ),
    ],
)
def test_an_entry_of_a_person_is_said_and_left_on_demand(run: TestRun, why: str) -> None:
    planned = plan_updates([case_of(FAILED)], {CASE: [run]}, writer=writer())
    (replaced,) = planned.replaced
    assert replaced.why.startswith(f"{why}; ")
    left = plan_updates([case_of(FAILED)], {CASE: [run]}, writer=writer(leaves_others=True))
    assert (left.updates, left.replaced) == ((), ())
    assert [each.why for each in left.left] == [f"{why} (`run: {{others: leave}}`)"]


def test_runs_of_earlier_sessions_are_not_those_of_others() -> None:
    run = write(showing("NOT_RUN"), case_of(FAILED), writer("s1"))
    who = writer("s2", leaves_others=True)
    assert write(run, case_of(PASSED), who).status == "PASSED"


def test_without_accounts_text_of_others_is_not_touched() -> None:
    planned = plan_updates(
        [case_of(FAILED)], {CASE: [showing("NOT_RUN", MEASURED)]}, writer=Writer("", "s1")
    )
    (update,) = planned.updates
    assert [each["path"] for each in patch_operations(body_of(update, fields={}).values)] == [
        "/fields/testRunStatus"
    ]


def test_a_text_that_does_not_fit_is_said_to_be_shortened() -> None:
    run = showing("NOT_RUN", f"<p>{'measured 4.2 V ' * 2000}</p>")
    planned = plan_updates([case_of(FAILED)], {CASE: [run]}, writer=writer())
    assert "shortened at its end" in planned.replaced[0].why
    assert "… (shortened)</p>" in store(run, planned).actual_results


def with_result(result: str) -> TestRun:
    step = replace(run_of("PASSED").steps[0], as_read={"status": "PASSED", "result": result})
    return replace(run_of("PASSED"), status="PASSED", steps=(step,))


def result_in(run: TestRun) -> object:
    step: RunStep = run.steps[0]
    return step.as_read.get("result")


def test_what_a_person_wrote_of_a_step_is_kept_below_the_new_result() -> None:
    by_hand = "<p>4.2 <b>V</b></p>"
    after = write(with_result(by_hand), case_of(FAILED, (1, FAILED, "0 V")), writer())
    over = over_line(NOW)
    assert result_in(after) == f"0 V\n{over}\n{by_hand}"
    assert write(after, case_of(FAILED, (1, FAILED, "0 V")), writer()) == after
    later = write(after, case_of(PASSED, (1, PASSED)), writer("s2"))
    assert result_in(later) == f"\n{over}\n0 V\n{over}\n{by_hand}"
    assert write(later, case_of(PASSED, (1, PASSED)), writer("s2")) == later
