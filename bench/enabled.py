"""What one test more costs with ``--jama --jama-no-upload``, beside ``--junitxml`` and a peer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.probes import VALGRIND, measure_usage
from bench.sessions import PEER_REPORT, REPORT, UPLOAD_NOTHING, cost_of, session
from bench.suites import FORMS
from bench.table import Row, compare

if TYPE_CHECKING:
    from bench.probes import Command

SMALL, LARGE = 1_000, 10_000
MEMORY_BOUND_BYTES = 1024
UNIT = "{:,.0f} instructions" if VALGRIND else "{:,.1f} us"
START = "{:,.0f} instructions" if VALGRIND else "{:,.0f} us"
BYTES = "{:,.0f} bytes"
SUBJECTS = {"marker": "with markers", "map": "with a map"}


def sessions_of(count: int) -> dict[str, Command]:
    """Return the sessions that are compared, of as many tests, each with and without a feature."""
    return {
        "plain": session("jama", "bare", count),
        "marked": session("jama", "marker", count),
        "junitxml": session("jama", "bare", count, f"--junitxml={REPORT}", "-pno:jama"),
        "marker": session("jama", "marker", count, *UPLOAD_NOTHING),
        "map": session("jama", "map", count, *UPLOAD_NOTHING),
    }


BASE = {"junitxml": "plain", "map": "plain", "marker": "marked"}
"""The same suite without the feature: that pytest itself spends time on markers is not our cost."""


def measure_enabled(*, quick: bool) -> list[Row]:
    """Return the rows on the cost of each test.

    Args:
        quick: Whether to leave out the suites of 10,000 tests.
    """
    added = {count: _added(cost_of(sessions_of(count), repeats=3)) for count in (1, SMALL)}
    if not quick:
        collecting = [session("jama", form, LARGE, "--collect-only") for form in FORMS]
        cost = cost_of(sessions_of(LARGE), repeats=3, warm_up=collecting)
        added[LARGE] = _added(cost)
    counts = sorted(added)
    peer = {
        "plain": session("allure", "bare", SMALL),
        "allure": session("allure", "bare", SMALL, f"--alluredir={PEER_REPORT}"),
    }
    peer_cost = cost_of(peer, repeats=3)
    return [
        *(row for count in counts[1:] for row in _averages(added[count], count)),
        *_slopes(added, *counts[-2:]),
        *(
            Row(f"{text}: start-up", START.format(added[1][name]))
            for name, text in SUBJECTS.items()
        ),
        Row("--junitxml: start-up", START.format(added[1]["junitxml"])),
        Row(
            f"allure-pytest: each of {SMALL:,} tests, start-up included",
            UNIT.format((peer_cost["allure"] - peer_cost["plain"]) / SMALL),
        ),
    ]


def _added(cost: dict[str, float]) -> dict[str, float]:
    """Return what each feature adds to the same suite without it."""
    return {name: cost[name] - cost[base] for name, base in BASE.items()}


def _averages(added: dict[str, float], count: int) -> list[Row]:
    bound = added["junitxml"] / count
    return [
        compare(
            f"{text}: each of {count:,} tests, start-up included",
            added[name] / count,
            bound=bound,
            form=UNIT,
        )
        for name, text in SUBJECTS.items()
    ]


def _slopes(added: dict[int, dict[str, float]], low: int, high: int) -> list[Row]:
    """Return what one test more costs between two sizes of the suite: without start-up."""

    def slope(name: str) -> float:
        return (added[high][name] - added[low][name]) / (high - low)

    return [
        compare(f"{text}: one test more", slope(name), bound=slope("junitxml"), form=UNIT)
        for name, text in SUBJECTS.items()
    ]


def measure_memory() -> list[Row]:
    """Return the rows on memory: growth of the peak from 1,000 to 10,000 tests."""
    growth = {}
    for name in sessions_of(SMALL):
        small, large = (sessions_of(count)[name] for count in (SMALL, LARGE))
        growth_kb = measure_usage(large).peak_kb - measure_usage(small).peak_kb
        growth[name] = 1024 * growth_kb / (LARGE - SMALL)
    extra = _added(growth)
    return [
        *(
            compare(
                f"{text}: memory of one test more",
                extra[name],
                bound=MEMORY_BOUND_BYTES,
                form=BYTES,
            )
            for name, text in SUBJECTS.items()
        ),
        Row("--junitxml: memory of one test more", BYTES.format(extra["junitxml"])),
    ]
