"""The table of dialects: each record has a report, and a new record is all that a dialect takes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from junit_uploader.junit.dialects import DIALECTS, Dialect, Dialects, SuiteCounts
from junit_uploader.junit.elements import Subject
from junit_uploader.junit.reported_test import ReadOptions
from junit_uploader.merged_reports import read_reports
from tests.every import every
from tests.junit.reports import make_case, notes, read, read_one, suite

if TYPE_CHECKING:
    from collections.abc import Sequence

REPORTS = Path(__file__).with_name("dialects")


def shown(report: Path, dialects: Sequence[Dialect]) -> list[str]:
    """Return what a report is read as: its tests, and its notes."""
    reports = read_reports([str(report)], ReadOptions(dialects=Dialects(dialects)))
    lines = []
    for test in reports.tests.values():
        lines.append(f"{test.outcome.value} {test.test_id} {test.time_s}")
        if test.subject is not Subject.TEST:
            lines.append(f"  {test.subject.value}")
        lines += [f"  {line}" for line in test.as_result().message.splitlines()]
    return [*lines, *(f"note: {note}" for note in notes(reports.files[0]))]


def report_of(dialect: Dialect) -> Path:
    return REPORTS / f"{dialect.name.lower().replace(' ', '-')}.xml"


@every("dialect", DIALECTS)
def test_report_of_each_dialect_is_read_as_the_text_beside_it_says(dialect: Dialect) -> None:
    report = report_of(dialect)
    expected = report.with_suffix(".txt").read_text(encoding="utf-8").split("\n")
    assert [*shown(report, DIALECTS), ""] == expected


@every("dialect", DIALECTS)
def test_report_of_each_dialect_is_read_wrongly_without_its_record(dialect: Dialect) -> None:
    others = [each for each in DIALECTS if each is not dialect]
    report = report_of(dialect)
    assert shown(report, others) != shown(report, DIALECTS)


NEW = Dialect(
    name="new",
    class_attribute="module",
    time_attribute="took",
    only_classname="all",
    attribute_order=("name", "classname"),
    not_run={"state": frozenset({"shelved"})},
    expected_failures=frozenset({"new.known"}),
    skip_types=frozenset({"new.known"}),
    uncollected_file="cannot load",
    skipped_file="left out",
    phase="in (?P<phase>setup|teardown): (?P<why>.*)",
    crash="lost",
    escape="<ESC>",
    character="<NUL>",
    counts=SuiteCounts(is_ours=lambda find, _: find("by") == "new", totals=()),
)


def with_new(*, is_known: bool) -> ReadOptions:
    return ReadOptions(dialects=Dialects((*DIALECTS, NEW) if is_known else DIALECTS))


@every(
    "attributes, inside, expected",
    [
        ('name="n" module="m"', "", "m.n passed None "),
        ('classname="c" name="n" took="2"', "", "c.n passed 2.0 "),
        ('name="n" classname="all"', "", "unit.n passed None "),
        ('classname="c" name="n" state="Shelved"', "", "c.n skipped None "),
        ('classname="c" name="n"', '<skipped type="new.known"/>', "c.n xfailed None "),
        (
            'classname="c" name="n"',
            '<error message="in setup: x"/>',
            "c.n error None setup failed: x",
        ),
        (
            'classname="c" name="n"',
            '<error message="in setup: lost a"/>',
            "c.n error None worker crashed: lost a",
        ),
        (
            'classname="c" name="n"',
            '<failure message="&lt;ESC>[1m&lt;NUL>"/>',
            "c.n failed None \ufffd",
        ),
        ('name="n"', '<error message="cannot load"/>', "n error None cannot load"),
        ('name="n"', '<skipped message="left out"/>', "n skipped None left out"),
    ],
)
def test_record_is_all_that_a_new_dialect_takes(
    attributes: str, inside: str, expected: str
) -> None:
    def said(*, is_known: bool) -> str:
        case = f"<testcase {attributes}>{inside}</testcase>"
        (test,) = read(suite(case), with_new(is_known=is_known)).testcases
        return f"{test.test_id} {test.outcome.value} {test.time_s} {test.as_result().message}"

    assert said(is_known=True) == expected
    assert said(is_known=False) != expected


def test_record_tells_how_suites_count() -> None:
    report = suite(make_case(), attributes='by="new" tests="9"')
    assert read(report, with_new(is_known=True)).notes == ()
    assert len(read(report, with_new(is_known=False)).notes) == 1


def test_reports_can_be_read_without_any_record() -> None:
    options = ReadOptions(dialects=Dialects(()))
    inside = '<failure message="#x1B[1ma"/>'
    test = read_one(inside, attributes='status="notrun"', options=options)
    assert (test.outcome.value, test.as_result().message) == ("failed", "#x1B[1ma")
