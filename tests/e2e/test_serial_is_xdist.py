"""A law: a session comes to the same verdicts with and without pytest-xdist."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.harness import Repository

CASES = 30
BODIES = {
    "pass": "pass",
    "fail": "assert 0",
    "raise": 'raise OSError("gone")',
    "skip": 'pytest.skip("later")',
    "xfail": 'pytest.xfail("bug")',
    "fail in step": "\n    with jama.step(2): assert 0",
    "pass in steps": "\n    with jama.step(1): pass\n    with jama.step(2): pass",
    "note": 'jama.note("seen")',
    "broken setup": "request.getfixturevalue('broken')",
}
DECORATIONS = [
    "",
    "@pytest.mark.xfail",
    "@pytest.mark.xfail(strict=True)",
    "@pytest.mark.skip",
    "@pytest.mark.usefixtures('broken_teardown')",
    "@pytest.mark.flaky(reruns=1)",
    "@pytest.mark.parametrize('number', [1, 2])",
]
HEAD = """
import pytest

@pytest.fixture
def broken(): raise RuntimeError("no power")

@pytest.fixture
def broken_teardown():
    yield
    raise RuntimeError("stuck")

@pytest.fixture
def number(): return 0
"""

_random = random.Random(4)  # noqa: S311 (any cases will do, the same each time)
SUITE = [
    (body, decoration, _random.sample(range(1, CASES + 1), _random.randrange(3)))
    for body in BODIES
    for decoration in DECORATIONS
]
"""Each body in each decoration, with no case, with one, or with two; cases have several tests."""


def write_suite(suite: list[tuple[str, str, list[int]]]) -> str:
    """Return the source of a test module."""
    source = [HEAD]
    for position, (body, decoration, cases) in enumerate(suite):
        named = ", ".join(f'"KEY-TC-{case}"' for case in cases)
        marker = f"@pytest.mark.jama({named})\n" if named else ""
        head = f"def test_{position}(jama, request, number):"
        source.append(f"{marker}{decoration}\n{head} {BODIES[body]}\n")
    return "\n".join(source)


def test_verdicts_are_the_same_with_and_without_xdist(repository: Repository) -> None:
    for number in range(1, CASES + 1):
        repository.case(number, steps=3 * (number % 2))
    repository.start_cycle()
    repository.write("test_it.py", write_suite(SUITE))
    seen = []
    for way in ([], ["-n", "2"]):
        repository.pytest_here(f"--jama-cycle=Build {way}", *way)
        sealed = {"at", "chain"}
        verdicts = [
            {name: value for name, value in line.items() if name not in sealed}
            for line in repository.journal()
            if line["line"] == "verdict"
        ]
        stored = {key: (run.status, run.steps) for key, run in repository.runs().items()}
        seen.append((verdicts, {key.rpartition("-")[2]: found for key, found in stored.items()}))
    assert seen[0] == seen[1]
