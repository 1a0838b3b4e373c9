"""Which IDs of test cases `pytest-jama init` finds in names, docstrings and markers."""

from __future__ import annotations

import re

from pytest_jama.cli.init.init_ids import find_ids, name_pattern
from pytest_jama.core.cases import GROUP, find_links_in_name
from tests.every import every

_ITEM = "https://acme.jamacloud.com/perspective.req#/items/20497?projectId=45"


@every(
    "name, in_name, others",
    [
        ("test_flow[PUMP-TC-12]", ("PUMP-TC-12",), ()),
        ("stops the pump [PUMP-SYSTC-3]", ("PUMP-SYSTC-3",), ()),
        ("test_flow[1-GET-PUMP-TC-12-PUMP-TC-13]", ("PUMP-TC-12", "PUMP-TC-13"), ()),
        ("test_PUMP-TC-12_flow", ("PUMP-TC-12",), ()),
        ("test_parse[GET-HTTP-1]", (), ()),
        ("test_encodes[UTF-8-SIG-1]", (), ()),
        ("UTF-8 is decoded", (), ()),
        ("test_utf_8_16", (), ()),
        ("[C123] stops", (), ("TestRail C123",)),
        ("test_C123_stops", (), ("TestRail C123",)),
        ("PROJ-7: stops", (), ("test case PROJ-7",)),
        ("stops TC-12", (), ("test case TC-12",)),
    ],
)
def test_ids_in_names_are_told_from_what_looks_like_them(
    name: str, in_name: tuple[str, ...], others: tuple[str, ...]
) -> None:
    found = find_ids(name)
    assert (found.in_name, found.refs, found.others) == (in_name, in_name, others)


@every(
    "name, ref",
    [
        ("test_PUMP_TC_12_flow", "PUMP-TC-12"),
        ("test_pump_tc_12", "PUMP-TC-12"),
        ("test_add_two_2", ""),
        ("test_iso_8859_1", ""),
    ],
)
def test_a_key_in_an_identifier_is_written_with_underscores(name: str, ref: str) -> None:
    found = find_ids(name)
    assert (found.refs, found.in_name) == ((ref,) if ref else (), ())


@every(
    "marker, arguments, refs, others",
    [
        ("testrail", ("ids=('C123', 'C4')",), (), ("TestRail C123", "TestRail C4")),
        ("pytestrail.case", ("C123",), (), ("TestRail C123",)),
        ("testrail_defects", ("PF-524",), (), ()),
        ("xray", ("PROJ-1",), (), ("Xray PROJ-1",)),
        ("polarion", ("PUMP-TC-9",), ("PUMP-TC-9",), ()),
        ("qase_id", ("5",), (), ("Qase 5",)),
        ("zephyr", ("PROJ-T12",), (), ("Zephyr PROJ-T12",)),
        ("testcase", ("PUMP-TC-3, PUMP-TC-4",), ("PUMP-TC-3", "PUMP-TC-4"), ()),
        ("allure_link", (_ITEM, "link_type=tms", "name=the case"), ("20497",), ()),
        ("allure_link", ("https://t.example/cases/view/123", "link_type=tms"), (), ("Allure 123",)),
        ("allure_link", ("https://jira.example/browse/X-1", "link_type=issue"), (), ()),
        ("allure_label", ("1001", "label_type=as_id"), (), ("Allure 1001",)),
        ("allure_label", ("payments 2", "label_type=feature"), (), ()),
        ("allure_display_name", ("the pump of 2 rates",), (), ()),
        ("allure_display_name", ("the pump stops (PUMP-TC-5)",), ("PUMP-TC-5",), ()),
        ("skipif", ("PUMP-TC-5",), (), ()),
        ("jama", ("PUMP-TC-5",), (), ()),
    ],
)
def test_markers_of_other_tools_are_read(
    marker: str, arguments: tuple[str, ...], refs: tuple[str, ...], others: tuple[str, ...]
) -> None:
    found = find_ids("test_a", markers=[(marker, arguments)])
    assert (found.refs, found.others) == (refs, others)


def test_a_docstring_names_cases_of_jama_and_of_other_tools_but_no_requirements() -> None:
    text = "Stops.\n\nVerifies PUMP-TC-12, for PUMP-REQ-3.\nTestRail: C55"
    found = find_ids("test_a", docstring=text)
    assert (found.refs, found.others) == (("PUMP-TC-12",), ("TestRail C55",))


def test_the_pattern_for_names_finds_the_keys_that_it_is_made_of() -> None:
    pattern = re.compile(name_pattern(["PUMP-TC-1", "VALVE-SYSTC-2"]))
    assert GROUP in pattern.groupindex
    found = find_links_in_name(pattern, "test_x[PUMP-TC-17-VALVE-SYSTC-3]")
    assert [str(link) for link in found.links] == ["PUMP-TC-17", "VALVE-SYSTC-3"]
    assert find_links_in_name(pattern, "test_PUMP-TC-8_x").links
    assert not find_links_in_name(pattern, "test_x[XPUMP-TC-1]").links
