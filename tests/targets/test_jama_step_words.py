"""Steps go back to Jama as they were read; what it makes of their words is told."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pytest_jama.core.cases import CaseRef
from pytest_jama.core.verdicts import CaseVerdict, Verdict
from pytest_jama.targets.jama.runs import RunStep, RunUpdate, TestRun
from pytest_jama.targets.jama.step_words import changed_words, says_the_same
from pytest_jama.targets.jama.verify import describe_mismatch
from tests.core.values import steps_of
from tests.every import every


@every(
    "before, after",
    [
        ("Open the valve", "<p>Open the valve</p>\n"),
        ("<p>a</p><p>b</p>", "<p>a</p>\n<p>b</p>\n"),
        ("a\nb", "a<br />b"),
        ("a<br>b", "<p>a<br/>b</p>"),
        ("a &gt; b &amp; c", "a > b & c"),
        ("a&nbsp;b", "a b"),
        ("<B>x</B>", "<b>x</b>"),
        ("<a href='u'>x</a>", '<a href="u" >x</a>'),
        ("", None),
        (None, ""),
    ],
)
def test_jama_may_write_the_same_words_anew(before: object, after: object) -> None:
    assert says_the_same(before, after)
    assert says_the_same(after, before)


@every(
    "before, after",
    [
        ('<p style="color:red">hot</p>', "<p>hot</p>"),
        ("<b>not</b> open", "not open"),
        ("<script>x</script>y", "y"),
        ("at least 5 bar", "at least 5"),
        ("Open", "open"),
        ("5 &lt; 6", "5"),
        ("<img src='a.png'>", ""),
        ("a", None),
        (["a"], "a"),
    ],
)
def test_dropped_attributes_tags_and_words_are_a_change(before: object, after: object) -> None:
    assert not says_the_same(before, after)


def _update(*read: dict[str, Any], statuses: tuple[str, ...] = ("PASSED", "PASSED")) -> RunUpdate:
    steps = tuple(
        RunStep(status, as_read=each) for status, each in zip(statuses, read, strict=True)
    )
    run = TestRun(5, 2, "", "NOT_RUN", steps_of(*["NOT_RUN"] * len(read)))
    return RunUpdate(run, CaseVerdict(CaseRef.parse(2), Verdict.PASSED), Verdict.PASSED, steps)


def _stored(*read: dict[str, Any], statuses: tuple[str, ...] = ("PASSED", "PASSED")) -> TestRun:
    steps = tuple(
        RunStep(status, as_read=each) for status, each in zip(statuses, read, strict=True)
    )
    return TestRun(5, 2, "", "PASSED", steps)


def test_each_changed_text_is_named_with_step_and_both_forms() -> None:
    long, cut = "x" * 200, "x" * 15
    first, second = {"action": "a", "notes": "n"}, {"expectedResult": f"{long}<b>5</b> bar"}
    stored = _stored({"action": "a", "notes": ""}, {"expectedResult": f"{long}5 bar"})
    changed = [what for what, _ in changed_words(_update(first, second), stored)]
    assert changed == [
        "step 1: the notes has changed from 'n' to ''",
        f"step 2: the expected result has changed from '…{cut}<b>5</b> bar' to '…{cut}5 bar'",
    ]


def test_the_words_of_a_person_in_a_result_are_kept_or_told() -> None:
    update = _update({"result": "<i>3 bar</i>"}, {})
    assert [what for what, _ in changed_words(update, _stored({"result": "3 bar"}, {}))] == [
        "step 1: the result has changed from '<i>3 bar</i>' to '3 bar'"
    ]


def test_the_words_of_others_count_only_where_they_were_sent_back_with_an_account() -> None:
    sent = replace(_update({}, {}), account=("ours",), earlier="<b>theirs</b>")
    cleaned = replace(_stored({}, {}), actual_results="")
    assert [what for what, _ in changed_words(sent, cleaned)] == [
        "what others wrote in the actual results has changed"
    ]
    assert not list(changed_words(replace(sent, account=()), cleaned))


def test_steps_that_jama_passes_by_itself_are_a_mismatch_that_says_where_the_option_is() -> None:
    update = _update({}, {}, statuses=("PASSED", "NOT_RUN"))
    told = describe_mismatch(update, _stored({}, {}))
    assert "an option there assigns Passed to all skipped steps" in told
    assert "step 2: intended NOT_RUN, Jama stores PASSED" in told
    assert "option" not in describe_mismatch(update, _stored({}, {}, statuses=("PASSED", "FAILED")))
