from __future__ import annotations

import html
import re
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pytest_jama.core.cases import CaseRef
from pytest_jama.core.text import visible
from pytest_jama.core.verdicts import CaseVerdict, Verdict
from pytest_jama.targets.jama.actual_results import escaped, rich_text
from pytest_jama.targets.jama.run_body import body_of, patch_operations
from pytest_jama.targets.jama.runs import RunStep, RunUpdate, TestRun
from tests.every import every

RUN = TestRun(run_id=5, case_id=2, name="login", status="NOT_RUN")


def _update(**others: Any) -> RunUpdate:
    verdict = CaseVerdict(CaseRef.parse(2), Verdict.FAILED)
    return RunUpdate(RUN, verdict, Verdict.FAILED, **others)


def _values(update: RunUpdate, **others: Any) -> dict[str, Any]:
    operations = patch_operations(body_of(update, **{"fields": {}, **others}).values)
    assert {operation["op"] for operation in operations} == {"add"}
    return {operation["path"]: operation["value"] for operation in operations}


def test_a_run_without_steps_gets_its_status() -> None:
    assert _values(_update()) == {"/fields/testRunStatus": "FAILED"}


def test_a_run_with_steps_gets_all_of_them_and_no_status() -> None:
    read = {"action": "<p>open</p>", "expectedResult": "", "status": "NOT_RUN", "extra": 1}
    steps = (
        RunStep("PASSED", as_read=read),
        RunStep("FAILED", result="a < b", as_read={"result": "old"}),
    )
    assert _values(_update(steps=steps)) == {
        "/fields/testRunSteps": [
            {**read, "status": "PASSED"},
            {"status": "FAILED", "result": "a &lt; b"},
        ],
    }


@every(
    "read, result, expected",
    [
        ({"result": "<b>old</b>"}, None, {"result": "<b>old</b>"}),
        ({"result": "<b>old</b>"}, "", {"result": ""}),
        ({}, "", {}),
        ({}, None, {}),
        ({}, "x\x00y", {"result": "x\N{REPLACEMENT CHARACTER}y"}),
        ({}, "x\u202ey", {"result": r"x\u202ey"}),
    ],
)
def test_the_result_of_a_step_is_replaced_only_by_another(
    read: dict[str, Any], result: str | None, expected: dict[str, Any]
) -> None:
    step = RunStep("PASSED", result=result, as_read=read)
    assert _values(_update(steps=(step,)))["/fields/testRunSteps"] == [
        {"status": "PASSED", **expected}
    ]


def test_account_assignee_and_custom_fields_go_along() -> None:
    values = _values(_update(account=("a", "b"), session="s"), fields={"build$37": 12}, assignee=8)
    assert values == {
        "/fields/testRunStatus": "FAILED",
        "/fields/actualResults": "<p>a<br />b<br />session s, checksum fb8e20fc</p>",
        "/fields/assignedTo": 8,
        "/fields/build$37": 12,
    }


def test_custom_field_shows_what_nobody_would_see() -> None:
    fields = {"branch$37": "a\u2066b", "many$37": [1]}
    values = _values(_update(), fields=fields)
    assert (values["/fields/branch$37"], values["/fields/many$37"]) == (r"a\u2066b", [1])


def test_odd_field_names_stay_one_part_of_the_path() -> None:
    assert "/fields/a~1b~0c" in _values(_update(), fields={"a/b~c": 1})


@every(
    "lines, expected",
    [
        (["a <b> & \"c\" 'd'"], "<p>a &lt;b&gt; &amp; &quot;c&quot; &#x27;d&#x27;</p>"),
        (["a", "", "b"], "<p>a<br /><br />b</p>"),
        (["one\ntwo"], "<p>one<br />two</p>"),
        (["  in  side"], "<p>&nbsp;&nbsp;in  side</p>"),
        (["\ta\tb"], f"<p>{'&nbsp;' * 4}a{'&nbsp;' * 4}b</p>"),
        (["\x1b[31mred\x1b[0m \x07"], "<p>red \N{REPLACEMENT CHARACTER}</p>"),
        (["<script>alert(1)</script>"], "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>"),
    ],
    ids=["markup", "lines", "newline", "indent", "tabs", "control", "script"],
)
def test_plain_lines_become_one_paragraph(lines: list[str], expected: str) -> None:
    assert rich_text(lines, at_most=8000) == expected


def test_lines_that_do_not_fit_are_counted() -> None:
    text = rich_text([f"line {number:04}" for number in range(1000)], at_most=300)
    begun = text.count("<br />") + 1
    assert text.endswith(f"… (shortened: {1000 - begun} more lines)</p>")
    assert 10 < begun < 20


def test_a_line_that_does_not_fit_is_cut() -> None:
    text = rich_text(["x" * 9000], at_most=8000)
    assert text.endswith("x… (shortened)</p>")
    assert 7900 < len(text) <= 8000


@given(st.lists(st.text(max_size=60), max_size=40), st.integers(60, 400))
def test_what_is_cut_stays_well_formed_and_within_its_size(lines: list[str], size: int) -> None:
    text = rich_text(lines, at_most=size)
    assert len(text) <= size
    inner = text.removeprefix("<p>").removesuffix("</p>").replace("<br />", "")
    assert re.fullmatch(r"(?:[^<>&]|&(?:lt|gt|amp|quot|#x27|nbsp);)*", inner, re.DOTALL)


@given(st.text(alphabet=st.characters(exclude_categories=("Cc", "Cs", "Cn")), max_size=100))
def test_what_fits_reads_as_it_was_written(text: str) -> None:
    assert html.unescape(escaped(text, at_most=2000)) == visible(text)


def test_an_account_of_many_megabytes_takes_no_time() -> None:
    assert len(rich_text(["x" * 5_000_000, *["line"] * 200_000], at_most=8000)) <= 8000
