"""Records of a cycle: what its runs show beside what journals tell, and which session counts."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pytest
from lxml import etree

from pytest_jama.core.results import Outcome
from pytest_jama.report.evidence.case_evidence import CaseStatus, Execution, ShownRun
from pytest_jama.report.evidence.cycle_now import CycleNow, RunNow
from pytest_jama.report.evidence.junit_xml import write_junit
from tests.every import every
from tests.journal.record import a_test, collected
from tests.report.evidence.records import (
    FINISHED,
    kinds,
    page_of,
    place,
    receipt,
    record_of,
    results,
    source,
    the_case,
    update,
)

if TYPE_CHECKING:
    from pytest_jama.report.evidence.journal_sources import JournalSource

AS_SENT = ShownRun("PASSED", differs=())


def run(number: int, shown: ShownRun | None = None) -> RunNow:
    """Make a run of the case of this number; without more, one that nobody has executed."""
    key, name = f"J-TC-{number}", f"Name of J-TC-{number}"
    shown = shown or ShownRun("NOT_RUN")
    return RunNow(number, 500 + number, key, f"J-TSTRN-{number}", name, 1, 1, (), shown)


def cycle(*runs: RunNow, **given: Any) -> CycleNow:
    ids = {each.case_key: each.case_id for each in runs}
    return CycleNow(20511, "2026-11-22 05:00:00", runs, **{"case_ids": ids, **given})


def session(name: str, *tests: Any, order: int = 1, state: str = "sent") -> JournalSource:
    """Make the journal of a session that has sent what its tests say."""
    lines = [place()]
    for test in tests:
        case = str(test.links[0].case_ref)
        key = case.rpartition("-")[2]
        status = test.outcome.value.upper()
        lines += [update(case, status, key=key), receipt(case, state, key=key, status=status)]
    started = f"2026-11-22T0{order}:30:16+00:00"
    content = (*results(*tests), *lines, FINISHED)
    return source(*content, session=name, order=order, started=started)


PASSED = session("s1", a_test("t"))


def test_run_that_shows_what_was_sent_is_passed() -> None:
    found = record_of(PASSED, cycle=cycle(run(1, AS_SENT)))

    assert (found.is_passed, kinds(found), the_case(found).in_jama) == (True, [], "same")


@pytest.mark.parametrize(
    "shown, in_jama",
    [
        (ShownRun("FAILED", differs=(("status", "x"),)), "differs: FAILED"),
        (ShownRun("PASSED", differs=(("account", "x"), ("status of step 1", "y"))), "differs: "),
    ],
)
def test_run_that_shows_something_else_is_open(shown: ShownRun, in_jama: str) -> None:
    found = record_of(PASSED, cycle=cycle(run(1, shown)))

    assert (found.is_passed, kinds(found)) == (False, ["Jama shows otherwise"])
    assert the_case(found).in_jama.startswith(in_jama)


def test_run_that_is_gone_is_told() -> None:
    found = record_of(PASSED, cycle=cycle())

    assert (found.is_passed, the_case(found).in_jama) == (False, "differs: no such run")
    assert "does not have it any more" in found.deviations[0].what


def test_list_that_lacks_runs_is_told_and_not_concluded_from() -> None:
    found = record_of(PASSED, cycle=cycle(missing=2))

    assert kinds(found) == ["Cycle was not read as a whole", "Jama shows otherwise"]
    assert "did not give it" in found.deviations[1].what
    assert not found.is_passed


def test_refused_update_stays_refused_though_the_status_is_the_same_now() -> None:
    found = record_of(
        session("s1", a_test("t"), state="refused"), cycle=cycle(run(1, ShownRun("PASSED")))
    )

    assert (found.is_passed, the_case(found).in_jama) == (False, "refused, shows PASSED")


def test_run_that_could_not_be_read_back_is_passed_when_it_shows_what_was_sent() -> None:
    was_unread = session("s1", a_test("t"), state="not read back")

    assert record_of(was_unread, cycle=cycle(run(1, AS_SENT))).is_passed


def test_run_that_no_journal_has_is_planned_and_not_executed() -> None:
    found = record_of(PASSED, cycle=cycle(run(1, AS_SENT), run(2)))

    case = the_case(found, "J-TC-2")
    assert (case.execution, case.status, case.name) == (
        *(Execution.NONE, CaseStatus.NOT_RUN, "Name of J-TC-2"),
    )
    assert kinds(found) == ["Not executed"]


@every(
    "status, kind",
    [
        ("PASSED", "Result from elsewhere"),
        ("BLOCKED", "Result from elsewhere"),
        ("FAILED", "Failed"),
    ],
)
def test_result_of_a_person_counts_as_jama_shows_it_and_is_open(status: str, kind: str) -> None:
    by_hand = ShownRun(status, "executed by hand, last changed by Ann")
    found = record_of(PASSED, cycle=cycle(run(1, AS_SENT), run(2, by_hand)))

    case = the_case(found, "J-TC-2")
    assert (case.execution, case.status.name) == (Execution.ELSEWHERE, status)
    assert (kinds(found), found.is_passed) == ([kind], False)
    assert "executed by hand, last changed by Ann" in found.deviations[0].what


def test_the_worst_of_several_runs_of_a_case_counts() -> None:
    runs = [run(2, ShownRun("PASSED"))._replace(run_id=20), run(2)]
    found = record_of(PASSED, cycle=cycle(run(1, AS_SENT), *runs))

    case = the_case(found, "J-TC-2")
    assert (case.status, len(case.runs)) == (CaseStatus.NOT_RUN, 2)


def test_second_run_of_a_case_to_which_nothing_was_sent_is_not_passed_over() -> None:
    second = run(1)._replace(run_id=9)
    found = record_of(PASSED, cycle=cycle(run(1, AS_SENT), second))

    assert (found.is_passed, kinds(found)) == (False, ["Jama shows otherwise"])


def test_case_that_was_skipped_here_and_executed_by_hand_is_one_case() -> None:
    skipped = a_test("t2", Outcome.SKIPPED, cases="J-TC-2", message="by hand")
    journal = source(
        *results(a_test("t"), skipped),
        place(),
        update("J-TC-1", key="1"),
        receipt("J-TC-1", key="1"),
        FINISHED,
    )
    by_hand = ShownRun("PASSED", "executed by hand")
    found = record_of(journal, cycle=cycle(run(1, AS_SENT), run(2, by_hand)))

    assert len(found.cases) == 2
    assert the_case(found, "J-TC-2").execution is Execution.ELSEWHERE


def test_the_sums_of_the_page_add_up() -> None:
    runs = [run(1, AS_SENT), run(2), run(3, ShownRun("FAILED")), run(4, ShownRun("PASSED"))]
    found = record_of(PASSED, cycle=cycle(*runs))

    parts = [len(found.executed(how)) for how in Execution]
    assert parts == [1, 0, 2, 1]
    assert sum(parts) == len(found.planned) == sum(found.counts.values()) == 4
    page = page_of(found)
    assert 'Result from elsewhere<td class="r">2' in page
    assert "4 test runs, read 2026-11-22 05:00:00 UTC" in page


def test_the_newest_session_counts_for_each_case() -> None:
    early = session("s1", a_test("t", Outcome.FAILED), a_test("u", cases="J-TC-2"), order=1)
    late = session("s2", a_test("t"), order=2)
    both = cycle(run(1, AS_SENT), run(2, AS_SENT))

    for order in ((early, late), (late, early)):
        found = record_of(*order, cycle=both)
        assert [case.status for case in found.cases] == [CaseStatus.PASSED] * 2
        assert kinds(found) == ["Another session"]
        assert "Session s1 concluded" in found.deviations[0].what
        assert found.deviations[0].what.endswith(": t (failed).")
        assert found.is_passed


@pytest.mark.parametrize("name", ["GID-77", "501"])
def test_the_newest_session_counts_also_when_it_names_the_case_otherwise(name: str) -> None:
    early = source(
        *results(a_test("t", Outcome.FAILED, cases=name)),
        place(),
        update(name, "FAILED", key="1"),
        receipt(name, key="1", status="FAILED"),
        FINISHED,
        order=1,
        started="2026-11-22T01:30:16+00:00",
    )
    late = session("s2", a_test("t"), order=2)
    shown = cycle(run(1, AS_SENT))
    shown = shown._replace(case_ids={**shown.case_ids, "GID-77": 501})

    found = record_of(early, late, cycle=shown)
    assert [(case.key, case.status) for case in found.cases] == [("J-TC-1", CaseStatus.PASSED)]
    assert found.is_passed, found.deviations


def test_what_only_jama_has_a_result_of_is_a_warning() -> None:
    by_hand = ShownRun("PASSED", "executed by hand")
    found = record_of(PASSED, cycle=cycle(run(1, AS_SENT), run(2, by_hand), missing=1))

    assert kinds(found) == ["Cycle was not read as a whole", "Result from elsewhere"]
    assert all(each.is_open and each.is_warning for each in found.deviations)


def test_session_that_only_knew_the_tests_of_a_case_replaces_nothing() -> None:
    early = session("s1", a_test("t", Outcome.FAILED), order=1)
    left = collected(a_test("t", Outcome.DESELECTED))
    late = source(
        left, *results(a_test("u", cases="J-TC-2")), place(), FINISHED, session="s2", order=2
    )
    found = record_of(early, late, cycle=cycle(run(1, ShownRun("FAILED", differs=()))))

    assert the_case(found).status is CaseStatus.FAILED


def test_ci_system_does_not_count_a_result_of_a_person_as_passed() -> None:
    by_hand = run(2, ShownRun("PASSED", "executed by hand"))
    file = io.BytesIO()
    write_junit(record_of(PASSED, cycle=cycle(run(1, AS_SENT), by_hand)), file)

    document = etree.fromstring(file.getvalue())
    skipped = document.xpath("//testcase[skipped]/@name")
    assert skipped == ["J-TC-2 Name of J-TC-2"]


def test_names_of_the_server_stay_texts() -> None:
    evil = "</script><script>alert(1)</script><img src=x onerror=alert(1)>\u202e"
    theirs = run(2, ShownRun("PASSED", evil))._replace(case_key=evil, name=evil, run_key=evil)
    page = page_of(record_of(PASSED, cycle=cycle(run(1, AS_SENT), theirs)))

    assert page.count("<script") == 1
    assert "<img" not in page
    assert "\u202e" not in page


@pytest.mark.parametrize("was, stands", [("PASSED", True), ("FAILED", False)])
def test_run_that_a_part_left_alone_is_what_was_sent_unless_it_shows_something_else(
    was: str, *, stands: bool
) -> None:
    left = {"key": "1", "case": "J-TC-1", "title": "T", "was": was, "will_be": "INPROGRESS"}
    part = source(
        *(place(left=[{**left, "why": "w", "reasons": []}]), FINISHED),
        session="s2",
        started="2026-11-22T09:30:16+00:00",
    )

    assert the_case(record_of(PASSED, part)).runs[0].is_as_recorded is stands


def test_runs_whose_case_is_not_told_are_of_no_other_case() -> None:
    nameless = [run(number)._replace(case_id=0, case_key="0") for number in (8, 9)]
    unknown = source(*results(a_test("t", Outcome.SKIPPED)), place(), FINISHED)
    found = record_of(unknown, cycle=cycle(*nameless, case_ids={}))

    assert [case.key for case in found.cases] == ["J-TC-1", "J-TSTRN-8", "J-TSTRN-9"]
