"""Scenes, checks, and what became of them: plain values and one comparison."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pytest_jama.cli.selftest.workshop import Workshop

    Fact = str | int | bool
    """What can be seen: a status, a number, whether something is so."""

    Facts = Mapping[str, Fact]
    """What is seen, by what it is seen of."""

NOT_SEEN = "(not seen)"
"""In place of a fact that a scene did not get to; no check expects it."""


class Conclusion(Enum):
    """What became of a check."""

    PASSED = "Passed"
    FAILED = "Failed"
    NOT_RUN = "Not run"


@dataclass(frozen=True, slots=True)
class Check:
    """One requirement, and what must be seen when it holds.

    Attributes:
        id: Such as ``V-03``; it never changes its meaning.
        requirement: What is promised, as a sentence.
        expected: What must be seen, by what it is seen of.
        malfunctions: The malfunctions of docs/qualification.md that would show here.
    """

    id: str
    requirement: str
    expected: Facts
    malfunctions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Scene:
    """Something that is done once, and the checks that look at what it led to.

    Attributes:
        name: One word, unique.
        method: What is done, for the report.
        play: Does it; what it sees goes into `Workshop.facts`, also when it breaks off.
        checks: What is looked at.
        why_not: Says why it cannot be played on this machine; empty when it can.
    """

    name: str
    method: str
    play: Callable[[Workshop], None]
    checks: tuple[Check, ...]
    why_not: Callable[[], str] = str


@dataclass(frozen=True, slots=True)
class Sight:
    """What a scene led to.

    Attributes:
        facts: What was seen.
        seconds: How long it took.
        lines: The commands with the ends of their outputs, for a failure.
        trouble: Why the scene broke off; empty when it did not.
        skipped: Why it was not played; empty when it was.
    """

    facts: Facts = field(default_factory=dict)
    seconds: float = 0.0
    lines: Sequence[str] = ()
    trouble: str = ""
    skipped: str = ""


@dataclass(frozen=True, slots=True)
class Judged:
    """A check and what became of it.

    Attributes:
        check: The check.
        scene: The scene that it looked at.
        conclusion: What became of it.
        observed: What was seen of that which is expected.
        seconds: How long the scene took, which it shares with the other checks of it.
        reason: Why it was not run, or what broke off; else empty.
        evidence: What shows how it came to that; of failed checks only.
    """

    check: Check
    scene: Scene
    conclusion: Conclusion
    observed: Facts
    seconds: float
    reason: str = ""
    evidence: Sequence[str] = ()


def judge(scene: Scene, seen: Sight) -> list[Judged]:
    """Compare what was seen with what each check of the scene expects.

    Values of another type differ, also 1 and true. What was not seen fails its check: only a scene
    that could not be played at all leaves its checks out.
    """
    return [_judge_one(check, scene, seen) for check in scene.checks]


def _judge_one(check: Check, scene: Scene, seen: Sight) -> Judged:
    if seen.skipped:
        return Judged(check, scene, Conclusion.NOT_RUN, {}, 0.0, seen.skipped)
    observed = {name: seen.facts.get(name, NOT_SEEN) for name in check.expected}
    if not differences(check.expected, observed):
        return Judged(check, scene, Conclusion.PASSED, observed, seen.seconds)
    reason = seen.trouble if NOT_SEEN in observed.values() else ""
    return Judged(check, scene, Conclusion.FAILED, observed, seen.seconds, reason, seen.lines)


def differences(expected: Facts, observed: Facts) -> list[str]:
    """Return the names of the facts that are not as expected."""
    return [
        name
        for name, value in expected.items()
        if name not in observed or not _is_same(value, observed[name])
    ]


def _is_same(value: Fact, other: Fact) -> bool:
    return type(value) is type(other) and value == other
