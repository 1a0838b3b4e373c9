"""From journals to the record."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import pytest

from pytest_jama.core.attached_file import AttachedFile, FileReceipt, FileState
from pytest_jama.core.cases import CaseRef
from pytest_jama.core.errors import SettingsError, Unusable, UnusableKind
from pytest_jama.core.origin import Elsewhere, Provenance
from pytest_jama.core.plan import SendState
from pytest_jama.core.results import Outcome, StepResult
from pytest_jama.core.verdicts import CaseVerdict, Verdict
from pytest_jama.journal import lines
from pytest_jama.journal.sending_lines import file_line
from pytest_jama.report.evidence.case_evidence import CaseStatus, Execution
from tests.every import every
from tests.journal.record import a_test, collected
from tests.report.evidence.records import (
    FINISHED,
    SETTINGS,
    kinds,
    mixed,
    page_of,
    place,
    receipt,
    record,
    record_of,
    results,
    sent,
    source,
    the_case,
    update,
)

if TYPE_CHECKING:
    from pytest_jama.journal.lines import JournalLine

PASSED = a_test("test_a")


def test_what_passed_and_is_in_jama_is_passed() -> None:
    found = record(*results(PASSED), *sent("J-TC-1"))

    assert (found.is_passed, kinds(found)) == (True, [])
    assert found.sentence == "1 of 1 planned case passed. No deviation."


def test_files_that_jama_did_not_take_are_one_deviation_for_each_reason() -> None:
    names = ("a.png", "b.png", "c.png")
    files = [AttachedFile(name, name[0] * 64, 3, "image/png") for name in names]
    refused = [
        file_line(FileReceipt(file.sha256, file.name, FileState.REFUSED, 7, "1", why))
        for file, why in zip(files, ("413", "400 no widget", "400 no widget"), strict=True)
    ]
    upload = [place(), update("J-TC-1", key="1"), *refused, receipt("J-TC-1", key="1"), FINISHED]
    found = record(*results(a_test("test_a", files=tuple(files))), *upload)

    assert [(each.kind, each.what) for each in found.deviations] == [
        ("File not in Jama", "Jama did not take a.png: 413."),
        ("File not in Jama", "Jama did not take b.png, c.png: 400 no widget."),
    ]


def test_planned_is_what_was_executed_in_full_in_part_and_not() -> None:
    found = mixed()

    parts = [len(found.executed(how)) for how in Execution]
    assert parts == [4, 1, 0, 3]
    assert sum(parts) == len(found.planned) == sum(found.counts.values())
    assert len(found.planned) + len(found.not_planned) == len(found.cases) == 9


def test_deviations_and_cases_name_each_other() -> None:
    found = mixed()

    of_deviations = {(each.number, case) for each in found.deviations for case in each.cases}
    of_cases = {(number, case.number) for case in found.cases for number in case.deviations}
    assert of_deviations == of_cases
    assert [each.number for each in found.deviations] == [*range(1, len(found.deviations) + 1)]
    assert all(case.deviations for case in found.cases if case.status is not CaseStatus.PASSED)


@every("state", [state.value for state in SendState if state != "sent"])
def test_what_jama_does_not_show_as_recorded_is_not_passed(state: str) -> None:
    upload = [place(), update("J-TC-1"), receipt("J-TC-1", state, error="why"), FINISHED]
    found = record(*results(PASSED), *upload)

    assert (found.is_passed, kinds(found)) == (False, ["Jama shows otherwise"])
    assert the_case(found).in_jama != "same"


def test_an_update_without_an_answer_is_not_passed() -> None:
    found = record(*results(PASSED), place(), update("J-TC-1"), FINISHED)

    assert (found.is_passed, the_case(found).in_jama) == (False, "not sent")


def test_a_session_without_an_upload_is_not_passed() -> None:
    found = record(*results(PASSED), FINISHED)

    assert (found.is_passed, kinds(found)) == (False, ["Not sent to Jama"])


def test_a_run_that_is_worse_than_the_tests_counts() -> None:
    reason = "it differs from jama.lock (review its tests, then `pytest-jama lock`)"
    worse = update("J-TC-1", "INPROGRESS", reasons=[reason, "step 2 asks for 15, not 25"])
    found = record(*results(PASSED), place(), worse, receipt("J-TC-1"), FINISHED)

    assert the_case(found).status is CaseStatus.INCOMPLETE
    assert kinds(found) == ["Drift of the test case", "Incomplete"]
    assert "15, not 25" in found.deviations[0].what


def test_an_entry_of_a_person_that_was_kept_is_open() -> None:
    left = {"key": "7", "case": "J-TC-1", "title": "T", "was": "FAILED", "will_be": "PASSED"}
    upload = place(left=[{**left, "why": "ann set it", "reasons": []}])
    found = record(*results(PASSED), upload, FINISHED)

    assert (found.is_passed, kinds(found)) == (False, ["Entry of others kept"])
    assert the_case(found).in_jama == "differs: FAILED"


def test_a_verdict_that_was_not_written_counts_with_what_the_steps_made_of_it() -> None:
    left = {"key": "7", "case": "J-TC-1", "title": "T", "was": "FAILED", "will_be": "INPROGRESS"}
    upload = place(left=[{**left, "why": "its steps, together", "reasons": []}])
    found = record(*results(PASSED), upload, FINISHED)

    assert the_case(found).status is CaseStatus.INCOMPLETE
    assert kinds(found) == ["Entry of others kept", "Incomplete"]
    assert found.deviations[1].what == "Its only test: passed. A part of its steps was not shown."


def test_a_case_that_tests_name_in_two_ways_is_one_case() -> None:
    tests = results(PASSED, a_test("test_2", Outcome.SKIPPED, cases="4711"))
    said = update("J-TC-1", "INPROGRESS", also=["4711"])
    found = record(*tests, place(), said, receipt("J-TC-1"), FINISHED)

    (case,) = found.cases
    assert (case.key, case.also, case.in_jama) == ("J-TC-1", ("4711",), "same")
    assert [test.outcome for test in case.tests] == [Outcome.PASSED, Outcome.SKIPPED]
    assert kinds(found) == ["Incomplete"]
    assert found.deviations[0].what == "Of 2 tests: 1 passed, 1 skipped."


def test_a_case_that_tests_name_in_two_ways_and_was_left_is_one_case() -> None:
    tests = results(PASSED, a_test("test_2", cases="4711"))
    left = {"key": "7", "case": "J-TC-1", "title": "T", "was": "FAILED", "will_be": "PASSED"}
    upload = place(left=[{**left, "why": "ann set it", "reasons": [], "also": ["4711"]}])
    found = record(*tests, upload, FINISHED)

    assert kinds(found) == ["Entry of others kept"]


def test_a_run_that_others_changed_after_it_was_sent_is_told_once() -> None:
    *early, end = sent("J-TC-1")
    later = {"line": "upload", "started": "2026-11-22T06:00:00+00:00", "sessions": ["s1"]}
    again = {**later, "settings": {}, "command": [], "versions": {}}
    changed = place(changed=["run of J-TC-1"])
    found = record(*results(PASSED), *early, changed, end, again, place(), FINISHED)

    assert kinds(found) == ["Entry of others kept"]
    assert "another user changed it after it was sent" in found.deviations[0].what


def test_a_later_upload_has_the_last_word() -> None:
    upload = [place(), update("J-TC-1"), receipt("J-TC-1", "refused", error="423"), FINISHED]
    later = {"line": "upload", "started": "2026-11-22T06:00:00+00:00", "sessions": ["s1"]}
    again = {**later, "settings": {}, "command": [], "versions": {}}
    found = record(*results(PASSED), *upload, again, *sent("J-TC-1"))

    assert found.is_passed


@every(
    "test, kind",
    [
        (PASSED._replace(outcome=Outcome.FAILED), "Failed"),
        (PASSED._replace(outcome=Outcome.ERROR), "Error outside the test body"),
        (PASSED._replace(outcome=Outcome.SKIPPED), "Not executed"),
        (PASSED._replace(outcome=Outcome.XFAILED), "Incomplete"),
        (PASSED._replace(outcome=Outcome.XPASSED), "Passed though failure was expected"),
    ],
)
def test_each_outcome_that_is_not_passed_is_a_deviation(test: Any, kind: str) -> None:
    found = record(*results(test), *sent("J-TC-1"))

    assert (found.is_passed, kinds(found)) == (False, [kind])


def test_a_repeated_test_is_told_and_is_not_open() -> None:
    test = PASSED._replace(notes=("attempt 1 failed: relay K3", "bench 3"))
    found = record(*results(test), *sent("J-TC-1"))

    assert (found.is_passed, kinds(found)) == (True, ["Repeated test"])
    assert the_case(found).tests[0].notes == ("bench 3",)


@every(
    "extra, kind",
    [
        (lines.known_line([]), None),
        (
            lines.uncollected_line(a_test("test_b.py", cases="")),
            "Tests that could not be collected",
        ),
        ({"line": "known", "cases": ["J-TC-7"]}, "Not executed"),
        (collected(a_test("test_b", Outcome.DESELECTED, cases="J-TC-8")), "Not executed"),
    ],
    ids=["nothing", "uncollected", "known", "deselected"],
)
def test_what_was_not_executed_is_a_deviation(extra: JournalLine, kind: str | None) -> None:
    found = record(extra, *results(PASSED), *sent("J-TC-1"))

    assert kinds(found) == ([kind] if kind else [])
    assert found.is_passed == (kind is None)


def test_a_changed_line_concerns_all_cases() -> None:
    failed = results(PASSED._replace(outcome=Outcome.FAILED))
    found = record(*failed, *sent("J-TC-1"), edit=(b'"failed"', b'"passed"'))

    assert (found.deviations[0].kind, found.deviations[0].cases) == ("Record was changed", ())
    assert "line 2 was changed" in found.deviations[0].what
    assert not found.is_passed
    assert found.sources[0].chain_state == "broken"


@pytest.mark.parametrize("hooks, is_told", [((), False), (("plugins.py",), True)])
def test_verdict_that_a_changed_line_contradicts_is_no_hook_where_there_was_none(
    hooks: tuple[str, ...], *, is_told: bool
) -> None:
    failed = PASSED._replace(outcome=Outcome.FAILED)
    verdict = lines.verdict_line(CaseVerdict(CaseRef.parse("J-TC-1"), Verdict.FAILED))
    edit = (b'"outcome":"failed"', b'"outcome":"passed"')
    found = record(*results(failed), verdict, *sent("J-TC-1"), edit=edit, hooks=list(hooks))

    assert ("Verdict set by a hook" in kinds(found)) is is_told
    assert "Record was changed" in kinds(found)


def test_modified_code_concerns_all_cases() -> None:
    modified = Provenance(is_modified=True)
    found = record(*results(PASSED), *sent("J-TC-1"), provenance=modified)

    assert (kinds(found), found.deviations[0].cases) == (["Modified code"], ())
    assert not found.is_passed


@every(
    "tests, settings, said",
    [
        (None, {}, "ruth (account that started the session)"),
        (Elsewhere("", "", ()), {}, "not recorded; reported by ruth"),
        (Elsewhere("", "", ()), {"tester": "tom"}, "tom (session started by ruth)"),
    ],
    ids=["pytest", "report", "named"],
)
def test_who_reports_is_not_said_to_have_executed(
    tests: Elsewhere | None, settings: dict[str, Any], said: str
) -> None:
    origin = Provenance(actor="ruth", tests=tests)
    found = record(*results(PASSED), provenance=origin, settings={**SETTINGS, **settings})
    shown = {fact.label: fact.shown for fact in found.identification}
    assert shown["Executed by"] == said


def test_a_file_that_is_gone_costs_no_result() -> None:
    gone = Unusable(UnusableKind.FILE, "test_1", "file 'shot.png' is not attached")
    found = record(lines.unusable_line(gone), *results(PASSED), *sent("J-TC-1"))

    assert kinds(found) == ["File not in Jama"]
    assert found.deviations[0].meaning == "No result is missing, but evidence of this test is."
    assert not found.is_passed


def test_what_journals_did_not_record_is_said_to_be_missing() -> None:
    found = record(*results(PASSED), *sent("J-TC-1"))

    shown = {fact.label: fact.shown for fact in (*found.identification, *found.tools)}
    for label in ("Software under test", "Modified", "Host", "Packages", "Exit status"):
        assert shown[label] == "not recorded"
    assert the_case(found).version == ""


def test_what_one_session_knows_does_not_stand_for_another_one() -> None:
    first = source(*results(PASSED), *sent("J-TC-1"), provenance=Provenance(is_modified=False))
    second = source(*results(a_test("test_b")), *sent("J-TC-1"), session="s2", commit="")
    found = record_of(first, second)

    shown = {fact.label: fact.shown for fact in found.identification}
    assert (
        shown["Modified"] == "no: tracked files are as committed; not recorded for 1 of 2 sessions"
    )
    assert shown["Commit"] == "1f0c9d2; not recorded for 1 of 2 sessions"
    assert shown["Host"] == "not recorded"


@pytest.mark.parametrize("version, is_told", [(3, True), (None, False)])
def test_a_step_that_the_run_does_not_have_is_a_deviation(
    version: int | None, *, is_told: bool
) -> None:
    test = PASSED._replace(steps=(StepResult(2, Outcome.PASSED, "6.9 s"),))
    said = update("J-TC-1", steps=["PASSED"], version=version, run_key="J-RUN-1")
    found = record(*results(test), place(), said, receipt("J-TC-1"), FINISHED)

    assert found.is_passed is not is_told
    assert [each.what for each in found.deviations] == (
        ["J-RUN-1: tests report step 2, which the run does not have."] if is_told else []
    )
    assert ("the run has no such step" in page_of(found)) is is_told


def test_steps_tell_what_was_asked_expected_and_found() -> None:
    test = PASSED._replace(steps=(StepResult(1, Outcome.PASSED, "6.9 s"),))
    said = update("J-TC-1", steps=["PASSED", "NOT_RUN"], procedure=[["Start", "On"], ["Wait", ""]])
    found = record(*results(test), place(), said, receipt("J-TC-1"), FINISHED)

    assert [tuple(step) for step in the_case(found).steps] == [
        (1, "Start", "On", "6.9 s", "PASSED"),
        (2, "Wait", "", "", "NOT_RUN"),
    ]


def test_several_journals_are_one_record() -> None:
    failed = a_test("test_b", Outcome.FAILED)
    one = source(*results(PASSED), FINISHED, session="s1")
    other = source(*results(failed), FINISHED, session="s2")

    found = record_of(one, other)

    assert found.sessions == ("s1", "s2")
    assert the_case(found).status is CaseStatus.FAILED
    assert the_case(found).tests_passed == "1/2"


@every("name", ["project", "plan", "cycle"])
def test_journals_of_different_places_are_refused(name: str) -> None:
    one = source(*results(PASSED))
    other = source(*results(PASSED), session="s2", settings={**SETTINGS, name: "another"})

    with pytest.raises(SettingsError, match=f"{name} is 'another'"):
        record_of(one, other)


def test_cases_are_in_the_order_of_their_numbers() -> None:
    found = record(*results(*(a_test(f"t{n}", cases=f"J-TC-{n}") for n in (10, 9, 1))))

    assert [case.key for case in found.cases] == ["J-TC-1", "J-TC-9", "J-TC-10"]


@every("value", [7, "x", ["x"], [["x"]], {"x": 1}, None])
def test_a_line_that_others_wrote_wrongly_stops_no_report(value: Any) -> None:
    names = ("unresolved", "left", "replaced", "names", "links")
    wrong = update("J-TC-1", steps=value, procedure=value, reasons=value, version=value)
    upload = [place(**dict.fromkeys(names, value)), wrong, receipt("J-TC-1", remarks=value)]
    found = record(*results(PASSED), *upload, FINISHED)

    assert the_case(found).name == "Name of J-TC-1"


@every(
    "until, is_told",
    [("2026-11-21", True), ("2026-11-22", False), ("soon", False), ("", False)],
)
def test_a_calibration_that_had_ended_on_the_day_of_the_tests_is_open(
    until: str, is_told: bool
) -> None:
    began = datetime(2026, 11, 22, 23, 30, tzinfo=timezone.utc).timestamp()
    settings = {**SETTINGS, "equipment": [{"name": "FM", "id": "7", "calibrated_until": until}]}
    tests = results(a_test("test_1", started=began))
    found = record(*tests, *sent("J-TC-1"), settings=settings)

    assert kinds(found) == (["Calibration had ended"] if is_told else [])
    assert found.is_passed is not is_told


def test_what_is_odd_in_the_equipment_of_a_journal_is_passed_over() -> None:
    settings = {**SETTINGS, "equipment": ["FM", {"id": 7}, {"name": "A"}], "device": None}
    found = record(*results(PASSED), *sent("J-TC-1"), settings=settings)

    facts = {fact.label: fact.shown for fact in found.identification}
    assert facts["Equipment, calibration"] == "A, calibration not recorded"
    assert facts["Device under test"] == "not recorded"
