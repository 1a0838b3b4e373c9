"""Reports that are made to hurt: what they cost, and what becomes of them."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from junit_uploader.junit.elements import find_properties, without_marks
from junit_uploader.junit.notes import UnreadableError
from junit_uploader.junit.report_reader import CHUNK_BYTES, MOST_WAITING
from junit_uploader.junit.scenarios import read_scenario
from junit_uploader.merged_reports import link_tests, read_reports
from pytest_jama.core.verdicts import VerdictRules
from tests.every import every
from tests.junit.reports import PASSED, make_case, notes, outcomes, read, suite
from tests.work import is_in_proportion

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def try_to_read(report: str) -> None:
    with contextlib.suppress(UnreadableError):
        read(report)


def printed(text: str) -> str:
    return suite(make_case(f"<system-out><![CDATA[{text}]]></system-out>"))


def named(text: str) -> str:
    return suite(f'<testcase classname="c" name="{text}"/>')


def failed(text: str) -> str:
    return suite(make_case(f'<failure message="{text}"/>'))


@pytest.mark.parametrize(
    "make, unit",
    [
        pytest.param(printed, "\x01", id="control characters"),
        pytest.param(printed, "\x1b[31mred\x1b[0m\n", id="colours"),
        pytest.param(printed, "\uffff", id="no characters"),
        pytest.param(printed, "<?xml ", id="declarations"),
        pytest.param(printed, "[[PROPERTY|a]]\n", id="open properties"),
        pytest.param(printed, "[[PROPERTY|a=b]]\n", id="properties"),
        pytest.param(printed, "[[PROPERTY|a]]\n[[/PROPERTY]]\n", id="blocks"),
        pytest.param(printed, "[[ATTACHMENT|", id="open attachments"),
        pytest.param(named, "\x01", id="control characters in a name"),
        pytest.param(named, "a/", id="folders in a name"),
        pytest.param(named, "&#8;", id="references"),
        pytest.param(named, "(", id="brackets"),
        pytest.param(failed, "\x1b[", id="open colours"),
        pytest.param(failed, "[[PROPERTY|a]]&#10;", id="open properties in a message"),
    ],
)
def test_a_report_takes_time_in_proportion_to_its_size(
    make: Callable[[str], str], unit: str
) -> None:
    small, large = (make(unit * (size // len(unit))) for size in (60_000, 240_000))
    assert is_in_proportion(lambda: try_to_read(small), lambda: try_to_read(large))


def said(*pairs: tuple[str, object]) -> str:
    listed = (f'<property name="{name}" value="{value}"/>' for name, value in pairs)
    return f'<testcase classname="c" name="n"><properties>{"".join(listed)}</properties></testcase>'


def steps_begun_at_once(count: int) -> str:
    numbers = ",".join(map(str, range(1, count + 1)))
    return suite(said(("jama", "A-1"), ("jama_step", numbers), *[("jama_step_note", "x")] * count))


def attempts_of_one_testcase(count: int) -> str:
    attempts = ([("jama", "A-1"), ("jama_step", number)] for number in range(1, count + 1))
    return suite(said(*(each for pair in attempts for each in pair)), attributes='name="pytest"')


@pytest.mark.parametrize(
    "make, count",
    [
        pytest.param(steps_begun_at_once, 2000, id="steps"),
        pytest.param(attempts_of_one_testcase, 1500, id="attempts"),
    ],
)
def test_many_elements_take_time_in_proportion_to_their_number(
    make: Callable[[int], str], count: int
) -> None:
    small, large = (make(each) for each in (count, 4 * count))
    assert is_in_proportion(lambda: try_to_read(small), lambda: try_to_read(large))


def test_testcases_of_one_name_take_time_in_proportion_to_their_number(tmp_path: Path) -> None:
    def linked(count: int) -> Callable[[], object]:
        path = tmp_path / f"{count}.xml"
        path.write_text(suite(*(said(("jama", f"A-{number}")) for number in range(count))))
        found = read_reports([str(path)])
        tests = link_tests(found.groups(), find_links=lambda *_: (), find_within=lambda _: ())
        return lambda: tests.counting(VerdictRules())

    assert is_in_proportion(linked(300), linked(1200))


def test_control_characters_cost_little_more_than_testcases() -> None:
    plain = suite('<testcase classname="c" name="n"/>' * 12_000)
    marks = printed("\x01\n" * (len(plain) // 2))
    assert is_in_proportion(lambda: try_to_read(plain), lambda: try_to_read(marks))


@pytest.mark.parametrize("begin", ["x", "x...passed\ny"])
def test_dots_are_not_taken_for_steps_slowly(begin: str) -> None:
    small, large = (begin + "." * count for count in (25_000, 100_000))
    assert is_in_proportion(lambda: list(read_scenario(small)), lambda: list(read_scenario(large)))


@every(
    "text, properties, rest",
    [
        pytest.param("a\n[[PROPERTY|k=v]]\nb", [("k", "v")], "a\n\nb", id="in a line"),
        pytest.param("[[PROPERTY|k]]\nv\nw\n[[/PROPERTY]]", [("k", "v\nw")], "", id="a block"),
        pytest.param("[[PROPERTY|k]]\nv", [], "[[PROPERTY|k]]\nv", id="an open block"),
        pytest.param("[[PROPERTY|k]]\n[[PROPERTY|l=v]]", [("l", "v")], "[[PROPERTY|k]]", id="both"),
    ],
)
def test_properties_are_found_in_texts(
    text: str, properties: list[tuple[str, str]], rest: str
) -> None:
    assert (list(find_properties(text)), without_marks(text)) == (properties, rest)


@every("folder", ["../../..", "a/../..", "", "."])
def test_absurd_properties_of_a_report_do_no_harm(folder: str) -> None:
    properties = "".join(
        f'<property name="{name}" value="{value}"/>'
        for name in ("jama_attempt", "jama_step", "jama_step_status", "git.commit")
        for value in (folder, "1000000000", "-1", "\u202e", "9" * 5000)
    )
    properties += f'<property name="jama_rootdir" value="{folder}"/>'
    report = suite(
        f"<properties>{properties}</properties>",
        make_case(f"<properties>{properties}</properties>", attributes='time="1e400"'),
        attributes='name="s" tests="-1" failures="nan" hostname="../.." timestamp="9999999"',
    )
    (found,) = read(report).testcases
    assert (found.test_id, found.time_s, found.suite.rootdir) == ("shop.Cart.pays", None, "")


@pytest.mark.parametrize(
    "report",
    [
        pytest.param(suite("<x/>" * 150_000, PASSED), id="unknown"),
        pytest.param(suite(make_case(f"{'<a/>' * 999}<skipped/>" * 150)), id="mixed"),
    ],
)
def test_elements_that_would_fill_the_memory_are_refused(
    monkeypatch: pytest.MonkeyPatch, report: str
) -> None:
    assert MOST_WAITING == 1_000_000
    for name, fewer in ("MOST_WAITING", 100_000), ("LARGE_CHUNK_BYTES", CHUNK_BYTES):
        monkeypatch.setattr(f"junit_uploader.junit.report_reader.{name}", fewer)
    with pytest.raises(UnreadableError, match="100,000 elements, and no testcase or suite ends"):
        read(report)


def test_elements_are_many_only_when_no_testcase_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("junit_uploader.junit.report_reader.MOST_WAITING", 100_000)
    some = "<x/>" * 2_500
    report = suite(*(f"{some}<a>{PASSED}</a>" for _ in range(50)))
    assert len(read(report).testcases) == 50


def test_a_text_that_looks_like_many_elements_is_a_text() -> None:
    assert outcomes(read(printed("< " * (2 * MOST_WAITING)))) == {"shop.Cart.pays": "passed"}


@pytest.mark.parametrize(
    "report",
    [
        pytest.param('<testsuites name="a">{0}{1}</testsuites>', id="name"),
        pytest.param(
            '<testsuites name="a"><testsuite name="b">{0}{1}</testsuite></testsuites>', id="path"
        ),
    ],
)
def test_long_names_of_suites_are_cut_and_stay_apart(report: str) -> None:
    inner = (f'<testsuite name="{"S" * 10_000}{n}"><testcase name="t"/></testsuite>' for n in "12")
    found = read(report.format(*inner)).testcases
    assert len({each.test_id for each in found}) == 2
    assert max(len(each.test_id + each.suite.path) for each in found) < 2100


def test_a_note_on_a_long_name_is_short() -> None:
    long = "S" * 100_000
    report = suite(f'<testcase name="{long}" status="failed"/>')
    (note,) = notes(read(report))
    assert len(note) < 2200


GOOD = (
    f'<?xml version="1.0" encoding="UTF-8"?>\n{suite(PASSED, make_case("<failure>é</failure>"))}',
    suite(make_case('<properties><property name="jama" value="A-1"/></properties><skipped/>')),
    suite(
        make_case("<system-out><![CDATA[[[PROPERTY|jama=A-1]]\n]]></system-out><error>x</error>")
    ),
)
PIECES = st.sampled_from(
    [
        *("<testcase", "</testcase>", "<failure/>", "<testsuite>", "</testsuite>", "<x:y/>", "<"),
        *(">", '"', "'", "&", "&#0;", "&lt;", "&no;", "]]>", "<![CDATA[", "<!--", "-->", "<?a?>"),
        *('<?xml version="1.0"?>', "<!DOCTYPE a [", '<!ENTITY a "b">', "[[PROPERTY|jama=", "\n"),
        *(' name=""', ' time="1e400"', ' xmlns="u"', "\ud800", "\ufffe", "\x00", "\x1b[31m", "é"),
        *('encoding="utf-7"', 'encoding="utf-16"', 'encoding="cp037"', "UTF-8"),
    ]
).map(lambda text: text.encode("utf-8", "surrogatepass"))


@st.composite
def spoiled(draw: st.DrawFn) -> bytes:
    """Draw a report in which pieces are put in, cut out or doubled."""
    data = draw(st.sampled_from(GOOD)).encode()
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.sampled_from([0, 0, 1, 5, 40])))
        middle = draw(st.one_of(PIECES, st.binary(max_size=4), st.just(data[start:end] * 2)))
        data = data[:start] + middle + data[end:]
    if draw(st.booleans()):
        data = data.decode("utf-8", "replace").encode(draw(st.sampled_from(["utf-16", "utf-32"])))
    return data


def test_a_spoiled_report_is_read_or_refused(pytestconfig: pytest.Config) -> None:
    @settings(
        max_examples=20_000 if pytestconfig.getoption("--every-cell") else 200,
        suppress_health_check=list(HealthCheck),
    )
    @given(spoiled())
    def check(data: bytes) -> None:
        try:
            found = outcomes(read(data))
        except UnreadableError:
            return
        assert set(found.values()) <= {"passed", "failed", "error", "skipped", "xfailed"}

    check()


def test_noise_in_a_text_makes_no_failure_a_pass(pytestconfig: pytest.Config) -> None:
    @settings(max_examples=10_000 if pytestconfig.getoption("--every-cell") else 200)
    @given(st.binary(max_size=30), st.sampled_from(["message", "text", "output"]))
    def check(noise: bytes, place: str) -> None:
        before, after = {
            "message": (b'<failure message="', b'"/>'),
            "text": (b"<failure>", b"</failure>"),
            "output": (b"<system-out>", b"</system-out><failure/>"),
        }[place]
        noise = noise.translate(None, b"<>&\"'")
        begin = b'<testsuite><testcase classname="c" name="n">'
        report = begin + before + noise + after + b"</testcase></testsuite>"
        assert set(outcomes(read(report)).values()) == {"failed"}

    check()
