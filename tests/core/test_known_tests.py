"""What of the map a session did not come across, as a law and case by case."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pytest_jama.core.case_map import CaseMap, MapEntry
from pytest_jama.core.cases import NO_CASE, CaseLink, CaseRef
from pytest_jama.core.known_tests import Coverage, find_gaps
from pytest_jama.core.results import Outcome
from tests.every import every
from tests.work import count_calls


def map_of(*keys: str) -> CaseMap:
    """Make a map of keys, the first of which is evidence of T-1."""
    entries = (
        MapEntry(key, (CaseLink.parse(f"T-{line}"),), line)
        for line, key in enumerate(keys, start=1)
    )
    return CaseMap.build(entries)[0]


FILES = {
    f"{folder}test_{name}.py": [
        f"{folder}test_{name}.py::{test}"
        for test in ("test_x", "test_y[1]", "test_y[2]", "TestA::test_x")
    ]
    for folder in ("", "a/", "a/b/", "c/")
    for name in ("p", "q")
}
TESTS = [test for tests in FILES.values() for test in tests]
FOLDERS = ["a/", "a/b/", "c/"]
KEYS = [
    *FOLDERS,
    *FILES,
    *(test.partition("[")[0] for test in TESTS),
    *("a/**", "**", "**::test_x", "*/test_p.py", "a/*/test_*::TestA", "a/b/test_p*", "**/test_q*"),
    *("a/**::test_y[*", "gone/", "a/test_p.py::test_gone", "a/**::gone", "a.b.test_p.TestA"),
]

maps = st.lists(st.sampled_from(KEYS), unique=True, min_size=1, max_size=6).map(
    lambda keys: map_of(*keys)
)


def coverage_of(files: list[str], *, is_whole: bool = False) -> Coverage:
    """Return what a session saw that was to collect some files: as pytest, folder by folder."""
    missed: list[str] = [
        folder
        for folder in FOLDERS
        if not any(file.startswith(folder) for file in files)
        and not any(folder.startswith(other) and folder != other for other in FOLDERS[:1])
    ]
    missed += [
        file
        for file in FILES
        if file not in files and not any(file.startswith(folder) for folder in missed)
    ]
    tests = [test for file in files for test in FILES[file]]
    return Coverage(tests, missed, is_whole=is_whole)


def cases_of(test_map: CaseMap, tests: list[str]) -> set[CaseRef]:
    return {link.case_ref for test in tests for link in test_map.find(test)}


@given(maps, st.sets(st.sampled_from(list(FILES))))
def test_no_case_looks_complete_without_one_of_its_tests(
    test_map: CaseMap, files: set[str]
) -> None:
    coverage = coverage_of([file for file in FILES if file in files])
    gaps = find_gaps(test_map, coverage)
    said = {link.case_ref for result in gaps.missing for link in result.links}
    left_out = [test for test in TESTS if test not in coverage.test_ids]
    assert cases_of(test_map, left_out) <= said
    assert all(result.outcome is Outcome.NOT_COLLECTED for result in gaps.missing)


@given(maps, st.sets(st.sampled_from(["test_x", "test_y", "TestA"]), min_size=1))
def test_no_case_looks_complete_when_tests_may_have_other_names(
    test_map: CaseMap, names: set[str]
) -> None:
    tests = [test for test in TESTS if test.split("::")[1].partition("[")[0] in names]
    gaps = find_gaps(test_map, Coverage(tests, partial=list(FILES)))
    said = {link.case_ref for result in gaps.missing for link in result.links}
    assert cases_of(test_map, [test for test in TESTS if test not in tests]) <= said
    bare = {test.partition("[")[0] for test in tests}
    assert not any(result.test_id in bare for result in gaps.missing)


@given(maps, st.booleans())
def test_a_session_of_everything_misses_nothing_but_what_no_test_matches(
    test_map: CaseMap, is_whole: bool
) -> None:
    gaps = find_gaps(test_map, coverage_of(list(FILES), is_whole=is_whole))
    matched = test_map.find_matched(TESTS)
    assert gaps.missing == ()
    dead = [entry.key for key, entry in test_map.items() if key not in matched]
    assert [each.key for each in gaps.unmatched] == dead


@given(maps, st.sets(st.sampled_from(list(FILES))))
def test_a_key_is_matched_missing_or_dead_and_never_two_of_these(
    test_map: CaseMap, files: set[str]
) -> None:
    coverage = coverage_of([file for file in FILES if file in files])
    gaps = find_gaps(test_map, coverage)
    dead = {each.key for each in gaps.unmatched}
    missing = {link for result in gaps.missing for link in result.links}
    matched = test_map.find_matched(coverage.test_ids)
    for key, entry in test_map.items():
        if entry.key in dead:
            assert key not in matched
            assert entry.links[0] not in missing
        elif key not in matched:
            assert entry.links[0] in missing


def said(*keys: str, **coverage: object) -> tuple[dict[str, str], list[str]]:
    """Return what is missing by name, and the dead keys."""
    gaps = find_gaps(map_of(*keys), Coverage(**{"test_ids": (), **coverage}))  # type: ignore[arg-type]
    missing = {each.test_id: ",".join(map(str, each.links)) for each in gaps.missing}
    return missing, [each.key for each in gaps.unmatched]


def test_a_missed_file_counts_for_the_keys_that_could_win_in_it() -> None:
    keys = ("t/", "t/test_b.py", "t/*::test_x", "t/test_b.py::test_long*", "u/")
    missing, dead = said(*keys, test_ids=["t/a.py::test_x", "u/c.py::t"], missed=["t/test_b.py"])
    assert missing == {"t/test_b.py": "T-2,T-3", "t/test_b.py::test_long*": "T-4"}
    assert dead == []


def test_what_lies_outside_of_the_test_paths_is_no_part_of_a_wide_key() -> None:
    outside = {"missed": ["doc/"], "test_paths": ["t"], "test_ids": ["t/a.py::x"]}
    assert said("**::x", "doc/d.py::y", **outside) == ({}, ["doc/d.py::y"])
    part = {**outside, "is_whole": False}
    assert said("**::x", "doc/d.py::y", **part) == ({"doc/d.py::y": "T-2"}, [])
    assert said("doc/**", **{**part, "missed": ["doc/e.py"], "test_ids": ["doc/d.py::x"]}) == (
        {"doc/e.py": "T-1"},
        [],
    )


def test_a_folder_without_tests_is_no_part_of_anything() -> None:
    empty = {"missed": ["src/"], "test_ids": ["t/a.py::x"], "holds_tests": lambda _: False}
    assert said("**::x", "src/d.py::y", is_whole=False, **empty) == ({}, ["src/d.py::y"])


def test_what_failed_has_results_of_its_own() -> None:
    assert said("t/a.py::x", "t/", "t/**::y", failed=["t/a.py"]) == ({}, [])


def test_what_was_not_looked_at_is_not_dead() -> None:
    part = {"is_whole": False, "roots": ["t"], "test_ids": ["t/a.py::x"]}
    assert said("t/a.py::z", "u/b.py::z", **part) == ({"u/b.py::z": "T-2"}, ["t/a.py::z"])


def test_keys_relative_to_a_folder_above() -> None:
    test_map = map_of("sub/t/", "t/a.py::y", "other/b.py::z", "sub/t/a.py::gone").seen_from("sub")
    gaps = find_gaps(test_map, Coverage(["t/a.py::x"], ["t/b.py"], is_whole=False))
    assert {each.test_id for each in gaps.missing} == {"t/b.py", "t/a.py::y", "other/b.py::z"}
    assert [each.key for each in gaps.unmatched] == ["sub/t/a.py::gone"]
    assert [str(link) for link in test_map.find("t/a.py::y")] == ["T-2"]


def test_none_is_evidence_of_nothing() -> None:
    test_map, _ = CaseMap.build([MapEntry("t/", (NO_CASE,), 1), MapEntry("u", (NO_CASE,), 2)])
    gaps = find_gaps(test_map, Coverage([], ["t/a.py"]))
    assert gaps.missing == ()
    assert [(each.key, each.links) for each in gaps.unmatched] == [("u", ())]


@every(
    "key, nearest",
    [
        ("tests/test_pay.py::test_refundd", "tests/test_pay.py::test_refund"),
        ("test_pay.py::test_refund", "tests/test_pay.py::test_refund"),
        ("tests/test_pay.py::test_card[visa]", "tests/test_pay.py::test_card[x]"),
        ("tests/test_pays.py", "tests/test_pay.py::test_refund"),
        ("tests/test_pay.py::test_linkd", "tests/test_pay.py::test_link"),
        ("tests/test_pay.py::test_login", ""),
        ("tests/test_gone.py::test_link", ""),
        ("tests/**/test_zz*", ""),
        ("tests/test_b.py", ""),
        ("other/test_pay.py", ""),
        ("qqq", ""),
    ],
)
def test_the_nearest_test_of_a_dead_key_is_really_near_and_free(key: str, nearest: str) -> None:
    tests = ["tests/test_pay.py::test_link", "tests/test_pay.py::test_refund"]
    tests.append("tests/test_pay.py::test_card[x]")
    test_map = map_of(key, "tests/test_pay.py::test_link")
    (unmatched,) = find_gaps(test_map, Coverage(tests)).unmatched
    assert unmatched.nearest == nearest


def test_a_key_outside_of_the_test_paths_says_so_when_its_file_exists() -> None:
    there = {"other/b.py", "tests/a.py::x"}
    coverage = Coverage(["tests/a.py::y"], test_paths=["tests"], exists=there.__contains__)
    gaps = find_gaps(map_of("other/b.py", "other/c.py", "tests/a.py::x"), coverage)
    outside = "lies outside of testpaths, though its file exists"
    assert [each.why for each in gaps.unmatched] == [outside, *["matches no test"] * 2]


def test_the_work_grows_with_the_keys_and_tests_not_with_their_product() -> None:
    def work_for(count: int) -> int:
        last = 1000 + count
        few = range(last, last + count // 10)
        keys = [f"tests/p{n % 100}/test_{n}.py::test_{n}" for n in range(1000, last)]
        keys += [f"tests/p{n % 100}/test_{n}*::test_old_*" for n in few]
        tests = [f"tests/p{n % 100}/test_{n}.py::test_{n}[a]" for n in range(1000, last)]
        missed = [f"tests/p{n % 100}/test_{n}.py" for n in few]
        test_map = map_of(*keys)
        return count_calls(lambda: find_gaps(test_map, Coverage(tests, missed)))

    assert work_for(800) < 5 * work_for(200)  # else 16 times


@every(
    "key, test, pattern",
    [
        ("t.py::x[2026-01-02T03:04:05.678-a]", "t.py::x[2026-07-08T09:10:11.12-a]", "[**-a]"),
        ("t.py::x[<f at 0x7f00aa11bb22>]", "t.py::x[<f at 0x7f99cc33dd44>]", "[<f at **>]"),
        ("t.py::x[22:07:34 2026-11-29]", "t.py::x[08:09:10 2026-12-01]", "[**]"),
        ("t.py::x[11-29-2026 22:07:34]", "t.py::x[12-01-2026 08:09:10]", "[**]"),
        ("t.py::x[2026-11-29-a]", "t.py::x[2026-11-30-a]", "[**-a]"),
        ("t.py::x[10:11:12]", "t.py::x[13:14:15.5]", "[**]"),
        (
            "t.py::x[datetime.datetime(2026, 1, 2)]",
            "t.py::x[datetime.datetime(2026, 3, 4)]",
            "[**]",
        ),
    ],
)
def test_a_key_with_a_clock_time_or_an_address_is_told_which_pattern_to_use(
    key: str, test: str, pattern: str
) -> None:
    (dead,) = find_gaps(map_of(key), Coverage([test])).unmatched
    assert dead.why.endswith(f"if so, write the key as 't.py::x{pattern}'")
    assert map_of(f"t.py::x{pattern}").find(test)


@every("test", ["t.py::x[0x40021000-b]", "t.py::y[0x40021004-a]", "t.py::x[a]"])
def test_other_dead_keys_are_not_told_of_a_pattern(test: str) -> None:
    (dead,) = find_gaps(map_of("t.py::x[0x40021000-a]"), Coverage([test])).unmatched
    assert dead.why == "matches no test"


def test_a_class_in_a_file_that_is_misspelt_is_found() -> None:
    there = ["t/test_serialization.py::TestField::test_x", "t/test_other.py::TestFields::test_x"]
    test_map = map_of("t/test_serialisation.py::TestField", "t")
    assert find_gaps(test_map, Coverage(there)).unmatched[0].nearest == there[0]
