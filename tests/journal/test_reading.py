"""A journal is read back as what was written, whatever broke off."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import pytest

from pytest_jama.core.cases import CaseRef, parse_links
from pytest_jama.core.errors import SettingsError
from pytest_jama.core.prior_state import EarlierStatus
from pytest_jama.core.results import Outcome, TestResult
from pytest_jama.core.verdicts import CaseVerdict, StepVerdict, Verdict
from pytest_jama.journal import lines
from pytest_jama.journal.prior_uploads import server_of
from pytest_jama.journal.read import EmptyJournalError
from pytest_jama.journal.record import Arrival, RecordedVerdict
from tests.every import every
from tests.journal.record import PATH, a_test, as_bytes, collected, header, read, record
from tests.journal.samples import CASE, FULL, FULL_RESULT, NASTY, NASTY_RESULT

if TYPE_CHECKING:
    from pytest_jama.journal.lines import JournalLine

RESULT = lines.result_line(a_test("a"))
UPLOAD = FULL["upload_line"]


def sent(digest: str = "d", state: str = "sent", run: object = 7) -> dict[str, Any]:
    return {"line": "receipt", "run": run, "state": state, "digest": digest}


def as_line(line: JournalLine) -> bytes:
    return f"{lines.encode(line)}\n".encode("ascii")


def end(*, finished: bool) -> dict[str, Any]:
    return lines.end_line(finished=finished, reason="")


def test_header_tells_who_kept_the_journal() -> None:
    found = record(hooks=("conftest.py",), framework="JUnit XML a.xml").header
    assert found.started == datetime(2026, 11, 22, 4, 30, 16, tzinfo=timezone.utc)
    assert (found.session, found.commit, found.hooks) == ("s1", "1f0c9d2", ("conftest.py",))
    assert found.framework == "JUnit XML a.xml"


@every("url", ["https://[", "https://host:port", "https://[::1"])
def test_address_that_is_none_does_not_stop_the_reading(url: str) -> None:
    assert list(record(RESULT, settings={"url": url}).results) == ["a"]


@pytest.mark.parametrize("has_ended", [False, True])
def test_a_verdict_that_a_later_result_may_change_stands_if_the_session_ended(
    has_ended: bool,
) -> None:
    (link,) = parse_links("KEY-TC-1")
    early, late = (a_test(each)._replace(links=(link,)) for each in "ab")
    verdict = lines.verdict_line(CaseVerdict(link.case_ref, Verdict.PASSED))
    written = [lines.result_line(early), verdict, lines.result_line(late)]
    found = record(*written, *([end(finished=False)] if has_ended else []))
    assert list(found.verdicts) == ([link.case_ref] if has_ended else [])
    assert list(record(*written, verdict).verdicts) == [link.case_ref]


def test_header_without_framework_names_what_ran_the_tests() -> None:
    assert record().header.framework == "pytest 9.2.0"


@every("order", [-1, 2**63, 10**4000, "7", True, None])
def test_number_that_no_session_can_have_is_not_its_order(order: object) -> None:
    usual = record().header.order
    first = {**header(), "order": order}
    assert read(as_line(first)).header.order == usual > 0


@every(
    "changes,words",
    [
        ({"format": 10**4000}, "is of format 1000"),
        ({"format": ["x" * 9000]}, "format is \\['xxx"),
        ({"session": ["x" * 9000]}, "is not a text|xxx"),
        ({"versions": "x"}, "a field is of the wrong kind"),
        ({"started": "0001-01-01T00:00:00+14:00"}, "date value out of range"),
        ({"provenance": {"tests": {"started": "2026-11-22T04:30:16+00:00"}}}, "Invalid isoformat"),
        ({"provenance": {"tests": {"started": "x", "ended": "x"}}}, "Invalid isoformat"),
    ],
)
def test_damaged_header_is_told_in_few_plain_words(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(SettingsError, match=words) as caught:
        read(as_line({**header(), **changes}))
    assert len(str(caught.value)) < 1000


@every("result", [FULL_RESULT, NASTY_RESULT, a_test("a", duration_s=0.0)])
def test_results_read_back_to_the_microsecond(result: Any) -> None:
    (found,) = record(lines.result_line(result)).results.values()
    assert lines.result_line(found) == lines.result_line(result)
    assert found.links == result.links


def test_lone_surrogates_survive() -> None:
    assert list(record(lines.result_line(NASTY_RESULT)).results) == [NASTY]


def test_tests_that_did_not_end_count_as_collected() -> None:
    listed = [a_test("a", Outcome.NOT_REACHED), a_test("b", Outcome.DESELECTED)]
    found = record(collected(*listed), lines.result_line(a_test("c")))
    assert list(found.all_results()) == [*listed, a_test("c")]


def test_several_collected_lines_are_one_list() -> None:
    a, b = a_test("a", Outcome.NOT_REACHED), a_test("b", Outcome.NOT_REACHED)
    assert list(record(collected(a), collected(b)).all_results()) == [a, b]


def test_file_that_could_not_be_collected_is_known() -> None:
    lost = TestResult.of_uncollected("x.py", a_test("a").links)
    found = record(lines.uncollected_line(lost), RESULT)
    assert list(found.all_results()) == [a_test("a"), lost]


def test_of_two_results_of_a_test_the_worse_counts() -> None:
    failed = lines.result_line(a_test("a", Outcome.FAILED))
    assert record(failed, RESULT).results["a"].outcome is Outcome.FAILED


@every(
    "several,has_begun",
    [
        ([], False),
        ([collected(a_test("a", Outcome.NOT_REACHED))], True),
        ([collected(a_test("a", Outcome.NOT_REACHED)), end(finished=True)], False),
        ([collected(a_test("a", Outcome.NOT_REACHED)), UPLOAD, end(finished=False)], True),
        ([RESULT, end(finished=False)], True),
    ],
    ids=["header only", "killed in the first test", "nothing ran", "uploaded before", "ran"],
)
def test_session_has_begun(several: list[Any], has_begun: bool) -> None:
    assert record(*several).has_begun is has_begun


def test_unknown_lines_and_fields_are_passed_over() -> None:
    found = record({"line": "mood"}, {"mood": 1}, {**RESULT, "mood": "good"})
    assert (list(found.results), found.damaged) == (["a"], [])


def test_verdict_is_read_with_what_a_hook_said() -> None:
    (said,) = record(FULL["verdict_line"]).verdicts.values()
    assert said == RecordedVerdict(
        CASE,
        Verdict.FAILED,
        (StepVerdict(2, Verdict.FAILED, ("0 V",)),),
        judged_ref=CASE,
        has_notes=True,
        results=said.results,
    )
    assert [result.test_id for result in said.results or ()] == [FULL_RESULT.test_id]


def test_verdicts_of_an_upload_are_not_those_of_the_session() -> None:
    line = {"line": "verdict", "case": "J-TC-1", "verdict": "leave", "steps": []}
    assert list(record(line, UPLOAD, {**line, "case": "J-TC-2"}).verdicts) == [
        CaseRef.parse("J-TC-1")
    ]


@every(
    "several,arrival",
    [
        ([sent()], Arrival("d")),
        (
            [sent(), end(finished=True)],
            Arrival("d", is_confirmed=True),
        ),
        ([sent(), end(finished=False)], Arrival("d")),
        ([sent(), sent(state="mismatch")], Arrival("d", is_kept=False)),
        ([sent(), sent("e")], Arrival("e")),
        ([sent(), sent("e", "refused")], Arrival("d")),
        ([sent(), sent("e", "locked")], Arrival("d")),
        ([sent(), sent("d", "refused")], None),
        ([sent(), sent("d", "locked")], None),
        ([sent(), sent("e", "not sent")], None),
        ([sent(""), end(finished=True)], None),
    ],
)
def test_last_accepted_update_of_a_run_is_known(several: list[Any], arrival: object) -> None:
    (found,) = record(*several).arrivals.values() or (None,)
    assert found == arrival


def test_what_runs_showed_and_were_to_show_is_known() -> None:
    update = {"line": "update", "key": "7", "was": "NOT_RUN", "status": "PASSED", "steps": []}
    later = {**update, "was": "PASSED", "status": "FAILED", "steps": ["PASSED", "FAILED"]}
    document = {"line": "update", "key": "d0c", "document": "d0c", "tests": []}
    upload = {**UPLOAD, "settings": {"url": "https://moved.example"}}
    found = record(update, later, document, upload, update, settings={"url": "https://a.example"})
    first = EarlierStatus("NOT_RUN"), EarlierStatus("PASSED", ())
    assert {place: each for place, each in found.statuses.items() if each} == {
        (server_of("https://a.example"), "7"): (
            *first,
            EarlierStatus("PASSED"),
            EarlierStatus("FAILED", ("PASSED", "FAILED")),
        ),
        (server_of("https://moved.example"), "7"): first,
    }
    assert found.damaged == []


@every(
    "tail",
    [b"", b'{"line":"res', b"\0" * 4096, b'{"line":"result","test":"\xc3', b"\n", b"\r\n"],
)
def test_torn_end_is_normal(tail: bytes) -> None:
    found = read(as_bytes(header(), RESULT) + tail)
    assert (list(found.results), found.damaged) == (["a"], [])


def test_line_that_lacks_only_its_line_feed_is_whole() -> None:
    assert list(read(as_bytes(header(), RESULT)[:-1]).results) == ["a"]


def test_torn_line_before_an_upload_is_normal() -> None:
    torn = as_bytes(header(), RESULT) + b'{"line":"result","te\0\0\0\n'
    found = read(torn + b'{"line":"upl\n' + as_bytes(UPLOAD, RESULT))
    assert (list(found.results), found.damaged) == (["a"], [])


@every(
    "damage",
    [
        b'{"line":"result","te\n',
        b'{"line":"result","test":"b"}\n',
        b'{"line":"result","test":"b","outcome":"odd","cases":[]}\n',
        b'{"line":"collected","tests":[["b"]]}\n',
        b'{"line":"result","test":"b","outcome":"failed","cases":[],"outcome":"passed"}\n',
        b'{"line":"result","test":"b","outcome":"passed","cases":[],"duration_s":NaN}\n',
        b'{"line":"receipt","run":null,"state":"sent","attempts":1}\n',
        b"[" * 100_000 + b"\n",
        b"\xff\xfe\n",
        b'{"line":["result"]}\n',
        b'{"line":"result","test":"b","outcome":"passed","cases":[],"duration_s":1%s}\n'
        % (b"0" * 400),
    ],
    ids=[
        *(
            "torn",
            "lacks fields",
            "unknown outcome",
            "short",
            "key twice",
            "not a number",
            "no run",
            "deep",
            "no UTF-8",
        ),
        *("no kind", "long duration"),
    ],
)
def test_damage_in_the_middle_is_noticed(damage: bytes) -> None:
    found = read(as_bytes(header()) + damage + as_bytes(RESULT))
    assert (list(found.results), found.damaged) == (["a"], [2])


def test_lines_of_other_systems_are_read() -> None:
    content = b"\xef\xbb\xbf" + as_bytes(header(), RESULT).replace(b"\n", b"\r\n")
    assert list(read(content).results) == ["a"]


@every("content", [b"", b"\0" * 99, b'{"line":"ses', b"{", b"\n\n"])
def test_file_without_a_whole_header_tells_nothing(content: bytes) -> None:
    with pytest.raises(EmptyJournalError, match=f"{PATH}: ends before its header does"):
        read(content)


@every(
    "content,message",
    [
        (b"<testsuites/>\n", ":1: is not a JSON object"),
        (b"\n[1]\n", ":2: is not a JSON object"),
        (
            b'{"line":"session","format":1,"format":1}\n',
            ":1: the header is damaged: .* a key twice",
        ),
        (b'{"a": 1}\n', ":1: is not the header of a journal"),
        (as_bytes(RESULT), ":1: is not the header of a journal"),
        (as_bytes({**header(), "format": 3}), ":1: is of format 3, and .* knows 2; install"),
        (as_bytes({**header(), "format": True}), "the header is damaged: format is True"),
        (as_bytes({**header(), "format": "1"}), "the header is damaged: format is '1'"),
        (as_bytes({**header(), "started": "then"}), "the header is damaged: .*'then'"),
        (as_bytes({"line": "session", "format": 1}), "the header is damaged: '.*' is missing"),
    ],
)
def test_file_that_is_no_journal_is_refused_with_the_line(content: bytes, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        read(content)
