"""The tests of a journal, linked anew by another map or to other cases."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from pytest_jama.core.case_map import CaseMap, MapEntry
from pytest_jama.core.cases import NO_CASE, CaseRef, parse_links
from pytest_jama.core.errors import Unusable, UnusableKind
from pytest_jama.core.known_tests import Coverage, KeyPlaces, find_gaps
from pytest_jama.core.results import Outcome, TestResult
from pytest_jama.core.verdicts import CaseVerdict, Verdict, VerdictRules
from pytest_jama.journal import lines
from pytest_jama.journal.rejudge import judge_recordings
from pytest_jama.journal.relink import Relinking, TodayMap
from pytest_jama.journal.relinked import relinked_lines
from tests.journal.record import a_test, collected, record

if TYPE_CHECKING:
    from pytest_jama.journal.lines import JournalLine
    from pytest_jama.journal.record import Recording

RULES = VerdictRules()


def a_map(**links: str) -> CaseMap:
    """Make a map; `none` takes tests out, and `__` stands for what names cannot hold."""
    entries = (
        MapEntry(key.replace("__", "::"), (NO_CASE,) if text == "none" else parse_links(text))
        for key, text in links.items()
    )
    return CaseMap.build(entries)[0]


def today(test_map: CaseMap) -> TodayMap:
    """Return what a session would take from a map."""
    return TodayMap(
        lambda result: test_map.find(result.test_id),
        KeyPlaces(test_map).find_links,
        lambda coverage: find_gaps(test_map, coverage),
        frozenset(key for key, _ in test_map.items()),
    )


EVERYTHING = Coverage(())


def session(
    *tests: TestResult,
    by: CaseMap | None,
    left_out: tuple[TestResult, ...] = (),
    looked_at: Coverage | None = EVERYTHING,
) -> list[JournalLine]:
    """Return the lines of a session that collected and ran these tests, and left others out."""
    known = [test._replace(outcome=Outcome.NOT_REACHED) for test in tests if test.links]
    return [
        *([json.loads(lines.map_line(by))] if by is not None else []),
        collected(*known),
        *map(lines.result_line, (test for test in tests if test.outcome.did_run)),
        lines.left_out_line(left_out),
        *([] if looked_at is None else [lines.coverage_line(looked_at)]),
    ]


def verdicts(recording: Recording) -> dict[str, Verdict | None]:
    judged = judge_recordings([recording], rules=RULES, adjust=lambda case: case)
    return {case.case_ref.text: case.verdict for case in judged.cases}


def relink(written: list[JournalLine], relinking: Relinking) -> Recording:
    """Link a journal anew; with the lines that tell of it, it reads the same."""
    recording = record(*written)
    after = relinking.relink(recording).recording
    told = list(relinked_lines(after))
    again = record(*written, UPLOAD, *told)
    for name in ("results", "repeated", "collected", "uncollected", "unmatched", "known"):
        assert getattr(again, name) == getattr(after, name), name
    assert verdicts(again) == verdicts(after)
    return after


UPLOAD = {"line": "upload", "sessions": ["s1"], "settings": {}}
PASSED, FAILED = Outcome.PASSED, Outcome.FAILED


def test_a_corrected_key_links_its_test() -> None:
    written = session(a_test("t::a", cases="J-TC-21"), by=a_map(t__a="J-TC-21"))
    after = relink(written, Relinking(today(a_map(t__a="J-TC-12"))))
    assert verdicts(after) == {"J-TC-12": Verdict.PASSED}


def test_what_a_test_named_itself_beats_the_map() -> None:
    written = session(
        a_test("t::a", cases="J-TC-1"), a_test("t::b", cases="J-TC-2"), by=a_map(t__b="J-TC-2")
    )
    after = relink(written, Relinking(today(a_map(t="J-TC-9"))))
    assert verdicts(after) == {"J-TC-1": Verdict.PASSED, "J-TC-9": Verdict.PASSED}


def test_a_test_that_the_map_named_and_names_no_more_is_unlinked() -> None:
    written = session(a_test("t::a", FAILED), a_test("t::b", cases="J-TC-2"), by=a_map(t="J-TC-1"))
    after = relink(written, Relinking(today(a_map(t__b="J-TC-2"))))
    assert verdicts(after) == {"J-TC-2": Verdict.PASSED}


@pytest.mark.parametrize(
    "left_out,verdict",
    [((), Verdict.PASSED), ((TestResult("t::b", Outcome.DESELECTED),), Verdict.INPROGRESS)],
    ids=["nothing", "one"],
)
def test_tests_that_were_left_out_unlinked_make_their_new_case_incomplete(
    left_out: tuple[TestResult, ...], verdict: Verdict
) -> None:
    written = session(a_test("t::a", cases=""), by=a_map(), left_out=left_out)
    after = relink(written, Relinking(today(a_map(t="J-TC-1"))))
    assert verdicts(after) == {"J-TC-1": verdict}


@pytest.mark.parametrize("key,verdict", [("t", Verdict.INPROGRESS), ("t__a", Verdict.PASSED)])
def test_a_journal_that_broke_off_may_hide_tests_of_a_wide_key(key: str, verdict: Verdict) -> None:
    written = session(a_test("t::a", cases=""), by=a_map())[:-1]
    after = relink(written, Relinking(today(a_map(**{key: "J-TC-1"}))))
    assert verdicts(after) == {"J-TC-1": verdict}


def test_a_file_that_was_not_collected_makes_wider_keys_incomplete() -> None:
    looked_at = Coverage((), missed=["t/slow.py"])
    written = session(a_test("t/fast.py::a"), by=a_map(t="J-TC-1"), looked_at=looked_at)
    after = relink(written, Relinking(today(a_map(t="J-TC-5"))))
    assert verdicts(after) == {"J-TC-5": Verdict.INPROGRESS}


def test_a_key_that_matched_nothing_is_not_missed_once_it_is_corrected() -> None:
    dead = TestResult("t::slip", Outcome.NOT_COLLECTED, links=parse_links("J-TC-2"))
    written = session(a_test("t::a"), by=a_map(t="J-TC-1", t__slip="J-TC-2"))
    written.insert(1, lines.collected_line([dead]))
    after = relink(written, Relinking(today(a_map(t__a="J-TC-2"))))
    assert verdicts(after) == {"J-TC-2": Verdict.PASSED}


def test_uncollected_files_get_the_cases_of_today() -> None:
    gone = lines.uncollected_line(TestResult.of_uncollected("t/b.py", parse_links("J-TC-1")))
    written = [gone, *session(a_test("t/a.py::a"), by=a_map(t="J-TC-1"))]
    after = relink(written, Relinking(today(a_map(t="J-TC-7"))))
    assert after.uncollected["t/b.py"].links == parse_links("J-TC-7")


def test_without_a_recorded_map_links_stay_and_only_unlinked_tests_get_new_ones() -> None:
    written = session(a_test("t::a"), a_test("t::b", cases=""), by=None)
    after = relink(written, Relinking(today(a_map(t="J-TC-5"))))
    assert verdicts(after) == {"J-TC-1": Verdict.PASSED, "J-TC-5": Verdict.PASSED}


def test_what_a_test_named_itself_stays_where_the_old_map_named_the_same() -> None:
    same = [a_test("t::a", FAILED, names_cases=True), a_test("t::b")]
    skipped = a_test("t::c", Outcome.DESELECTED, names_cases=True)
    written = session(*same, skipped, by=a_map(t="J-TC-1"))
    after = relink(written, Relinking(today(a_map(t="J-TC-3"))))
    assert verdicts(after) == {"J-TC-1": Verdict.FAILED, "J-TC-3": Verdict.PASSED}
    assert after.collected["t::c"].links == parse_links("J-TC-1")


def test_tests_that_their_names_linked_are_linked_by_the_names_of_today() -> None:
    names = "(?P<case>J-TC-[0-9]+)"
    recording = record(*session(a_test("t::a[J-TC-1]"), by=a_map()), settings={"names": names})
    after = Relinking(today(a_map(t="J-TC-2"))).relink(recording).recording
    assert verdicts(after) == {"J-TC-2": Verdict.PASSED}


def test_a_test_is_taken_out_and_put_in_again() -> None:
    written = session(
        a_test("t::a"),
        a_test("t::b", cases="", is_taken_out=True),
        by=a_map(t="J-TC-1", t__b="none"),
    )
    after = relink(written, Relinking(today(a_map(t="J-TC-1", t__a="none"))))
    assert after.results["t::a"].is_taken_out
    assert verdicts(after) == {"J-TC-1": Verdict.PASSED}


def test_one_case_takes_the_place_of_another_whoever_named_it() -> None:
    written = session(
        a_test("t::a", cases="J-TC-1#2"), a_test("t::b", FAILED, cases="J-TC-3"), by=a_map()
    )
    renamed = {CaseRef.parse("J-TC-1"): CaseRef.parse("J-TC-3")}
    after = relink(written, Relinking(renamed=renamed))
    assert after.results["t::a"].links == parse_links("J-TC-3#2")
    assert verdicts(after) == {"J-TC-3": Verdict.FAILED}


def test_a_reference_that_could_not_be_read_is_mended_by_the_map() -> None:
    slip = Unusable(UnusableKind.REFERENCE, "t::a", "property jama: 'J TC 1'")
    other = Unusable(UnusableKind.REFERENCE, "t::b", "property jama: 'J TC 2'")
    written = [
        *map(lines.unusable_line, (slip, other)),
        *session(a_test("t::a", cases=""), by=a_map()),
    ]
    after = relink(written, Relinking(today(a_map(t__a="J-TC-1"))))
    assert list(after.unusable) == [other]


def adjusted(case: str) -> JournalLine:
    judged = CaseVerdict(CaseRef.parse(case), Verdict.PASSED)
    return lines.verdict_line(CaseVerdict(judged.case_ref, Verdict.BLOCKED, judged=judged))


def test_what_a_hook_said_stands_where_the_tests_are_the_same() -> None:
    written = session(
        a_test("t::a"), a_test("t::b", cases="J-TC-2"), by=a_map(t__a="J-TC-1", t__b="J-TC-2")
    )
    written += [adjusted("J-TC-1"), adjusted("J-TC-2")]
    after = relink(written, Relinking(today(a_map(t__a="J-TC-1", t__b="J-TC-3"))))
    assert verdicts(after) == {"J-TC-1": Verdict.BLOCKED, "J-TC-3": Verdict.PASSED}


def test_what_a_hook_said_goes_with_a_case_that_is_renamed_and_not_with_two_that_become_one() -> (
    None
):
    written = session(a_test("t::a"), a_test("t::b", cases="J-TC-2"), by=a_map())
    written += [adjusted("J-TC-1"), adjusted("J-TC-2")]
    one, two, three = map(CaseRef.parse, ("J-TC-1", "J-TC-2", "J-TC-3"))
    assert verdicts(relink(written, Relinking(renamed={one: three}))) == {
        "J-TC-3": Verdict.BLOCKED,
        "J-TC-2": Verdict.BLOCKED,
    }
    assert verdicts(relink(written, Relinking(renamed={one: two}))) == {"J-TC-2": Verdict.PASSED}


def test_linking_anew_by_the_same_map_changes_nothing() -> None:
    same = a_map(t="J-TC-1", u="J-TC-2")
    written = session(
        a_test("t::a"),
        a_test("t::b", Outcome.NOT_REACHED),
        a_test("u::c", FAILED, cases="J-TC-2"),
        by=same,
    )
    before = record(*written)
    after = relink(written, Relinking(today(same)))
    assert verdicts(after) == verdicts(before)
    assert after.results == before.results


@pytest.mark.parametrize("key,verdict", [("t", Verdict.INPROGRESS), ("t__a", Verdict.PASSED)])
def test_where_no_one_knows_what_was_looked_at_only_tests_named_one_by_one_are_complete(
    key: str, verdict: Verdict
) -> None:
    written = session(a_test("t::a"), by=a_map(t="J-TC-1"), looked_at=None)
    after = relink(written, Relinking(today(a_map(**{key: "J-TC-1"}))))
    assert verdicts(after) == {"J-TC-1": verdict}


def test_several_changes_one_after_the_other_are_one() -> None:
    written = session(a_test("t::a"), a_test("t::b", FAILED, cases="J-TC-2"), by=a_map())
    one, two, three = map(CaseRef.parse, ("J-TC-1", "J-TC-2", "J-TC-3"))
    written += [adjusted("J-TC-2")]
    first = Relinking(renamed={two: one}).relink(record(*written)).recording
    second = Relinking(renamed={one: three}).relink(first).recording
    assert verdicts(second) == {"J-TC-3": Verdict.FAILED}
    assert verdicts(record(*written, UPLOAD, *relinked_lines(second))) == verdicts(second)
    by_map = Relinking(today(a_map(t__a="J-TC-1"))).relink(second).recording
    assert verdicts(by_map) == {"J-TC-1": Verdict.PASSED, "J-TC-2": Verdict.BLOCKED}
