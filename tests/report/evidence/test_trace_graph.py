"""Which rank requirements get, and which cases are theirs."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pytest_jama.core.results import Outcome
from pytest_jama.report.evidence.trace_record import Rank
from tests.every import every
from tests.journal.record import a_test
from tests.report.evidence.records import record, results, sent, update
from tests.report.evidence.traces import project, ranks, the_requirement, traced

if TYPE_CHECKING:
    from pytest_jama.report.evidence.evidence_record import EvidenceRecord

PASSED, FAILED, SKIPPED = Outcome.PASSED, Outcome.FAILED, Outcome.SKIPPED


def of(*outcomes: Outcome | None, first: int = 11) -> EvidenceRecord:
    """Return the record of one test for each case, from `J-TC-11` on."""
    named = [(f"J-TC-{n}", each) for n, each in enumerate(outcomes, start=first) if each]
    tests = [a_test(f"test of {case}", outcome, cases=case) for case, outcome in named]
    return record(*results(*tests), *sent(*(case for case, _ in named)))


def blocked() -> EvidenceRecord:
    upload = sent("J-TC-11")
    upload[1] = update("J-TC-11", "BLOCKED")
    return record(*results(a_test("t", cases="J-TC-11")), *upload)


def not_run() -> EvidenceRecord:
    return record(*results(a_test("t", SKIPPED, cases="J-TC-11")), *sent())


def part_ran() -> EvidenceRecord:
    tests = [a_test("t", cases="J-TC-11"), a_test("u", SKIPPED, cases="J-TC-11")]
    return record(*results(*tests), *sent("J-TC-11"))


@every(
    "rank, found, links, shows",
    [
        ("No case", of(PASSED), [], "PASSED"),
        ("No test", of(), [(1, 11)], "PASSED"),
        ("Not run", not_run(), [(1, 11)], "PASSED"),
        ("Failed", of(FAILED), [(1, 11)], "PASSED"),
        ("Blocked", blocked(), [(1, 11)], "PASSED"),
        ("Incomplete", part_ran(), [(1, 11)], "PASSED"),
        ("Open", of(PASSED), [(1, 11)], "FAILED"),
        ("Suspect", of(PASSED), [(1, 11, True)], "PASSED"),
        ("Shown", of(PASSED), [(1, 11)], "PASSED"),
    ],
)
def test_each_rank_has_its_row(
    rank: str, found: EvidenceRecord, links: list[Any], shows: str
) -> None:
    known = project(*links, requirements=(1,), cases=(11,), shows={11: shows})
    trace = traced(found, known)
    assert ranks(trace) == {"1": rank}
    assert trace.is_complete is (rank == "Shown")
    assert trace.counts[Rank(rank)] == sum(trace.counts.values()) == 1


def test_gaps_come_first_and_then_the_keys_in_order() -> None:
    links = [(n, 11) for n in (10, 9)], [(8, 12)], [(7, 13)]
    known = project(
        *(each for some in links for each in some), requirements=range(6, 11), cases=range(11, 14)
    )
    found = ranks(traced(of(PASSED, FAILED), known))
    assert list(found.items()) == [
        *(("6", "No case"), ("7", "No test"), ("8", "Failed")),
        *(("9", "Shown"), ("10", "Shown")),
    ]


def test_risk_controls_come_first_within_a_rank() -> None:
    known = project((1, 11), (2, 12), requirements=(1, 2, 3, 4), cases=(11, 12))
    risky = tuple(
        replace(item, type_id=40) if item.id in (2, 4) else item for item in known.requirements
    )
    types = {**known.types, 40: "Risk Control"}
    known = replace(known, requirements=risky, types=types)
    assert list(ranks(traced(of(PASSED, PASSED), known))) == ["4", "3", "2", "1"]


@every(
    "outcomes, rank",
    [
        ((PASSED, None), "No test"),
        ((FAILED, None), "Failed"),
        ((SKIPPED, PASSED), "Not run"),
        ((PASSED, PASSED), "Shown"),
    ],
)
def test_the_worst_of_several_cases_decides(outcomes: tuple[Any, ...], rank: str) -> None:
    known = project((1, 11), (1, 12), requirements=(1,), cases=(11, 12))
    assert ranks(traced(of(*outcomes), known)) == {"1": rank}


def test_no_test_run_in_the_cycle_leaves_it_open() -> None:
    known = project((1, 11), requirements=(1,), cases=(11,), shows={})
    found = the_requirement(traced(of(PASSED), known))
    assert (found.rank, found.why) == (
        Rank.OPEN,
        "J-TC-11: passed here, and the cycle has no test run of it",
    )


def test_one_of_several_runs_that_shows_otherwise_leaves_it_open() -> None:
    known = project((1, 11), requirements=(1,), cases=(11,))
    (run,) = known.runs
    other = type(run)(1, 11, "again", "BLOCKED")
    assert ranks(traced(of(PASSED), replace(known, runs=(run, other)))) == {"1": "Open"}


def test_a_stale_case_is_open_however_it_passed() -> None:
    upload = sent("J-TC-11")
    upload[1] = update("J-TC-11", version=1, current_version=2)
    found = record(*results(a_test("t", cases="J-TC-11")), *upload)
    trace = traced(found, project((1, 11), requirements=(1,), cases=(11,)))
    assert the_requirement(trace).why == "J-TC-11: to be decided: Stale case version"


def test_cases_of_requirements_downstream_count_too() -> None:
    known = project((1, 2), (2, 3), (3, 11), (1, 12), requirements=(1, 2, 3), cases=(11, 12))
    trace = traced(of(FAILED, PASSED), known)
    assert ranks(trace) == {"1": "Failed", "2": "Failed", "3": "Failed"}
    paths = [(path.case.key, path.via) for path in the_requirement(trace).paths]
    assert paths == [("J-TC-12", ""), ("J-TC-11", "J-REQ-3")]


def test_items_of_other_types_lead_on_and_are_no_requirements() -> None:
    known = project((1, 5), (5, 11), (1, 6), requirements=(1,), designs=(5, 6), cases=(11,))
    assert ranks(traced(of(PASSED), known)) == {"1": "Shown"}


def test_what_has_a_part_without_a_case_is_not_shown() -> None:
    known = project((1, 2), (1, 3), (2, 11), requirements=(1, 2, 3), cases=(11,))
    trace = traced(of(PASSED), known)
    assert ranks(trace) == {"3": "No case", "1": "Incomplete", "2": "Shown"}
    assert the_requirement(trace).why == "no case: J-REQ-3"


def test_relationships_in_a_circle_end() -> None:
    known = project(
        *((1, 2), (2, 3), (3, 1), (2, 2), (3, 11), (4, 5), (5, 4)),
        requirements=range(1, 6),
        cases=(11,),
    )
    found = ranks(traced(of(PASSED), known))
    assert found == {**dict.fromkeys("45", "No case"), **dict.fromkeys("123", "Shown")}


def test_a_suspect_link_counts_on_the_way_to_a_case_alone() -> None:
    known = project(
        *((1, 2, True), (2, 11), (3, 11), (3, 5, True)),
        requirements=(1, 2, 3),
        designs=(5,),
        cases=(11,),
    )
    trace = traced(of(PASSED), known)
    assert ranks(trace) == {"1": "Suspect", "2": "Shown", "3": "Shown"}
    assert the_requirement(trace).why == "suspect: J-REQ-1 to J-REQ-2"


def test_a_link_the_wrong_way_round_counts_for_nothing_and_is_told() -> None:
    trace = traced(of(PASSED), project((11, 1), requirements=(1,), cases=(11,)))
    assert ranks(trace) == {"1": "No case"}
    assert trace.upward == 1
    assert any("the wrong way round" in note for note in trace.notes)


def test_an_end_that_nobody_knows_is_counted_and_told() -> None:
    known = project((1, 99), (1, 0), (98, 11), (11, 97), requirements=(1,), cases=(11,))
    trace = traced(of(PASSED), known)
    assert (ranks(trace), trace.unknown_ends) == ({"1": "No case"}, 2)
    assert any("to something else: 2 (" in note for note in trace.notes)


def test_a_case_of_another_project_is_known_by_its_test_run() -> None:
    known = project((1, 99), requirements=(1,), shows={99: "PASSED"})
    upload = sent("K-TC-7")
    upload[1] = update("K-TC-7", key="1099")
    upload[2] = {**upload[2], "key": "1099"}
    trace = traced(record(*results(a_test("t", cases="K-TC-7")), *upload), known)
    assert (ranks(trace), trace.unknown_ends) == ({"1": "Shown"}, 0)
    assert [case.key for case in trace.cases] == ["K-TC-7"]


@every("name", ["J-TC-11", "GID-11", "11"])
def test_a_case_is_known_by_each_of_its_names(name: str) -> None:
    found = record(*results(a_test("t", cases=name)), *sent(name))
    trace = traced(found, project((1, 11), requirements=(1,), cases=(11,)))
    assert (ranks(trace), [case.key for case in trace.cases]) == ({"1": "Shown"}, ["J-TC-11"])


def test_a_case_that_is_named_in_two_ways_is_as_bad_as_the_worse() -> None:
    tests = [a_test("t", cases="J-TC-11"), a_test("u", FAILED, cases="GID-11")]
    trace = traced(
        record(*results(*tests), *sent("J-TC-11", "GID-11")),
        project((1, 11), requirements=(1,), cases=(11,)),
    )
    assert ranks(trace) == {"1": "Failed"}
    (case,) = trace.cases
    assert [test.test_id for test in case.tests] == ["u", "t"]


def test_both_directions_and_what_leads_nowhere() -> None:
    tests = [a_test("t", cases="J-TC-11"), a_test("loose", cases="")]
    tests.append(a_test("stray", cases="J-TC-77"))
    known = project((1, 11), requirements=(1,), cases=(11, 12))
    trace = traced(record(*results(*tests), *sent("J-TC-11", "J-TC-77")), known)
    assert {case.key: case.requirements for case in trace.cases} == {
        "J-TC-12": (),
        "J-TC-77": (),
        "J-TC-11": ("J-REQ-1",),
    }
    assert [test.test_id for test in trace.unlinked] == ["loose"]
    assert [each.why for each in trace.cases if each.key == "J-TC-77"] == ["no list of Jama has it"]


def test_three_thousand_relationships_take_well_under_a_second() -> None:
    chain = [(n, n + 1) for n in range(1, 1_000)]
    leaves = [(n, 10_000 + n) for n in range(1, 1_001)] * 2
    known = project(*chain[:30], *leaves, requirements=range(1, 1_001), cases=range(10_001, 11_001))
    begin = time.perf_counter()
    trace = traced(of(), known)
    assert time.perf_counter() - begin < 5
    assert len(trace.requirements) == 1_000
