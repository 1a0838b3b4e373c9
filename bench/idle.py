"""What pytest-jama costs a session of one test when it is installed and not enabled."""

from __future__ import annotations

import sys

from bench.sessions import cost_of, session, time_all
from bench.table import Row, compare
from bench.venvs import NEWER, find_newer_python

BOUND_PERCENT = 2.3
NEWER_BOUND_PERCENT = 6.0
"""From Python 3.12 on: there pytest's look at each installed file costs four times as much."""

PLUGIN_BOUND_PERCENT = 0.8
PERCENT = "{:.2f} %"


def measure_idle(*, repeats: int) -> list[Row]:
    """Return the rows on the idle plugin.

    Args:
        repeats: How often the sessions are timed.
    """
    commands = {
        "plain": session("plain", "bare", 1),
        "deps": session("deps", "bare", 1),
        "jama": session("jama", "bare", 1),
        "allure": session("allure", "bare", 1),
    }
    cost = cost_of(commands)

    def row(what: str, name: str, base: str) -> Row:
        return Row(what, PERCENT.format(_percent(cost, name, base)))

    timings = time_all(commands, repeats)
    return [
        *_compare_pair("", bound=_bound_percent()),
        row("the metadata of the dependencies, beside pytest alone", "deps", "plain"),
        row("allure-pytest, beside pytest alone", "allure", "plain"),
        *(Row(f"processor time: {name}", str(timing)) for name, timing in timings.items()),
    ]


def measure_newer_idle() -> list[Row]:
    """Return the rows on the idle plugin on Python 3.13; none where that is not found."""
    if find_newer_python() is None:
        return []
    return _compare_pair(f"-{NEWER}", bound=NEWER_BOUND_PERCENT)


def _bound_percent() -> float:
    return BOUND_PERCENT if sys.version_info < (3, 12) else NEWER_BOUND_PERCENT


def _compare_pair(suffix: str, *, bound: float) -> list[Row]:
    """Compare environments with and without pytest-jama.

    Args:
        suffix: What their names end with.
        bound: What pytest-jama may add, in percent.
    """
    jama, deps = f"jama{suffix}", f"deps{suffix}"
    cost = cost_of(
        {
            "deps": session(deps, "bare", 1),
            "blocked": session(jama, "bare", 1, "-p", "no:jama"),
            "jama": session(jama, "bare", 1),
        }
    )
    metadata = PERCENT.format(_percent(cost, "blocked", "deps"))
    return [
        compare(
            "installed, beside the same environment without it",
            _percent(cost, "jama", "deps"),
            bound=bound,
            form=PERCENT,
        ),
        Row("  of which the metadata of the distribution", metadata),
        compare(
            "  of which the plugin (beside `-p no:jama`)",
            _percent(cost, "jama", "blocked"),
            bound=PLUGIN_BOUND_PERCENT,
            form=PERCENT,
        ),
    ]


def _percent(cost: dict[str, float], name: str, base: str) -> float:
    return 100 * (cost[name] / cost[base] - 1)
