from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_jama.targets.octane import query
from tests.every import every

any_text = st.text(st.characters(exclude_categories=()), max_size=40) | st.text(
    st.sampled_from("\\\"'()^*{};|!, ab"), max_size=20
)


@every(
    "statement, expected",
    [
        pytest.param(query.equals("name", "2.4"), "name EQ ^2.4^", id="text"),
        pytest.param(query.equals("name", "732.*"), "name EQ ^732.*^", id="wildcard"),
        pytest.param(query.is_one_of("name", ["a"]), "name EQ ^a^", id="one of one"),
        pytest.param(query.is_one_of("name", ["a", "b"]), "name IN ^a^,^b^", id="one of two"),
        pytest.param(query.equals_id("build_id", 1035), "build_id EQ 1035", id="number"),
        pytest.param(query.equals_id("id", "1035"), "id EQ 1035", id="digits"),
        pytest.param(query.equals_id("id", "phase.x"), "id EQ ^phase.x^", id="ID that is a text"),
        pytest.param(query.equals_id("id", "٣"), "id EQ ^٣^", id="foreign digits"),
        pytest.param(query.is_true("is_user_defined"), "is_user_defined EQ true", id="true"),
        pytest.param(query.is_empty("name"), "name EQ null", id="no value"),
        pytest.param(query.refers_to_nothing("release"), "release EQ {null}", id="no reference"),
        pytest.param(
            query.refers("release", query.equals("name", "2.4")),
            "release EQ {name EQ ^2.4^}",
            id="reference",
        ),
        pytest.param(query.refers_to_id("test", 7), "test EQ {id EQ 7}", id="reference by ID"),
        pytest.param(
            query.refers_to_entry("status", "list_node.run_status.failed"),
            "status EQ {logical_name EQ ^list_node.run_status.failed^}",
            id="entry of a list",
        ),
        pytest.param(
            query.refers_to_entry("phase", "a", "b"),
            "phase EQ {logical_name IN ^a^,^b^}",
            id="one of several entries",
        ),
        pytest.param(
            query.refers_to_me("owner"), "owner EQ {id EQ [current_user]}", id="the user who asks"
        ),
        pytest.param(
            query.is_after("started", 1767607200.9), "started GT ^2026-01-05T10:00:00Z^", id="after"
        ),
        pytest.param(
            query.is_not_before("started", 0), "started GE ^1970-01-01T00:00:00Z^", id="not before"
        ),
        pytest.param(
            query.is_not_after("started", -0.5), "started LE ^1969-12-31T23:59:59Z^", id="not after"
        ),
    ],
)
def test_a_phrase_is_written_with_words(statement: str, expected: str) -> None:
    assert statement == expected


A, B, C = (query.equals_id(name, 1) for name in "abc")


@every(
    "statement, expected",
    [
        pytest.param(query.both(), "", id="nothing"),
        pytest.param(query.both(A), "a EQ 1", id="one"),
        pytest.param(query.both(A, query.Statement(), B), "a EQ 1;b EQ 1", id="an empty one"),
        pytest.param(query.either(A, B), "a EQ 1||b EQ 1", id="either"),
        pytest.param(query.either(A), "a EQ 1", id="either of one"),
        pytest.param(query.either(), "", id="either of none"),
        pytest.param(
            query.both(query.either(A, B), C), "(a EQ 1||b EQ 1);c EQ 1", id="either inside both"
        ),
        pytest.param(
            query.either(query.both(A, B), C), "a EQ 1;b EQ 1||c EQ 1", id="both inside either"
        ),
        pytest.param(query.negated(A), "!a EQ 1", id="not"),
        pytest.param(query.negated(query.both(A, B)), "!(a EQ 1;b EQ 1)", id="not both"),
        pytest.param(query.negated(query.either(A, B)), "!(a EQ 1||b EQ 1)", id="not either"),
        pytest.param(
            query.both(query.negated(query.either(A, B)), C),
            "!(a EQ 1||b EQ 1);c EQ 1",
            id="not either, and another",
        ),
        pytest.param(
            query.refers("x", query.either(A, B)), "x EQ {a EQ 1||b EQ 1}", id="either of reference"
        ),
        pytest.param(
            query.both(query.refers("x", query.either(A, B)), C),
            "x EQ {a EQ 1||b EQ 1};c EQ 1",
            id="a reference needs no parentheses",
        ),
    ],
)
def test_statements_are_joined_as_they_bind(statement: str, expected: str) -> None:
    assert statement == expected


def test_a_query_stands_in_quotation_marks() -> None:
    assert query.as_parameter(A) == '"a EQ 1"'


@every(
    "text, expected",
    [
        pytest.param("plain", "plain", id="plain"),
        pytest.param("a\\b", "a\\\\b", id="backslash"),
        pytest.param('say "x"', 'say \\"x\\"', id="quotation marks"),
        pytest.param("it's (a) b", "it\\'s \\(a\\) b", id="apostrophe and parentheses"),
        pytest.param("a^b", "a*b", id="caret"),
        pytest.param("a;b||c{d},!e", "a;b||c{d},!e", id="operators"),
        pytest.param("x\ud83dy", "x*y", id="half of a pair"),
        pytest.param("Prüfung 漢字 😀", "Prüfung 漢字 😀", id="other languages"),
    ],
)
def test_a_text_is_escaped(text: str, expected: str) -> None:
    assert query.escape(text) == expected


@given(any_text)
def test_an_escaped_text_cannot_end_the_query_it_stands_in(text: str) -> None:
    rest = query.escape(text).replace("\\\\", "")
    assert "^" not in rest
    for special in "\"'()":
        assert special not in rest.replace(f"\\{special}", "")
    rest.encode()


@given(any_text)
def test_an_escaped_text_still_is_the_text(text: str) -> None:
    read = iter(query.escape(text))
    shown = [next(read) if each == "\\" else each for each in read]
    for was, now in zip(text, shown, strict=True):
        assert now in (was, query.WILDCARD)


@given(st.lists(st.integers(1, 500), max_size=400))
def test_each_id_is_asked_for_once_and_never_more_than_a_hundred_at_a_time(ids: list[int]) -> None:
    asked: list[str] = []
    for statement in query.has_ids("id", ids):
        numbers = statement.removeprefix("id EQ ").removeprefix("id IN ").split(",")
        assert len(numbers) <= query.IDS_AT_ONCE
        asked += numbers
    assert asked == [str(each) for each in dict.fromkeys(ids)]
