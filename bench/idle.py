"""What pytest-jama costs a session of one test when it is installed and not enabled."""

from __future__ import annotations

from bench.sessions import cost_of, session
from bench.table import Figures, Row
from bench.venvs import python_of

BOUND_PERCENT = 2.3
NEWER_BOUND_PERCENT = 6.0
"""From Python 3.12 on: there pytest's look at each installed file costs four times as much."""

PLUGIN_BOUND_PERCENT = 0.8
NEWER = ("3.12", "3.13", "3.14")
PEERS = {"allure": "allure-pytest", "json-report": "pytest-json-report"}


def measure(version: str, *, quick: bool) -> Figures:  # noqa: ARG001 (all take it)
    """Count the instructions of idle sessions."""
    names = ("plain", "deps", "jama", *PEERS)
    commands = {name: session(python_of(name, version), "bare", 1) for name in names}
    commands["blocked"] = session(python_of("jama", version), "bare", 1, "-p", "no:jama")
    cost = cost_of(commands)

    def row(what: str, name: str, base: str, *, at_most: float | None = None) -> Row:
        percent = 100 * (cost[name] / cost[base] - 1)
        return Row(what, percent, "{:.2f} %", f"{name} / {base} - 1", at_most)

    bound = NEWER_BOUND_PERCENT if version in NEWER else BOUND_PERCENT
    return Figures(
        [
            row("pytest-jama, beside all that it needs", "jama", "deps", at_most=bound),
            row("of which its list of files and metadata", "blocked", "deps"),
            row("of which the plugin", "jama", "blocked", at_most=PLUGIN_BOUND_PERCENT),
            row("what it needs, beside pytest alone", "deps", "plain"),
            *(row(f"{text}, beside pytest alone", name, "plain") for name, text in PEERS.items()),
        ],
        commands,
    )
