from __future__ import annotations

import re

from pytest_jama.core.cases import find_links_in_name, name_in
from tests.every import every

PATTERN = re.compile(r"\[(?P<case>[A-Z0-9]+-TC-\d+(?:#\d+)?|\?)\]")


@every(
    "name, expected",
    [
        ("pays [A-TC-7]", ["A-TC-7"]),
        ("pays [A-TC-7] [B-TC-8] [A-TC-7]", ["A-TC-7", "B-TC-8"]),
        ("pays [A-TC-7#2]", ["A-TC-7#2"]),
        ("pays A-TC-7", []),
        ("", []),
    ],
)
def test_every_match_names_a_case(name: str, expected: list[str]) -> None:
    found = find_links_in_name(PATTERN, name)
    assert [str(link) for link in found.links] == expected
    assert found.problems == ()


def test_match_that_is_no_reference_is_a_problem_and_keeps_the_others() -> None:
    found = find_links_in_name(PATTERN, "pays [?] [A-TC-7]")
    assert [str(link) for link in found.links] == ["A-TC-7"]
    assert found.problems[0].startswith("'?' is not a case reference")


def test_group_that_takes_no_part_names_nothing() -> None:
    assert find_links_in_name(re.compile("pays(?P<case>-TC)?"), "pays").links == ()


def test_only_the_beginning_of_an_endless_name_is_searched() -> None:
    assert find_links_in_name(PATTERN, f"{'x' * 1000}[A-TC-7]").links == ()


@every(
    "node_id, name",
    [
        ("tests/test_a.py::test_x", "test_x"),
        ("tests/test_a.py::TestX::test_x[a::b/c.py]", "test_x[a::b/c.py]"),
        ("README.md::README.md", "README.md"),
        ("tests/test_a.py", "tests/test_a.py"),
    ],
)
def test_name_in_a_node_id_is_that_of_the_function(node_id: str, name: str) -> None:
    assert name_in(node_id) == name
