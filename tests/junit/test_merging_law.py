"""A law: reports are merged as journals are, whatever their order and that of the sessions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from junit_uploader.command import write_results
from junit_uploader.merged_reports import link_tests, read_reports
from pytest_jama.core.verdicts import Verdict, VerdictRules, judge
from pytest_jama.journal.record import by_session
from pytest_jama.journal.rejudge import judge_recordings
from tests.journal.record import record
from tests.junit.reports import suite

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator, Sequence

    from junit_uploader.merged_reports import LinkedTests
    from pytest_jama.core.verdicts import Judgement
    from pytest_jama.journal.lines import JournalLine

RULES = VerdictRules()
INSIDES = [
    "",
    '<failure message="a"/>',
    '<failure message="b"/>',
    '<error message="c"/>',
    "<skipped/>",
    '<skipped type="pytest.xfail"/>',
]


class Case(NamedTuple):
    """A testcase, and the report that holds it."""

    name: str
    inside: str
    refs: str
    steps: Sequence[tuple[int, str]]
    report: int

    def as_xml(self) -> str:
        items = [("jama", self.refs)] if self.refs else []
        for number, status in self.steps:
            items += [("jama_step", str(number)), ("jama_step_status", status)]
        block = "".join(f'<property name="{name}" value="{value}"/>' for name, value in items)
        return (
            f'<testcase classname="c" name="{self.name}"><properties>{block}</properties>'
            f"{self.inside}</testcase>"
        )


cases = st.builds(
    Case,
    st.sampled_from(["x", "y"]),
    st.sampled_from(INSIDES),
    st.sampled_from(["A-1", "A-2", "A-1, A-2", "A-1#2", ""]),
    st.lists(st.tuples(st.integers(1, 2), st.sampled_from(["passed", "failed"])), max_size=2),
    st.integers(0, 2),
)
linked_cases = cases.filter(lambda case: case.refs != "")


@pytest.fixture(autouse=True, scope="module")
def _folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Write reports over each other: to remove a folder for each takes longer than to read them."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.chdir(tmp_path_factory.mktemp("reports"))
        yield


def read_linked(*reports: str) -> LinkedTests:
    paths = [Path(f"{number}.xml") for number in range(len(reports))]
    for path, report in zip(paths, reports, strict=True):
        path.write_text(report)
    found = read_reports(map(str, paths))
    return link_tests(found.groups(), find_links=lambda *_: (), find_within=lambda _: ())


def judge_reports(*reports: str) -> Judgement:
    linked = read_linked(*reports)
    return judge(linked.judged(linked.counting(RULES), rules=RULES), rules=RULES)


def reports_of(drawn: Sequence[Case]) -> list[str]:
    numbers = dict.fromkeys(case.report for case in drawn)
    return [
        suite(*(case.as_xml() for case in drawn if case.report == number)) for number in numbers
    ]


class Lines(list["JournalLine"]):
    def write(self, *several: JournalLine) -> None:
        self.extend(several)

    def write_encoded(self, *several: str) -> None:
        self.extend(map(json.loads, several))


def judge_journals(*sessions: Sequence[str]) -> Judgement:
    """Judge as one what several sessions of some reports each have written."""
    recordings = []
    for number, reports in enumerate(sessions):
        written = Lines()
        write_results(written, read_linked(*reports).counting(RULES))  # type: ignore[arg-type]
        recordings.append(record(*written, session=f"s{number}"))
    return judge_recordings(by_session(recordings), rules=RULES, adjust=lambda case: case)


def bare(judgement: Judgement) -> dict[str, tuple[Verdict | None, Sequence[tuple[int, Verdict]]]]:
    return {
        str(case.case_ref): (
            case.verdict,
            [(step.number, step.verdict) for step in case.steps],
        )
        for case in judgement.cases
    }


@given(st.lists(cases, min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_reports_in_any_order_lead_to_the_same_and_so_do_their_journals(
    drawn: list[Case], chance: random.Random
) -> None:
    reports = reports_of(drawn)
    whole = bare(judge_reports(*reports))
    assert bare(judge_journals(reports)) == whole
    chance.shuffle(reports)
    assert bare(judge_reports(*reports)) == whole
    assert bare(judge_journals(*([report] for report in reports))) == whole


@given(st.lists(linked_cases, min_size=1, max_size=6), st.integers(0, 2))
def test_sessions_of_any_reports_lead_to_the_same(drawn: list[Case], cut: int) -> None:
    reports = reports_of(drawn)
    sessions = [some for some in (reports[:cut], reports[cut:]) if some]
    assert bare(judge_journals(*sessions)) == bare(judge_reports(*reports))


@given(st.lists(linked_cases, min_size=1, max_size=6), linked_cases)
def test_testcase_that_did_not_run_makes_no_case_passed(drawn: list[Case], added: Case) -> None:
    silent = added._replace(inside="<skipped/>", steps=())
    before, after = (bare(judge_reports(*reports_of(each))) for each in (drawn, [*drawn, silent]))
    assert all(before[ref] == said for ref, said in after.items() if said[0] is Verdict.PASSED)


@pytest.mark.parametrize("where", ["one report", "two reports"])
def test_skip_gives_way_to_another_report_alone(where: str) -> None:
    passed, skipped = Case("x", "", "A-1", (), 0), Case("x", "<skipped/>", "A-1", (), 0)
    together = where == "one report"
    reports = reports_of([passed, skipped if together else skipped._replace(report=1)])
    expected = Verdict.INPROGRESS if together else Verdict.PASSED
    for judged in judge_reports(*reports), judge_journals(reports):
        assert [case.verdict for case in judged.cases] == [expected]
        notes = {note for result in judged.cases[0].results for note in result.notes}
        counts = "2 testcases of this name in the reports: 1 passed, 1 skipped; "
        gone = "1 skipped in one report gave way to the result of another"
        assert notes == {counts + ("each counts" if together else gone)}


def test_testcases_of_another_case_are_not_counted() -> None:
    (result, other) = read_linked(
        *reports_of([Case("x", INSIDES[1], "A-1", (), 0), Case("x", "", "A-2", (), 1)])
    ).counting(RULES)
    assert result.notes == other.notes == ()


def test_first_report_does_not_decide_what_is_said_of_a_step() -> None:
    passed, failed = (
        suite(Case("x", "", "A-1", [(1, status)], 0).as_xml()) for status in ("passed", "failed")
    )
    for reports in (passed, failed), (failed, passed):
        (case,) = judge_reports(*reports).cases
        assert [step.verdict.value for step in case.steps] == ["FAILED"]
        assert case.verdict is not None
        assert case.verdict.value == "FAILED"
