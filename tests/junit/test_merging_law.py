"""A law: reports are merged as journals are, whatever their order and whoever holds a testcase."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from junit_uploader.command import write_results
from junit_uploader.merged_reports import link_tests, read_reports
from pytest_jama.core.verdicts import VerdictRules, judge
from pytest_jama.journal import lines
from pytest_jama.journal.record import by_session
from pytest_jama.journal.rejudge import judge_recordings
from tests.journal.record import record
from tests.junit.reports import suite

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

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


def read_linked(*reports: str) -> LinkedTests:
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder, f"{number}.xml") for number in range(len(reports))]
        for path, report in zip(paths, reports, strict=True):
            path.write_text(report)
        found = read_reports(map(str, paths))
    return link_tests(found.groups(), find_links=lambda *_: (), find_within=lambda _: ())


def judge_reports(*reports: str) -> Judgement:
    return judge(read_linked(*reports).judged(RULES), rules=RULES)


def reports_of(drawn: Sequence[Case]) -> list[str]:
    numbers = dict.fromkeys(case.report for case in drawn)
    return [
        suite(*(case.as_xml() for case in drawn if case.report == number)) for number in numbers
    ]


class Lines(list["JournalLine"]):
    def write(self, *several: JournalLine) -> None:
        self.extend(several)


def judge_journals(reports: Sequence[str]) -> Judgement:
    recordings = []
    for number, report in enumerate(reports):
        written = Lines()
        write_results(written, read_linked(report).results)  # type: ignore[arg-type]
        recordings.append(record(*written, session=f"s{number}"))
    return judge_recordings(by_session(recordings), rules=RULES, adjust=lambda case: case)


def bare(judgement: Judgement) -> dict[str, object]:
    return {
        str(case.case_ref): (
            case.verdict,
            [(step.number, step.verdict) for step in case.steps],
        )
        for case in judgement.cases
    }


@settings(deadline=None, max_examples=150)
@given(st.lists(cases, min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_reports_in_any_order_and_cut_in_any_way_lead_to_the_same(
    drawn: list[Case], chance: random.Random
) -> None:
    whole = bare(judge_reports(suite(*(case.as_xml() for case in drawn))))
    chance.shuffle(drawn)
    parts = reports_of(drawn)
    assert bare(judge_reports(*parts)) == whole
    assert bare(judge_journals(parts)) == whole


@settings(deadline=None, max_examples=50)
@given(st.lists(cases, min_size=1, max_size=6))
def test_journal_of_reports_says_what_they_say(drawn: list[Case]) -> None:
    reports = reports_of(drawn)
    recording = record(*map(lines.result_line, read_linked(*reports).results))
    again = judge_recordings([recording], rules=RULES, adjust=lambda case: case)
    assert bare(again) == bare(judge_reports(*reports))


def test_first_report_does_not_decide_what_is_said_of_a_step() -> None:
    passed, failed = (
        suite(Case("x", "", "A-1", [(1, status)], 0).as_xml()) for status in ("passed", "failed")
    )
    for reports in (passed, failed), (failed, passed):
        (case,) = judge_reports(*reports).cases
        assert [step.verdict.value for step in case.steps] == ["FAILED"]
        assert case.verdict is not None
        assert case.verdict.value == "FAILED"
