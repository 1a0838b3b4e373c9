"""The journals that reports are made from, below ``build/bench/journals``.

As a large product's verification, once uploaded: a test for each case, 3 % of them failed, 1 %
skipped, three steps in each tenth case.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bench.venvs import WORK
from pytest_jama.core.cases import parse_links
from pytest_jama.core.results import Outcome, StepResult, TestResult
from pytest_jama.journal import lines
from pytest_jama.journal.chain import Sealer, timed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_jama.journal.lines import JournalLine

BEGAN = 1795836903.25
AT = "2026-11-28T04:40:00.000+00:00"
TEXT = "Set the flow to 25 ml/h, close the line, and wait until the alarm is heard in the corridor."


def make_journal(cases: int) -> Path:
    """Write the journal of a session of so many cases, unless it is there; return its path."""
    file = WORK / "journals" / f"cases-{cases}.jsonl"
    if not file.exists():
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        texts = [timed(lines.encode(line), AT) for line in _lines(cases)]
        sealed = map(Sealer("").seal, texts)
        part = file.with_suffix(".part")
        part.write_text("".join(f"{text}\n" for text in sealed), encoding="ascii")
        part.rename(file)
    return file


def _lines(cases: int) -> Iterator[JournalLine]:
    settings = {"project": "SHOP", "plan": {"name": "Release 4"}, "cycle": {"name": "Build 1729"}}
    yield lines.session_line(
        session="cases",
        started=AT,
        versions={"pytest-jama": "0.2.0", "pytest": "9.0.2", "python": "3.12.8"},
        commit="1f0c9d2",
        command=["pytest", "--jama"],
        settings={**settings, "url": "https://jama.example"},
    )
    tests = list(map(_test, range(1, cases + 1)))
    yield lines.collected_line(
        TestResult(test.test_id, Outcome.NOT_REACHED, links=test.links) for test in tests
    )
    yield from map(lines.result_line, tests)
    place = {"line": "place", "project": 33, "plan": 20494, "cycle": 20511, "changes": []}
    yield {**place, "unresolved": []}
    for number, test in enumerate(tests, start=1):
        yield from _update(number, test)
    yield lines.end_line(finished=True, reason="")


def _test(number: int) -> TestResult:
    outcome = Outcome.FAILED if number % 33 == 0 else Outcome.PASSED
    outcome = Outcome.SKIPPED if number % 100 == 0 else outcome
    message = "" if outcome is Outcome.PASSED else f"AssertionError: flow was {number} ml/h"
    steps = tuple(StepResult(step, outcome, message) for step in (1, 2, 3))
    return TestResult(
        f"tests/pump/test_flow_{number // 100}.py::test_flow_is_kept[{number}]",
        outcome,
        duration_s=number % 1000 / 100,
        message=message,
        steps=steps if number % 10 == 0 else (),
        links=parse_links(f"SHOP-TC-{number}"),
        started=BEGAN + number,
    )


def _update(number: int, test: TestResult) -> Iterator[JournalLine]:
    if test.outcome is Outcome.SKIPPED:
        return
    status = test.outcome.value.upper()
    said: dict[str, Any] = {"key": str(number), "run": number, "case": f"SHOP-TC-{number}"}
    steps = [status] * len(test.steps)
    known = {"run_key": f"SHOP-TSTRN-{number}", "version": 3, "current_version": 3}
    procedure = {"procedure": [[TEXT, TEXT]] * len(steps)} if steps else {}
    name = {"name": f"The flow is kept at {number} ml/h", "was": "NOT_RUN", "status": status}
    yield {"line": "update", **said, **name, "steps": steps, **known, **procedure}
    account = f"{status}: {test.test_id} in 0.5 s; pytest 9.0.2; commit 1f0c9d2 of {AT}"
    arrived = {"status": status, "sent": {"account": account, "version": 3}, "state": "sent"}
    yield {"line": "receipt", **said, **arrived, "attempts": 1}
