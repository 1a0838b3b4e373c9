"""Keys with wildcards: what they match, and what hostile ones cost."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_jama.core.case_map import CaseMap, MapEntry
from pytest_jama.core.cases import parse_links
from pytest_jama.core.key_patterns import KeyPattern
from tests.core.values import LAW

LINKS = parse_links("A-1")
KEYS = st.lists(st.sampled_from(["a", "b", "/", ":", "*", "**"]), min_size=1, max_size=10)
TEXTS = st.text("aab/:", max_size=14)


@LAW
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


def cpu_of(key: str, test_id: str) -> float:
    """Return the seconds for finding what a test is evidence of; the best of three."""
    test_map, _ = CaseMap.build([MapEntry(key, LINKS)])
    seconds = []
    for _ in range(3):
        started = time.process_time()
        test_map.find(test_id)
        if "*" in key:
            KeyPattern(key, MapEntry(key, LINKS)).may_match_within(test_id[:2000])
        seconds.append(time.process_time() - started)
    return min(seconds)


@pytest.mark.parametrize(
    "key", ["*a*a*a*a*a*a*a*a*b", "**a**a**a**a**a**a**b", "**a*a*a*a**a*a*a*b", "**/a*/a*/a*/b"]
)
@pytest.mark.parametrize("unit", ["a", "a/", "/a", "a.b"])
def test_no_pattern_takes_more_time_than_in_proportion_to_the_test_id(key: str, unit: str) -> None:
    small, large = cpu_of(key, unit * 5000), cpu_of(key, unit * 20_000)
    assert large < 9 * small + 0.05


def test_a_test_id_of_a_megabyte_is_looked_up_at_once() -> None:
    for key in ("a/a/a", "**/a", "**b**", "a" * 100_000):
        assert cpu_of(key, "a/" * 500_000) < 3
