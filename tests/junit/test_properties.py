from __future__ import annotations

import pytest

from junit_uploader.junit.report_reader import CHUNK_BYTES
from pytest_jama.core.errors import Unusable, UnusableKind
from tests.every import every
from tests.junit.reports import PASSED, make_case, notes, read, read_one, suite


def properties(*pairs: tuple[str, str]) -> str:
    items = "".join(f'<property name="{name}" value="{value}"/>' for name, value in pairs)
    return f"<properties>{items}</properties>"


def cases(inside: str, *, attributes: str = "") -> list[str]:
    found = read_one(inside, attributes=attributes)
    return [str(link) for link in found.links]


@every(
    "inside, expected",
    [
        pytest.param(properties(("jama", "A-TC-1")), ["A-TC-1"], id="jama"),
        pytest.param(properties(("jama_case", "20497")), ["20497"], id="jama_case"),
        pytest.param(properties(("test_key", "GID-5")), ["GID-5"], id="test_key"),
        pytest.param(properties(("jama", "A-TC-1, A-TC-2#3")), ["A-TC-1", "A-TC-2#3"], id="list"),
        pytest.param(properties(("jama", "A-TC-1"), ("jama", "A-TC-1")), ["A-TC-1"], id="repeated"),
        pytest.param(properties(("owner", "A-TC-1")), [], id="another property"),
        pytest.param(
            "<properties/>" + properties(("jama", "A-TC-1")), ["A-TC-1"], id="second block"
        ),
        pytest.param(
            '<properties><property name="jama">A-TC-1</property></properties>',
            ["A-TC-1"],
            id="value as text",
        ),
        pytest.param(
            "<system-out>x\n[[PROPERTY|jama=A-TC-1]]\n</system-out>", ["A-TC-1"], id="in output"
        ),
        pytest.param(
            "<system-err>[[PROPERTY|jama]]\nA-TC-1\n[[/PROPERTY]]</system-err>",
            ["A-TC-1"],
            id="block in output",
        ),
    ],
)
def test_properties_name_cases(inside: str, expected: list[str]) -> None:
    assert cases(inside) == expected


def test_attribute_of_the_testcase_names_cases() -> None:
    assert cases("", attributes='jama="A-TC-1"') == ["A-TC-1"]


def test_mark_cut_by_the_reading_of_chunks_is_found() -> None:
    padding = "x" * (CHUNK_BYTES - len(suite(make_case("<system-out>"))) + 12)
    assert cases(f"<system-out>{padding}\n[[PROPERTY|jama=A-TC-1]]</system-out>") == ["A-TC-1"]


def test_bad_reference_is_a_note_and_keeps_the_others() -> None:
    report = suite(make_case(properties(("jama", "nonsense"), ("test_key", "A-TC-1"))))
    reading = read(report)
    assert [str(link) for link in reading.testcases[0].links] == ["A-TC-1"]
    assert "'nonsense' is not a case reference" in notes(reading)[0]


def test_what_cannot_be_used_is_there_as_a_value() -> None:
    first = make_case(properties(("jama", "TC 2"), ("jama_step", "zero")))
    assert read(suite(first, PASSED)).unusable == (
        Unusable(
            UnusableKind.REFERENCE,
            "shop.Cart.pays",
            "property jama: 'TC 2' is not a case reference: use an API ID (20497), a document key "
            "(JEET1-TC-12) or a global ID (GID-51234)",
        ),
        Unusable(
            UnusableKind.REFERENCE,
            "shop.Cart.pays",
            "property jama_step: 'zero' is not a step number: steps are counted 1, 2, 3, ...",
        ),
    )


def test_reference_of_a_suite_is_not_used_but_said() -> None:
    reading = read(suite(properties(("jama", "A-TC-1")), make_case()))
    assert reading.testcases[0].links == ()
    assert "case references of a suite are not used" in notes(reading)[0]


@every(
    "pairs, expected",
    [
        pytest.param(
            [
                ("jama_step", "1"),
                ("jama_step_status", "passed"),
                ("jama_step", "2"),
                ("jama_step_status", "FAILED"),
            ],
            [(1, "passed", ""), (2, "failed", "")],
            id="pairs in order",
        ),
        pytest.param([("jama_step", "3")], [(3, "passed", "")], id="outcome of the test"),
        pytest.param(
            [("jama_step", "1, 2"), ("jama_step_status", "skipped")],
            [(1, "skipped", ""), (2, "skipped", "")],
            id="several at once",
        ),
        pytest.param(
            [("jama_step", "1"), ("jama_step_note", "lamp is on")],
            [(1, "passed", "lamp is on")],
            id="note",
        ),
    ],
)
def test_properties_tell_of_steps(
    pairs: list[tuple[str, str]],
    expected: list[tuple[int, str, str]],
) -> None:
    steps = read_one(properties(*pairs)).as_result().steps
    assert [(step.number, step.outcome.value, step.note) for step in steps] == expected


@every(
    "pairs, expected",
    [
        ([("jama_step", "zero")], "'zero' is not a step number"),
        ([("jama_step_status", "passed")], "no jama_step before it"),
        ([("jama_step", "1"), ("jama_step_status", "green")], "'green' is not an outcome"),
    ],
)
def test_step_that_cannot_be_understood_is_a_note(
    pairs: list[tuple[str, str]],
    expected: str,
) -> None:
    assert expected in notes(read(suite(make_case(properties(*pairs)))))[0]
