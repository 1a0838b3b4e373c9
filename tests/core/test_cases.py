from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_jama.core.cases import (
    LINK_PROPERTIES,
    NO_CASE,
    CaseLink,
    CaseRef,
    RefKind,
    nearer_wins,
    parse_links,
    parse_step,
    read_links,
)
from tests.every import every

references = st.one_of(
    st.integers(1, 10**12).map(str),
    st.from_regex(r"GID-[A-Z0-9]{1,8}", fullmatch=True),
    st.from_regex(r"[A-Z][A-Z0-9_]{0,6}(-[A-Z]{1,3})?-[0-9]{1,6}", fullmatch=True),
)
links = st.builds(
    CaseLink,
    references.map(CaseRef.parse),
    st.one_of(st.none(), st.integers(1, 500)),
)


@every(
    "value, kind, text",
    [
        pytest.param(20497, RefKind.API_ID, "20497", id="integer"),
        pytest.param("20497", RefKind.API_ID, "20497", id="digits"),
        pytest.param(1, RefKind.API_ID, "1", id="smallest API ID"),
        pytest.param(2**63 - 1, RefKind.API_ID, "9223372036854775807", id="largest API ID"),
        pytest.param("JEET1-TC-12", RefKind.DOCUMENT_KEY, "JEET1-TC-12", id="document key"),
        pytest.param("A_B-TC-1", RefKind.DOCUMENT_KEY, "A_B-TC-1", id="key with underscore"),
        pytest.param("jeet1-tc-12", RefKind.DOCUMENT_KEY, "jeet1-tc-12", id="key in lower case"),
        pytest.param("GID-51234", RefKind.GLOBAL_ID, "GID-51234", id="global ID"),
        pytest.param("GID-AFD-113502", RefKind.GLOBAL_ID, "GID-AFD-113502", id="own global ID"),
        pytest.param("  JEET1-TC-12\n", RefKind.DOCUMENT_KEY, "JEET1-TC-12", id="blanks around"),
    ],
)
def test_a_case_reference_is_recognised_by_its_form(value: object, kind: str, text: str) -> None:
    assert CaseRef.parse(value) == CaseRef(RefKind(kind), text)


BAD_REFERENCES = [
    pytest.param(True, id="bool"),
    pytest.param(20497.0, id="float"),
    pytest.param(None, id="none"),
    pytest.param(b"20497", id="bytes"),
    pytest.param(["JEET1-TC-12"], id="list"),
    pytest.param(0, id="zero"),
    pytest.param(-20497, id="negative"),
    pytest.param("-20497", id="negative digits"),
    pytest.param(10**30, id="too large for any ID"),
    pytest.param("007", id="leading zero"),
    pytest.param("", id="empty"),
    pytest.param(" \t", id="blank"),
    pytest.param("JEET1 TC 12", id="blanks inside"),
    pytest.param("JEET1-TC", id="key without number"),
    pytest.param("JEET1-TC-", id="key that ends early"),
    pytest.param("GID-", id="global ID without number"),
    pytest.param("Login works", id="name of a case"),
    pytest.param("\u0662\u0660\u0664", id="Arabic digits"),
    pytest.param("JEET1-TC-\uff11\uff12", id="fullwidth digits"),
    pytest.param("20497\x00", id="NUL"),
    pytest.param("1\n2", id="two lines"),
]


@every("value", BAD_REFERENCES)
def test_what_is_no_case_reference_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="is not a case reference") as caught:
        CaseRef.parse(value)

    assert repr(value) in str(caught.value)


@every("form", ["20497", "JEET1-TC-12", "GID-51234"])
def test_the_refusal_shows_all_three_forms(form: str) -> None:
    with pytest.raises(ValueError, match=form):
        CaseRef.parse("?")


@every(
    "text, case, step",
    [
        pytest.param("JEET1-TC-12", "JEET1-TC-12", None, id="case"),
        pytest.param("JEET1-TC-12#2", "JEET1-TC-12", 2, id="step of a case"),
        pytest.param(" 20497 # 3 ", "20497", 3, id="blanks"),
        pytest.param("GID-51234#1", "GID-51234", 1, id="step of a global ID"),
    ],
)
def test_a_link_is_read_from_its_text_form(text: str, case: str, step: int | None) -> None:
    assert CaseLink.parse(text) == CaseLink(CaseRef.parse(case), step)


@every("text", ["", "#2", "JEET1-TC-12#", "JEET1-TC-12#0", "A-1#2#3", "A-1#b"])
def test_what_is_no_link_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no"):
        CaseLink.parse(text)


@given(links)
def test_the_text_form_of_a_link_reads_back_as_the_link(link: CaseLink) -> None:
    assert CaseLink.parse(str(link)) == link


@given(st.lists(links), st.sampled_from([",", ", ", " ,\n"]))
def test_links_joined_by_commas_read_back_as_the_links(each: list[CaseLink], comma: str) -> None:
    assert parse_links(comma.join(map(str, each))) == tuple(each)


@every("text", ["", " ", ",", " , ,"])
def test_a_property_without_text_links_nothing(text: str) -> None:
    assert parse_links(text) == ()


def test_one_bad_reference_among_several_is_named() -> None:
    with pytest.raises(ValueError, match="'TC 2' is not a case reference"):
        parse_links("A-TC-1, TC 2")


def test_one_bad_reference_does_not_cost_the_others() -> None:
    found = read_links("A-TC-1, TC 2,A-TC-3#0, 20497")
    assert list(map(str, found.links)) == ["A-TC-1", "20497"]
    assert [why.partition(":")[0] for why in found.problems] == [
        "'TC 2' is not a case reference",
        "'0' is not a step number",
    ]


places = st.lists(st.lists(links | st.just(NO_CASE), max_size=3), max_size=5)


@given(places)
def test_none_takes_out_what_is_farther_and_beside_it(said: list[list[CaseLink]]) -> None:
    last = max((at for at, place in enumerate(said) if NO_CASE in place), default=-1)
    nearer = tuple(dict.fromkeys(link for place in said[last + 1 :] for link in place))
    assert nearer_wins(said) == (nearer or (NO_CASE,) if last >= 0 else nearer)


@every("value", [1, 12, "3", " 4 "])
def test_steps_are_counted_from_one(value: object) -> None:
    assert parse_step(value) == int(str(value))


@every("value", [0, -1, True, 1.0, None, "", "one", "\u0661", 10**30])
def test_what_is_no_step_number_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="is not a step number"):
        parse_step(value)


def test_three_names_of_a_property_hold_references() -> None:
    assert frozenset({"jama", "jama_case", "test_key"}) == LINK_PROPERTIES
