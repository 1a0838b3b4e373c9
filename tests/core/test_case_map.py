from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_jama.core.case_map import CaseMap, MapConflict, MapEntry
from pytest_jama.core.cases import CaseLink
from pytest_jama.core.known_tests import KeyPlaces
from pytest_jama.core.test_ids import normal_form
from tests.core.test_test_ids import junit_spelling, node_ids
from tests.every import every
from tests.work import count_calls


def entry(key: str, line: int = 1) -> MapEntry:
    """Make an entry whose case bears the number of its line."""
    return MapEntry(key, (CaseLink.parse(f"T-TC-{line}"),), line)


def map_of(*keys: str) -> CaseMap:
    """Make a map of keys on lines 1, 2, 3, ..."""
    test_map, _ = CaseMap.build(entry(key, line) for line, key in enumerate(keys, start=1))
    return test_map


def found_line(test_map: CaseMap, test_id: str) -> int:
    """Return the line of the entry that a test gets its links from; 0 without one."""
    links = test_map.find(test_id)
    return int(str(links[0]).removeprefix("T-TC-")) if links else 0


TEST = "tests/web/test_pay.py::TestCard::test_refund[eur-1.5]"


@every(
    "key",
    [
        pytest.param(TEST, id="exact ID"),
        pytest.param("tests/web/test_pay.py::TestCard::test_refund", id="all parameters"),
        pytest.param("tests/web/test_pay.py::TestCard", id="class"),
        pytest.param("tests/web/test_pay.py", id="file"),
        pytest.param("tests/web", id="folder"),
        pytest.param("tests/", id="folder with slash"),
        pytest.param("tests.web.test_pay.TestCard.test_refund[eur-1.5]", id="JUnit spelling"),
        pytest.param("tests.web.test_pay.TestCard", id="JUnit spelling of the class"),
        pytest.param("tests\\web\\test_pay.py", id="backslashes of Windows"),
        pytest.param("tests/*/test_pay.py", id="star for a folder"),
        pytest.param("tests/web/test_*.py", id="star inside of a file name"),
        pytest.param("tests/web/test_pay.py::*::test_refund", id="star for a class"),
        pytest.param("tests/web/test_pay.py::TestCard::*", id="star for all of a class"),
        pytest.param("*/*/*/*/*", id="stars only"),
        pytest.param("**", id="two stars only"),
        pytest.param("**/test_pay.py", id="two stars for folders"),
        pytest.param("tests/**::test_refund", id="two stars across files and classes"),
        pytest.param("**test_refund[eur*]", id="star inside of brackets"),
        pytest.param("**[*-1.5]", id="literal dot inside of brackets"),
        pytest.param("tests/**pay**refund", id="literal text between stars"),
        pytest.param("**test*_refund**", id="literal text that stands in several places"),
    ],
)
def test_a_key_matches(key: str) -> None:
    assert map_of(key).find(TEST)


@every(
    "key, test_id",
    [
        pytest.param("tests.T.test_a", "tests.T.test_a (level='high')", id="unittest"),
        pytest.param("tests.T.test_a", "tests.T.test_a [why] (level=(1, 2))", id="with message"),
        pytest.param("com.acme.T.f", "com.acme.T.f(java.lang.String, int)[3]", id="JUnit 5"),
        pytest.param("com.acme.T.f(String)", "com.acme.T.f(String)[3]", id="all of an overload"),
        pytest.param("com.acme.T.f", "com.acme.T.f{String}[3]", id="Surefire"),
        pytest.param("com.acme.T", "com.acme.T$Nested.f", id="nested class"),
        pytest.param("App/Tests/Login", "App\\Tests\\Login.testOk", id="namespace of PHP"),
        pytest.param("T.testA", 'T.testA with data set "a (1)"', id="PHPUnit"),
        pytest.param("T.testA", "T.testA with data set #0", id="PHPUnit without names"),
        pytest.param("T.it pays", "T.it pays with ('visa', 2)", id="Pest"),
        pytest.param("T.it pays", 'T.it pays with dataset "visa"', id="Pest with names"),
        pytest.param("a.cpp.fits", "a.cpp.fits<std::vector<int>>", id="doctest"),
        pytest.param("F.The door", "F.The door - Example #1.1", id="Cucumber on the JVM"),
        pytest.param("f.F.The door", "f.F.The door -- @1.1 big ones", id="behave"),
        pytest.param("F.The door", "F.The door - #1.1", id="Cucumber"),
        pytest.param("pkg.TestA", "pkg.TestA/big_one", id="Go"),
        pytest.param("old (2)/T.f", "old (2)/T.f (x=1)", id="brackets in a folder"),
    ],
)
def test_a_key_matches_all_parameters_in_the_notation_of_other_frameworks(
    key: str, test_id: str
) -> None:
    assert map_of(key).find(test_id)


@every(
    "key, test_id",
    [
        pytest.param("tests/test_a", "tests/test_ab.py::test", id="half of a file name"),
        pytest.param("tests/a.py::test", "tests/a.py::test_b", id="half of a function name"),
        pytest.param("adds", "adds numbers", id="half of a title"),
        pytest.param("adds", "adds numbers (fast) twice", id="brackets inside of a title"),
        pytest.param("renders", "renders <App />", id="element in a title"),
        pytest.param("a > b", "a > b >= c", id="signs in a title"),
        pytest.param("old", "old (2)/T.f", id="half of the name of a folder"),
        pytest.param("tests/a.py::Test", "tests/a.py::TestB::test", id="half of a class name"),
        pytest.param("a.py::test", "tests/a.py::test", id="end of a path"),
        pytest.param("a.py::test[1]", "a.py::test[2]", id="other parameters"),
        pytest.param("a.py::test[1]", "a.py::test", id="parameters of a test without"),
        pytest.param("a.py::test[ab]", "a.py::testa", id="brackets are not a set of characters"),
        pytest.param("a.py::test?", "a.py::testa", id="question mark is literal"),
        pytest.param("a.py::t.st", "a.py::test", id="dot is not a regular expression"),
        pytest.param("tests/*::test", "tests/web/a.py::test", id="star across folders"),
        pytest.param("tests/*/x", "tests/a.py::T::x", id="star across a class"),
        pytest.param("a.py::t[*]", "a.py::t[b/c]", id="star across a slash in parameters"),
        pytest.param("a.py::t[*]", "a.py::t[b:c]", id="star across a colon in parameters"),
        pytest.param("a.py::t[*]", "a.py::t", id="bracket that is not there"),
        pytest.param("a**b**c", "acb", id="texts in another order"),
        pytest.param("a.py::ab*ba", "a.py::aba", id="overlapping ends"),
        pytest.param("**/a.py", "a.py::test", id="slash that is not there"),
        pytest.param("Tests/a.py", "tests/a.py::test", id="letter case"),
    ],
)
def test_a_key_does_not_match(key: str, test_id: str) -> None:
    assert map_of(key).find(test_id) == ()


def test_two_stars_match_colons_and_slashes_in_parameters() -> None:
    assert map_of("a.py::t[**]").find("a.py::t[b/c::d]")


def test_an_empty_map_matches_nothing() -> None:
    test_map = map_of()

    assert not test_map
    assert test_map.find(TEST) == ()


def test_a_map_knows_its_entries() -> None:
    test_map = map_of("a.py", "b*.py")

    assert len(test_map) == 2
    assert sorted(map(str, test_map.links())) == ["T-TC-1", "T-TC-2"]


@every(
    "keys",
    [
        pytest.param(["a.py::t[1]", "a.py::t[**]"], id="exact beats pattern"),
        pytest.param(["a.py::t", "a.py::*t**"], id="exact beats a pattern of equal length"),
        pytest.param(["a.py::T", "a.py"], id="class beats file"),
        pytest.param(["w/a.py::T::t", "w/a.py::T", "w/a.py", "w"], id="nearest literal key"),
        pytest.param(["a.py::t[1]", "a.py::t"], id="exact beats the whole function"),
        pytest.param(["tests/test_*.py", "tests/*.py"], id="more literal characters"),
        pytest.param(["tests/test_*.py", "tests"], id="longer pattern beats a folder"),
        pytest.param(["tests/test_a.py", "tests/t*.py"], id="file beats a shorter pattern"),
        pytest.param(["tests/a", "tests/a**"], id="literal key beats a pattern as long"),
        pytest.param(["**test_login*", "****login"], id="stars do not count"),
        pytest.param(["**[chrome]", "a.py::*"], id="brackets count"),
    ],
)
@every("turn", [1, -1], ids=["in this order", "in the other order"])
def test_the_more_specific_key_wins_in_any_order(keys: list[str], turn: int) -> None:
    tests = {
        "a.py::t[1]": "a.py::t[1]",
        "a.py::t": "a.py::t",
        "a.py::T": "a.py::T::x",
        "w/a.py::T::t": "w/a.py::T::t[2]",
        "tests/test_*.py": "tests/test_b.py::t",
        "tests/test_a.py": "tests/test_a.py::t",
        "tests/a": "tests/a/b.py::t",
        "**test_login*": "w/a.py::test_login_x",
        "**[chrome]": "a.py::t[chrome]",
    }
    winner = normal_form(keys[0])
    test_map = map_of(*keys[::turn])

    line = found_line(test_map, tests[keys[0]])

    assert normal_form(keys[::turn][line - 1]) == winner


@every(
    "first, second",
    [
        pytest.param("a.py::t", "a.py::t", id="written twice"),
        pytest.param("tests/a.py::t", "tests.a.t", id="in both spellings"),
        pytest.param("tests/*.py", "tests/*", id="patterns"),
        pytest.param("tests", "tests/", id="slash at the end"),
    ],
)
def test_two_keys_of_one_normal_form_are_a_conflict_at_once(first: str, second: str) -> None:
    _, conflicts = CaseMap.build([entry(first, 1), entry(second, 2)])

    assert conflicts == (MapConflict(entry(first, 1), entry(second, 2)),)


def test_equally_specific_patterns_are_a_conflict_in_a_test_that_both_match() -> None:
    test_map = map_of("a.py::test_*", "a.py::*_pay_")

    conflicts = test_map.find_conflicts(["a.py::test_x", "a.py::test_pay_"])

    assert [(c.first.line, c.second.line, c.test_id) for c in conflicts] == [
        (1, 2, "a.py::test_pay_"),
    ]


@every(
    "keys, test_id",
    [
        pytest.param(["ab*", "*yz"], "abx", id="one matches"),
        pytest.param(["ab*", "*yz", "abyz"], "abyz", id="an exact key decides"),
        pytest.param(["ab*", "*yz", "ab*yz"], "abcyz", id="a longer pattern decides"),
        pytest.param(["ab*", "ab*z"], "abyz", id="one is longer"),
        pytest.param(["ab", "*b*"], "ab/c", id="a literal key above is longer"),
        pytest.param(["ab", "*ab"], "ab/c", id="a literal key above is as long"),
    ],
)
def test_there_is_no_conflict_when(keys: list[str], test_id: str) -> None:
    assert map_of(*keys).find_conflicts([test_id]) == ()


def test_patterns_that_name_the_same_cases_are_no_conflict() -> None:
    links = (CaseLink.parse("T-TC-1"),)
    test_map, _ = CaseMap.build([MapEntry("ab*", links, 1), MapEntry("*yz", links, 2)])

    assert test_map.find_conflicts(["abyz"]) == ()


def test_each_pair_of_patterns_is_named_once() -> None:
    test_map = map_of("ab*", "*yz")

    assert len(test_map.find_conflicts([f"ab{number}yz" for number in range(9)])) == 1


def test_of_equally_specific_patterns_the_first_in_the_file_is_taken() -> None:
    assert found_line(map_of("ab*", "*yz"), "abyz") == 1
    assert found_line(map_of("*yz", "ab*"), "abyz") == 1


@every(
    "keys, lines",
    [
        pytest.param(["tests/a.py"], [1], id="the file itself"),
        pytest.param(["tests/a.py::t", "tests/a.py::T"], [1, 2], id="tests below"),
        pytest.param(["tests/a.py::t_*"], [1], id="pattern below"),
        pytest.param(["tests", "tests/ab.py::t"], [1], id="a folder above"),
        pytest.param(["tests", "tests/a.py::t"], [1, 2], id="tests below, and a folder above"),
        pytest.param(["tests", "tests/a.py", "tests/a*"], [2], id="the file before the folder"),
        pytest.param(["tests/*.py"], [1], id="a pattern for the file"),
        pytest.param(["tests/ab.py::t"], [], id="another file"),
    ],
)
def test_the_cases_of_a_file_that_could_not_be_collected_are_found(
    keys: list[str],
    lines: list[int],
) -> None:
    links = KeyPlaces(map_of(*keys)).find_links("tests/a.py")

    assert [str(link) for link in links] == [f"T-TC-{line}" for line in lines]


@given(node_ids, st.data())
def test_a_key_matches_both_spellings_of_a_test_or_none(node_id: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(node_id) - 1))
    end = data.draw(st.integers(start, len(node_id)))
    key = node_id[:start] + data.draw(st.sampled_from(["", "*", "**"])) + node_id[end:]
    test_map = map_of(key, "tests", "**test_*")

    assert test_map.find(node_id) == test_map.find(junit_spelling(node_id))


@given(node_ids)
def test_an_exact_key_beats_every_other(node_id: str) -> None:
    test_map = map_of("**", f"**{node_id[1:]}", node_id, f"{node_id[:-1]}**")

    assert found_line(test_map, node_id) == 3


def plain_search(keys: list[str], test_id: str) -> int:
    """Return the line of the key that the rules choose, by trying one key after the other.

    Keys and test are in normal form.
    """
    address, bracket, _ = test_id.partition("[")
    ends = [len(address)] if bracket else []
    ends += [at for at, character in enumerate(address) if character == "/"]
    above = [test_id, *(test_id[:end] for end in ends)]
    ranked = []
    for line, key in enumerate(keys, start=1):
        parts = (_REGEX.get(part, re.escape(part)) for part in re.split(r"(\*+)", key))
        pattern = re.compile("".join(parts), re.DOTALL)
        if any(pattern.fullmatch(name) for name in above):
            is_literal = "*" not in key
            literal = len(key.replace("*", ""))
            ranked.append((key != test_id, -literal, not is_literal, line))
    return min(ranked)[-1] if ranked else 0


_REGEX = {"*": "[^/:]*", "**": ".*"}

pieces = st.sampled_from(["a", "b", "ab", "/", "[", "]", ":", "*", "**"])
keys_in_normal_form = (
    st.lists(pieces, min_size=1, max_size=7)
    .map("".join)
    .map(lambda key: re.sub(r"\*{3,}", "**", key))
    .map(normal_form)
    .filter(bool)
)
ids_in_normal_form = (
    st.lists(pieces, min_size=1, max_size=9)
    .map(lambda parts: normal_form("".join(parts).replace("*", "")))
    .filter(bool)
)


@given(st.lists(keys_in_normal_form, max_size=8, unique=True), ids_in_normal_form)
def test_the_index_finds_what_trying_all_keys_finds(keys: list[str], test_id: str) -> None:
    assert found_line(map_of(*keys), test_id) == plain_search(keys, test_id)


@pytest.mark.parametrize(
    "key",
    [
        pytest.param("tests/p{0}/test_{0}.py::TestX::test_{0}", id="functions"),
        pytest.param("tests/p{0}/test_{0}.py::*::test_{0}", id="one star"),
        pytest.param("**/test_{0}.py::TestX::test_*", id="two stars"),
        pytest.param("**test_{0}[**", id="text between stars"),
    ],
)
def test_the_work_grows_with_the_tests_and_entries_not_with_their_product(key: str) -> None:
    def work_for(numbers: range) -> int:
        keys = [key.format(number) for number in numbers]
        tests = [f"tests/p{n}/test_{n}.py::TestX::test_{n}[{n}]" for n in numbers]

        def run() -> None:
            test_map = map_of(*keys)
            assert all(test_map.find(test_id) for test_id in tests)

        return count_calls(run)

    # All numbers have as many digits. Without an index it is 16 times the work.
    assert work_for(range(1000, 1800)) < 5 * work_for(range(1000, 1200))


def test_an_id_with_stars_in_its_parameters_can_be_named_exactly() -> None:
    keys = ["a.py::test_x[*]", "a.py::test_x[**]"]
    case_map = map_of(*keys)
    assert case_map.find_conflicts(keys) == ()
    assert [found_line(case_map, key) for key in keys] == [1, 2]
