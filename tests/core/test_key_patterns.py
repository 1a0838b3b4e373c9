"""Keys with wildcards: what they match, and what hostile ones cost."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from pytest_jama.core.case_map import CaseMap, MapEntry
from pytest_jama.core.cases import parse_links
from pytest_jama.core.key_patterns import KeyPattern
from tests.every import every
from tests.work import is_in_proportion

LINKS = parse_links("A-1")
KEYS = st.lists(st.sampled_from(["a", "b", "/", ":", "*", "**"]), min_size=1, max_size=10)
TEXTS = st.text("aab/:", max_size=14)


@given(KEYS.map("".join).filter(lambda key: "*" in key), TEXTS)
def test_one_star_stays_within_a_name_and_two_do_not(key: str, text: str) -> None:
    parts = re.split(r"(\*+)", key)
    expected = "".join(
        (".*" if len(part) > 1 else "[^/:]*") if "*" in part else re.escape(part) for part in parts
    )
    pattern = KeyPattern(key, MapEntry(key, LINKS))
    start, stop = len(pattern.prefix), len(text) - len(pattern.suffix)
    matches = start <= stop and text.startswith(pattern.prefix) and text.endswith(pattern.suffix)
    matches = matches and pattern.fits_between(text, start, stop)
    assert matches == bool(re.fullmatch(expected, text))


def search(key: str, test_id: str) -> None:
    """Find what a test is evidence of."""
    test_map, _ = CaseMap.build([MapEntry(key, LINKS)])
    test_map.find(test_id)
    if "*" in key:
        KeyPattern(key, MapEntry(key, LINKS)).may_match_within(test_id[:2000])


@every(
    "key", ["*a*a*a*a*a*a*a*a*b", "**a**a**a**a**a**a**b", "**a*a*a*a**a*a*a*b", "**/a*/a*/a*/b"]
)
@every("unit", ["a", "a/", "/a", "a.b"])
def test_no_pattern_takes_more_time_than_in_proportion_to_the_test_id(key: str, unit: str) -> None:
    small, large = unit * 5000, unit * 20_000
    assert is_in_proportion(lambda: search(key, small), lambda: search(key, large))


@every("key", ["a/a/a", "**/a", "**b**", "a" * 100_000])
def test_a_test_id_of_a_megabyte_takes_time_in_proportion_to_it(key: str) -> None:
    small, large = "a/" * 125_000, "a/" * 500_000
    assert is_in_proportion(lambda: search(key, small), lambda: search(key, large))
