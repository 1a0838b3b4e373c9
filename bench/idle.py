"""What pytest-jama costs a session of one test when it is installed and not enabled."""

from __future__ import annotations

from bench.sessions import cost_of, session, time_all
from bench.table import Row, compare

BOUND_PERCENT = 1.0
PERCENT = "{:.2f} %"


def measure_idle(*, repeats: int) -> list[Row]:
    """Return the rows on the idle plugin.

    Args:
        repeats: How often the sessions are timed.
    """
    commands = {
        "plain": session("plain", "bare", 1),
        "deps": session("deps", "bare", 1),
        "blocked": session("jama", "bare", 1, "-p", "no:jama"),
        "jama": session("jama", "bare", 1),
        "allure": session("allure", "bare", 1),
    }
    cost = cost_of(commands)

    def percent(name: str, base: str) -> float:
        return 100 * (cost[name] / cost[base] - 1)

    def row(what: str, name: str, base: str) -> Row:
        return Row(what, PERCENT.format(percent(name, base)))

    timings = time_all(commands, repeats)
    return [
        compare(
            "installed, beside the same environment without it",
            percent("jama", "deps"),
            bound=BOUND_PERCENT,
            form=PERCENT,
        ),
        row("  of which the metadata of the distribution", "blocked", "deps"),
        row("  of which the plugin (beside `-p no:jama`)", "jama", "blocked"),
        row("the metadata of the dependencies, beside pytest alone", "deps", "plain"),
        row("allure-pytest, beside pytest alone", "allure", "plain"),
        *(Row(f"processor time: {name}", str(timing)) for name, timing in timings.items()),
    ]
